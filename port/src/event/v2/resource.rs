//! Events of resources and resource types (MS-CMRP 2.2.2.14, 2.2.2.15).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChangeResourceTypeV2 as TypeFlag, ClusterChangeResourceV2 as Flag};

use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;
use super::{EventV2, PropertyList, ResourceState};

/// A resource: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The identifier of the group that it belongs to.
    pub group_id: &'a str,
    /// The name of its resource type.
    pub type_name: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_RESOURCE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceEvent<'a> {
    /// Common properties changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties changed. Their values aren't told.
    PrivateProperty,
    /// The resource is in this state now.
    State(ResourceState),
    /// The resource belongs to the group of this identifier now.
    OwnerGroup(&'a str),
    /// What the resource depends on is this expression now.
    Dependencies(&'a str),
    /// The resources of these identifiers depend on it now.
    Dependents(&'a [&'a str]),
    /// The nodes of these identifiers can host it now.
    PossibleOwners(&'a [&'a str]),
    /// The resource was removed from the group of this identifier.
    Deleted(&'a str),
    /// Its DLL was upgraded, at the wish of the node of this identifier.
    DllUpgraded(&'a str),
}

impl<'a> ResourceEvent<'a> {
    /// The event, about this resource. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of(&self, resource: Resource<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content();
        EventV2 {
            filter: ObjectFilter::Resource(flag),
            target: resource.name,
            buffer: content.write(buffer),
            object_id: resource.id,
            parent_id: Some(resource.group_id),
            name: resource.name,
            type_name: Some(resource.type_name),
        }
    }

    fn content(&self) -> (Flag, Content<'a>) {
        match *self {
            Self::CommonProperty(list) => (Flag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty => (Flag::PRIVATE_PROPERTY, Content::Empty),
            Self::State(state) => (Flag::STATE, Content::Number(state.0)),
            Self::OwnerGroup(group) => (Flag::OWNER_GROUP, Content::Text(group)),
            Self::Dependencies(expression) => (Flag::DEPENDENCIES, Content::Text(expression)),
            Self::Dependents(resources) => (Flag::DEPENDENTS, Content::Texts(resources)),
            Self::PossibleOwners(nodes) => (Flag::POSSIBLE_OWNERS, Content::Texts(nodes)),
            Self::Deleted(group) => (Flag::DELETED, Content::Text(group)),
            Self::DllUpgraded(node) => (Flag::DLL_UPGRADED, Content::Text(node)),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        Flag::COMMON_PROPERTY => octets.properties(),
        Flag::PRIVATE_PROPERTY => octets.none(),
        Flag::STATE => octets.number(|state| Payload::ResourceState(ResourceState(state))),
        Flag::OWNER_GROUP | Flag::DELETED | Flag::DLL_UPGRADED => octets.id(),
        Flag::DEPENDENCIES => octets.expression(),
        Flag::DEPENDENTS | Flag::POSSIBLE_OWNERS => octets.ids(),
        _ => return None,
    })
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_RESOURCE_TYPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceTypeEvent<'a> {
    /// The resource type was removed.
    Deleted,
    /// Common properties changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties changed. Their values aren't told.
    PrivateProperty,
    /// The nodes of these identifiers can host resources of the type now.
    PossibleOwners(&'a [&'a str]),
    /// Its DLL was upgraded, at the wish of the node of this identifier.
    DllUpgraded(&'a str),
    /// Its DLL raised an event of its own, with these octets.
    Specific(&'a [u8]),
}

impl<'a> ResourceTypeEvent<'a> {
    /// The event, about the resource type of this name. Its buffer is written into `buffer`, whose former content is
    /// dropped.
    pub fn of(&self, type_name: &'a str, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content();
        EventV2 {
            filter: ObjectFilter::ResourceType(flag),
            target: type_name,
            buffer: content.write(buffer),
            object_id: "",
            parent_id: Some(""),
            name: type_name,
            type_name: Some(""),
        }
    }

    fn content(&self) -> (TypeFlag, Content<'a>) {
        match *self {
            Self::Deleted => (TypeFlag::DELETED, Content::Empty),
            Self::CommonProperty(list) => (TypeFlag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty => (TypeFlag::PRIVATE_PROPERTY, Content::Empty),
            Self::PossibleOwners(nodes) => (TypeFlag::POSSIBLE_OWNERS, Content::Texts(nodes)),
            Self::DllUpgraded(node) => (TypeFlag::DLL_UPGRADED, Content::Text(node)),
            Self::Specific(octets) => (TypeFlag::RESOURCE_TYPE_SPECIFIC, Content::Octets(octets)),
        }
    }
}

pub(super) fn type_payload<'a>(
    flag: TypeFlag,
    octets: &mut Octets<'a>,
) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        TypeFlag::DELETED | TypeFlag::PRIVATE_PROPERTY => octets.none(),
        TypeFlag::COMMON_PROPERTY => octets.properties(),
        TypeFlag::POSSIBLE_OWNERS => octets.ids(),
        TypeFlag::DLL_UPGRADED => octets.id(),
        TypeFlag::RESOURCE_TYPE_SPECIFIC => Ok(Payload::Octets(octets.rest())),
        _ => return None,
    })
}
