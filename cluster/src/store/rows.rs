//! The tables of a store and what their rows hold.

use std::borrow::Cow;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use crate::embedded::model::{self, Name, NetworkId, ResourceType};

/// The format that this version reads and writes. It rises with each change that a former version would misread.
pub(super) const FORMAT: u32 = 1;

/// What the file is: rows [`FORMAT_ROW`], [`DEFINITION_ROW`] and [`MAKER_ROW`].
pub(super) const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("cmrp-cluster");
/// The number of the format.
pub(super) const FORMAT_ROW: &str = "format";
/// The definition that the file began with, in JSON.
pub(super) const DEFINITION_ROW: &str = "definition";
/// The software that created it, for people.
pub(super) const MAKER_ROW: &str = "created by";

/// Objects by kind and id, in JSON.
pub(super) const OBJECTS: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("objects");

/// Registry keys by path, in JSON. Paths are in lower case, parts separated by backslashes; the root key's is empty.
pub(super) const KEYS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("keys");

/// Registry values by the path of their key and their name in lower case: type, name, octets.
pub(super) const VALUES: TableDefinition<'_, (&str, &str), (u32, &str, &[u8])> =
    TableDefinition::new("values");

/// The kinds of [`OBJECTS`].
pub(super) mod kind {
    /// What there is one of; the id says what.
    pub(in super::super) const SINGLE: &str = "single";
    pub(in super::super) const NODE: &str = "node";
    pub(in super::super) const GROUP: &str = "group";
    pub(in super::super) const RESOURCE: &str = "resource";
    pub(in super::super) const TYPE: &str = "type";
    pub(in super::super) const NETWORK: &str = "network";
    pub(in super::super) const INTERFACE: &str = "interface";
    pub(in super::super) const GROUP_SET: &str = "group set";
}

/// The ids of [`kind::SINGLE`].
pub(super) mod single {
    pub(in super::super) const CLUSTER: &str = "cluster";
    pub(in super::super) const QUORUM: &str = "quorum";
    pub(in super::super) const REST: &str = "rest";
}

/// What is left of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rest {
    pub(super) network_order: Vec<NetworkId>,
    pub(super) born: u64,
    pub(super) seed: [u8; 16],
}

impl Rest {
    pub(super) fn of(state: &model::State) -> Self {
        Self { network_order: state.network_order.clone(), born: state.born, seed: state.seed }
    }
}

/// A resource type, with its name as it is spelt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TypeRow<'a> {
    pub(super) name: Cow<'a, Name>,
    #[serde(flatten)]
    pub(super) content: Cow<'a, ResourceType>,
}

/// A registry key without what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeyRow {
    /// The last part of its path, as it is spelt.
    pub(super) name: String,
    pub(super) written: u64,
    pub(super) born: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) security: Vec<u8>,
}

impl KeyRow {
    pub(super) fn of(name: &str, key: &model::Key) -> Self {
        Self { name: name.to_owned(), written: key.written, born: key.born, security: key.security.clone() }
    }
}

/// What stands for a name in the id of a row.
pub(super) fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// The path of a key below another one.
pub(super) fn below(path: &str, name: &Name) -> String {
    let name = folded(name.as_str());
    if path.is_empty() { name } else { format!("{path}\\{name}") }
}
