//! Codes that change nothing.

use crate::control::{ControlledObject, Function};
use crate::embedded::model::{Expression, Name, NodeState, Property, Resource, ResourceType, State};
use crate::embedded::property::{self, Subject, list};
use crate::status::{ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER};

use super::super::Work;
use super::{checkpoint, disk, write};

/// `CLUS_FLAG_CORE`: the object belongs to the cluster itself.
const CORE: u32 = 1;
/// `ClusGroupTypeCoreCluster`.
const CORE_GROUP: u32 = 1;
/// `CLUS_CHAR_QUORUM`: a resource of the type can be the quorum resource.
const QUORUM_CAPABLE: u32 = 1;

/// What a code gives.
pub(super) fn read(
    work: &Work<'_, '_>,
    subject: &Subject,
    function: Function,
    input: &[u8],
) -> Result<Vec<u8>, u32> {
    let state = work.model.state();
    Ok(match function {
        Function::GetCharacteristics => {
            number(kind(state, subject).is_some_and(|kind| kind.quorum_capable), QUORUM_CAPABLE)
        }
        Function::GetFlags => number(is_core(state, subject), CORE),
        Function::GetClassInfo => class(state, subject).ok_or(ERROR_INVALID_FUNCTION)?,
        Function::GetRequiredDependencies => required(state, subject),
        Function::GetName => list::text(subject.name(state).ok_or(ERROR_INVALID_PARAMETER)?),
        Function::GetId => list::text(&subject.id(state)),
        Function::GetResourceType => list::text(resource(state, subject)?.type_name.as_str()),
        Function::GetNode => list::text(&of_interface(state, subject, "Node")?),
        Function::GetNetwork => list::text(&of_interface(state, subject, "Network")?),
        Function::GetFqdn => list::text(&state.cluster.name),
        Function::GetServiceAccountName => list::text("LocalSystem"),
        Function::CheckVoterDown => voter(work, false, input)?,
        Function::CheckVoterEvict => voter(work, true, input)?,
        Function::GetNetworkName | Function::GetDnsName => {
            list::text(&network_name(state, subject).ok_or(crate::status::ERROR_NOT_FOUND)?)
        }
        Function::GetClusterDatabaseTimestamp => state.registry.written.to_le_bytes().to_vec(),
        Function::GetGroupsOfSet | Function::GetProviderGroups | Function::GetProviderGroupSets => {
            related(state, subject, function)
        }
        Function::QueryMaintenanceMode => maintenance(state, subject)?,
        Function::GetRegistryCheckpoints | Function::GetCryptoCheckpoints => {
            checkpoint::list(state, subject, function)
        }
        Function::GetDiskInfo
        | Function::GetDiskInfoEx
        | Function::GetDiskNumberInfo
        | Function::GetMountPoints => disk::read(resource(state, subject)?, subject, state, function)?,
        _ => return properties(state, subject, function, input),
    })
}

/// The codes about properties.
fn properties(state: &State, subject: &Subject, function: Function, input: &[u8]) -> Result<Vec<u8>, u32> {
    let common = |writable| subject.listed(state, writable);
    let private = subject.private(state).ok_or(ERROR_INVALID_PARAMETER)?;
    let private = || private.iter().map(|(name, value)| (name.as_str(), value));
    Ok(match function {
        Function::EnumCommonProperties => list::names(common(true).iter().map(|(name, _)| *name)),
        Function::GetCommonProperties => list::encode(refer(&common(true))),
        Function::GetRoCommonProperties => list::encode(refer(&common(false))),
        Function::GetCommonPropertyFormats => list::formats(refer(&common(true))),
        Function::GetCommonResourcePropertyFormats => {
            list::formats(refer(&defaults(ControlledObject::Resource)))
        }
        Function::ValidateCommonProperties => {
            write::check_common(state, subject, &list::decode(input)?)?;
            Vec::new()
        }
        Function::EnumPrivateProperties => list::names(private().map(|(name, _)| name)),
        Function::GetPrivateProperties => list::encode(private()),
        Function::GetPrivatePropertyFormats => list::formats(private()),
        // Nothing private is read-only, and what is private to resources is whatever was set.
        Function::GetRoPrivateProperties | Function::GetPrivateResourcePropertyFormats => list::encode([]),
        Function::ValidatePrivateProperties => {
            property::check_private(subject, state, &list::decode(input)?)?;
            Vec::new()
        }
        _ => return Err(ERROR_INVALID_FUNCTION),
    })
}

fn refer<'p>(properties: &'p [(&'static str, Property)]) -> impl Iterator<Item = (&'p str, &'p Property)> {
    properties.iter().map(|(name, value)| (*name, value))
}

fn defaults(object: ControlledObject) -> Vec<(&'static str, Property)> {
    let schemas = property::schema::of(object).iter().filter(|schema| schema.writable);
    schemas.map(|schema| (schema.name, schema.kind.default())).collect()
}

fn number(set: bool, value: u32) -> Vec<u8> {
    (if set { value } else { 0 }).to_le_bytes().to_vec()
}

pub(super) fn resource<'s>(state: &'s State, subject: &Subject) -> Result<&'s Resource, u32> {
    match subject {
        Subject::Resource(id) => state.resources.get(id).ok_or(ERROR_INVALID_PARAMETER),
        _ => Err(ERROR_INVALID_FUNCTION),
    }
}

/// The type of a resource, or the resource type itself.
fn kind<'s>(state: &'s State, subject: &Subject) -> Option<&'s ResourceType> {
    match subject {
        Subject::Resource(id) => state.resource_types.get(&state.resources.get(id)?.type_name),
        Subject::ResourceType(name) => state.resource_types.get(name),
        _ => None,
    }
}

fn is_core(state: &State, subject: &Subject) -> bool {
    match subject {
        Subject::Resource(id) => state.resources.get(id).is_some_and(|resource| resource.core),
        Subject::Group(id) => state.groups.get(id).is_some_and(|group| group.group_type == CORE_GROUP),
        _ => false,
    }
}

/// `CLUS_RESOURCE_CLASS_INFO` (MS-CMRP 2.2.3.7): the class and a subclass, which is 0.
fn class(state: &State, subject: &Subject) -> Option<Vec<u8>> {
    let class = kind(state, subject)?.class;
    Some([class.to_le_bytes(), [0; 4]].concat())
}

/// A value list of the classes and types that a resource must depend on (MS-CMRP 3.1.4.3.1.5).
fn required(state: &State, subject: &Subject) -> Vec<u8> {
    const CLASS: u32 = 0x0002_0002;
    const NAME: u32 = 0x0004_0003;
    const STORAGE: u32 = 1;
    let name = match subject {
        Subject::Resource(id) => state.resources.get(id).map(|resource| resource.type_name.clone()),
        Subject::ResourceType(name) => Some(name.clone()),
        _ => None,
    };
    let is = |other: &str| name.as_ref() == Some(&Name::from(other));
    let mut values = Vec::new();
    if is("Network Name") {
        value(NAME, &list::text("IP Address"), &mut values);
    }
    if is("File Server") {
        value(CLASS, &[STORAGE.to_le_bytes(), [0; 4]].concat(), &mut values);
        value(NAME, &list::text("Network Name"), &mut values);
    }
    values.extend([0; 4]);
    values
}

/// A value of a value list: syntax, size, octets, padding (MS-CMRP 2.2.3.10.1).
pub(super) fn value(syntax: u32, octets: &[u8], values: &mut Vec<u8>) {
    values.extend(syntax.to_le_bytes());
    values.extend(u32::try_from(octets.len()).unwrap_or(u32::MAX).to_le_bytes());
    values.extend(octets);
    values.resize(values.len().next_multiple_of(4), 0);
}

fn of_interface(state: &State, subject: &Subject, name: &str) -> Result<String, u32> {
    let listed = subject.listed(state, false).into_iter().find(|(listed, _)| *listed == name);
    match listed {
        Some((_, Property::Sz(text))) => Ok(text),
        _ => Err(ERROR_INVALID_FUNCTION),
    }
}

/// Whether quorum is lost without a voter: `CLUSTER_QUORUM_VALUE` (MS-CMRP 2.2.2.10, 3.1.4.3.7.3-4).
///
/// Without input `CHECK_VOTER_DOWN` asks for the node that serves, as the client library asks for the local node. A
/// voter that is evicted is none of those any more of which a majority has to be there.
fn voter(work: &Work<'_, '_>, evicted: bool, input: &[u8]) -> Result<Vec<u8>, u32> {
    const LOST: u32 = 1;
    let state = work.model.state();
    let serving = || state.node(work.session.node()).filter(|_| !evicted).map(|(id, _)| id.to_string());
    let id = terminated(input)?.or_else(serving).ok_or(ERROR_INVALID_PARAMETER)?;
    let witness = state.quorum.resource.as_ref();
    let is_witness = witness.is_some_and(|resource| resource.as_str().eq_ignore_ascii_case(&id));
    let gone = state.nodes.keys().find(|node| node.to_string() == id);
    if !is_witness && gone.is_none() {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let up =
        |(node, of): (_, &crate::embedded::model::Node)| of.state != NodeState::Down && Some(node) != gone;
    let votes = state.nodes.iter().filter(|node| up(*node)).count();
    let votes = votes.saturating_add(usize::from(witness.is_some() && !is_witness));
    let all = state.nodes.len().saturating_add(usize::from(witness.is_some()));
    let all = all.saturating_sub(usize::from(evicted));
    Ok(number(votes.saturating_mul(2) <= all, LOST))
}

/// UTF-16 with a terminator at its end; `None` if there are no octets.
pub(super) fn terminated(octets: &[u8]) -> Result<Option<String>, u32> {
    if octets.is_empty() {
        return Ok(None);
    }
    let pairs = octets.chunks_exact(2);
    let whole = pairs.remainder().is_empty();
    let units: Vec<u16> = pairs.filter_map(|pair| pair.try_into().ok().map(u16::from_le_bytes)).collect();
    let text = units.split_last().filter(|(last, _)| **last == 0 && whole).map(|(_, text)| text);
    let text = text.and_then(|text| String::from_utf16(text).ok()).filter(|text| !text.contains('\0'));
    text.map(Some).ok_or(ERROR_INVALID_PARAMETER)
}

/// The network name that a resource of such a type stands for: its private property, for the cluster's own the name of
/// the cluster, else its name.
fn network_name(state: &State, subject: &Subject) -> Option<String> {
    let resource = resource(state, subject).ok()?;
    let types = ["Network Name", "Distributed Network Name"];
    if !types.iter().any(|name| resource.type_name == Name::from(*name)) {
        return None;
    }
    match resource.private.get(&Name::from("Name")) {
        // Its property may have a name that is not in effect yet.
        _ if resource.core => Some(state.cluster.name.clone()),
        Some(Property::Sz(name)) => Some(name.clone()),
        _ => Some(resource.name.clone()),
    }
}

/// The names of the groups of a set, or of what a group or set depends on.
fn related(state: &State, subject: &Subject, function: Function) -> Vec<u8> {
    let (own, none) = (subject.id(state), Expression::None);
    let dependencies = match subject {
        Subject::Group(id) => state.groups.get(id).map(|group| &group.dependencies),
        Subject::GroupSet(id) => state.group_sets.get(id).map(|set| &set.dependencies),
        _ => None,
    };
    let dependencies = dependencies.unwrap_or(&none).leaves();
    let is_provider = |id: &str| dependencies.contains(&id);
    match function {
        Function::GetGroupsOfSet => {
            let members = state.groups.values();
            let own = |group: &&crate::embedded::model::Group| {
                group.set.as_ref().is_some_and(|set| set.as_str() == own)
            };
            list::names(members.filter(own).map(|group| group.name.as_str()))
        }
        Function::GetProviderGroups => {
            let groups = state.groups.iter().filter(|(id, _)| is_provider(id.as_str()));
            list::names(groups.map(|(_, group)| group.name.as_str()))
        }
        _ => {
            let sets = state.group_sets.iter().filter(|(id, _)| is_provider(id.as_str()));
            list::names(sets.map(|(_, set)| set.name.as_str()))
        }
    }
}

/// Whether a disk is in maintenance: a 32-bit truth value.
fn maintenance(state: &State, subject: &Subject) -> Result<Vec<u8>, u32> {
    disk::is_disk(state, resource(state, subject)?).ok_or(ERROR_INVALID_FUNCTION)?;
    let kept = subject.private(state).and_then(|kept| kept.get(&Name::from(disk::MAINTENANCE)));
    Ok(number(kept.is_some_and(|kept| *kept != Property::Dword(0)), 1))
}
