//! A node and its clients, in memory.

use std::time::Duration;

use cmrp::clusapi2;
use cmrp::clusapi3::*;
use cmrp::ndr::{Call, Format, Interface, Limits, Operation};
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::State;
use cmrp_cluster::embedded::{Config, Embedded, Timings};
use cmrp_cluster::node::{Message, Node, NodeConfig, Output};
use cmrp_port::access::Access;
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{AssociationId, CallId, Caller};
use cmrp_port::time::Instant;

pub(crate) struct Rig {
    pub(crate) node: Node,
    pub(crate) now: Instant,
    pub(crate) format: Format,
    calls: u64,
}

/// A client: its association and its access.
#[derive(Clone, Copy)]
pub(crate) struct Client(pub u64, pub Option<Access>);

pub(crate) const ADMIN: Client = Client(1, Some(Access::All));
pub(crate) const READER: Client = Client(2, Some(Access::Read));
pub(crate) const NOBODY: Client = Client(3, None);

/// What came of a call, as it went over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stub(Vec<u8>),
    Fault(u32),
    Abandoned,
    Waits,
}

pub(crate) fn default_state() -> State {
    Definition::from_text(DEFAULT).unwrap().state(1)
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::of(default_state(), Config::default())
    }

    pub(crate) fn slow(transition: Duration) -> Self {
        Self::of(
            default_state(),
            Config {
                timings: Timings { online: transition, offline: transition, ..Timings::default() },
                ..Config::default()
            },
        )
    }

    pub(crate) fn of(state: State, config: Config) -> Self {
        Self::over(Embedded::new(state, config))
    }

    pub(crate) fn over(cluster: Embedded) -> Self {
        let node = Node::new(Box::new(cluster), NodeConfig::new("node1", [7; 16]));
        let mut rig = Self { node, now: Instant::ORIGIN, format: Format::NDR20_LE, calls: 0 };
        rig.node.handle_timeout(rig.now);
        rig
    }

    /// Gives octets to the node, and takes what comes of it at once.
    pub(crate) fn send(
        &mut self,
        client: Client,
        protocol: Protocol,
        opnum: u16,
        stub: &[u8],
    ) -> (CallId, Outcome) {
        self.calls += 1;
        let call = CallId(self.calls);
        let caller = Caller { association: AssociationId(client.0), access: client.1 };
        self.node.handle_call(self.now, caller, call, Message { protocol, opnum, format: self.format, stub });
        let outputs = self.outputs();
        let mut outcome = Outcome::Waits;
        for output in outputs {
            match output {
                Output::Response { call: id, stub, .. } if id == call => outcome = Outcome::Stub(stub),
                Output::Fault { call: id, status } if id == call => outcome = Outcome::Fault(status),
                Output::Abandoned { call: id } if id == call => outcome = Outcome::Abandoned,
                _ => {}
            }
        }
        (call, outcome)
    }

    pub(crate) fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.node.poll_output()).collect()
    }

    /// Makes a call of either interface as this client, and gives the response. It lives as long as the program.
    pub(crate) fn try_call<C: Call>(
        &mut self,
        client: Client,
        request: &C,
    ) -> Result<<C::Operation as Operation>::Response<'static>, u32> {
        let protocol = match <<C::Operation as Operation>::Interface as Interface>::VERSION {
            (2, _) => Protocol::V2,
            _ => Protocol::V3,
        };
        let stub = request.encode(self.format).unwrap();
        match self.send(client, protocol, <C::Operation as Operation>::OPNUM, &stub).1 {
            Outcome::Stub(stub) => {
                let stub: &'static [u8] = Vec::leak(stub);
                Ok(request.decode_response(stub, self.format, &Limits::DEFAULT).unwrap())
            }
            Outcome::Fault(status) => Err(status),
            other => panic!("{other:?}"),
        }
    }

    #[allow(clippy::needless_pass_by_value, reason = "requests are made where they are sent")]
    pub(crate) fn call<C: Call>(&mut self, request: C) -> <C::Operation as Operation>::Response<'static> {
        self.try_call(ADMIN, &request).unwrap()
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.now = self.now.saturating_add(by);
        for _ in 0..100 {
            if self.node.poll_timeout().is_none_or(|due| due > self.now) {
                return;
            }
            self.node.handle_timeout(self.now);
        }
        panic!("what is due is never done");
    }

    pub(crate) fn group(&mut self, name: &str) -> Option<HGroupRpc> {
        let opened = self.call(ApiOpenGroupRequest { lpsz_group_name: name.into() });
        assert_eq!(opened.status, 0, "{name}");
        opened.return_value
    }

    pub(crate) fn resource(&mut self, name: &str) -> Option<HResRpc> {
        let opened = self.call(ApiOpenResourceRequest { lpsz_resource_name: name.into() });
        assert_eq!(opened.status, 0, "{name}");
        opened.return_value
    }

    pub(crate) fn node(&mut self, name: &str) -> Option<HNodeRpc> {
        let opened = self.call(ApiOpenNodeRequest { lpsz_node_name: name.into() });
        assert_eq!(opened.status, 0, "{name}");
        opened.return_value
    }

    pub(crate) fn network(&mut self, name: &str) -> Option<HNetworkRpc> {
        let opened = self.call(ApiOpenNetworkRequest { lpsz_network_name: name.into() });
        assert_eq!(opened.status, 0, "{name}");
        opened.return_value
    }

    pub(crate) fn cluster(&mut self) -> Option<HClusterRpc> {
        self.call(ApiOpenClusterRequest {}).return_value
    }

    pub(crate) fn resource_state(&mut self, name: &str) -> u32 {
        let h_resource = self.resource(name);
        self.call(ApiGetResourceStateRequest { h_resource }).state
    }

    pub(crate) fn group_state(&mut self, name: &str) -> (u32, String) {
        let h_group = self.group(name);
        let answer = self.call(ApiGetGroupStateRequest { h_group });
        (answer.state, answer.node_name.unwrap().to_string_lossy())
    }

    pub(crate) fn node_state(&mut self, name: &str) -> u32 {
        let h_node = self.node(name);
        self.call(ApiGetNodeStateRequest { h_node }).state
    }
}

/// The names in a list.
pub(crate) fn names(list: Option<&EnumList<'_>>) -> Vec<(u32, String)> {
    let entries = &list.unwrap().entry;
    entries.iter().map(|entry| (entry.r#type, entry.name.unwrap().to_string_lossy())).collect()
}

/// Version 2's names.
pub(crate) fn names2(list: Option<&clusapi2::EnumList<'_>>) -> Vec<(u32, String)> {
    let entries = &list.unwrap().entry;
    entries.iter().map(|entry| (entry.r#type, entry.name.unwrap().to_string_lossy())).collect()
}
