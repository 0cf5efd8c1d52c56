//! A server with clients that call it directly, for benches and for the test of its memory.
#![allow(
    dead_code,
    clippy::expect_used,
    clippy::panic,
    reason = "each program uses a part of this, and stops when a call does not do what it is meant to"
)]

use std::sync::Arc;

use cmrp::clusapi3::{
    ApiAddNotifyClusterRequest, ApiAddNotifyGroupRequest, ApiAddNotifyV2Request, ApiCreateNotifyRequest,
    ApiCreateNotifyV2Request, ApiGetNotifyAsyncRequest, ApiGetNotifyRequest, ApiGetNotifyV2Request,
    HClusterRpc, HGroupRpc, HNotifyRpc, ObjectFilter, Request, Response as Reply,
};
use cmrp::cluster_change::{ClusterFilter, GroupFilter};
use cmrp::ndr::{ContextHandle, Handle};
use cmrp_port::access::Access;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;
use cmrp_port::sequence::StateSequences;
use cmrp_port::server::{AssociationId, CallId, Caller, Config, Handled, Limits, Output, Response, Server};
use cmrp_port::time::Instant;

const ASSOCIATION: AssociationId = AssociationId(1);
const CALLER: Caller = Caller { association: ASSOCIATION, access: Some(Access::All) };

/// No limits but those of the machine.
const LIMITS: Limits = Limits {
    ports: usize::MAX,
    ports_per_association: usize::MAX,
    handles_per_association: usize::MAX,
    filters: usize::MAX,
    filters_per_port: usize::MAX,
    queue: usize::MAX,
    queue_per_port: usize::MAX,
    waiting: usize::MAX,
    waiting_per_port: usize::MAX,
    batch: 1024,
    batch_octets: usize::MAX,
    closed_ports: 16,
};

/// A server, and one association that calls it.
pub(crate) struct Client {
    pub(crate) server: Server,
    numbers: StateSequences,
    calls: u64,
}

/// A get method.
#[derive(Clone, Copy)]
pub(crate) enum Get {
    One,
    Async,
    V2,
}

impl Client {
    pub(crate) fn new() -> Self {
        let config = Config { limits: LIMITS, seed: [7; 16], cluster_name: Arc::from("CLUSTER") };
        Self { server: Server::new(config), numbers: StateSequences::new(), calls: 0 }
    }

    /// Makes a version 1 port.
    pub(crate) fn port_v1(&mut self) -> HNotifyRpc {
        let response = self.done(&Request::ApiCreateNotify(ApiCreateNotifyRequest {}));
        match response.to_v3() {
            Some(Reply::ApiCreateNotify(reply)) => reply.return_value.expect("a port"),
            other => panic!("{other:?}"),
        }
    }

    /// Makes a version 2 port.
    pub(crate) fn port_v2(&mut self) -> HNotifyRpc {
        let response = self.done(&Request::ApiCreateNotifyV2(ApiCreateNotifyV2Request {}));
        match response.to_v3() {
            Some(Reply::ApiCreateNotifyV2(reply)) => reply.return_value.expect("a port"),
            other => panic!("{other:?}"),
        }
    }

    /// Registers a version 1 filter on a group.
    pub(crate) fn watch_group(&mut self, port: HNotifyRpc, name: &str, filter: GroupFilter) {
        let handle = self.open(ObjectKind::Group, name);
        self.succeed(&Request::ApiAddNotifyGroup(ApiAddNotifyGroupRequest {
            h_notify: Some(port),
            h_group: HGroupRpc::new(handle),
            dw_filter: filter,
            dw_notify_key: 1,
        }));
        self.close(ObjectKind::Group, handle);
    }

    /// Registers a version 1 filter on everything.
    pub(crate) fn watch_cluster(&mut self, port: HNotifyRpc, filter: ClusterFilter) {
        let handle = self.open(ObjectKind::Cluster, "");
        self.succeed(&Request::ApiAddNotifyCluster(ApiAddNotifyClusterRequest {
            h_notify: Some(port),
            h_cluster: HClusterRpc::new(handle),
            dw_filter: filter,
            dw_notify_key: 1,
        }));
        self.close(ObjectKind::Cluster, handle);
    }

    /// Registers a version 2 filter on a group, or on all of them.
    pub(crate) fn watch_v2(&mut self, port: HNotifyRpc, group: Option<&str>, filter: ObjectFilter) {
        let kind = if group.is_some() { ObjectKind::Group } else { ObjectKind::Cluster };
        let handle = self.open(kind, group.unwrap_or_default());
        self.succeed(&Request::ApiAddNotifyV2(ApiAddNotifyV2Request {
            h_notify: Some(port),
            h_object: Handle::new(handle),
            filter: filter.into(),
            dw_notify_key: 1,
            dw_version: 2,
            is_targeted_at_object: group.is_some().into(),
        }));
        self.close(kind, handle);
    }

    /// Calls a get method; the answer, unless the call waits.
    pub(crate) fn get(&mut self, port: HNotifyRpc, get: Get) -> Option<Response> {
        let h_notify = Some(port);
        self.call(&match get {
            Get::One => Request::ApiGetNotify(ApiGetNotifyRequest { h_notify }),
            Get::Async => Request::ApiGetNotifyAsync(ApiGetNotifyAsyncRequest { h_notify }),
            Get::V2 => Request::ApiGetNotifyV2(ApiGetNotifyV2Request { h_notify }),
        })
    }

    /// The next answer to a call that waited.
    pub(crate) fn answer(&mut self) -> Option<Response> {
        match self.server.poll_output()? {
            Output::Response { response, .. } => Some(response),
            other => panic!("{other:?}"),
        }
    }

    fn open(&mut self, kind: ObjectKind, name: &str) -> ContextHandle {
        let object = Object::new(kind, name);
        self.server.open(ASSOCIATION, Protocol::V3, &object, Access::All).expect("a handle")
    }

    fn close(&mut self, kind: ObjectKind, handle: ContextHandle) {
        self.server.close(ASSOCIATION, Protocol::V3, handle, kind).expect("an open handle");
    }

    fn call(&mut self, request: &Request<'_>) -> Option<Response> {
        self.calls = self.calls.wrapping_add(1);
        let handled =
            self.server.handle_v3(Instant::ORIGIN, CALLER, CallId(self.calls), request, &self.numbers);
        assert_eq!(handled, Handled::Taken, "a method of notification ports");
        self.answer()
    }

    fn done(&mut self, request: &Request<'_>) -> Response {
        self.call(request).expect("an answer at once")
    }

    fn succeed(&mut self, request: &Request<'_>) {
        assert_eq!(self.done(request).result(), 0, "{request:?}");
    }
}
