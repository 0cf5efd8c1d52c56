//! Setting properties: checks first, then all at once.

use super::Subject;
use super::schema::{self, Schema};
use crate::embedded::model::{Name, Properties, Property, State};
use crate::status::{ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_QUOTA};

/// Private properties of one object, at most.
const MAX_PRIVATE: usize = 256;
/// Octets of the private properties of one object, at most. Both limits keep clients from filling the memory.
const MAX_PRIVATE_OCTETS: usize = 1 << 18;
/// UTF-16 units of the name of a property, at most: that of a registry key's name, where Windows keeps it.
const MAX_NAME: usize = 255;
/// Octets of a common property, at most.
const MAX_COMMON_OCTETS: usize = 1 << 16;
/// Octets of all properties of all objects, at most. Stops clients that give each of thousands of objects all that one
/// object may have.
const MAX_OCTETS: usize = 32 << 20;
/// Octets that a property counts for besides those of its name and value: what it takes in memory even if it is empty.
const OVERHEAD: usize = 64;

/// Checks common properties that are to be set: each must be known, writable, of its type and within its range
/// (MS-CMRP 3.1.4.3, the codes that set common properties).
pub(crate) fn check_common(subject: &Subject, properties: &Properties) -> Result<(), u32> {
    let good = |(name, value): (&Name, &Property)| {
        find(subject, name).is_some_and(|schema| schema.writable && schema.kind.admits(value))
            && octets(value) <= MAX_COMMON_OCTETS
    };
    if properties.iter().all(good) { Ok(()) } else { Err(ERROR_INVALID_PARAMETER) }
}

/// Sets common properties that [`check_common`] has nothing against.
pub(crate) fn set_common(subject: &Subject, state: &mut State, properties: &Properties) -> Result<(), u32> {
    for (name, value) in properties {
        let schema = find(subject, name).ok_or(ERROR_INVALID_PARAMETER)?;
        if !subject.put(state, schema.name, value) {
            let kept = subject.common_mut(state).ok_or(ERROR_INVALID_PARAMETER)?;
            kept.insert(schema.name.into(), value.clone());
        }
    }
    Ok(())
}

/// Checks private properties that are to be set: there must be room for them.
pub(crate) fn check_private(subject: &Subject, state: &State, properties: &Properties) -> Result<(), u32> {
    if properties.keys().any(|name| name.as_str().encode_utf16().count() > MAX_NAME) {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let present = subject.private(state).ok_or(ERROR_INVALID_PARAMETER)?;
    let kept = present.iter().filter(|(name, _)| !properties.contains_key(name));
    let (count, size) = kept.chain(properties).fold((0_usize, 0_usize), |(count, size), (name, value)| {
        (count.saturating_add(1), size.saturating_add(name.as_str().len()).saturating_add(octets(value)))
    });
    if count > MAX_PRIVATE || size > MAX_PRIVATE_OCTETS { Err(ERROR_NOT_ENOUGH_QUOTA) } else { Ok(()) }
}

/// Sets private properties that [`check_private`] has nothing against.
pub(crate) fn set_private(subject: &Subject, state: &mut State, properties: Properties) -> Result<(), u32> {
    let kept = subject.private_mut(state).ok_or(ERROR_INVALID_PARAMETER)?;
    kept.extend(properties);
    Ok(())
}

/// Whether the properties of all objects are within their limit after those of one, which [`held`] so many octets
/// before, were set. What takes no more than before always is.
pub(crate) fn check_all(subject: &Subject, state: &State, before: usize) -> Result<(), u32> {
    let grows = held(subject, state) > before;
    if grows && all_held(state) > MAX_OCTETS { Err(ERROR_NOT_ENOUGH_QUOTA) } else { Ok(()) }
}

/// Octets of the properties of an object.
pub(crate) fn held(subject: &Subject, state: &State) -> usize {
    let member = match subject {
        Subject::ResourceType(name) => {
            state.resource_types.get(name).map_or(0, |kind| kind.display_name.len())
        }
        _ => 0,
    };
    let maps = [subject.common(state), subject.private(state)];
    maps.into_iter().flatten().map(size).fold(member, usize::saturating_add)
}

/// Octets of the properties of all objects.
fn all_held(state: &State) -> usize {
    let types = state.resource_types.keys().cloned().map(Subject::ResourceType);
    let subjects = [Subject::Cluster].into_iter().chain(types);
    let subjects = subjects.chain(state.nodes.keys().copied().map(Subject::Node));
    let subjects = subjects.chain(state.groups.keys().cloned().map(Subject::Group));
    let subjects = subjects.chain(state.resources.keys().cloned().map(Subject::Resource));
    let subjects = subjects.chain(state.networks.keys().cloned().map(Subject::Network));
    let subjects = subjects.chain(state.interfaces.keys().cloned().map(Subject::Interface));
    let mut subjects = subjects.chain(state.group_sets.keys().cloned().map(Subject::GroupSet));
    subjects.try_fold(0_usize, |sum, subject| sum.checked_add(held(&subject, state))).unwrap_or(usize::MAX)
}

fn size(properties: &Properties) -> usize {
    let one = |(name, value): (&Name, &Property)| {
        OVERHEAD.saturating_add(name.as_str().len()).saturating_add(octets(value))
    };
    properties.iter().map(one).fold(0, usize::saturating_add)
}

fn find(subject: &Subject, name: &Name) -> Option<&'static Schema> {
    schema::of(subject.object()).iter().find(|schema| Name::from(schema.name) == *name)
}

fn octets(value: &Property) -> usize {
    match value {
        Property::Sz(text) | Property::ExpandSz(text) => text.len(),
        Property::MultiSz(texts) => {
            texts.iter().fold(0, |sum, text| sum.saturating_add(text.len().saturating_add(2)))
        }
        Property::Binary(octets) | Property::SecurityDescriptor(octets) => octets.len(),
        _ => 8,
    }
}
