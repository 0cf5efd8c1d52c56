//! Events of nodes and of their upgrades (MS-CMRP 2.2.2.18, 2.2.2.26).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChangeNodeUpgradePhaseV2 as UpgradeFlag, ClusterChangeNodeV2 as Flag};

use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;
use super::{EventV2, NodeState, PropertyList};

/// A node: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_NODE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeEvent<'a> {
    /// A network interface was added to the node.
    NetInterfaceAdded {
        /// The identifier of the interface.
        id: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// The node was removed from the cluster; the state that it was in.
    Deleted(NodeState),
    /// Common properties changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties changed; their new values.
    PrivateProperty(&'a PropertyList<'a>),
    /// The node is in this state now.
    State(NodeState),
    /// The group of this identifier moved to the node.
    GroupGained(&'a str),
    /// The group of this identifier left the node.
    GroupLost(&'a str),
}

impl<'a> NodeEvent<'a> {
    /// The event, about this node. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of(&self, node: Node<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content(node);
        let (object_id, name) = match *self {
            Self::NetInterfaceAdded { id, name } => (id, name),
            _ => (node.id, node.name),
        };
        EventV2 {
            filter: ObjectFilter::Node(flag),
            target: node.name,
            buffer: content.write(buffer),
            object_id,
            parent_id: Some(""),
            name,
            type_name: Some(""),
        }
    }

    fn content(&self, node: Node<'a>) -> (Flag, Content<'a>) {
        match *self {
            Self::NetInterfaceAdded { .. } => (Flag::NETINTERFACE_ADDED, Content::Text(node.id)),
            Self::Deleted(state) => (Flag::DELETED, Content::Number(state.0)),
            Self::CommonProperty(list) => (Flag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty(list) => (Flag::PRIVATE_PROPERTY, Content::Properties(list)),
            Self::State(state) => (Flag::STATE, Content::Number(state.0)),
            Self::GroupGained(group) => (Flag::GROUP_GAINED, Content::Text(group)),
            Self::GroupLost(group) => (Flag::GROUP_LOST, Content::Text(group)),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        Flag::NETINTERFACE_ADDED | Flag::GROUP_GAINED | Flag::GROUP_LOST => octets.id(),
        Flag::DELETED | Flag::STATE => octets.number(|state| Payload::NodeState(NodeState(state))),
        Flag::COMMON_PROPERTY | Flag::PRIVATE_PROPERTY => octets.properties(),
        _ => return None,
    })
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_UPGRADE`: how far the upgrade of a node has come.
///
/// The specification lists the flags and says nothing of the buffer and the strings. Here the buffer is empty, and
/// the strings are those of the events of the node (MS-CMRP 3.1.4.2.138). A filter is on the whole cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeEvent {
    /// It is being prepared.
    Prepare,
    /// It is being committed.
    Commit,
    /// It has been committed.
    PostCommit,
}

impl UpgradeEvent {
    /// The event, about this node. Its buffer is empty.
    pub fn of<'a>(&self, node: Node<'a>) -> EventV2<'a> {
        let flag = match self {
            Self::Prepare => UpgradeFlag::NODE_PREPARE,
            Self::Commit => UpgradeFlag::NODE_COMMIT,
            Self::PostCommit => UpgradeFlag::NODE_POSTCOMMIT,
        };
        EventV2 {
            filter: ObjectFilter::Upgrade(flag),
            target: "",
            buffer: &[],
            object_id: node.id,
            parent_id: Some(""),
            name: node.name,
            type_name: Some(""),
        }
    }
}

pub(super) fn upgrade_payload<'a>(
    flag: UpgradeFlag,
    octets: &mut Octets<'a>,
) -> Option<Result<Payload<'a>, PayloadError>> {
    let phases = [UpgradeFlag::NODE_PREPARE, UpgradeFlag::NODE_COMMIT, UpgradeFlag::NODE_POSTCOMMIT];
    phases.contains(&flag).then(|| octets.none())
}
