//! Codes that change something.

use cmrp::cluster_change::ClusterChange as Change;
use cmrp_port::event::v2::{
    ClusterEvent, GroupEvent, GroupSetEvent, NetInterfaceEvent, NetworkEvent, NodeEvent, ResourceEvent,
    ResourceTypeEvent,
};

use super::super::{Work, group_set};
use super::read::resource;
use super::{checkpoint, disk};
use crate::control::Function;
use crate::embedded::Transaction;
use crate::embedded::lifetime::CORE_GROUP;
use crate::embedded::model::{Group, Name, Properties, Property, State};
use crate::embedded::property::{self, Subject, list};
use crate::status::{ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER};

/// Carries out a code.
pub(super) fn write(
    work: &mut Work<'_, '_>,
    subject: &Subject,
    function: Function,
    input: &[u8],
) -> Result<(), u32> {
    match function {
        Function::SetCommonProperties => set_common(&mut work.model, subject, &list::decode(input)?),
        Function::SetPrivateProperties => set_private(&mut work.model, subject, &list::decode(input)?),
        Function::SetMaintenanceMode => set_maintenance(work, subject, input),
        Function::AddRegistryCheckpoint
        | Function::DeleteRegistryCheckpoint
        | Function::AddCryptoCheckpoint
        | Function::DeleteCryptoCheckpoint => checkpoint::write(work, subject, function, input),
        _ => Err(ERROR_INVALID_FUNCTION),
    }
}

/// Sets common properties, and has the states follow that they bear on.
pub(in crate::embedded) fn set_common(
    model: &mut Transaction<'_>,
    subject: &Subject,
    properties: &Properties,
) -> Result<(), u32> {
    check_common(model.state(), subject, properties)?;
    if !properties.is_empty() {
        let before = property::held(subject, model.state());
        property::set_common(subject, model.change(), properties)?;
        property::check_all(subject, model.state(), before)?;
        tell(model, subject, properties, Class::Common);
        model.refresh_networks();
        model.refresh_groups();
    }
    Ok(())
}

/// Checks common properties that are to be set. No group becomes the core group, and that stays what it is.
pub(super) fn check_common(state: &State, subject: &Subject, properties: &Properties) -> Result<(), u32> {
    property::check_common(subject, properties)?;
    let group = match subject {
        Subject::Group(id) => state.groups.get(id),
        _ => None,
    };
    let wanted = properties.get(&Name::from("GroupType"));
    let differs = |group: &&Group| wanted.is_some_and(|wanted| *wanted != Property::Dword(group.group_type));
    let core = |group: &Group| group.group_type == CORE_GROUP || wanted == Some(&Property::Dword(CORE_GROUP));
    if group.filter(differs).is_some_and(core) { Err(ERROR_INVALID_PARAMETER) } else { Ok(()) }
}

/// Tells that a common property has a value now.
pub(in crate::embedded) fn tell_common(
    model: &mut Transaction<'_>,
    subject: &Subject,
    name: &str,
    value: Property,
) {
    tell(model, subject, &[(Name::from(name), value)].into_iter().collect(), Class::Common);
}

/// Sets private properties.
pub(in crate::embedded) fn set_private(
    model: &mut Transaction<'_>,
    subject: &Subject,
    properties: &Properties,
) -> Result<(), u32> {
    property::check_private(subject, model.state(), properties)?;
    if !properties.is_empty() {
        let before = property::held(subject, model.state());
        property::set_private(subject, model.change(), properties.clone())?;
        property::check_all(subject, model.state(), before)?;
        tell(model, subject, properties, Class::Private);
    }
    Ok(())
}

/// The input is a 32-bit truth value (MS-CMRP 3.1.4.3.1.44).
fn set_maintenance(work: &mut Work<'_, '_>, subject: &Subject, input: &[u8]) -> Result<(), u32> {
    let state = work.model.state();
    disk::is_disk(state, resource(state, subject)?).ok_or(ERROR_INVALID_FUNCTION)?;
    let on =
        input.first_chunk().map(|octets| u32::from_le_bytes(*octets) != 0).ok_or(ERROR_INVALID_PARAMETER)?;
    let properties = [(Name::from(disk::MAINTENANCE), Property::Dword(u32::from(on)))].into_iter().collect();
    set_private(&mut work.model, subject, &properties)
}

/// The event that tells common or private properties with their values.
macro_rules! properties {
    ($event:ident, $class:ident, $list:expr) => {
        match $class {
            Class::Common => $event::CommonProperty($list),
            Class::Private => $event::PrivateProperty($list),
        }
    };
}

/// The same of objects whose private properties are not told.
macro_rules! untold {
    ($event:ident, $class:ident, $list:expr) => {
        match $class {
            Class::Common => $event::CommonProperty($list),
            Class::Private => $event::PrivateProperty,
        }
    };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Common,
    Private,
}

/// Tells the properties that were set, with the values that they have now. Version 1 ports know no group sets.
fn tell(model: &mut Transaction<'_>, subject: &Subject, properties: &Properties, class: Class) {
    let list = list::list(properties.iter().map(|(name, value)| (name.as_str(), value)));
    match subject {
        Subject::Cluster => {
            let event = properties!(ClusterEvent, class, &list);
            let name = model.state().cluster.name.clone();
            model.tell_cluster(Some((Change::CLUSTER_PROPERTY, &name, 0)), Some(event));
        }
        Subject::Node(id) => {
            model.tell_node(*id, Some(Change::NODE_PROPERTY), Some(properties!(NodeEvent, class, &list)));
        }
        Subject::Group(id) => {
            model.tell_group(id, Some(Change::GROUP_PROPERTY), Some(properties!(GroupEvent, class, &list)));
        }
        Subject::Resource(id) => {
            let event = untold!(ResourceEvent, class, &list);
            model.tell_resource(id, Some(Change::RESOURCE_PROPERTY), Some(event));
        }
        Subject::ResourceType(name) => {
            let event = untold!(ResourceTypeEvent, class, &list);
            model.tell_resource_type(name.as_str(), Some(Change::RESOURCE_TYPE_PROPERTY), Some(event));
        }
        Subject::Network(id) => {
            let event = properties!(NetworkEvent, class, &list);
            model.tell_network(id, Some(Change::NETWORK_PROPERTY), Some(event));
        }
        Subject::Interface(id) => {
            let event = properties!(NetInterfaceEvent, class, &list);
            model.tell_interface(id, Some(Change::NETINTERFACE_PROPERTY), Some(event));
        }
        Subject::GroupSet(id) => group_set::tell(model, id, properties!(GroupSetEvent, class, &list)),
    }
}
