//! A node of the default cluster, and typed calls to it.

use cmrp::clusapi3::*;
use cmrp::cluster_change::ClusterFilter;
use cmrp::ndr::{Call, Endian, Format, Limits, Operation};
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::node::{Message, Node, NodeConfig, Output};
use cmrp_port::access::Access;
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{AssociationId, CallId, Caller};
use cmrp_port::time::Instant;

pub(crate) const FORMATS: [Format; 3] =
    [Format::Ndr20(Endian::Little), Format::Ndr20(Endian::Big), Format::Ndr64];

/// The answer of an operation; its stub lives on, which a test can afford.
type Answer<C> = <<C as Call>::Operation as Operation>::Response<'static>;

pub(crate) struct Rig {
    pub(crate) node: Node,
    pub(crate) format: Format,
    pub(crate) access: Access,
    pub(crate) association: u64,
    pub(crate) now: Instant,
    calls: u64,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::of(|cluster| cluster)
    }

    /// A node whose cluster was changed before it began.
    pub(crate) fn of(change: impl FnOnce(Embedded) -> Embedded) -> Self {
        let definition = Definition::from_text(DEFAULT).unwrap();
        let cluster = change(Embedded::new(definition.state(0), Config::default()));
        Self {
            node: Node::new(Box::new(cluster), NodeConfig::new("node1", [7; 16])),
            format: FORMATS[0],
            access: Access::All,
            association: 1,
            now: Instant::from_millis(1000),
            calls: 0,
        }
    }

    /// The client goes, with all its handles, and another one comes.
    pub(crate) fn leave(&mut self) {
        self.node.handle_disconnect(AssociationId(self.association));
        self.association += 1;
    }

    /// Makes a call that waits.
    pub(crate) fn send<C: Call>(&mut self, request: &C) -> CallId {
        self.calls += 1;
        let call = CallId(self.calls);
        let stub = request.encode(self.format).unwrap();
        self.raw(call, C::Operation::OPNUM, &stub);
        call
    }

    pub(crate) fn raw(&mut self, call: CallId, opnum: u16, stub: &[u8]) {
        let caller = Caller { association: AssociationId(self.association), access: Some(self.access) };
        let message = Message { protocol: Protocol::V3, opnum, format: self.format, stub };
        self.node.handle_call(self.now, caller, call, message);
    }

    /// What has become of a call: a stub, or the status of a fault; `None` if it waits.
    pub(crate) fn outcome(&mut self, call: CallId) -> Option<Result<Vec<u8>, u32>> {
        let mut found = None;
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Response { call: of, stub, .. } if of == call => found = Some(Ok(stub)),
                Output::Fault { call: of, status } if of == call => found = Some(Err(status)),
                _ => {}
            }
        }
        found
    }

    pub(crate) fn next_call(&mut self) -> CallId {
        self.calls += 1;
        CallId(self.calls)
    }

    /// Makes a call and reads its answer, which has to be one to that request.
    pub(crate) fn call<C: Call>(&mut self, request: &C) -> Answer<C> {
        let call = self.send(request);
        let outcome = self.outcome(call).expect("the call waits");
        let stub = outcome.unwrap_or_else(|status| panic!("{}: fault {status:#x}", C::Operation::NAME));
        self.read(request, stub)
    }

    pub(crate) fn read<C: Call>(&self, request: &C, stub: Vec<u8>) -> Answer<C> {
        request.decode_response(stub.leak(), self.format, &Limits::default()).unwrap()
    }

    pub(crate) fn root(&mut self) -> Option<HKeyRpc> {
        self.root_with(0x0200_0000)
    }

    pub(crate) fn root_with(&mut self, sam_desired: u32) -> Option<HKeyRpc> {
        let answer = self.call(&ApiGetRootKeyRequest { sam_desired });
        assert_eq!(answer.status, 0);
        answer.return_value
    }

    /// Makes or opens a key with all rights.
    pub(crate) fn key(&mut self, at: Option<HKeyRpc>, path: &str) -> Option<HKeyRpc> {
        let answer = self.create(at, path, 0x0200_0000);
        assert_eq!(answer.status, 0, "{path}");
        answer.return_value
    }

    pub(crate) fn create(
        &mut self,
        h_key: Option<HKeyRpc>,
        path: &str,
        sam_desired: u32,
    ) -> ApiCreateKeyResponse {
        let (lp_sub_key, lp_security_attributes) = (path.into(), None);
        self.call(&ApiCreateKeyRequest {
            h_key,
            lp_sub_key,
            dw_options: 0,
            sam_desired,
            lp_security_attributes,
        })
    }

    pub(crate) fn open(
        &mut self,
        h_key: Option<HKeyRpc>,
        path: &str,
        sam_desired: u32,
    ) -> ApiOpenKeyResponse {
        self.call(&ApiOpenKeyRequest { h_key, lp_sub_key: path.into(), sam_desired })
    }

    pub(crate) fn set(&mut self, h_key: Option<HKeyRpc>, name: &str, dw_type: u32, lp_data: &[u8]) -> u32 {
        self.call(&ApiSetValueRequest { h_key, lp_value_name: name.into(), dw_type, lp_data }).return_value
    }

    /// A value that has room in 100 octets.
    pub(crate) fn query(&mut self, h_key: Option<HKeyRpc>, name: &str) -> Result<(u32, Vec<u8>), u32> {
        let answer = self.call(&ApiQueryValueRequest { h_key, lp_value_name: name.into(), cb_data: 100 });
        let data = answer.lp_data[..(answer.lpcb_required as usize).min(100)].to_vec();
        if answer.return_value == 0 { Ok((answer.lp_value_type, data)) } else { Err(answer.return_value) }
    }

    /// The names of the subkeys, by enumeration.
    pub(crate) fn subkeys(&mut self, h_key: Option<HKeyRpc>) -> Vec<String> {
        let mut names = Vec::new();
        for dw_index in 0.. {
            let answer = self.call(&ApiEnumKeyRequest { h_key, dw_index });
            match answer.return_value {
                0 => names.push(answer.key_name.unwrap().to_string_lossy()),
                259 => return names,
                code => panic!("{code}"),
            }
        }
        names
    }

    pub(crate) fn group(&mut self, name: &str) -> Option<HGroupRpc> {
        self.call(&ApiOpenGroupRequest { lpsz_group_name: name.into() }).return_value
    }

    pub(crate) fn resource(&mut self, name: &str) -> Option<HResRpc> {
        self.call(&ApiOpenResourceRequest { lpsz_resource_name: name.into() }).return_value
    }

    pub(crate) fn cluster(&mut self) -> Option<HClusterRpc> {
        self.call(&ApiOpenClusterRequest {}).return_value
    }

    /// A version 1 port with a filter on the whole cluster.
    pub(crate) fn watch(&mut self) -> Option<HNotifyRpc> {
        let h_notify = self.call(&ApiCreateNotifyRequest {}).return_value;
        let h_cluster = self.cluster();
        let request = ApiAddNotifyClusterRequest {
            h_notify,
            h_cluster,
            dw_filter: ClusterFilter::from_bits_retain(ClusterFilter::VALID.bits()),
            dw_notify_key: 1,
        };
        assert_eq!(self.call(&request).return_value, 0);
        h_notify
    }

    /// The events that a port has, by change and name.
    pub(crate) fn events(&mut self, h_notify: Option<HNotifyRpc>) -> Vec<(u32, String)> {
        let mut events = Vec::new();
        loop {
            let request = ApiGetNotifyRequest { h_notify };
            let call = self.send(&request);
            let Some(outcome) = self.outcome(call) else {
                self.node.handle_cancel(call);
                self.outcome(call);
                return events;
            };
            let answer = self.read(&request, outcome.unwrap());
            assert_eq!(answer.return_value, 0);
            events.push((answer.dw_filter.bits(), answer.name.unwrap().to_string_lossy()));
        }
    }
}
