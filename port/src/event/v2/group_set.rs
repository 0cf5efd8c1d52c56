//! Events of group sets (MS-CMRP 2.2.2.24).
//!
//! The specification lists the flags and says nothing of the buffers and strings. Here they are those that
//! MS-CMRP 3.1.4.2.138 gives groups and resources for the flags of the same name, and a group that comes or goes is
//! told as a resource that a group gains or loses.

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChangeGroupSetV2 as Flag;

use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;
use super::{EventV2, PropertyList};

/// A group set: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSet<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_GROUPSET`, by analogy with groups and resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupSetEvent<'a> {
    /// The group set was removed.
    Deleted,
    /// Common properties changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties changed; their new values.
    PrivateProperty(&'a PropertyList<'a>),
    /// The group set is in this state now. What the values mean isn't specified.
    State(u32),
    /// The group of this identifier belongs to the set now.
    GroupAdded(&'a str),
    /// The group of this identifier no longer belongs to the set.
    GroupRemoved(&'a str),
    /// What the set depends on is this expression now.
    Dependencies(&'a str),
    /// The group sets of these identifiers depend on the set now.
    Dependents(&'a [&'a str]),
}

impl<'a> GroupSetEvent<'a> {
    /// The event, about this group set. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of(&self, set: GroupSet<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content();
        EventV2 {
            filter: ObjectFilter::GroupSet(flag),
            target: set.name,
            buffer: content.write(buffer),
            object_id: set.id,
            parent_id: Some(""),
            name: set.name,
            type_name: Some(""),
        }
    }

    fn content(&self) -> (Flag, Content<'a>) {
        match *self {
            Self::Deleted => (Flag::DELETED, Content::Empty),
            Self::CommonProperty(list) => (Flag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty(list) => (Flag::PRIVATE_PROPERTY, Content::Properties(list)),
            Self::State(state) => (Flag::STATE, Content::Number(state)),
            Self::GroupAdded(group) => (Flag::GROUP_ADDED, Content::Text(group)),
            Self::GroupRemoved(group) => (Flag::GROUP_REMOVED, Content::Text(group)),
            Self::Dependencies(expression) => (Flag::DEPENDENCIES, Content::Text(expression)),
            Self::Dependents(sets) => (Flag::DEPENDENTS, Content::Texts(sets)),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        Flag::DELETED => octets.none(),
        Flag::COMMON_PROPERTY | Flag::PRIVATE_PROPERTY => octets.properties(),
        Flag::STATE => octets.number(Payload::GroupSetState),
        Flag::GROUP_ADDED | Flag::GROUP_REMOVED => octets.id(),
        Flag::DEPENDENCIES => octets.expression(),
        Flag::DEPENDENTS => octets.ids(),
        _ => return None,
    })
}
