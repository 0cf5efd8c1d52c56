//! Events of the cluster itself (MS-CMRP 2.2.2.12).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChangeClusterV2 as Flag;

use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;
use super::{EventV2, Group, Membership, Network, Node, NodeState, PropertyList};

/// An event of the object type `CLUSTER_OBJECT_TYPE_CLUSTER`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterEvent<'a> {
    /// A group was created.
    GroupAdded {
        /// The group.
        group: Group<'a>,
        /// Its type, a value of `CLUSGROUP_TYPE` in clusapi.h.
        group_type: u32,
    },
    /// A network was added.
    NetworkAdded(Network<'a>),
    /// A node was added.
    NodeAdded {
        /// The node.
        node: Node<'a>,
        /// Its state.
        state: NodeState,
    },
    /// A resource type of this name was added.
    ResourceTypeAdded(&'a str),
    /// Common properties of the cluster changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties of the cluster changed; their new values.
    PrivateProperty(&'a PropertyList<'a>),
    /// Events may have been lost on the server. The server engine posts this itself where it had to drop events.
    LostNotifications,
    /// The cluster has this name now.
    Renamed(&'a str),
    /// A node or the quorum changed state.
    Membership(Membership<'a>),
    /// The operating version of the cluster is this now.
    Upgraded(u32),
}

/// The identifier, the identifier of the parent and the name that an event gives.
type Named<'a> = (&'a str, &'a str, &'a str);

impl<'a> ClusterEvent<'a> {
    /// The event. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn event(&self, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content();
        let (object_id, parent_id, name) = self.named();
        EventV2 {
            filter: ObjectFilter::Cluster(flag),
            target: "",
            buffer: content.write(buffer),
            object_id,
            parent_id: Some(parent_id),
            name,
            type_name: Some(""),
        }
    }

    fn content(&self) -> (Flag, Content<'a>) {
        match *self {
            Self::GroupAdded { group_type, .. } => (Flag::GROUP_ADDED, Content::Number(group_type)),
            Self::NetworkAdded(_) => (Flag::NETWORK_ADDED, Content::Empty),
            Self::NodeAdded { state, .. } => (Flag::NODE_ADDED, Content::Number(state.0)),
            Self::ResourceTypeAdded(_) => (Flag::RESOURCE_TYPE_ADDED, Content::Empty),
            Self::CommonProperty(list) => (Flag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty(list) => (Flag::PRIVATE_PROPERTY, Content::Properties(list)),
            Self::LostNotifications => (Flag::LOST_NOTIFICATIONS, Content::Empty),
            Self::Renamed(_) => (Flag::RENAME, Content::Empty),
            Self::Membership(membership) => (Flag::MEMBERSHIP, Content::Membership(membership)),
            Self::Upgraded(version) => (Flag::UPGRADED, Content::Number(version)),
        }
    }

    fn named(&self) -> Named<'a> {
        match *self {
            Self::GroupAdded { group, .. } => (group.id, group.node_id, group.name),
            Self::NetworkAdded(network) => (network.id, "", network.name),
            Self::NodeAdded { node, .. } => (node.id, "", node.name),
            Self::ResourceTypeAdded(name) | Self::Renamed(name) => ("", "", name),
            _ => ("", "", ""),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        Flag::GROUP_ADDED => octets.number(Payload::GroupType),
        Flag::NODE_ADDED => octets.number(|state| Payload::NodeState(NodeState(state))),
        Flag::NETWORK_ADDED | Flag::RESOURCE_TYPE_ADDED | Flag::LOST_NOTIFICATIONS | Flag::RENAME => {
            octets.none()
        }
        Flag::COMMON_PROPERTY | Flag::PRIVATE_PROPERTY => octets.properties(),
        Flag::MEMBERSHIP => Membership::read(octets).map(Payload::Membership),
        Flag::UPGRADED => octets.number(Payload::OperatingVersion),
        _ => return None,
    })
}
