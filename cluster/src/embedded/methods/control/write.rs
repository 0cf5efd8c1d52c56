//! Codes that change something.

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::EventV1;
use cmrp_port::event::v2::{
    self, ClusterEvent, EventV2, GroupEvent, GroupSetEvent, NetInterfaceEvent, NetworkEvent, NodeEvent, PropertyList,
    ResourceEvent, ResourceTypeEvent,
};

use super::super::Work;
use super::read::resource;
use super::{checkpoint, disk};
use crate::control::Function;
use crate::embedded::model::{Name, Properties, Property, State};
use crate::embedded::property::{self, Subject, list};
use crate::event::Event;
use crate::status::{ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER};

/// Carries out a code.
pub(super) fn write(
    work: &mut Work<'_, '_>,
    subject: &Subject,
    function: Function,
    input: &[u8],
) -> Result<(), u32> {
    match function {
        Function::SetCommonProperties => set_common(work, subject, list::decode(input)?),
        Function::SetPrivateProperties => set_private(work, subject, list::decode(input)?),
        Function::SetMaintenanceMode => set_maintenance(work, subject, input),
        Function::AddRegistryCheckpoint
        | Function::DeleteRegistryCheckpoint
        | Function::AddCryptoCheckpoint
        | Function::DeleteCryptoCheckpoint => checkpoint::write(work, subject, function, input),
        _ => Err(ERROR_INVALID_FUNCTION),
    }
}

fn set_common(work: &mut Work<'_, '_>, subject: &Subject, properties: Properties) -> Result<(), u32> {
    property::check_common(subject, &properties)?;
    if !properties.is_empty() {
        property::set_common(subject, work.model.change(), &properties)?;
        tell(work, subject, &properties, Class::Common);
    }
    Ok(())
}

fn set_private(work: &mut Work<'_, '_>, subject: &Subject, properties: Properties) -> Result<(), u32> {
    property::check_private(subject, work.model.state(), &properties)?;
    if !properties.is_empty() {
        property::set_private(subject, work.model.change(), properties.clone())?;
        tell(work, subject, &properties, Class::Private);
    }
    Ok(())
}

/// The input is a 32-bit truth value (MS-CMRP 3.1.4.3.1.44).
fn set_maintenance(work: &mut Work<'_, '_>, subject: &Subject, input: &[u8]) -> Result<(), u32> {
    let state = work.model.state();
    disk::is_disk(state, resource(state, subject)?).ok_or(ERROR_INVALID_FUNCTION)?;
    let on = input.first_chunk().map(|octets| u32::from_le_bytes(*octets) != 0).ok_or(ERROR_INVALID_PARAMETER)?;
    let properties = [(Name::from(disk::MAINTENANCE), Property::Dword(u32::from(on)))].into_iter().collect();
    set_private(work, subject, properties)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Common,
    Private,
}

/// Tells the properties that were set, with the values that they have now.
fn tell(work: &mut Work<'_, '_>, subject: &Subject, properties: &Properties, class: Class) {
    let properties: PropertyList<'_> = list::list(properties.iter().map(|(name, value)| (name.as_str(), value)));
    let mut buffer = Vec::new();
    let state = work.model.state();
    let event = second(state, subject, &properties, class, &mut buffer).map(|event| {
        let told = Event::default().with_v2(event);
        match first(state, subject) {
            Some(first) => told.with_v1(first),
            None => told,
        }
    });
    event.into_iter().for_each(|event| work.model.tell(event));
}

/// The event of version 1 ports, which know no group sets.
fn first<'s>(state: &'s State, subject: &'s Subject) -> Option<EventV1<'s>> {
    let (change, sequence) = match subject {
        Subject::Cluster => (ClusterChange::CLUSTER_PROPERTY, 0),
        Subject::Node(id) => (ClusterChange::NODE_PROPERTY, state.nodes.get(id)?.sequence),
        Subject::Group(id) => (ClusterChange::GROUP_PROPERTY, state.groups.get(id)?.sequence),
        Subject::Resource(id) => (ClusterChange::RESOURCE_PROPERTY, state.resources.get(id)?.sequence),
        Subject::ResourceType(_) => (ClusterChange::RESOURCE_TYPE_PROPERTY, 0),
        Subject::Network(id) => (ClusterChange::NETWORK_PROPERTY, state.networks.get(id)?.sequence),
        Subject::Interface(id) => (ClusterChange::NETINTERFACE_PROPERTY, state.interfaces.get(id)?.sequence),
        Subject::GroupSet(_) => return None,
    };
    EventV1::new(change, subject.name(state)?, sequence)
}

/// The event of version 2 ports is made by this kind of event, about this object.
macro_rules! about {
    ($event:ident, $class:ident, $list:expr, $buffer:expr, $object:expr) => {
        match $class {
            Class::Common => $event::CommonProperty($list).of($object, $buffer),
            Class::Private => $event::PrivateProperty($list).of($object, $buffer),
        }
    };
}

fn second<'s>(
    state: &'s State,
    subject: &'s Subject,
    list: &'s PropertyList<'_>,
    class: Class,
    buffer: &'s mut Vec<u8>,
) -> Option<EventV2<'s>> {
    // The identifiers of nodes are numbers in the model and text in events, which outlive this.
    Some(match subject {
        Subject::Cluster if class == Class::Common => ClusterEvent::CommonProperty(list).event(buffer),
        Subject::Cluster => ClusterEvent::PrivateProperty(list).event(buffer),
        Subject::Node(id) => {
            about!(NodeEvent, class, list, buffer, v2::Node { id: digits(*id), name: subject.name(state)? })
        }
        Subject::Group(id) => {
            let group = state.groups.get(id)?;
            let named = v2::Group { id: id.as_str(), name: &group.name, node_id: digits(group.owner) };
            about!(GroupEvent, class, list, buffer, named)
        }
        Subject::Resource(id) => {
            let resource = state.resources.get(id)?;
            let named = v2::Resource {
                id: id.as_str(),
                name: &resource.name,
                group_id: resource.group.as_str(),
                type_name: resource.type_name.as_str(),
            };
            match class {
                Class::Common => ResourceEvent::CommonProperty(list).of(named, buffer),
                Class::Private => ResourceEvent::PrivateProperty.of(named, buffer),
            }
        }
        Subject::ResourceType(name) => match class {
            Class::Common => ResourceTypeEvent::CommonProperty(list).of(name.as_str(), buffer),
            Class::Private => ResourceTypeEvent::PrivateProperty.of(name.as_str(), buffer),
        },
        Subject::Network(id) => {
            let named = v2::Network { id: id.as_str(), name: subject.name(state)? };
            about!(NetworkEvent, class, list, buffer, named)
        }
        Subject::Interface(id) => {
            let interface = state.interfaces.get(id)?;
            let named =
                v2::NetInterface { id: id.as_str(), name: &interface.name, node_id: digits(interface.node) };
            about!(NetInterfaceEvent, class, list, buffer, named)
        }
        Subject::GroupSet(id) => {
            let named = v2::GroupSet { id: id.as_str(), name: subject.name(state)? };
            about!(GroupSetEvent, class, list, buffer, named)
        }
    })
}
