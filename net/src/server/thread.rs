//! The thread that has the service: commands in, outputs to the connections that they are for.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use cmrp::ndr::Format;
use cmrp_port::server::{AssociationId, CallId, Caller};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep_until;
use tokio_util::sync::CancellationToken;
use tracing::{Span, debug, debug_span};

use super::levels::{Charge, Levels};
use super::outbox::{Mail, Outbox};
use super::service::{Clock, Output, Request, Service};
use super::sparse::give_back;
use crate::metrics::server::{Metrics, Outcome};

/// Commands that are carried out before the clock is looked at again.
const TURN: usize = 256;

/// What the embedding program wants done.
pub(super) type Work<S> = Box<dyn FnOnce(&mut S, Instant) + Send>;

/// Something for the service.
pub(super) enum Command<S: Service> {
    /// A client's call.
    Call(Incoming<S::Receipt>),
    /// The client has given a call up.
    Cancel(CallId),
    /// A response could not be sent.
    Undelivered(S::Receipt),
    /// The last connection of an association is gone.
    Disconnect(AssociationId),
    /// A connection asks whether its association holds handles.
    Holds(AssociationId, Arc<Outbox<S::Receipt>>),
    /// The embedding program wants something done.
    Run(Work<S>),
    /// No client is to wait any more.
    ShutDown(oneshot::Sender<()>),
}

/// A call on its way to the service.
pub(super) struct Incoming<R> {
    pub(super) call: CallId,
    pub(super) caller: Caller,
    pub(super) interface: SyntaxId,
    pub(super) opnum: u16,
    pub(super) format: Format,
    pub(super) stub: Vec<u8>,
    /// Of the stub.
    pub(super) charge: Charge,
    pub(super) outbox: Arc<Outbox<R>>,
    pub(super) connection: Span,
}

/// Starts the thread. It ends when it is told to, or when nobody is left who could send a command.
pub(super) fn start<S: Service>(
    service: S,
    limit: usize,
    levels: Arc<Levels>,
    metrics: Metrics,
    end: CancellationToken,
) -> io::Result<(mpsc::Sender<Command<S>>, JoinHandle<()>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let (sender, commands) = mpsc::channel(limit.max(1));
    let desk = Desk { service, clock: Clock::start(), calls: HashMap::new(), levels, metrics, end };
    let thread = std::thread::Builder::new().name("cmrp-service".into());
    let thread = thread.spawn(move || runtime.block_on(desk.run(commands)))?;
    Ok((sender, thread))
}

/// What the thread works at.
struct Desk<S: Service> {
    service: S,
    clock: Clock,
    /// Calls without an outcome.
    calls: HashMap<CallId, Open<S::Receipt>>,
    levels: Arc<Levels>,
    metrics: Metrics,
    end: CancellationToken,
}

/// A call without an outcome.
struct Open<R> {
    outbox: Arc<Outbox<R>>,
    interface: SyntaxId,
    operation: &'static str,
    began: std::time::Instant,
    /// It had no outcome when the service was done with it.
    waits: bool,
    span: Span,
}

impl<S: Service> Desk<S> {
    async fn run(mut self, mut commands: mpsc::Receiver<Command<S>>) {
        while let Some(command) = self.next(&mut commands).await {
            self.carry_out(command);
            for _ in 1..TURN {
                let Ok(command) = commands.try_recv() else { break };
                self.carry_out(command);
            }
            self.publish();
        }
        // The last clients' rundown is among what is left.
        commands.close();
        while let Some(command) = commands.recv().await {
            self.carry_out(command);
        }
        self.publish();
    }

    /// The next command. Meanwhile does what is due.
    async fn next(&mut self, commands: &mut mpsc::Receiver<Command<S>>) -> Option<Command<S>> {
        let end = self.end.clone();
        loop {
            let due = self.service.poll_timeout().and_then(|due| self.clock.when(due));
            tokio::select! {
                biased;
                () = end.cancelled() => return None,
                () = until(due) => {
                    self.service.handle_timeout(self.clock.now());
                    self.route();
                    self.publish();
                }
                command = commands.recv() => return command,
            }
        }
    }

    fn carry_out(&mut self, command: Command<S>) {
        match command {
            Command::Call(incoming) => return self.call(incoming),
            Command::Cancel(call) => self.service.handle_cancel(call),
            Command::Undelivered(receipt) => self.undelivered(receipt),
            Command::Disconnect(association) => self.service.handle_disconnect(association),
            Command::Holds(association, outbox) => {
                // A connection that is gone needs no answer.
                drop(outbox.deliver(Mail::Holds(self.service.holds(association))));
            }
            Command::Run(work) => work(&mut self.service, self.clock.now()),
            Command::ShutDown(done) => {
                self.service.shut_down(self.clock.now());
                self.route();
                // Nobody waits if the server was dropped meanwhile.
                let _ = done.send(());
            }
        }
        self.route();
    }

    fn call(&mut self, incoming: Incoming<S::Receipt>) {
        let Incoming { call, caller, interface, opnum, format, stub, charge, outbox, connection } = incoming;
        let origin = Arc::clone(&outbox);
        let operation = S::operation(interface, opnum).unwrap_or("unknown");
        let span = debug_span!(parent: &connection, "call", operation, opnum, id = call.0);
        let entered = span.clone().entered();
        let began = std::time::Instant::now();
        self.calls.insert(call, Open { outbox, interface, operation, began, waits: false, span });
        let request = Request { interface, opnum, format, stub: &stub };
        self.service.handle_call(self.clock.now(), caller, call, request);
        drop((stub, charge));
        self.route();
        origin.handled();
        if let Some(open) = self.calls.get_mut(&call) {
            open.waits = true;
        }
        drop(entered);
    }

    fn undelivered(&mut self, receipt: S::Receipt) {
        self.metrics.undelivered.inc();
        self.service.handle_undelivered(receipt);
    }

    /// Gives every output to the connection that it is for.
    fn route(&mut self) {
        let mut last = None;
        while let Some(output) = self.service.poll_output() {
            match output {
                Output::Response { call, stub, receipt } => {
                    last = self.finish(call, Outcome::Response, Mail::Response { call, stub, receipt });
                }
                Output::Fault { call, status } => {
                    self.metrics.fault(status);
                    last = self.finish(call, Outcome::Fault, Mail::Fault { call, status });
                }
                Output::Abandoned { call } => {
                    self.finish(call, Outcome::Abandoned, Mail::Abandoned { call });
                }
                Output::EndConnection { association } => end(association, last.take()),
            }
        }
    }

    /// Ends a call, and tells which connection it came from.
    fn finish(
        &mut self,
        call: CallId,
        outcome: Outcome,
        mail: Mail<S::Receipt>,
    ) -> Option<Arc<Outbox<S::Receipt>>> {
        let open = self.calls.remove(&call)?;
        let entered = open.span.enter();
        debug!(outcome = outcome.name(), octets = mail.octets(), "call ended");
        self.metrics.call(open.interface, open.operation, outcome);
        if !open.waits {
            self.metrics.latency.observe(open.began.elapsed().as_secs_f64());
        }
        if let Err(Mail::Response { receipt: Some(receipt), .. }) = open.outbox.deliver(mail) {
            self.undelivered(receipt);
        }
        drop(entered);
        Some(open.outbox)
    }

    fn publish(&mut self) {
        give_back(&mut self.calls);
        self.levels.publish(self.calls.len(), self.service.statistics());
    }
}

/// Waits until then, or for ever.
async fn until(when: Option<tokio::time::Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

/// Ends the connection that the last answer went to.
fn end<R>(association: AssociationId, last: Option<Arc<Outbox<R>>>) {
    debug!(association = association.0, "the service ends the connection");
    if let Some(outbox) = last {
        // One that is gone needs no ending.
        drop(outbox.deliver(Mail::End));
    }
}
