//! Events of groups (MS-CMRP 2.2.2.13).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChangeGroupV2 as Flag;

use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;
use super::{EventV2, GroupState, PropertyList};

/// A group: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The identifier of the node that hosts it.
    pub node_id: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_GROUP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEvent<'a> {
    /// The group was removed.
    Deleted,
    /// Common properties changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties changed; their new values.
    PrivateProperty(&'a PropertyList<'a>),
    /// The group is in this state now.
    State(GroupState),
    /// The node of this identifier owns the group now.
    OwnerNode(&'a str),
    /// The nodes of these identifiers are its preferred owners now, the best first.
    PreferredOwners(&'a [&'a str]),
    /// A resource was created in the group.
    ResourceAdded {
        /// The identifier of the resource.
        id: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// The resource of this identifier moved into the group.
    ResourceGained(&'a str),
    /// The resource of this identifier moved out of the group.
    ResourceLost(&'a str),
}

impl<'a> GroupEvent<'a> {
    /// The event, about this group. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of(&self, group: Group<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content(group);
        let (object_id, name) = match *self {
            Self::ResourceAdded { id, name } => (id, name),
            _ => (group.id, group.name),
        };
        EventV2 {
            filter: ObjectFilter::Group(flag),
            target: group.name,
            buffer: content.write(buffer),
            object_id,
            parent_id: Some(group.node_id),
            name,
            type_name: Some(""),
        }
    }

    fn content(&self, group: Group<'a>) -> (Flag, Content<'a>) {
        match *self {
            Self::Deleted => (Flag::DELETED, Content::Empty),
            Self::CommonProperty(list) => (Flag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty(list) => (Flag::PRIVATE_PROPERTY, Content::Properties(list)),
            Self::State(state) => (Flag::STATE, Content::Number(state.0)),
            Self::OwnerNode(node) => (Flag::OWNER_NODE, Content::Text(node)),
            Self::PreferredOwners(nodes) => (Flag::PREFERRED_OWNERS, Content::Texts(nodes)),
            Self::ResourceAdded { .. } => (Flag::RESOURCE_ADDED, Content::Text(group.id)),
            Self::ResourceGained(resource) => (Flag::RESOURCE_GAINED, Content::Text(resource)),
            Self::ResourceLost(resource) => (Flag::RESOURCE_LOST, Content::Text(resource)),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        Flag::DELETED => octets.none(),
        Flag::COMMON_PROPERTY | Flag::PRIVATE_PROPERTY => octets.properties(),
        Flag::STATE => octets.number(|state| Payload::GroupState(GroupState(state))),
        Flag::OWNER_NODE | Flag::RESOURCE_ADDED | Flag::RESOURCE_GAINED | Flag::RESOURCE_LOST => octets.id(),
        Flag::PREFERRED_OWNERS => octets.ids(),
        _ => return None,
    })
}
