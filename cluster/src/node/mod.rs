//! One node's protocol server.

mod across;
pub mod refused;
mod replies;
pub mod rule;
pub(crate) mod v2;

use std::collections::VecDeque;

use cmrp::ndr::{ContextHandle, EncodeStub, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{self, AssociationId, CallId, Caller, Handled, Server, Statistics};
use cmrp_port::time::Instant;

use crate::change::{Change, ChangeError};
use crate::cluster::Cluster;
use crate::session::{Answer, Outcome, Refusal, Reply, Session};
use crate::status::{
    ERROR_ACCESS_DENIED, NCA_S_FAULT_REMOTE_NO_MEMORY, NCA_S_OP_RNG_ERROR, RPC_X_BAD_STUB_DATA,
};

use replies::Replies;
use rule::rule;

/// What is set for a node.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// The name of the node that serves, one of the cluster's.
    pub node: String,
    /// What the port server may hold.
    pub ports: server::Limits,
    /// Makes handles unguessable: 16 octets at random.
    pub seed: [u8; 16],
    /// What the decoding of one request may cost.
    pub decode: Limits,
}

impl NodeConfig {
    /// A node of this name. `seed` makes its handles unguessable: 16 octets at random.
    pub fn new(node: impl Into<String>, seed: [u8; 16]) -> Self {
        Self { node: node.into(), ports: server::Limits::default(), seed, decode: Limits::default() }
    }
}

/// A request, as an RPC server hands it on.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The interface that the call was made through.
    pub protocol: Protocol,
    /// The number of the operation.
    pub opnum: u16,
    /// The transfer syntax and byte order of the stub; the answer has the same.
    pub format: Format,
    /// The stub.
    pub stub: &'a [u8],
}

/// What the program has to do.
#[derive(Clone, Debug)]
pub enum Output {
    /// Answer the call.
    Response {
        /// The call.
        call: CallId,
        /// The stub.
        stub: Vec<u8>,
        /// What to give back by [`Node::handle_undelivered`] if the answer cannot be sent.
        delivery: Option<Delivery>,
    },
    /// Answer the call with a fault.
    Fault {
        /// The call.
        call: CallId,
        /// The status of the fault PDU.
        status: u32,
    },
    /// Forget the call: there is nobody to answer.
    Abandoned {
        /// The call.
        call: CallId,
    },
    /// End the connections of the client: it has no access to the cluster (MS-CMRP 3.1.3). The answer to its call has
    /// come before.
    EndConnection {
        /// The client.
        association: AssociationId,
    },
}

/// Indications and handles that are on their way in an answer.
#[derive(Clone, Debug)]
pub struct Delivery(OnItsWay);

#[derive(Clone, Debug)]
enum OnItsWay {
    /// An answer of the port server.
    Ports(server::Response),
    /// Handles that the cluster has opened.
    Handles(Vec<ContextHandle>),
}

/// Something to do. Answers of the port server are encoded only when they are wanted: the first of those that an event
/// leads to does not wait for the last.
enum Pending {
    Ready(Output),
    Response(Reply, server::Response),
}

/// One node's protocol server.
///
/// # Contract
/// - Calls, changes, time and the end of clients go in. After each, take outputs with
///   [`poll_output`](Self::poll_output) until there are none: they appear nowhere else.
/// - Each call gets exactly one [`Response`](Output::Response), [`Fault`](Output::Fault) or
///   [`Abandoned`](Output::Abandoned), perhaps much later; others may be made meanwhile.
/// - [`poll_timeout`](Self::poll_timeout) says when [`handle_timeout`](Self::handle_timeout) is due; the answer may
///   change with each call of a method that takes `&mut self`.
/// - No answer that follows a change of the cluster is given before the change is kept, if it is kept anywhere.
///
/// # What is checked, in this order
/// The number of the operation (fault `nca_s_op_rng_error`), the stub, as strictly as the interface asks for (fault
/// `RPC_X_BAD_STUB_DATA`), that the client has any access (else its connection ends, MS-CMRP 3.1.3), the state of the
/// server, the level of the client ([`rule`]), its handles (fault context mismatch for one that it does not have,
/// `ERROR_INVALID_HANDLE` for one of another kind), the level of the handles, the other parameters.
pub struct Node {
    config: NodeConfig,
    cluster: Box<dyn Cluster>,
    ports: Server,
    /// How the calls that have no answer yet want it.
    replies: Replies,
    outputs: VecDeque<Pending>,
}

/// A request of either interface.
enum Decoded<'a> {
    V2(clusapi2::Request<'a>),
    V3(clusapi3::Request<'a>),
}

impl Node {
    /// A node of a cluster.
    pub fn new(cluster: Box<dyn Cluster>, config: NodeConfig) -> Self {
        let ports = Server::new(server::Config {
            limits: config.ports,
            seed: config.seed,
            cluster_name: cluster.name().into(),
        });
        let mut node = Self { config, cluster, ports, replies: Replies::default(), outputs: VecDeque::new() };
        node.settle();
        node
    }

    /// The name of the node.
    pub fn name(&self) -> &str {
        &self.config.node
    }

    /// What it is ready for.
    pub fn state(&self) -> ServerState {
        self.ports.state()
    }

    /// The cluster behind it.
    pub fn cluster(&self) -> &dyn Cluster {
        &*self.cluster
    }

    /// Takes a call. Its outcome comes from [`poll_output`](Self::poll_output), now or later.
    pub fn handle_call(&mut self, now: Instant, caller: Caller, call: CallId, message: Message<'_>) {
        let Message { protocol, format, .. } = message;
        let reply = Reply { call, association: caller.association, protocol, format };
        match decode(message, &self.config.decode) {
            Ok(decoded) => self.handle_decoded(now, caller, reply, &decoded),
            Err(status) => self.push(Output::Fault { call, status }),
        }
        let ended = Output::EndConnection { association: caller.association };
        let told = matches!(self.outputs.back(), Some(Pending::Ready(Output::EndConnection { .. })));
        if caller.access.is_none() && !told {
            self.push(ended);
        }
    }

    fn handle_decoded(&mut self, now: Instant, caller: Caller, reply: Reply, decoded: &Decoded<'_>) {
        self.replies.insert(reply);
        let states = self.cluster.states();
        let handled = match decoded {
            Decoded::V2(request) => self.ports.handle_v2(now, caller, reply.call, request, states),
            Decoded::V3(request) => self.ports.handle_v3(now, caller, reply.call, request, states),
        };
        if handled == Handled::NotMine {
            match decoded {
                Decoded::V2(request) => match v2::request(request) {
                    Some(request) => self.carry_out(now, caller, reply, &request),
                    None => {
                        self.answer(Answer { call: reply.call, stub: Err(NCA_S_OP_RNG_ERROR) }, Vec::new());
                    }
                },
                Decoded::V3(request) => self.carry_out(now, caller, reply, request),
            }
        }
        self.settle();
    }

    /// A method that has nothing to do with notification ports.
    fn carry_out(&mut self, now: Instant, caller: Caller, reply: Reply, request: &clusapi3::Request<'_>) {
        match self.permit(caller, reply.protocol, request) {
            Ok(level) => {
                let mut session = Session::new(&mut self.ports, caller, reply, level, &self.config.node);
                let outcome = self.cluster.call(now, &mut session, request);
                let opened = session.opened();
                if let Outcome::Answered(answer) = outcome {
                    self.answer(answer, opened);
                }
            }
            Err(code) => self.answer(reply.refuse(request, Refusal::Status(code)), Vec::new()),
        }
    }

    /// The level that the method needs of handles.
    fn permit(
        &self,
        caller: Caller,
        protocol: Protocol,
        request: &clusapi3::Request<'_>,
    ) -> Result<Access, u32> {
        let Some(rule) = rule(request) else {
            let allowed = caller.access.is_some();
            return if allowed { Ok(Access::Read) } else { Err(ERROR_ACCESS_DENIED) };
        };
        let refusal = self.ports.refusal(caller.access, protocol, rule.state, rule.caller_level());
        refusal.map_or(Ok(rule.level), Err)
    }

    /// The client gave a call up.
    pub fn handle_cancel(&mut self, call: CallId) {
        self.ports.handle_cancel(call);
        self.settle();
        if self.replies.remove(call).is_some() {
            self.cluster.handle_cancel(call);
            self.push(Output::Abandoned { call });
        }
    }

    /// An answer could not be sent although the client is still there: its connection is gone and others of the
    /// association are not, or it had given the call up. The indications in it are told as lost, and a handle that it
    /// would have told of is closed, as nobody else ever could. A port for batch updates stays until the client is gone.
    pub fn handle_undelivered(&mut self, delivery: &Delivery) {
        match &delivery.0 {
            OnItsWay::Ports(response) => self.ports.handle_undelivered(response),
            OnItsWay::Handles(handles) => handles.iter().for_each(|handle| self.ports.forget(*handle)),
        }
        self.settle();
    }

    /// A client is gone, with all that it had. Its calls are abandoned.
    pub fn handle_disconnect(&mut self, association: AssociationId) {
        self.ports.handle_disconnect(association);
        self.cluster.handle_disconnect(association);
        self.settle();
        for call in self.replies.of(association) {
            self.replies.remove(call);
            self.push(Output::Abandoned { call });
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.cluster.handle_timeout(now);
        self.settle();
        self.ports.handle_timeout(now);
        self.settle();
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.ports.poll_timeout(), self.cluster.poll_timeout()].into_iter().flatten().min()
    }

    /// Makes something happen to the cluster from outside.
    ///
    /// # Errors
    /// It cannot happen; nothing has changed.
    pub fn change(&mut self, now: Instant, change: &Change) -> Result<(), ChangeError> {
        let changed = self.cluster.change(now, change);
        self.settle();
        changed
    }

    /// Stops serving, because the computer shuts down: calls that wait end with the code that sends clients to another
    /// node, and so does every call from now on.
    pub fn shut_down(&mut self) {
        self.ports.set_state(ServerState::ShuttingDown);
        self.settle();
    }

    /// The next thing to do; `None` until something is given to the node again.
    pub fn poll_output(&mut self) -> Option<Output> {
        let output = match self.outputs.pop_front()? {
            Pending::Ready(output) => output,
            Pending::Response(reply, response) => {
                let call = reply.call;
                match encode(&reply, &response) {
                    Some(stub) => {
                        let delivery = Some(Delivery(OnItsWay::Ports(response)));
                        Output::Response { call, stub, delivery }
                    }
                    None => Output::Fault { call, status: NCA_S_FAULT_REMOTE_NO_MEMORY },
                }
            }
        };
        Some(output)
    }

    /// Whether a client has any handle.
    pub fn holds(&self, association: AssociationId) -> bool {
        self.ports.holds(association)
    }

    /// What the port server holds.
    pub fn statistics(&self) -> Statistics {
        self.ports.statistics()
    }

    /// How many calls have no answer yet, those that wait for indications among them.
    pub fn waiting(&self) -> usize {
        self.replies.len()
    }

    fn push(&mut self, output: Output) {
        self.outputs.push_back(Pending::Ready(output));
    }

    /// Answers a call that has opened these handles.
    fn answer(&mut self, answer: Answer, opened: Vec<ContextHandle>) {
        let Answer { call, stub } = answer;
        if self.replies.remove(call).is_some() {
            let delivery = (!opened.is_empty()).then_some(Delivery(OnItsWay::Handles(opened)));
            self.push(match stub {
                Ok(stub) => Output::Response { call, stub, delivery },
                Err(status) => Output::Fault { call, status },
            });
        }
    }

    /// Posts what has happened in the cluster, takes its late answers, and gives out what the ports have to say.
    fn settle(&mut self) {
        while let Some(event) = self.cluster.next_event() {
            if let Some(renamed) = event.renamed() {
                self.ports.rename(renamed.kind, &renamed.old, &renamed.new);
                if renamed.kind == ObjectKind::Cluster {
                    self.ports.set_cluster_name(renamed.new.as_str());
                }
                if renamed.kind == ObjectKind::Node && renamed.old == self.config.node {
                    self.config.node.clone_from(&renamed.new);
                }
            }
            event.v1().iter().for_each(|event| self.ports.post_v1(event));
            event.v2().iter().for_each(|event| self.ports.post_v2(event));
        }
        let state = self.cluster.server_state(&self.config.node);
        if state != self.ports.state() && self.ports.state() != ServerState::ShuttingDown {
            self.ports.set_state(state);
        }
        while let Some(answer) = self.cluster.next_answer() {
            self.answer(answer, Vec::new());
        }
        while let Some(output) = self.ports.poll_output() {
            self.give_out(output);
        }
    }

    /// Gives out what the port server has to say, in the form that the call wants.
    fn give_out(&mut self, output: server::Output) {
        let output = match output {
            server::Output::Response { call, response } => {
                let Some(reply) = self.replies.remove(call) else { return };
                return self.outputs.push_back(Pending::Response(reply, response));
            }
            server::Output::Fault { call, status } => {
                self.replies.remove(call);
                Output::Fault { call, status }
            }
            server::Output::Abandoned { call } => {
                self.replies.remove(call);
                Output::Abandoned { call }
            }
            server::Output::EndConnection { association } => Output::EndConnection { association },
        };
        self.push(output);
    }
}

/// Decodes a request; the status of a fault if there is no such operation, or the stub is not one of it.
fn decode<'a>(message: Message<'a>, limits: &Limits) -> Result<Decoded<'a>, u32> {
    let Message { protocol, opnum, format, stub } = message;
    let bad = |_: Error| RPC_X_BAD_STUB_DATA;
    let operations = match protocol {
        Protocol::V2 => clusapi2::OPERATION_NAMES.len(),
        Protocol::V3 => clusapi3::OPERATION_NAMES.len(),
    };
    if usize::from(opnum) >= operations {
        return Err(NCA_S_OP_RNG_ERROR);
    }
    match protocol {
        Protocol::V2 => clusapi2::Request::decode(opnum, stub, format, limits).map(Decoded::V2).map_err(bad),
        Protocol::V3 => clusapi3::Request::decode(opnum, stub, format, limits).map(Decoded::V3).map_err(bad),
    }
}

fn encode(reply: &Reply, response: &server::Response) -> Option<Vec<u8>> {
    match reply.protocol {
        Protocol::V2 => response.to_v2()?.encode(reply.format).ok(),
        Protocol::V3 => response.to_v3()?.encode(reply.format).ok(),
    }
}
