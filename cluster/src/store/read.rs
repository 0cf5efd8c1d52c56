//! Reading a whole state.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use redb::{Database, ReadTransaction, ReadableTable};
use serde::de::DeserializeOwned;

use super::error::StoreError;
use super::rows::{
    ABOUT, DEFINITION_ROW, FORMAT, FORMAT_ROW, KEYS, KeyRow, OBJECTS, Rest, TypeRow, VALUES, kind, single,
};
use crate::definition::Definition;
use crate::embedded::model::{
    GroupId, GroupSetId, InterfaceId, Key, KeyValue, Name, NetworkId, NodeId, ResourceId, State,
};

/// What is in a file.
pub(super) struct Content {
    pub(super) state: State,
    /// The definition that it began with; `None` if this version cannot read it any more.
    pub(super) definition: Option<Definition>,
}

/// Reads everything.
pub(super) fn read(database: &Database) -> Result<Content, StoreError> {
    let transaction = database.begin_read()?;
    let definition = about(&transaction)?;
    let mut state = State::default();
    objects(&transaction, &mut state)?;
    state.registry = Arc::new(registry(&transaction)?);
    Ok(Content { state, definition })
}

/// Checks the format before anything else is looked at.
fn about(transaction: &ReadTransaction) -> Result<Option<Definition>, StoreError> {
    let about = transaction.open_table(ABOUT)?;
    let row = |name| about.get(name).map(|row| row.map(|row| row.value().to_owned()));
    let found = row(FORMAT_ROW)?.ok_or(StoreError::Foreign)?;
    if found != FORMAT.to_string() {
        return Err(StoreError::Format { found, known: FORMAT });
    }
    Ok(row(DEFINITION_ROW)?.and_then(|text| serde_json::from_str(&text).ok()))
}

fn objects(transaction: &ReadTransaction, state: &mut State) -> Result<(), StoreError> {
    let mut singles = 0_usize;
    for row in transaction.open_table(OBJECTS)?.iter()? {
        let (id, content) = row?;
        let (kind, id) = id.value();
        if kind == kind::SINGLE {
            singles = singles.saturating_add(1);
        }
        object(state, kind, id, content.value())?;
    }
    if singles == 3 {
        Ok(())
    } else {
        Err(StoreError::Damaged("a row of the cluster itself is missing".into()))
    }
}

fn object(state: &mut State, kind: &str, id: &str, row: &[u8]) -> Result<(), StoreError> {
    match (kind, id) {
        (kind::SINGLE, single::CLUSTER) => state.cluster = parsed(id, row)?,
        (kind::SINGLE, single::QUORUM) => state.quorum = parsed(id, row)?,
        (kind::SINGLE, single::REST) => {
            let Rest { network_order, born, seed } = parsed(id, row)?;
            (state.network_order, state.born, state.seed) = (network_order, born, seed);
        }
        (kind::NODE, _) => {
            let number =
                u32::from_str(id).map_err(|_| StoreError::Damaged(format!("the node {id} has no number")))?;
            state.nodes.insert(NodeId(number), parsed(id, row)?);
        }
        (kind::GROUP, _) => drop(state.groups.insert(GroupId::new(id), parsed(id, row)?)),
        (kind::RESOURCE, _) => drop(state.resources.insert(ResourceId::new(id), parsed(id, row)?)),
        (kind::NETWORK, _) => drop(state.networks.insert(NetworkId::new(id), parsed(id, row)?)),
        (kind::INTERFACE, _) => drop(state.interfaces.insert(InterfaceId::new(id), parsed(id, row)?)),
        (kind::GROUP_SET, _) => drop(state.group_sets.insert(GroupSetId::new(id), parsed(id, row)?)),
        (kind::TYPE, _) => {
            let TypeRow { name, content } = parsed(id, row)?;
            state.resource_types.insert(name.into_owned(), content.into_owned());
        }
        _ => return Err(StoreError::Damaged(format!("a row of the unknown kind \"{kind}\""))),
    }
    Ok(())
}

fn parsed<T: DeserializeOwned>(id: &str, row: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(row).map_err(|error| StoreError::row(id, &error))
}

/// Builds the tree of keys from the leaves up: the rows of what is below a key come after its own.
fn registry(transaction: &ReadTransaction) -> Result<Key, StoreError> {
    let mut values = values(transaction)?;
    let mut keys: BTreeMap<usize, Vec<(String, String, Key)>> = BTreeMap::new();
    for row in transaction.open_table(KEYS)?.iter()? {
        let (path, content) = row?;
        let path = path.value();
        let KeyRow { name, written, born, security } = parsed(path, content.value())?;
        let key = Key {
            values: values.remove(path).unwrap_or_default(),
            written,
            born,
            security,
            ..Key::default()
        };
        keys.entry(depth(path)).or_default().push((path.to_owned(), name, key));
    }
    if let Some((path, _)) = values.first_key_value() {
        return Err(StoreError::Damaged(format!("values of the missing key \"{path}\"")));
    }
    assembled(keys)
}

fn values(transaction: &ReadTransaction) -> Result<BTreeMap<String, BTreeMap<Name, KeyValue>>, StoreError> {
    let mut values: BTreeMap<String, BTreeMap<Name, KeyValue>> = BTreeMap::new();
    for row in transaction.open_table(VALUES)?.iter()? {
        let (id, content) = row?;
        let ((path, _), (kind, name, data)) = (id.value(), content.value());
        let value = KeyValue { kind, data: Arc::new(data.to_vec()) };
        values.entry(path.to_owned()).or_default().insert(name.into(), value);
    }
    Ok(values)
}

/// How many keys are above one.
fn depth(path: &str) -> usize {
    if path.is_empty() { 0 } else { path.split('\\').count() }
}

/// Puts each key below the one that it belongs to, the deepest first.
fn assembled(mut keys: BTreeMap<usize, Vec<(String, String, Key)>>) -> Result<Key, StoreError> {
    let mut below: BTreeMap<String, BTreeMap<Name, Arc<Key>>> = BTreeMap::new();
    while let Some((depth, level)) = keys.pop_last() {
        let mut above: BTreeMap<String, BTreeMap<Name, Arc<Key>>> = BTreeMap::new();
        for (path, name, mut key) in level {
            key.keys = below.remove(&path).unwrap_or_default();
            if depth == 0 {
                return if below.is_empty() { Ok(key) } else { Err(orphans(&below)) };
            }
            let parent = path.rsplit_once('\\').map_or("", |(parent, _)| parent);
            above.entry(parent.to_owned()).or_default().insert(name.into(), Arc::new(key));
        }
        if !below.is_empty() {
            return Err(orphans(&below));
        }
        below = above;
    }
    Err(StoreError::Damaged("the root key is missing".into()))
}

fn orphans(below: &BTreeMap<String, BTreeMap<Name, Arc<Key>>>) -> StoreError {
    let path = below.first_key_value().map_or("", |(path, _)| path);
    StoreError::Damaged(format!("keys below the missing key \"{path}\""))
}
