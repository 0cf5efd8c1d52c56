//! One TCP connection of an association: the task that owns it, and the handle to give it calls.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cmrp::ndr::Format;
use dcerpc_proto::client::{self, Connection, Event};
use dcerpc_proto::status::Executed;
use dcerpc_proto::syntax::BindFeatures;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::answer::RawAnswer;
use super::clock::after;
use super::pool::{Counted, Lease, Pool};
use super::{CallError, ConnectError, Refusal};

/// What a bind has agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) group: u32,
    pub(super) format: Format,
    pub(super) multiplexing: bool,
    pub(super) keeps_on_orphan: bool,
}

/// The handle of a connection. When the last one is gone, the connection closes.
#[derive(Clone, Debug)]
pub(super) struct Link {
    jobs: mpsc::Sender<Job>,
    abandoned: Arc<Notify>,
}

/// A call to be made.
#[derive(Debug)]
struct Job {
    opnum: u16,
    stub: Vec<u8>,
    reply: oneshot::Sender<Result<RawAnswer, CallError>>,
    lease: Lease,
}

/// A call without an answer.
#[derive(Debug)]
struct Open {
    reply: oneshot::Sender<Result<RawAnswer, CallError>>,
    lease: Lease,
    /// When nobody wants the answer any more: how long the server has to give it.
    patience: Option<Instant>,
}

/// Wakes the task when the future of a call is dropped before the answer.
struct Wake<'a>(Option<&'a Notify>);

impl Drop for Wake<'_> {
    fn drop(&mut self) {
        if let Some(abandoned) = self.0 {
            abandoned.notify_one();
        }
    }
}

impl Link {
    /// Makes a call. Dropping the future cancels it; the lease ends when the server is done with it, too.
    pub(super) async fn call(&self, opnum: u16, stub: Vec<u8>, lease: Lease) -> Result<RawAnswer, CallError> {
        let (reply, answer) = oneshot::channel();
        let mut wake = Wake(Some(&self.abandoned));
        // One that is not taken up gives the job back, and with it the lease.
        if self.jobs.send(Job { opnum, stub, reply, lease }).await.is_err() {
            return Err(CallError::Lost("the connection was closed".to_owned()));
        }
        let answer = answer.await;
        wake.0 = None;
        answer.unwrap_or_else(|_| Err(CallError::Lost("the connection was closed".to_owned())))
    }

    /// Whether the connection is no more.
    pub(super) fn is_closed(&self) -> bool {
        self.jobs.is_closed()
    }
}

/// The task that owns a connection.
pub(super) struct Task {
    stream: TcpStream,
    machine: Connection,
    outgoing: Vec<u8>,
    written: usize,
    open: HashMap<u32, Open>,
    /// Leases of calls that were given up, which end when the server has been told.
    given_up: Vec<Lease>,
    agreed: Option<Agreed>,
    refused: Option<ConnectError>,
    /// Why no further call can be made.
    ending: Option<String>,
    /// Until when a closing connection may flush.
    flush_until: Option<Instant>,
}

/// Octets that are read in one go.
const CHUNK: usize = 16 * 1024;
/// Chunks that are read before others get their turn.
const CHUNKS: usize = 16;
/// How long a closing connection may take to send what is left.
const FLUSH: Duration = Duration::from_secs(1);

impl Task {
    pub(super) fn new(stream: TcpStream, config: client::Config) -> Self {
        Self {
            stream,
            machine: Connection::new(config),
            outgoing: Vec::new(),
            written: 0,
            open: HashMap::new(),
            given_up: Vec::new(),
            agreed: None,
            refused: None,
            ending: None,
            flush_until: None,
        }
    }

    /// Binds.
    pub(super) async fn bind(&mut self) -> Result<Agreed, ConnectError> {
        loop {
            if let Some(result) = self.bound() {
                return result;
            }
            self.gather();
            if let Err(error) = self.exchange().await {
                self.read_rest().await;
                return self.bound().unwrap_or(Err(error.into()));
            }
        }
    }

    /// What the server has said to the bind.
    fn bound(&mut self) -> Option<Result<Agreed, ConnectError>> {
        self.take_events();
        if let Some(agreed) = self.agreed {
            return Some(Ok(agreed));
        }
        let error = self.refused.take().or_else(|| self.ending.take().map(ConnectError::Protocol))?;
        Some(Err(error))
    }

    /// Where the server is.
    pub(super) fn peer(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    /// Serves calls in a task until the connection or the association ends, or the last handle is gone.
    pub(super) fn spawn(self, pool: Arc<Pool>, counted: Counted) -> Link {
        let (sender, jobs) = mpsc::channel(1);
        let abandoned = Arc::new(Notify::new());
        let link = Link { jobs: sender, abandoned: abandoned.clone() };
        tokio::spawn(async move {
            self.run(jobs, &abandoned, &pool).await;
            drop(counted);
        });
        link
    }

    async fn run(mut self, mut jobs: mpsc::Receiver<Job>, abandoned: &Notify, pool: &Arc<Pool>) {
        let reason = self.serve(&mut jobs, abandoned, pool).await;
        tracing::debug!(reason, "connection ended");
        let lost = || Err(CallError::Lost(reason.clone()));
        jobs.close();
        for (_, open) in self.open.drain() {
            drop(open.reply.send(lost()));
        }
        while let Some(job) = jobs.recv().await {
            drop(job.reply.send(lost()));
        }
    }

    /// Serves until the end, and says why it ended.
    async fn serve(
        &mut self,
        jobs: &mut mpsc::Receiver<Job>,
        abandoned: &Notify,
        pool: &Arc<Pool>,
    ) -> String {
        // Tells when a connection that may take this one's place has been tried.
        let mut spare: Option<oneshot::Receiver<()>> = None;
        loop {
            self.take_events();
            self.gather();
            if let Some(reason) = self.finished() {
                return reason;
            }
            let free = self.takes_calls();
            let wake = self.wakes_at(spare.is_some());
            tokio::select! {
                () = pool.cancelled() => return "the association was dropped".to_owned(),
                result = self.exchange() => if let Err(error) = result {
                    self.read_rest().await;
                    self.take_events();
                    return self.ending.take().unwrap_or_else(|| error.to_string());
                },
                job = jobs.recv(), if free => match job {
                    Some(job) => self.begin(job),
                    None => return "not needed any more".to_owned(),
                },
                () = abandoned.notified() => self.cancel_abandoned(pool),
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => spare = self.give_up(pool),
                () = told(spare.as_mut()), if spare.is_some() => {
                    spare = None;
                    self.orphan_overdue();
                }
            }
        }
    }

    /// Why the connection is over, if it is.
    fn finished(&mut self) -> Option<String> {
        if self.machine.is_closing() && self.ending.is_none() {
            self.ending = Some("the connection was given up".to_owned());
        }
        let reason = self.ending.as_ref()?;
        let flushed = self.outgoing.is_empty();
        let closing = self.machine.is_closing();
        if flushed && (closing || self.open.is_empty()) {
            return Some(reason.clone());
        }
        if closing {
            let until = *self.flush_until.get_or_insert_with(|| after(FLUSH));
            return (Instant::now() >= until).then(|| reason.clone());
        }
        None
    }

    fn takes_calls(&self) -> bool {
        let multiplexing = self.agreed.is_some_and(|agreed| agreed.multiplexing);
        self.ending.is_none() && self.outgoing.is_empty() && (multiplexing || self.open.is_empty())
    }

    /// When something is to be given up.
    fn wakes_at(&self, spare: bool) -> Option<Instant> {
        let calls = self.open.values().filter_map(|open| open.patience).min();
        calls.filter(|_| !spare).into_iter().chain(self.flush_until).min()
    }

    fn begin(&mut self, job: Job) {
        let Job { opnum, stub, reply, lease } = job;
        if reply.is_closed() {
            return;
        }
        match self.machine.call(opnum, &stub) {
            Ok(call) => {
                self.open.insert(call, Open { reply, lease, patience: None });
            }
            Err(error) => {
                if matches!(error, client::CallError::Closing | client::CallError::Exhausted) {
                    self.end(&error.to_string());
                }
                drop(reply.send(Err(refused_call(error, stub.len()))));
            }
        }
    }

    /// Takes what the server has said.
    fn take_events(&mut self) {
        while let Some(event) = self.machine.poll_event() {
            match event {
                Event::Bound { group, format, multiplexing, features, .. } => {
                    let keeps_on_orphan = features.contains(BindFeatures::KEEP_CONNECTION_ON_ORPHAN);
                    self.agreed = Some(Agreed { group, format, multiplexing, keeps_on_orphan });
                }
                Event::Refused(refusal) => self.refused = Some(refusal_of(refusal)),
                Event::Response { call, stub, format } => self.finish(call, Ok(RawAnswer { stub, format })),
                Event::Fault { call, status, executed } => {
                    let did_not_execute = executed == Executed::No;
                    self.finish(call, Err(CallError::Fault { status, did_not_execute }));
                }
                Event::Shutdown => self.end("the server shuts the connection down"),
                Event::Failed { error } => self.end(&error.to_string()),
                _ => {}
            }
        }
    }

    fn end(&mut self, reason: &str) {
        self.ending.get_or_insert_with(|| reason.to_owned());
    }

    fn finish(&mut self, call: u32, result: Result<RawAnswer, CallError>) {
        if let Some(open) = self.open.remove(&call) {
            // The lease first, so that who gets the answer finds the connection free.
            drop(open.lease);
            drop(open.reply.send(result));
        }
    }

    /// Tells the server of calls whose answer nobody wants any more.
    fn cancel_abandoned(&mut self, pool: &Pool) {
        let calls = self.open.iter().filter(|(_, open)| open.patience.is_none() && open.reply.is_closed());
        let calls: Vec<_> = calls.map(|(call, _)| *call).collect();
        for call in calls {
            if self.agreed.is_some_and(|agreed| agreed.keeps_on_orphan) {
                self.orphan(call);
                continue;
            }
            // It may have been answered, or not been bound yet: then there is nothing to cancel.
            let _ = self.machine.cancel(call);
            if let Some(open) = self.open.get_mut(&call) {
                open.patience = Some(after(pool.cancel_grace()));
            }
        }
    }

    /// Gives a call up. The lease ends when the server has been told.
    fn orphan(&mut self, call: u32) {
        if let Some(open) = self.open.remove(&call) {
            let _ = self.machine.orphan(call);
            self.given_up.push(open.lease);
        }
    }

    /// The server does not answer calls that were cancelled. Orphaning them closes the connection; if it is the last
    /// of its association, that needs another one first, or the server would close all handles: what is returned
    /// tells when that has been tried.
    fn give_up(&mut self, pool: &Arc<Pool>) -> Option<oneshot::Receiver<()>> {
        self.overdue().next()?;
        if self.agreed.is_some_and(|agreed| agreed.multiplexing) {
            // Others are under way here: the call keeps its place until the server answers.
            self.open.values_mut().for_each(Open::wait_for_ever);
        } else if pool.has_others() {
            self.orphan_overdue();
        } else {
            return Some(pool.open_spare());
        }
        None
    }

    fn orphan_overdue(&mut self) {
        let calls: Vec<_> = self.overdue().collect();
        for call in calls {
            self.orphan(call);
        }
    }

    fn overdue(&self) -> impl Iterator<Item = u32> {
        let now = Instant::now();
        let late = move |open: &Open| open.patience.is_some_and(|until| until <= now);
        self.open.iter().filter(move |(_, open)| late(open)).map(|(call, _)| *call)
    }

    /// Puts what the machine wants to send behind what is being sent.
    fn gather(&mut self) {
        while let Some(pdu) = self.machine.poll_transmit() {
            if self.outgoing.is_empty() {
                self.outgoing = pdu;
            } else {
                self.outgoing.extend_from_slice(&pdu);
            }
        }
    }

    /// Waits until the socket can be read or, if there is something to send, written, and does so. Can be dropped
    /// without losing anything.
    async fn exchange(&mut self) -> io::Result<()> {
        let reads = !self.machine.is_closing();
        let writes = !self.outgoing.is_empty();
        let interest = match (reads, writes) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (true, false) => Interest::READABLE,
            (false, true) => Interest::WRITABLE,
            (false, false) => return std::future::pending().await,
        };
        let ready = self.stream.ready(interest).await?;
        if writes && ready.is_writable() {
            self.write()?;
        }
        if reads && ready.is_readable() {
            self.read()?;
        }
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        let rest = self.outgoing.get(self.written..).unwrap_or_default();
        match self.stream.try_write(rest) {
            Ok(written) => self.written = self.written.saturating_add(written),
            Err(error) if is_no_failure(&error) => {}
            Err(error) => return Err(error),
        }
        if self.written >= self.outgoing.len() {
            self.outgoing = Vec::new();
            self.written = 0;
            self.given_up.clear();
        }
        Ok(())
    }

    fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK];
        for _ in 0..CHUNKS {
            match self.stream.try_read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.machine.handle_input(chunk.get(..length).unwrap_or_default()),
                Err(error) if is_no_failure(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what has come on a connection that has failed: the server may have answered before it closed.
    async fn read_rest(&mut self) {
        let rest = async {
            while !self.machine.is_closing() && self.stream.readable().await.is_ok() && self.read().is_ok() {}
        };
        // A connection that has failed brings nothing more later.
        drop(timeout(FLUSH, rest).await);
    }
}

impl Open {
    /// Nobody waits for it, and nothing is done about it.
    fn wait_for_ever(&mut self) {
        if self.patience.is_some() {
            self.patience = Some(after(Duration::MAX));
        }
    }
}

/// Waits for a message, or for its sender to be gone.
async fn told(receiver: Option<&mut oneshot::Receiver<()>>) {
    if let Some(receiver) = receiver {
        drop(receiver.await);
    }
}

fn is_no_failure(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn refused_call(error: client::CallError, octets: usize) -> CallError {
    match error {
        client::CallError::TooLong => CallError::TooLong(octets),
        client::CallError::Limit | client::CallError::Busy => CallError::TooManyCalls,
        other => CallError::Lost(other.to_string()),
    }
}

fn refusal_of(refusal: client::Refusal) -> ConnectError {
    use dcerpc_proto::bind::BindNak;
    use dcerpc_proto::syntax::ContextResult;
    ConnectError::Refused(match refusal {
        client::Refusal::Rejected { result: ContextResult::PROVIDER_REJECTION, reason: 1 } => {
            Refusal::Interface
        }
        client::Refusal::Rejected { result: ContextResult::PROVIDER_REJECTION, reason: 2 } => {
            Refusal::TransferSyntax
        }
        client::Refusal::Rejected { result: ContextResult::PROVIDER_REJECTION, reason: 3 }
        | client::Refusal::Nak(BindNak::CONGESTION | BindNak::LOCAL_LIMIT) => Refusal::Limit,
        other => Refusal::Other(other.to_string()),
    })
}
