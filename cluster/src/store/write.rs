//! Writing what differs between two states.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{Database, WriteTransaction};
use serde::Serialize;

use super::error::StoreError;
use super::rows::{KEYS, KeyRow, OBJECTS, Rest, TypeRow, VALUES, below, folded, kind, single};
use crate::embedded::model::{Key, KeyValue, Name, State};

/// Writes what differs, in one transaction; none if nothing does.
pub(super) fn commit(database: &Database, before: &State, after: &State) -> Result<(), StoreError> {
    let changes = Changes::between(before, after)?;
    if changes.is_empty() {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    changes.write(&transaction)?;
    transaction.commit()?;
    Ok(())
}

/// Writes a whole state into a transaction.
pub(super) fn write_all(transaction: &WriteTransaction, state: &State) -> Result<(), StoreError> {
    let nothing = State::default();
    let mut changes = Changes::between(&nothing, state)?;
    // A state without anything in it has these rows nevertheless.
    changes.singles(None, state)?;
    changes.key(&Pair { path: String::new(), before: None, after: Some(("", &state.registry)) })?;
    changes.write(transaction)
}

/// The rows that differ: their new content, `None` for those that are gone.
#[derive(Default)]
struct Changes<'a> {
    objects: BTreeMap<(&'static str, String), Option<Vec<u8>>>,
    keys: BTreeMap<String, Option<Vec<u8>>>,
    values: BTreeMap<(String, String), Option<(&'a Name, &'a KeyValue)>>,
}

impl<'a> Changes<'a> {
    fn between(before: &'a State, after: &'a State) -> Result<Self, StoreError> {
        let mut changes = Self::default();
        changes.singles(Some(before), after)?;
        changes.objects(kind::NODE, &before.nodes, &after.nodes)?;
        changes.objects(kind::GROUP, &before.groups, &after.groups)?;
        changes.objects(kind::RESOURCE, &before.resources, &after.resources)?;
        changes.objects(kind::NETWORK, &before.networks, &after.networks)?;
        changes.objects(kind::INTERFACE, &before.interfaces, &after.interfaces)?;
        changes.objects(kind::GROUP_SET, &before.group_sets, &after.group_sets)?;
        changes.types(before, after)?;
        changes.registry(&before.registry, &after.registry)?;
        Ok(changes)
    }

    fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.keys.is_empty() && self.values.is_empty()
    }

    fn singles(&mut self, before: Option<&State>, after: &State) -> Result<(), StoreError> {
        if before.is_none_or(|before| before.cluster != after.cluster) {
            self.put(kind::SINGLE, single::CLUSTER, &after.cluster)?;
        }
        if before.is_none_or(|before| before.quorum != after.quorum) {
            self.put(kind::SINGLE, single::QUORUM, &after.quorum)?;
        }
        let rest = Rest::of(after);
        if before.is_none_or(|before| Rest::of(before) != rest) {
            self.put(kind::SINGLE, single::REST, &rest)?;
        }
        Ok(())
    }

    fn objects<I: Ord + ToString, T: PartialEq + Serialize>(
        &mut self,
        kind: &'static str,
        before: &BTreeMap<I, T>,
        after: &BTreeMap<I, T>,
    ) -> Result<(), StoreError> {
        for id in before.keys().filter(|id| !after.contains_key(id)) {
            self.objects.insert((kind, id.to_string()), None);
        }
        for (id, object) in after.iter().filter(|&(id, object)| before.get(id) != Some(object)) {
            self.put(kind, &id.to_string(), object)?;
        }
        Ok(())
    }

    fn types(&mut self, before: &State, after: &State) -> Result<(), StoreError> {
        let (before, after) = (&before.resource_types, &after.resource_types);
        for name in before.keys().filter(|name| !after.contains_key(name)) {
            self.objects.insert((kind::TYPE, folded(name.as_str())), None);
        }
        for (name, content) in after {
            let former = before.get_key_value(name);
            if former.is_none_or(|(spelt, former)| spelt.as_str() != name.as_str() || former != content) {
                let row = TypeRow { name: Cow::Borrowed(name), content: Cow::Borrowed(content) };
                self.put(kind::TYPE, &folded(name.as_str()), &row)?;
            }
        }
        Ok(())
    }

    fn put<T: Serialize>(&mut self, kind: &'static str, id: &str, object: &T) -> Result<(), StoreError> {
        let row = serde_json::to_vec(object).map_err(|error| StoreError::row(id, &error))?;
        self.objects.insert((kind, id.to_owned()), Some(row));
        Ok(())
    }

    /// Compares two trees of keys without going into what they share.
    fn registry(&mut self, before: &'a Arc<Key>, after: &'a Arc<Key>) -> Result<(), StoreError> {
        let mut pairs =
            vec![Pair { path: String::new(), before: Some(("", before)), after: Some(("", after)) }];
        while let Some(pair) = pairs.pop() {
            if !pair.is_shared() {
                self.key(&pair)?;
                self.values(&pair);
                pairs.extend(pair.below());
            }
        }
        Ok(())
    }

    fn key(&mut self, pair: &Pair<'a>) -> Result<(), StoreError> {
        let row = |(name, key): (&str, &Arc<Key>)| KeyRow::of(name, key);
        let (before, after) = (pair.before.map(row), pair.after.map(row));
        if before != after {
            let encoded = after.map(|row| serde_json::to_vec(&row)).transpose();
            let encoded = encoded.map_err(|error| StoreError::row(&pair.path, &error))?;
            self.keys.insert(pair.path.clone(), encoded);
        }
        Ok(())
    }

    fn values(&mut self, pair: &Pair<'a>) {
        let (before, after) = (values_of(pair.before), values_of(pair.after));
        let gone = before.keys().filter(|name| !after.contains_key(name));
        let id = |name: &Name| (pair.path.clone(), folded(name.as_str()));
        self.values.extend(gone.map(|name| (id(name), None)));
        let new = after.iter().filter(|&(name, value)| {
            let former = before.get_key_value(name);
            former.is_none_or(|(spelt, former)| spelt.as_str() != name.as_str() || former != value)
        });
        self.values.extend(new.map(|(name, value)| (id(name), Some((name, value)))));
    }

    fn write(&self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        let mut objects = transaction.open_table(OBJECTS)?;
        for ((kind, id), row) in &self.objects {
            match row {
                Some(row) => drop(objects.insert((*kind, id.as_str()), row.as_slice())?),
                None => drop(objects.remove((*kind, id.as_str()))?),
            }
        }
        let mut keys = transaction.open_table(KEYS)?;
        for (path, row) in &self.keys {
            match row {
                Some(row) => drop(keys.insert(path.as_str(), row.as_slice())?),
                None => drop(keys.remove(path.as_str())?),
            }
        }
        let mut values = transaction.open_table(VALUES)?;
        for ((path, id), row) in &self.values {
            let id = (path.as_str(), id.as_str());
            match row {
                Some((name, value)) => {
                    drop(values.insert(id, (value.kind, name.as_str(), value.data.as_slice()))?);
                }
                None => drop(values.remove(id)?),
            }
        }
        Ok(())
    }
}

/// A key as it was and as it is, each with its name as it is spelt.
struct Pair<'a> {
    path: String,
    before: Option<(&'a str, &'a Arc<Key>)>,
    after: Option<(&'a str, &'a Arc<Key>)>,
}

impl<'a> Pair<'a> {
    /// Whether nothing can differ.
    fn is_shared(&self) -> bool {
        match (self.before, self.after) {
            (Some((old, before)), Some((new, after))) => old == new && Arc::ptr_eq(before, after),
            _ => false,
        }
    }

    /// The keys below.
    fn below(&self) -> Vec<Self> {
        let (before, after) = (keys_of(self.before), keys_of(self.after));
        let names: BTreeSet<&Name> = before.keys().chain(after.keys()).collect();
        let found = |keys: &'a BTreeMap<Name, Arc<Key>>, name| {
            keys.get_key_value(name).map(|(spelt, key)| (spelt.as_str(), key))
        };
        let pair = |name| Self {
            path: below(&self.path, name),
            before: found(before, name),
            after: found(after, name),
        };
        names.into_iter().map(pair).collect()
    }
}

fn keys_of<'a>(key: Option<(&str, &'a Arc<Key>)>) -> &'a BTreeMap<Name, Arc<Key>> {
    static NONE: BTreeMap<Name, Arc<Key>> = BTreeMap::new();
    key.map_or(&NONE, |(_, key)| &key.keys)
}

fn values_of<'a>(key: Option<(&str, &'a Arc<Key>)>) -> &'a BTreeMap<Name, KeyValue> {
    static NONE: BTreeMap<Name, KeyValue> = BTreeMap::new();
    key.map_or(&NONE, |(_, key)| &key.values)
}
