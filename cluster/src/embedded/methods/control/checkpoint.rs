//! Checkpoints of a resource: registry keys and crypto keys that move with it (MS-CMRP 3.1.4.3.1.31-33, 40-42).
//!
//! They are kept where Windows keeps them, in the cluster registry: as values of `Resources\{id}\RegSync` and
//! `Resources\{id}\CryptoSync`, named by number.

use std::sync::Arc;

use super::super::Work;
use super::super::registry::change;
use super::read::terminated;
use crate::control::Function;
use crate::embedded::model::{Key, KeyValue, State};
use crate::embedded::property::Subject;
use crate::embedded::registry::find;
use crate::registry::{KeyPath, REG_SZ, RegistryError};
use crate::status::{ERROR_ALREADY_EXISTS, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER};

/// What a resource has, as a `MULTI_SZ`.
pub(super) fn list(state: &State, subject: &Subject, function: Function) -> Vec<u8> {
    let key = path(state, subject, function).ok().and_then(|path| find(&state.registry, &path));
    let values = key.into_iter().flat_map(|key| key.values.values());
    let mut octets: Vec<u8> = values.flat_map(|value| value.data.iter().copied()).collect();
    octets.extend([0, 0]);
    octets
}

/// Adds or deletes one; its name is the input.
pub(super) fn write(
    work: &mut Work<'_, '_>,
    subject: &Subject,
    function: Function,
    input: &[u8],
) -> Result<(), u32> {
    let name = terminated(input)?.filter(|name| !name.is_empty()).ok_or(ERROR_INVALID_PARAMETER)?;
    let path = path(work.model.state(), subject, function)?;
    let key = find(&work.model.state().registry, &path);
    let present = key.and_then(|key| position(key, &name));
    let adds = matches!(function, Function::AddRegistryCheckpoint | Function::AddCryptoCheckpoint);
    match (adds, present) {
        (true, Some(_)) => Err(ERROR_ALREADY_EXISTS),
        (true, None) => {
            let number = key.map_or(1, free);
            add(work, &path, number, input)
        }
        (false, Some(number)) => {
            change(&mut work.model, |tree| tree.unset(&path, &number)).map(drop).map_err(RegistryError::code)
        }
        (false, None) => Err(ERROR_FILE_NOT_FOUND),
    }
}

fn add(work: &mut Work<'_, '_>, path: &KeyPath, number: usize, input: &[u8]) -> Result<(), u32> {
    let value = KeyValue { kind: REG_SZ, data: Arc::new(input.to_vec()) };
    let added = change(&mut work.model, |tree| {
        tree.create(path, None)?;
        tree.set(path, &format!("{number:08X}"), value)
    });
    added.map(drop).map_err(RegistryError::code)
}

/// The value that holds this name.
fn position(key: &Key, name: &str) -> Option<String> {
    let same = |value: &KeyValue| {
        terminated(&value.data).ok().flatten().is_some_and(|held| cmrp_port::object::same_name(&held, name))
    };
    key.values.iter().find(|(_, value)| same(value)).map(|(number, _)| number.to_string())
}

/// The lowest number from 1 that is free.
fn free(key: &Key) -> usize {
    (1..=key.values.len())
        .find(|number| !key.values.contains_key(&format!("{number:08X}").into()))
        .unwrap_or_else(|| key.values.len().saturating_add(1))
}

fn path(state: &State, subject: &Subject, function: Function) -> Result<KeyPath, u32> {
    let crypto = matches!(
        function,
        Function::AddCryptoCheckpoint | Function::DeleteCryptoCheckpoint | Function::GetCryptoCheckpoints
    );
    let kind = if crypto { "CryptoSync" } else { "RegSync" };
    let text = format!("Resources\\{}\\{kind}", subject.id(state));
    KeyPath::parse(&text).map_err(RegistryError::code)
}
