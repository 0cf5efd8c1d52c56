//! Requests that random choices make: mostly good, some not.

use cmrp::clusapi3::NotifyFilterAndTypeRpc;
use cmrp::ndr::Handle;
use cmrp::{clusapi2, clusapi3};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use crate::dice::Dice;
use crate::model::matching::OBJECT_TYPES;
use crate::plain::{Get, Token};

/// What a request says besides its handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the methods' parameters")]
pub enum Parts {
    Create(PortVersion),
    Close,
    Unblock,
    Get { get: Get, timeout: u32 },
    Add { kind: ObjectKind, events: u32, key: u32, subtree: bool, known: Option<u32> },
    AddV2 { object_type: u32, kind: ObjectKind, flags: u64, key: u32, version: u32, targeted: bool },
    AddResourceType { flags: u64, key: u32, name: &'static str, version: u32 },
    Other,
}

/// The bits that the Add methods of version 1 ports take, by kind.
const EVENTS: [(ObjectKind, u32); 7] = [
    (ObjectKind::Cluster, 0x4FF7_FFFF),
    (ObjectKind::Node, 0x0000_000F),
    (ObjectKind::Group, 0x0000_F000),
    (ObjectKind::Resource, 0x0000_0F00),
    (ObjectKind::Key, 0x0000_0070),
    (ObjectKind::Network, 0x00F0_0000),
    (ObjectKind::NetInterface, 0x0F00_0000),
];

impl Parts {
    /// A request, mostly one of its protocol.
    pub fn random(dice: &mut Dice<'_>, protocol: Protocol) -> Self {
        let version_2 = protocol == Protocol::V3 && dice.percent(50);
        match dice.below(40) {
            0..=3 => Self::Create(if version_2 { PortVersion::V2 } else { PortVersion::V1 }),
            4 => Self::Close,
            5 => Self::Unblock,
            6 => Self::Other,
            7..=21 => Self::get(dice, protocol, version_2),
            _ if version_2 => Self::add_v2(dice),
            _ => Self::add(dice),
        }
    }

    fn get(dice: &mut Dice<'_>, protocol: Protocol, version_2: bool) -> Self {
        let get = match protocol {
            Protocol::V2 => Get::One,
            Protocol::V3 if version_2 => Get::SeveralV2,
            Protocol::V3 => dice.one(Get::One, &[Get::Several]),
        };
        Self::Get { get, timeout: dice.one(100, &[0, 1, 1000, u32::MAX]) }
    }

    fn add(dice: &mut Dice<'_>) -> Self {
        let (kind, valid) = dice.pick(&EVENTS).copied().unwrap_or((ObjectKind::Cluster, 0));
        let events = if dice.percent(85) { some(dice, valid) } else { dice.bits() };
        let key = u32::try_from(dice.below(100)).unwrap_or(0);
        let subtree = dice.percent(50);
        let again = kind.has_state_sequence() && dice.percent(35);
        let known = again.then(|| u32::try_from(dice.below(3)).unwrap_or(0));
        Self::Add { kind, events, key, subtree, known }
    }

    fn add_v2(dice: &mut Dice<'_>) -> Self {
        let (object_type, kind, valid) =
            dice.pick(&OBJECT_TYPES).copied().unwrap_or((0, ObjectKind::Cluster, 0));
        let flags = if dice.percent(85) {
            u64::from(some(dice, u32::try_from(valid).unwrap_or(0)))
        } else {
            u64::from(dice.bits()).rotate_left(u32::try_from(dice.below(2)).unwrap_or(0) << 5)
        };
        let key = u32::try_from(dice.below(100)).unwrap_or(0);
        let version = if dice.percent(96) { 2 } else { dice.one(1, &[0, 3]) };
        if dice.percent(10) {
            let name = dice.one("Disk", &["Name", "DISK", ""]);
            return Self::AddResourceType { flags: flags & 0x3F, key, name, version };
        }
        let targeted = dice.percent(60);
        let object_type =
            if dice.percent(96) { object_type } else { dice.one(0, &[14, 15, 16, 17, u32::MAX]) };
        let kind = if targeted { kind } else { ObjectKind::Cluster };
        Self::AddV2 { object_type, kind, flags, key, version, targeted }
    }

    /// Whether it takes the handle of an object.
    pub const fn needs_object(&self) -> bool {
        matches!(self, Self::Add { .. } | Self::AddV2 { .. })
    }

    /// The kind of object whose handle it takes.
    pub const fn kind(&self) -> ObjectKind {
        match *self {
            Self::Add { kind, .. } | Self::AddV2 { kind, .. } => kind,
            _ => ObjectKind::ResourceType,
        }
    }
}

/// Some of the bits, or all.
fn some(dice: &mut Dice<'_>, bits: u32) -> u32 {
    if dice.percent(40) { bits } else { bits & dice.bits() }
}

/// A handle of the kind that the request has.
fn handle<H: Handle>(token: Token) -> Option<H> {
    H::new(token)
}

macro_rules! add_requests {
    ($module:ident, $port:ident, $object:ident, $key:ident, $events:ident, $known:ident;
     $($kind:ident $known_pattern:pat => $request:ident { $handle:ident, $filter:ident $(, $again:ident)? };)+) => {
        |kind: ObjectKind| -> Option<$module::Request<'static>> {
            Some(match (kind, $known) {
                $((ObjectKind::$kind, $known_pattern) => $module::$request {
                    h_notify: handle($port),
                    $handle: handle($object),
                    dw_filter: cmrp::cluster_change::$filter::from_bits_retain($events),
                    dw_notify_key: $key,
                    $(state_sequence: $again.unwrap_or(0),)?
                }.into(),)+
                _ => return None,
            })
        }
    };
}

macro_rules! make {
    ($module:ident, $cluster:ident, $port:ident, $object:ident, $events:ident, $key:ident, $known:ident) => {
        add_requests! { $module, $port, $object, $key, $events, $known;
            Cluster _ => ApiAddNotifyClusterRequest { h_cluster, $cluster };
            Node None => ApiAddNotifyNodeRequest { h_node, NodeFilter };
            Node Some(_) => ApiReAddNotifyNodeRequest { h_node, NodeFilter, $known };
            Group None => ApiAddNotifyGroupRequest { h_group, GroupFilter };
            Group Some(_) => ApiReAddNotifyGroupRequest { h_group, GroupFilter, $known };
            Resource None => ApiAddNotifyResourceRequest { h_resource, ResourceFilter };
            Resource Some(_) => ApiReAddNotifyResourceRequest { h_resource, ResourceFilter, $known };
            Network None => ApiAddNotifyNetworkRequest { h_network, NetworkFilter };
            Network Some(_) => ApiReAddNotifyNetworkRequest { h_network, NetworkFilter, $known };
            NetInterface None => ApiAddNotifyNetInterfaceRequest { h_net_interface, NetInterfaceFilter };
            NetInterface Some(_) =>
                ApiReAddNotifyNetInterfaceRequest { h_net_interface, NetInterfaceFilter, $known };
        }
    };
}

/// The request of protocol version 2; `None` if it has none.
pub fn make_v2(parts: &Parts, port: Token, object: Token) -> Option<clusapi2::Request<'static>> {
    use clusapi2::Request as R;
    let h_notify = handle(port);
    Some(match *parts {
        Parts::Create(PortVersion::V1) => R::ApiCreateNotify(clusapi2::ApiCreateNotifyRequest {}),
        Parts::Close => R::ApiCloseNotify(clusapi2::ApiCloseNotifyRequest { h_notify }),
        Parts::Unblock => R::ApiUnblockGetNotifyCall(clusapi2::ApiUnblockGetNotifyCallRequest { h_notify }),
        Parts::Get { timeout, .. } => R::ApiGetNotify(clusapi2::ApiGetNotifyRequest { h_notify, timeout }),
        Parts::Add { kind: ObjectKind::Key, events, key, subtree, .. } => {
            R::ApiAddNotifyKey(clusapi2::ApiAddNotifyKeyRequest {
                h_notify,
                h_key: handle(object),
                dw_notify_key: key,
                dw_filter: cmrp::cluster_change::KeyFilter::from_bits_retain(events),
                watch_sub_tree: i32::from(subtree),
            })
        }
        Parts::Add { kind, events, key, known, .. } => {
            return make!(clusapi2, ClusterFilterV2, port, object, events, key, known)(kind);
        }
        Parts::Other => R::ApiGetClusterName(clusapi2::ApiGetClusterNameRequest {}),
        _ => return None,
    })
}

/// The request of protocol version 3.
pub fn make_v3(parts: &Parts, port: Token, object: Token) -> Option<clusapi3::Request<'static>> {
    use clusapi3::Request as R;
    let h_notify = handle(port);
    let signed = |flags: u64| i64::from_ne_bytes(flags.to_ne_bytes());
    Some(match *parts {
        Parts::Create(PortVersion::V1) => R::ApiCreateNotify(clusapi3::ApiCreateNotifyRequest {}),
        Parts::Create(PortVersion::V2) => R::ApiCreateNotifyV2(clusapi3::ApiCreateNotifyV2Request {}),
        Parts::Close => R::ApiCloseNotify(clusapi3::ApiCloseNotifyRequest { notify: h_notify }),
        Parts::Unblock => R::ApiUnblockGetNotifyCall(clusapi3::ApiUnblockGetNotifyCallRequest { h_notify }),
        Parts::Get { get: Get::One, .. } => R::ApiGetNotify(clusapi3::ApiGetNotifyRequest { h_notify }),
        Parts::Get { get: Get::Several, .. } => {
            R::ApiGetNotifyAsync(clusapi3::ApiGetNotifyAsyncRequest { h_notify })
        }
        Parts::Get { get: Get::SeveralV2, .. } => {
            R::ApiGetNotifyV2(clusapi3::ApiGetNotifyV2Request { h_notify })
        }
        Parts::Add { kind: ObjectKind::Key, events, key, subtree, .. } => {
            R::ApiAddNotifyKey(clusapi3::ApiAddNotifyKeyRequest {
                h_notify,
                h_key: handle(object),
                dw_notify_key: key,
                filter: cmrp::cluster_change::KeyFilter::from_bits_retain(events),
                watch_sub_tree: i32::from(subtree),
            })
        }
        Parts::Add { kind, events, key, known, .. } => {
            return make!(clusapi3, ClusterFilter, port, object, events, key, known)(kind);
        }
        Parts::AddV2 { object_type, flags, key, version, targeted, .. } => {
            R::ApiAddNotifyV2(clusapi3::ApiAddNotifyV2Request {
                h_notify,
                h_object: handle(object),
                filter: NotifyFilterAndTypeRpc { dw_object_type: object_type, filter_flags: signed(flags) },
                dw_notify_key: key,
                dw_version: version,
                is_targeted_at_object: i32::from(targeted),
            })
        }
        Parts::AddResourceType { flags, key, name, version } => {
            R::ApiAddNotifyResourceTypeV2(clusapi3::ApiAddNotifyResourceTypeV2Request {
                h_notify,
                filter: signed(flags),
                dw_notify_key: key,
                res_type_name: name.into(),
                dw_version: version,
            })
        }
        Parts::Other => R::ApiGetClusterName(clusapi3::ApiGetClusterNameRequest {}),
    })
}
