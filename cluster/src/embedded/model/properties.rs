//! Properties by name.

use std::collections::{BTreeMap, btree_map};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::name::Name;

/// The value of a property, or of several that travel as one (MS-CMRP 2.2.2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Property {
    /// `CLUSPROP_SYNTAX_LIST_VALUE_DWORD`.
    Dword(u32),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_LONG`.
    Long(i32),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_ULARGE_INTEGER`.
    UlargeInteger(u64),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_LARGE_INTEGER`.
    LargeInteger(i64),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_WORD`.
    Word(u16),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_FILETIME`: steps of 100 ns since 1601.
    FileTime(u64),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_SZ`.
    Sz(String),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_EXPAND_SZ`.
    ExpandSz(String),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_MULTI_SZ`.
    MultiSz(Vec<String>),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_BINARY`.
    Binary(Vec<u8>),
    /// `CLUSPROP_SYNTAX_LIST_VALUE_SECURITY_DESCRIPTOR`, self-relative.
    SecurityDescriptor(Vec<u8>),
}

/// Properties by name. Of common properties only those are here that were set and that no member of the object holds.
///
/// Copies share the map until one changes it: a change of one object must not cost a copy of the values of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Properties(Arc<BTreeMap<Name, Property>>);

impl Properties {
    /// No properties.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Deref for Properties {
    type Target = BTreeMap<Name, Property>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Properties {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl FromIterator<(Name, Property)> for Properties {
    fn from_iter<I: IntoIterator<Item = (Name, Property)>>(properties: I) -> Self {
        Self(Arc::new(properties.into_iter().collect()))
    }
}

impl<'p> IntoIterator for &'p Properties {
    type Item = (&'p Name, &'p Property);
    type IntoIter = btree_map::Iter<'p, Name, Property>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Properties {
    type Item = (Name, Property);
    type IntoIter = btree_map::IntoIter<Name, Property>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}
