//! The node of a cluster as a service.

use cmrp::ndr::Interface;
use cmrp::{clusapi2, clusapi3};
use cmrp_cluster::change::{Change, ChangeError};
use cmrp_cluster::node::{self, Delivery, Message, Node};
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{AssociationId, CallId, Caller, Statistics};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;

use super::{Handle, Output, Request, Service, Stopped};

/// One UUID, two versions (MS-CMRP 2.1).
const CLUSAPI3: SyntaxId = syntax::<clusapi3::Clusapi3>();
const CLUSAPI2: SyntaxId = syntax::<clusapi2::Clusapi2>();

const fn syntax<I: Interface>() -> SyntaxId {
    SyntaxId::new(I::UUID, I::VERSION.0, I::VERSION.1)
}

impl Service for Node {
    type Receipt = Delivery;

    fn interfaces() -> Vec<SyntaxId> {
        vec![CLUSAPI3, CLUSAPI2]
    }

    fn operation(interface: SyntaxId, opnum: u16) -> Option<&'static str> {
        let names = match protocol(interface)? {
            Protocol::V2 => clusapi2::OPERATION_NAMES.as_slice(),
            Protocol::V3 => clusapi3::OPERATION_NAMES.as_slice(),
        };
        names.get(usize::from(opnum)).copied()
    }

    fn handle_call(&mut self, now: Instant, caller: Caller, call: CallId, request: Request<'_>) {
        let Request { interface, opnum, format, stub } = request;
        // The RPC runtime hands on calls of those interfaces alone that it was given.
        let protocol = protocol(interface).unwrap_or(Protocol::V3);
        Node::handle_call(self, now, caller, call, Message { protocol, opnum, format, stub });
    }

    fn handle_cancel(&mut self, call: CallId) {
        Node::handle_cancel(self, call);
    }

    fn handle_undelivered(&mut self, receipt: Delivery) {
        Node::handle_undelivered(self, &receipt);
    }

    fn handle_disconnect(&mut self, association: AssociationId) {
        Node::handle_disconnect(self, association);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Node::handle_timeout(self, now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Node::poll_timeout(self)
    }

    fn poll_output(&mut self) -> Option<Output<Delivery>> {
        Node::poll_output(self).map(|output| match output {
            node::Output::Response { call, stub, delivery: receipt } => {
                Output::Response { call, stub, receipt }
            }
            node::Output::Fault { call, status } => Output::Fault { call, status },
            node::Output::Abandoned { call } => Output::Abandoned { call },
            node::Output::EndConnection { association } => Output::EndConnection { association },
        })
    }

    fn shut_down(&mut self, _now: Instant) {
        Node::shut_down(self);
    }

    fn holds(&self, association: AssociationId) -> bool {
        Node::holds(self, association)
    }

    fn statistics(&self) -> Statistics {
        Node::statistics(self)
    }
}

impl Handle<Node> {
    /// Makes something happen to the cluster from outside, as if it had happened by itself: its events go to all who
    /// watch.
    ///
    /// # Errors
    /// If the server has stopped, or the change cannot happen.
    pub async fn change(&self, change: Change) -> Result<Result<(), ChangeError>, Stopped> {
        self.with(move |node, now| node.change(now, &change)).await
    }
}

/// The protocol version of an interface.
fn protocol(interface: SyntaxId) -> Option<Protocol> {
    match interface.major {
        2 => Some(Protocol::V2),
        3 => Some(Protocol::V3),
        _ => None,
    }
}
