//! Events of version 2 ports, and what travels in their buffers.
//!
//! [`EventV2`] is what a server posts. One is made by an enumeration for its type of object, which leaves no way to
//! pair a flag with the buffer, the identifiers or the strings of another (MS-CMRP 3.1.4.2.138):
//!
//! | object type | event | object |
//! |---|---|---|
//! | `CLUSTER` | [`ClusterEvent`] | – |
//! | `GROUP` | [`GroupEvent`] | [`Group`] |
//! | `RESOURCE` | [`ResourceEvent`] | [`Resource`] |
//! | `RESOURCE_TYPE` | [`ResourceTypeEvent`] | its name |
//! | `NETWORK_INTERFACE` | [`NetInterfaceEvent`] | [`NetInterface`] |
//! | `NETWORK` | [`NetworkEvent`] | [`Network`] |
//! | `NODE` | [`NodeEvent`] | [`Node`] |
//! | `REGISTRY` | [`RegistryEvent`] | the path of the key |
//! | `QUORUM` | [`QuorumEvent`] | [`QuorumResource`] |
//! | `SHARED_VOLUME` | [`SharedVolumeEvent`] | [`VolumeResource`] |
//! | `SPACEPORT`, `UPGRADE`, `GROUPSET` | [`SpaceportEvent`], [`UpgradeEvent`], [`GroupSetEvent`] | by analogy |
//!
//! ```
//! use cmrp_port::event::v2::{Group, GroupEvent, GroupState, Payload};
//!
//! let group = Group { id: "g1", name: "SQL", node_id: "1" };
//! let mut buffer = Vec::new();
//! let event = GroupEvent::State(GroupState::ONLINE).of(group, &mut buffer);
//! assert_eq!((event.object_id, event.parent_id, event.name), ("g1", Some("1"), "SQL"));
//!
//! // What a client makes of the buffer:
//! let payload = Payload::decode(event.filter, event.buffer).unwrap();
//! assert_eq!(payload, Payload::GroupState(GroupState::ONLINE));
//! ```
//!
//! # Encodings
//!
//! Numbers are little-endian. The specification names identifiers and expressions in buffers without saying how they
//! are written; they are written as the strings beside the buffer are: UTF-16, little-endian, with a final zero
//! character. A `MULTI_SZ` is such strings one after the other and an empty one at the end.

mod cluster;
mod content;
mod error;
mod group;
mod group_set;
mod membership;
mod network;
mod node;
mod octets;
mod payload;
mod property;
mod quorum;
mod registry;
mod resource;
mod shared_volume;
mod spaceport;
mod state;
mod text;

pub use cluster::ClusterEvent;
pub use error::{PayloadError, PayloadErrorKind};
pub use group::{Group, GroupEvent};
pub use group_set::{GroupSet, GroupSetEvent};
pub use membership::Membership;
pub use network::{NetInterface, NetInterfaceEvent, Network, NetworkEvent};
pub use node::{Node, NodeEvent, UpgradeEvent};
pub use payload::Payload;
pub use property::{Property, PropertyList, PropertyValue};
pub use quorum::{QuorumEvent, QuorumResource};
pub use registry::RegistryEvent;
pub use resource::{Resource, ResourceEvent, ResourceTypeEvent};
pub use shared_volume::{Redirection, SharedVolume, SharedVolumeEvent, VolumeResource};
pub use spaceport::{Spaceport, SpaceportEvent};
pub use state::{GroupState, NetInterfaceState, NetworkState, NodeState, ResourceState, SharedVolumeState};
pub use text::Text;

use cmrp::clusapi3::ObjectFilter;

/// An event of version 2 ports: an object type with one flag, and what `NOTIFICATION_DATA_RPC` says of it
/// (MS-CMRP 2.2.3.23, 3.1.4.2.138).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventV2<'a> {
    /// The object type and exactly one of its flags.
    pub filter: ObjectFilter,
    /// The name of the object that a filter must be on to match, if it is on one object: the group that a resource
    /// was added to, although [`name`](Self::name) is that of the resource. Of a registry key, its path below the
    /// root key. Without meaning for the object types that the cluster has once.
    pub target: &'a str,
    /// `buffer`.
    pub buffer: &'a [u8],
    /// `ObjectId`.
    pub object_id: &'a str,
    /// `ParentId`; `None` is the null pointer.
    pub parent_id: Option<&'a str>,
    /// `Name`.
    pub name: &'a str,
    /// `Type`; `None` is the null pointer.
    pub type_name: Option<&'a str>,
}
