//! Two clients' ports with filters for everything, and what they are told.

use cmrp::clusapi3::*;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{Call, EncodeStub, Limits, Operation};
use cmrp_port::event::v2::Payload;
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol;

use crate::rig::{Client, Outcome, Rig};
use cmrp_port::access::Access;

pub(crate) const WATCHER: Client = Client(99, Some(Access::All));

/// What a version 1 port told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct First {
    pub(crate) change: ClusterChange,
    pub(crate) name: String,
    pub(crate) sequence: u32,
}

/// What a version 2 port told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Second {
    pub(crate) filter: ObjectFilter,
    pub(crate) name: String,
    pub(crate) id: String,
    /// The state in the buffer, if that is what the buffer holds.
    pub(crate) state: Option<u32>,
}

/// Everything that a cluster filter of version 1 may ask for.
const ALL_V1: u32 = !(0x0008_0000 | 0x2000_0000 | 0x8000_0000);

/// The flags of each object type.
const ALL_V2: [(u32, i64); 9] =
    [(1, 0x1FF4), (2, 0x01FF), (3, 0x01FF), (4, 0x3F), (5, 0xF), (6, 0xF), (7, 0x7F), (8, 0xF), (9, 1)];

pub(crate) struct Watch {
    v1: Option<HNotifyRpc>,
    v2: Option<HNotifyRpc>,
}

impl Watch {
    pub(crate) fn new(rig: &mut Rig) -> Self {
        let call = |rig: &mut Rig| rig.try_call(WATCHER, &ApiOpenClusterRequest {}).unwrap().return_value;
        let h_cluster = call(rig);
        let v1 = rig.try_call(WATCHER, &ApiCreateNotifyRequest {}).unwrap().return_value;
        let added = rig
            .try_call(
                WATCHER,
                &ApiAddNotifyClusterRequest {
                    h_notify: v1,
                    h_cluster,
                    dw_filter: cmrp::cluster_change::ClusterFilter::from_bits_retain(ALL_V1),
                    dw_notify_key: 1,
                },
            )
            .unwrap();
        assert_eq!(added.return_value, 0);
        let v2 = rig.try_call(WATCHER, &ApiCreateNotifyV2Request {}).unwrap().return_value;
        for (dw_object_type, filter_flags) in ALL_V2 {
            let added = rig
                .try_call(
                    WATCHER,
                    &ApiAddNotifyV2Request {
                        h_notify: v2,
                        h_object: h_cluster.map(Into::into),
                        filter: NotifyFilterAndTypeRpc { dw_object_type, filter_flags },
                        dw_notify_key: 2,
                        dw_version: 2,
                        is_targeted_at_object: 0,
                    },
                )
                .unwrap();
            assert_eq!(added.return_value, 0, "{dw_object_type}");
        }
        Self { v1, v2 }
    }

    fn get<C: Call>(rig: &mut Rig, request: &C) -> Option<<C::Operation as Operation>::Response<'static>> {
        let stub = EncodeStub::encode(request, rig.format).unwrap();
        match rig.send(WATCHER, Protocol::V3, <C::Operation as Operation>::OPNUM, &stub) {
            (_, Outcome::Stub(stub)) => {
                Some(request.decode_response(Vec::leak(stub), rig.format, &Limits::DEFAULT).unwrap())
            }
            (call, Outcome::Waits) => {
                rig.node.handle_cancel(call);
                rig.outputs();
                None
            }
            other => panic!("{other:?}"),
        }
    }

    /// All that the version 1 port has to tell.
    pub(crate) fn first(&self, rig: &mut Rig) -> Vec<First> {
        let mut told = Vec::new();
        while let Some(got) = Self::get(rig, &ApiGetNotifyRequest { h_notify: self.v1 }) {
            assert_eq!(got.return_value, 0);
            told.push(First {
                change: got.dw_filter,
                name: got.name.unwrap().to_string_lossy(),
                sequence: got.dw_state_sequence,
            });
        }
        told
    }

    /// All that the version 2 port has to tell.
    pub(crate) fn second(&self, rig: &mut Rig) -> Vec<Second> {
        let mut told = Vec::new();
        while let Some(got) = Self::get(rig, &ApiGetNotifyV2Request { h_notify: self.v2 }) {
            assert_eq!(got.return_value, 0);
            told.extend(got.notifications.as_array().unwrap().iter().map(second));
        }
        told
    }
}

fn second(notification: &NotificationRpc<'_>) -> Second {
    let data = &notification.notification_data;
    let filter = ObjectFilter::from(&data.filter_and_type);
    let buffer = data.buffer.as_array().copied().unwrap_or_default();
    let payload = Payload::decode(filter, buffer).unwrap_or_else(|error| panic!("{filter:?}: {error}"));
    let state = match payload {
        Payload::NodeState(state) => Some(state.0),
        Payload::GroupState(state) => Some(state.0),
        Payload::ResourceState(state) => Some(state.0),
        Payload::NetworkState(state) => Some(state.0),
        Payload::NetInterfaceState(state) => Some(state.0),
        _ => None,
    };
    Second {
        filter,
        name: data.name.unwrap().to_string_lossy(),
        id: data.object_id.unwrap().to_string_lossy(),
        state,
    }
}

/// The kind of object whose state an event of version 1 tells.
pub(crate) fn state_kind(change: ClusterChange) -> Option<ObjectKind> {
    Some(match change {
        ClusterChange::NODE_STATE => ObjectKind::Node,
        ClusterChange::GROUP_STATE => ObjectKind::Group,
        ClusterChange::RESOURCE_STATE => ObjectKind::Resource,
        ClusterChange::NETWORK_STATE => ObjectKind::Network,
        ClusterChange::NETINTERFACE_STATE => ObjectKind::NetInterface,
        _ => return None,
    })
}

/// The same of version 2.
pub(crate) fn state_kind_v2(filter: ObjectFilter) -> Option<ObjectKind> {
    use cmrp::cluster_change::{
        ClusterChangeGroupV2, ClusterChangeNetInterfaceV2, ClusterChangeNetworkV2, ClusterChangeNodeV2,
        ClusterChangeResourceV2,
    };
    Some(match filter {
        ObjectFilter::Node(ClusterChangeNodeV2::STATE) => ObjectKind::Node,
        ObjectFilter::Group(ClusterChangeGroupV2::STATE) => ObjectKind::Group,
        ObjectFilter::Resource(ClusterChangeResourceV2::STATE) => ObjectKind::Resource,
        ObjectFilter::Network(ClusterChangeNetworkV2::STATE) => ObjectKind::Network,
        ObjectFilter::NetInterface(ClusterChangeNetInterfaceV2::STATE) => ObjectKind::NetInterface,
        _ => return None,
    })
}
