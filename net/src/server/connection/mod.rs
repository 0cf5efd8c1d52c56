//! One connection: a task between a socket, an RPC machine, and the service's thread.

mod timers;
mod unsent;

use std::convert::Infallible;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cmrp_port::server::{AssociationId, CallId, Caller};
use dcerpc_proto::server::{Call, Connection as Machine, Event};
use dcerpc_proto::status::{Executed, NCA_OP_RNG_ERROR, NCA_S_FAULT_CANCEL};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Span, debug, field, info, info_span, warn};

use super::Service;
use super::directory::Admission;
use super::outbox::{Mail, Order};
use super::shared::Shared;
use super::thread::{Command, Incoming};
use timers::Timers;
use unsent::{Answer, Unsent};

/// Octets that are read at once, from the stack: an idle connection has no buffer.
const CHUNK: usize = 8_192;

/// With so many octets unsent, nothing more is read: who doesn't take answers need not ask.
const CONGESTED: usize = 65_536;

/// How long a client may take to close its side after the server has closed its own.
const LINGER: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed it, or was cut off.
    Client,
    /// The socket failed.
    Socket,
    /// The client broke the protocol or was refused; what was to say is said.
    Protocol,
    /// [`Deadlines::handshake`](super::Deadlines::handshake).
    Handshake,
    /// [`Deadlines::request`](super::Deadlines::request).
    Request,
    /// [`Deadlines::write`](super::Deadlines::write).
    Write,
    /// [`Deadlines::idle`](super::Deadlines::idle).
    Idle,
    /// [`Limits::unsent`](super::Limits::unsent).
    Overflow,
    /// The service ended it.
    Service,
    /// The server shuts down, and all is said.
    Finished,
    /// The server has stopped.
    Stopped,
}

impl End {
    /// The label in metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Socket => "socket",
            Self::Protocol => "protocol",
            Self::Handshake => "handshake",
            Self::Request => "request",
            Self::Write => "write",
            Self::Idle => "idle",
            Self::Overflow => "overflow",
            Self::Service => "service",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the last words matter: the client is given time to read them.
    const fn lingers(self) -> bool {
        matches!(self, Self::Protocol | Self::Service | Self::Finished)
    }
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        debug!(%error, "the socket failed");
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Client,
            _ => Self::Socket,
        }
    }
}

/// One connection.
pub(super) struct Connection<S: Service> {
    stream: TcpStream,
    machine: Machine,
    shared: Arc<Shared<S>>,
    admission: Admission<S::Receipt>,
    association: Option<AssociationId>,
    /// Calls that the service has.
    calls: Vec<OpenCall>,
    unsent: Unsent<S::Receipt>,
    timers: Timers,
    /// Octets that the server's level of held octets has of this connection.
    held: usize,
    /// Nothing is read any more, and this is the reason that is given when all is sent.
    ending: Option<End>,
    /// The service was asked whether the association holds something, at this time.
    asked: Option<Instant>,
    /// Of responses that cannot be sent, until the service has been told.
    lost: Vec<S::Receipt>,
}

/// A call that the service has.
struct OpenCall {
    id: u32,
    call: CallId,
    /// The client wants it cancelled, and an answer.
    is_cancelled: bool,
}

/// The span of a connection; its association is told when it is known.
pub(super) fn span(peer: SocketAddr) -> Span {
    info_span!("connection", %peer, association = field::Empty)
}

impl<S: Service> Connection<S> {
    pub(super) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        shared: Arc<Shared<S>>,
        admission: Admission<S::Receipt>,
    ) -> Self {
        let address = peer.ip().to_canonical().into();
        let machine = Machine::new(Arc::clone(&shared.rpc), address, &shared.port);
        Self {
            stream,
            machine,
            shared,
            admission,
            association: None,
            calls: Vec::new(),
            unsent: Unsent::new(),
            timers: Timers::new(Instant::now()),
            held: 0,
            ending: None,
            asked: None,
            lost: Vec::new(),
        }
    }

    /// Serves until the connection ends, for whatever reason; nothing of it is left then.
    pub(super) async fn run(mut self) {
        info!("accepted");
        let end = self.serve().await;
        info!(reason = end.name(), "ends");
        self.shared.metrics.ended(end.name());
        self.leave().await;
        if end.lingers() {
            // Whether the client is quick or not, the connection is over.
            drop(timeout(LINGER, self.linger()).await);
        }
    }

    async fn serve(&mut self) -> End {
        let Err(end) = self.turns().await;
        end
    }

    async fn turns(&mut self) -> Result<Infallible, End> {
        // Set anew only when a deadline is earlier than the timer, or the timer has gone off: most deadlines pass by.
        let timer = sleep_until(Instant::now());
        tokio::pin!(timer);
        loop {
            self.turn().await?;
            let deadline = self.timers.next(&self.shared.deadlines);
            if let Some((when, end)) = deadline {
                if when <= Instant::now() {
                    self.overdue(end).await?;
                    continue;
                }
                if timer.is_elapsed() || when < timer.deadline() {
                    timer.as_mut().reset(when);
                }
            }
            tokio::select! {
                () = self.admission.outbox().filled() => {}
                ready = self.stream.ready(self.interest()), if self.has_interest() => drop(ready?),
                () = &mut timer, if deadline.is_some() => {}
            }
        }
    }

    /// Does all that can be done without waiting for the client.
    async fn turn(&mut self) -> Result<(), End> {
        self.take_mails()?;
        self.write()?;
        if self.reads() {
            self.read().await?;
        }
        self.say_good_bye();
        self.write()?;
        while let Some(receipt) = self.lost.pop() {
            self.command(Command::Undelivered(receipt)).await?;
        }
        self.tell_held();
        self.timers.busy(Instant::now(), !self.calls.is_empty() || !self.unsent.is_empty());
        self.ending.filter(|_| self.unsent.is_empty() && self.calls_are_over()).map_or(Ok(()), Err)
    }

    /// Whether no answer is to be waited for. A client that broke the protocol gets none.
    fn calls_are_over(&self) -> bool {
        self.calls.is_empty() || self.ending != Some(End::Finished)
    }

    /// Before a server that shuts down closes the connection, it asks the client to.
    fn say_good_bye(&mut self) {
        if self.ending == Some(End::Finished) && self.calls.is_empty() && !self.machine.is_closing() {
            self.machine.shut_down();
            self.collect();
        }
    }

    fn reads(&self) -> bool {
        self.ending.is_none() && self.unsent.octets() < CONGESTED
    }

    fn has_interest(&self) -> bool {
        self.reads() || !self.unsent.is_empty()
    }

    fn interest(&self) -> Interest {
        match (self.reads(), self.unsent.is_empty()) {
            (true, false) => Interest::READABLE | Interest::WRITABLE,
            (false, false) => Interest::WRITABLE,
            (_, true) => Interest::READABLE,
        }
    }

    /// A deadline has passed. If it is that of an idle connection, the service may know better.
    async fn overdue(&mut self, end: End) -> Result<(), End> {
        let (End::Idle, Some(association)) = (end, self.association) else { return Err(end) };
        let now = Instant::now();
        self.timers.holds(now);
        self.asked = Some(now);
        let outbox = Arc::clone(self.admission.outbox());
        self.command(Command::Holds(association, outbox)).await
    }

    /// Takes the connection apart: what is not sent is lost, what is not answered is cancelled.
    async fn leave(&mut self) {
        for mail in self.admission.outbox().close() {
            self.lose_mail(mail);
        }
        let unsent: Vec<_> = self.unsent.drain().collect();
        unsent.into_iter().for_each(|answer| self.lose(answer));
        self.shared.levels.release(std::mem::take(&mut self.held));
        // If the service's thread has gone, there is nothing to tell it.
        let _ = self.tell_service().await;
    }

    async fn tell_service(&mut self) -> Result<(), End> {
        if let Some(association) = self.shared.clients.close(&mut self.machine) {
            return self.command(Command::Disconnect(association)).await;
        }
        for receipt in std::mem::take(&mut self.lost) {
            self.command(Command::Undelivered(receipt)).await?;
        }
        for open in std::mem::take(&mut self.calls) {
            self.command(Command::Cancel(open.call)).await?;
        }
        Ok(())
    }

    /// Closes this side, and waits for the client to close its own: a socket that is dropped with input unread takes
    /// the last output with it.
    async fn linger(&mut self) -> io::Result<()> {
        SockRef::from(&self.stream).shutdown(Shutdown::Write)?;
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut [0; 1_024]) {
                Ok(0) => return Ok(()),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
    }
}

/// Input.
impl<S: Service> Connection<S> {
    /// Reads what is there, up to one chunk, and does what it asks for.
    async fn read(&mut self) -> Result<(), End> {
        let Some(count) = self.read_chunk()? else { return Ok(()) };
        if count == 0 {
            return Err(End::Client);
        }
        self.shared.metrics.received.inc_by(count as u64);
        let mut is_complete = false;
        while let Some(event) = self.machine.poll_event() {
            is_complete = true;
            self.handle(event).await?;
        }
        self.collect();
        if self.machine.is_closing() {
            self.ending.get_or_insert(End::Protocol);
        }
        if self.machine.is_bound() {
            self.timers.bound();
        }
        self.timers.received(Instant::now(), is_complete, self.machine.held() > 0);
        Ok(())
    }

    /// Gives the machine what the socket has. `None`: nothing now.
    fn read_chunk(&mut self) -> io::Result<Option<usize>> {
        let mut chunk = [0; CHUNK];
        let count = match self.stream.try_read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            count => count?,
        };
        self.shared.clients.read(&mut self.machine, chunk.get(..count).unwrap_or_default());
        Ok(Some(count))
    }

    async fn handle(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Call(call) => return self.forward(call).await,
            Event::Cancelled { id } => return self.give_up(id, true).await,
            Event::Orphaned { id } => return self.give_up(id, false).await,
            Event::Bound { group, joined, multiplexing, .. } => {
                let association = self.shared.clients.number(group);
                self.association = Some(association);
                Span::current().record("association", association.0);
                info!(%group, joined, multiplexing, "bound");
            }
            Event::Refused { reason, .. } => warn!(reason, "bind refused"),
            Event::Faulted { id, status, .. } => {
                self.shared.metrics.fault(status);
                debug!(id, status, "call refused");
            }
            Event::ProtocolError(violation) => warn!(%violation, "protocol error"),
            _ => {}
        }
        Ok(())
    }

    async fn forward(&mut self, call: Call) -> Result<(), End> {
        let Some(association) = self.association else { return Ok(()) };
        let caller = Caller { association, access: Some(self.shared.access) };
        let number = self.shared.next_call();
        self.calls.push(OpenCall { id: call.id, call: number, is_cancelled: false });
        let incoming = Incoming {
            call: number,
            caller,
            interface: call.interface,
            opnum: call.opnum,
            format: call.format,
            stub: call.stub,
            outbox: Arc::clone(self.admission.outbox()),
            connection: Span::current(),
        };
        self.command(Command::Call(incoming)).await
    }

    /// The client has given a call up.
    async fn give_up(&mut self, id: u32, is_cancelled: bool) -> Result<(), End> {
        let Some(open) = self.calls.iter_mut().find(|open| open.id == id) else { return Ok(()) };
        open.is_cancelled = is_cancelled;
        let call = open.call;
        self.command(Command::Cancel(call)).await
    }

    /// Tells the service's thread. When it has more to do than it should have, this waits.
    async fn command(&mut self, command: Command<S>) -> Result<(), End> {
        self.shared.commands.send(command).await.map_err(|_| End::Stopped)
    }
}

/// Output.
impl<S: Service> Connection<S> {
    /// Takes what the service has for the client.
    fn take_mails(&mut self) -> Result<(), End> {
        let delivery = self.admission.outbox().take();
        for mail in delivery.mails {
            self.take_mail(mail);
        }
        match delivery.order {
            Order::Serve => Ok(()),
            Order::Finish => {
                self.ending.get_or_insert(End::Finished);
                Ok(())
            }
            Order::Overflow => Err(End::Overflow),
            Order::Abort => Err(End::Stopped),
        }
    }

    fn take_mail(&mut self, mail: Mail<S::Receipt>) {
        match mail {
            Mail::Response { call, stub, receipt } => self.respond(call, &stub, receipt),
            Mail::Fault { call, status } => self.fault(call, status),
            Mail::Abandoned { call } => self.abandon(call),
            Mail::Holds(holds) => self.held_answer(holds),
            Mail::End => {
                self.ending.get_or_insert(End::Service);
            }
        }
    }

    fn respond(&mut self, call: CallId, stub: &[u8], receipt: Option<S::Receipt>) {
        let answer = Answer { octets: stub.len(), receipt };
        let is_sent = self.close_call(call).is_some_and(|open| self.machine.respond(open.id, stub).is_ok());
        let is_queued = self.collect();
        let rest = if is_sent && is_queued { self.unsent.complete(answer) } else { Some(answer) };
        if let Some(answer) = rest {
            self.lose(answer);
        }
    }

    fn fault(&mut self, call: CallId, status: u32) {
        let executed = if status == NCA_OP_RNG_ERROR { Executed::No } else { Executed::Maybe };
        if let Some(open) = self.close_call(call) {
            // A call that the client orphaned has no answer.
            let _ = self.machine.fault(open.id, status, executed);
            self.collect();
        }
    }

    fn abandon(&mut self, call: CallId) {
        let Some(open) = self.close_call(call) else { return };
        if open.is_cancelled {
            let _ = self.machine.fault(open.id, NCA_S_FAULT_CANCEL, Executed::Maybe);
            self.collect();
        } else {
            let _ = self.machine.abandon(open.id);
        }
    }

    fn held_answer(&mut self, holds: bool) {
        let is_still_idle =
            self.asked.take() >= self.timers.idle_since() && self.timers.idle_since().is_some();
        if is_still_idle && !holds {
            self.ending.get_or_insert(End::Idle);
        }
    }

    fn close_call(&mut self, call: CallId) -> Option<OpenCall> {
        let place = self.calls.iter().position(|open| open.call == call)?;
        let open = self.calls.swap_remove(place);
        if self.calls.is_empty() {
            self.calls = Vec::new();
        }
        Some(open)
    }

    /// Takes what the machine has for the client. `false`: it has nothing.
    fn collect(&mut self) -> bool {
        let mut is_any = false;
        while let Some(pdu) = self.machine.poll_transmit() {
            self.unsent.push(pdu);
            is_any = true;
        }
        is_any
    }

    /// Gives the socket what it takes now.
    fn write(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            let written = self.unsent.write(&self.stream)?;
            self.shared.metrics.sent.inc_by(written.octets as u64);
            for answer in written.answers {
                self.settle(answer.octets);
            }
            let is_left = !self.unsent.is_empty();
            self.timers.wrote(Instant::now(), written.pdus > 0, is_left);
            if written.octets == 0 {
                break;
            }
        }
        Ok(())
    }

    /// An answer is nobody's any more.
    fn settle(&self, octets: usize) {
        self.admission.outbox().settle(octets);
        self.shared.levels.release(octets);
    }

    fn lose_mail(&mut self, mail: Mail<S::Receipt>) {
        match mail {
            Mail::Response { call, stub, receipt } => {
                self.close_call(call);
                self.lose(Answer { octets: stub.len(), receipt });
            }
            Mail::Fault { call, .. } | Mail::Abandoned { call } => drop(self.close_call(call)),
            Mail::Holds(_) | Mail::End => {}
        }
    }

    /// An answer cannot be sent.
    fn lose(&mut self, answer: Answer<S::Receipt>) {
        self.settle(answer.octets);
        self.lost.extend(answer.receipt);
    }

    /// Tells how much the machine holds.
    fn tell_held(&mut self) {
        let held = self.machine.held();
        self.shared.levels.release(self.held);
        self.shared.levels.hold(held);
        self.held = held;
    }
}
