//! One node's protocol server.

mod across;
pub mod refused;
pub(crate) mod v2;

use std::collections::VecDeque;

use cmrp::ndr::{Format, Limits};
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{self, AssociationId, CallId, Caller, Server, Statistics};
use cmrp_port::time::Instant;

use crate::change::{Change, ChangeError};
use crate::cluster::Cluster;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Answer the call.
    Response {
        /// The call.
        call: CallId,
        /// The stub.
        stub: Vec<u8>,
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

/// One node's protocol server.
pub struct Node {
    config: NodeConfig,
    cluster: Box<dyn Cluster>,
    ports: Server,
    outputs: VecDeque<Output>,
}

impl Node {
    /// A node of a cluster.
    pub fn new(cluster: Box<dyn Cluster>, config: NodeConfig) -> Self {
        let ports = Server::new(server::Config {
            limits: config.ports,
            seed: config.seed,
            cluster_name: cluster.name().into(),
        });
        Self { config, cluster, ports, outputs: VecDeque::new() }
    }

    /// Takes a call. Its outcome comes from [`poll_output`](Self::poll_output), now or later.
    pub fn handle_call(&mut self, now: Instant, caller: Caller, call: CallId, message: Message<'_>) {
        let _ = (now, caller, message, &self.config);
        self.outputs.push_back(Output::Fault { call, status: crate::status::NCA_S_OP_RNG_ERROR });
    }

    /// The client gave a call up.
    pub fn handle_cancel(&mut self, call: CallId) {
        let _ = call;
    }

    /// An answer could not be sent although the client is still there: its connection is gone, others of the
    /// association are not. Indications in it are told as lost.
    pub fn handle_undelivered(&mut self, call: CallId) {
        let _ = call;
    }

    /// A client is gone, with all that it had.
    pub fn handle_disconnect(&mut self, association: AssociationId) {
        let _ = association;
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
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
        self.cluster.change(now, change)
    }

    /// The next thing to do; `None` until something is given to the node again.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What the port server holds.
    pub fn statistics(&self) -> Statistics {
        self.ports.statistics()
    }
}
