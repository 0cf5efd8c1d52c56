//! A cluster of nodes that know their names, two groups and notification ports.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{ContextHandle, EncodeStub, Format, Handle};
use cmrp::{clusapi2, clusapi3};
use cmrp_net::client::{Builder, Options, Protocol, WatchEvent, WatchEvents, Watcher};
use cmrp_net::server::{Handle as ServerHandle, Output, Request, Server, Service};
use cmrp_port::access::Access;
use cmrp_port::event::EventV1;
use cmrp_port::event::v2::{Group, GroupEvent, GroupState};
use cmrp_port::object::{Object, ObjectKind, same_name};
use cmrp_port::sequence::StateSequences;
use cmrp_port::server::{self, AssociationId, CallId, Caller, Config, Handled, Limits, Statistics};
use cmrp_port::status::{ERROR_GROUP_NOT_FOUND, ERROR_SUCCESS};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;
use dcerpc_proto::status::{NCA_OP_RNG_ERROR, RPC_X_BAD_STUB_DATA};
use tokio::task::JoinHandle;

/// One node, as a service.
pub(crate) struct Node {
    name: &'static str,
    groups: Vec<&'static str>,
    ports: server::Server,
    sequences: StateSequences,
    outputs: VecDeque<Output<server::Response>>,
    calls: Vec<(CallId, bool, Format)>,
    /// Opnums in the order in which they came.
    pub(crate) log: Vec<u16>,
}

const NODES: [&str; 2] = ["node1", "node2"];

impl Node {
    fn new(name: &'static str, sequences: StateSequences) -> Self {
        let config = Config { limits: Limits::default(), seed: [7; 16], cluster_name: "C".into() };
        Self {
            name,
            groups: vec!["SQL", "Files"],
            ports: server::Server::new(config),
            sequences,
            outputs: VecDeque::new(),
            calls: Vec::new(),
            log: Vec::new(),
        }
    }

    /// A group has changed its state.
    fn change(&mut self, group: &str, state: GroupState) {
        let number = self.sequences.transition(&Object::new(ObjectKind::Group, group));
        self.ports.post_v1(&EventV1::new(ClusterChange::GROUP_STATE, group, number).unwrap());
        let named = Group { id: group, name: group, node_id: "1" };
        self.ports.post_v2(&GroupEvent::State(state).of(named, &mut Vec::new()));
    }

    fn open(
        &mut self,
        caller: Caller,
        protocol: Protocol,
        kind: ObjectKind,
        name: &str,
    ) -> Result<ContextHandle, u32> {
        let known = kind != ObjectKind::Group || self.groups.iter().any(|group| same_name(group, name));
        if !known {
            return Err(ERROR_GROUP_NOT_FOUND);
        }
        self.ports.open(caller.association, protocol, &Object::new(kind, name), Access::All)
    }
}

/// Answers what is not about ports, in one of the interfaces. One has members that the other has not.
#[allow(clippy::needless_update, reason = "needed in one of two")]
mod answer {
    use super::{
        Caller, ContextHandle, ERROR_SUCCESS, Handle, NODES, Node, ObjectKind, Protocol, clusapi2, clusapi3,
    };

    macro_rules! answers {
        ($name:ident, $api:ident, $protocol:expr) => {
            pub(super) fn $name(
                node: &mut Node,
                caller: Caller,
                request: &$api::Request<'_>,
            ) -> Option<$api::Response<'static>> {
                use $api::Request as R;
                let opened = |opened: Result<ContextHandle, u32>| match opened {
                    Ok(handle) => (handle, ERROR_SUCCESS),
                    Err(status) => (ContextHandle::NULL, status),
                };
                Some(match request {
                    R::ApiGetClusterName(_) => $api::ApiGetClusterNameResponse {
                        cluster_name: Some("C".into()),
                        node_name: Some(node.name.into()),
                        return_value: 0,
                    }
                    .into(),
                    R::ApiCreateEnum(_) => {
                        let entry =
                            |name: &&'static str| $api::EnumEntry { r#type: 1, name: Some((*name).into()) };
                        let entry = NODES.iter().map(entry).collect();
                        let return_enum = Some($api::EnumList { entry });
                        $api::ApiCreateEnumResponse { return_enum, return_value: 0, ..Default::default() }
                            .into()
                    }
                    R::ApiOpenCluster(_) => {
                        let (handle, status) = opened(node.open(caller, $protocol, ObjectKind::Cluster, "C"));
                        $api::ApiOpenClusterResponse { status, return_value: Handle::new(handle) }.into()
                    }
                    R::ApiOpenGroup(request) => {
                        let name = request.lpsz_group_name.to_string_lossy();
                        let (handle, status) = opened(node.open(caller, $protocol, ObjectKind::Group, &name));
                        let return_value = Handle::new(handle);
                        $api::ApiOpenGroupResponse { status, return_value, ..Default::default() }.into()
                    }
                    R::ApiGetGroupState(_) => {
                        let node_name = Some(node.name.into());
                        $api::ApiGetGroupStateResponse { state: 3, node_name, ..Default::default() }.into()
                    }
                    R::ApiCloseGroup(_) => $api::ApiCloseGroupResponse::default().into(),
                    R::ApiCloseCluster(_) => $api::ApiCloseClusterResponse::default().into(),
                    _ => return None,
                })
            }
        };
    }

    answers!(v2, clusapi2, Protocol::V2);
    answers!(v3, clusapi3, Protocol::V3);
}

impl Service for Node {
    type Receipt = server::Response;

    fn interfaces() -> Vec<SyntaxId> {
        vec![SyntaxId::of::<clusapi2::Clusapi2>(), SyntaxId::of::<clusapi3::Clusapi3>()]
    }

    fn operation(_: SyntaxId, opnum: u16) -> Option<&'static str> {
        clusapi3::OPERATION_NAMES.get(usize::from(opnum)).copied()
    }

    fn handle_call(&mut self, now: Instant, caller: Caller, call: CallId, request: Request<'_>) {
        self.log.push(request.opnum);
        let (is_v3, format) = (request.interface == SyntaxId::of::<clusapi3::Clusapi3>(), request.format);
        let limits = cmrp::ndr::Limits::DEFAULT;
        let stub = if is_v3 {
            let Ok(request) = clusapi3::Request::decode(request.opnum, request.stub, format, &limits) else {
                return self.outputs.push_back(Output::Fault { call, status: RPC_X_BAD_STUB_DATA });
            };
            if self.ports.handle_v3(now, caller, call, &request, &self.sequences) == Handled::Taken {
                return self.calls.push((call, is_v3, format));
            }
            answer::v3(self, caller, &request).map(|response| response.encode(format).unwrap())
        } else {
            let Ok(request) = clusapi2::Request::decode(request.opnum, request.stub, format, &limits) else {
                return self.outputs.push_back(Output::Fault { call, status: RPC_X_BAD_STUB_DATA });
            };
            if self.ports.handle_v2(now, caller, call, &request, &self.sequences) == Handled::Taken {
                return self.calls.push((call, is_v3, format));
            }
            answer::v2(self, caller, &request).map(|response| response.encode(format).unwrap())
        };
        self.outputs.push_back(match stub {
            Some(stub) => Output::Response { call, stub, receipt: None },
            None => Output::Fault { call, status: NCA_OP_RNG_ERROR },
        });
    }

    fn handle_cancel(&mut self, call: CallId) {
        self.ports.handle_cancel(call);
    }

    fn handle_undelivered(&mut self, receipt: server::Response) {
        self.ports.handle_undelivered(&receipt);
    }

    fn handle_disconnect(&mut self, association: AssociationId) {
        self.ports.handle_disconnect(association);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.ports.handle_timeout(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.ports.poll_timeout()
    }

    fn poll_output(&mut self) -> Option<Output<server::Response>> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        Some(match self.ports.poll_output()? {
            server::Output::Response { call, response } => {
                let place = self.calls.iter().position(|(known, ..)| *known == call).unwrap();
                let (_, is_v3, format) = self.calls.remove(place);
                let stub = if is_v3 {
                    response.to_v3().unwrap().encode(format).unwrap()
                } else {
                    response.to_v2().unwrap().encode(format).unwrap()
                };
                Output::Response { call, stub, receipt: Some(response) }
            }
            server::Output::Fault { call, status } => Output::Fault { call, status },
            server::Output::Abandoned { call } => Output::Abandoned { call },
            server::Output::EndConnection { association } => Output::EndConnection { association },
        })
    }

    fn shut_down(&mut self, _: Instant) {
        self.ports.set_state(cmrp_port::access::ServerState::ShuttingDown);
    }

    fn holds(&self, _: AssociationId) -> bool {
        true
    }

    fn statistics(&self) -> Statistics {
        self.ports.statistics()
    }
}

/// A node that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    handle: ServerHandle<Node>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    pub(crate) async fn start(name: &'static str, sequences: StateSequences) -> Self {
        Self::start_at("127.0.0.1:0", name, sequences).await
    }

    pub(crate) async fn start_at(address: &str, name: &'static str, sequences: StateSequences) -> Self {
        let node = Node::new(name, sequences);
        let server = Server::builder(node).allow_insecure(true).bind(address).await.unwrap();
        let (address, handle) = (server.local_addr(), server.handle());
        Self { address, handle, task: tokio::spawn(server.serve(std::future::pending())) }
    }

    pub(crate) async fn change(&self, group: &'static str, state: GroupState) {
        self.with(move |node| node.change(group, state)).await;
    }

    pub(crate) async fn remove(&self, group: &'static str) {
        self.with(move |node| node.groups.retain(|name| *name != group)).await;
    }

    pub(crate) async fn log(&self) -> Vec<u16> {
        self.with(|node| node.log.clone()).await
    }

    pub(crate) async fn statistics(&self) -> Statistics {
        self.with(|node| node.ports.statistics()).await
    }

    pub(crate) async fn sequences(&self) -> StateSequences {
        self.with(|node| node.sequences.clone()).await
    }

    async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Node) -> T + Send + 'static) -> T {
        self.handle.with(move |node, _| work(node)).await.unwrap()
    }

    /// Connections that clients have.
    pub(crate) fn connections(&self) -> u64 {
        u64::try_from(self.handle.snapshot().connections).unwrap()
    }

    /// Cuts all clients off.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// Ends as a node does that is shut down.
    pub(crate) async fn shut_down(self) {
        self.handle.shut_down();
        self.task.await.unwrap().unwrap();
    }
}

/// A watcher of nodes, whose names are known.
pub(crate) fn watcher(protocol: Protocol, nodes: &[(&str, SocketAddr)]) -> Builder {
    let options = Options::new(protocol).with_port(1);
    let options =
        nodes.iter().fold(options, |options, (name, address)| options.with_name(name, &address.to_string()));
    Watcher::builder(nodes.iter().map(|(name, _)| *name), protocol).options(options)
}

/// Takes events until one is what a test waits for.
pub(crate) async fn until(events: &mut WatchEvents, mut what: impl FnMut(&WatchEvent) -> bool) -> WatchEvent {
    let mut others = Vec::new();
    let found = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let event = events.next().await.expect("the stream has ended");
            if what(&event) {
                return event;
            }
            others.push(event);
        }
    });
    match found.await {
        Ok(event) => event,
        Err(late) => panic!("{late}: there was only {others:?}"),
    }
}
