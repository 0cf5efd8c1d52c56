//! One connection: a task between a socket, an RPC machine, and the service's thread.

mod input;
mod output;
mod timers;
mod unsent;

use std::convert::Infallible;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cmrp_port::server::{AssociationId, CallId};
use dcerpc_proto::server::{Call, Connection as Machine};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{Span, debug, field, info, info_span};

use super::Service;
use super::directory::Admission;
use super::outbox::CONGESTED;
use super::shared::Shared;
use super::thread::Command;
use timers::Timers;
use unsent::Unsent;

/// How long a client may take to close its side after the server has closed its own.
const LINGER: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed it, or was cut off.
    Client,
    /// The socket failed.
    Socket,
    /// The client broke the protocol, and there is nothing to say.
    Protocol,
    /// The client was refused, or broke the protocol, and was told so.
    Refused,
    /// [`Deadlines::handshake`](super::Deadlines::handshake).
    Handshake,
    /// [`Deadlines::request`](super::Deadlines::request).
    Request,
    /// [`Deadlines::write`](super::Deadlines::write).
    Write,
    /// [`Deadlines::idle`](super::Deadlines::idle).
    Idle,
    /// [`Limits::unsent`](super::Limits::unsent), or [`Limits::held`](super::Limits::held) by an answer.
    Overflow,
    /// [`Limits::held`](super::Limits::held) by a request.
    Held,
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
            Self::Refused => "refused",
            Self::Handshake => "handshake",
            Self::Request => "request",
            Self::Write => "write",
            Self::Idle => "idle",
            Self::Overflow => "overflow",
            Self::Held => "held",
            Self::Service => "service",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the last words matter: the client is given time to read them.
    const fn lingers(self) -> bool {
        matches!(self, Self::Refused | Self::Service | Self::Finished)
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
    /// A call that the service is to have later.
    held_back: Option<Box<Call>>,
    /// The client has broken the protocol, or was refused.
    is_at_fault: bool,
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
    span: Span,
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
        span: Span,
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
            held_back: None,
            is_at_fault: false,
            unsent: Unsent::new(),
            timers: Timers::new(Instant::now()),
            held: 0,
            ending: None,
            asked: None,
            lost: Vec::new(),
            span,
        }
    }

    /// Serves until the connection ends, for whatever reason; nothing of it is left then.
    pub(super) async fn run(mut self) {
        debug!("accepted");
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
            if self.held_back.is_some() && self.may_forward() {
                continue;
            }
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
        self.handle_events().await?;
        if self.reads() {
            self.read().await?;
        }
        self.say_good_bye();
        self.write()?;
        for receipt in std::mem::take(&mut self.lost) {
            self.command(Command::Undelivered(receipt)).await?;
        }
        self.tell_held()?;
        let now = Instant::now();
        self.timers.busy(now, !self.has_no_calls() || !self.unsent.is_empty());
        if !self.reads() {
            self.timers.does_not_read(now);
        }
        self.ending.filter(|_| self.unsent.is_empty() && self.calls_are_over()).map_or(Ok(()), Err)
    }

    /// Whether no answer is to be waited for. A client that broke the protocol gets none.
    fn calls_are_over(&self) -> bool {
        self.has_no_calls() || self.ending != Some(End::Finished)
    }

    fn has_no_calls(&self) -> bool {
        self.calls.is_empty() && self.held_back.is_none()
    }

    /// Before a server that shuts down closes the connection, it asks the client to.
    fn say_good_bye(&mut self) {
        if self.ending == Some(End::Finished) && self.has_no_calls() && !self.machine.is_closing() {
            self.machine.shut_down();
            self.collect();
        }
    }

    fn reads(&self) -> bool {
        self.ending.is_none() && self.held_back.is_none() && self.unsent.octets() < CONGESTED
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
        for answer in unsent {
            self.lose(answer);
        }
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
