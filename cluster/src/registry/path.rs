//! Where a key stands: names from the root key down.

use std::fmt;

use super::error::RegistryError;
use super::limits::{MAX_DEPTH, MAX_KEY_NAME};

/// The path of a key below the root key: names of 1 to [`MAX_KEY_NAME`] UTF-16 units, separated by backslashes. That
/// of the root key is empty.
///
/// It keeps the case of its letters; two paths name the same key if they are equal in lower case
/// ([`is_within`](Self::is_within), [`same`](Self::same)).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(String);

impl KeyPath {
    /// The root key.
    pub const ROOT: Self = Self(String::new());

    /// A path as a client writes it. One backslash at its end is dropped.
    ///
    /// # Errors
    /// [`RegistryError::BadPath`] if it begins with a backslash (MS-CMRP 3.1.4.2.30), has an empty name or a control
    /// character, a name that is too long, or more than [`MAX_DEPTH`] names.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let text = text.strip_suffix('\\').filter(|rest| !rest.is_empty()).unwrap_or(text);
        let path = Self(text.to_owned());
        let good = path.names().count() <= MAX_DEPTH && path.names().all(is_name);
        if good { Ok(path) } else { Err(RegistryError::BadPath) }
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names from the root key down.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        // The empty path has no names, although splitting it yields one.
        self.0.split('\\').filter(|_| !self.0.is_empty())
    }

    /// The last name; `None` of the root key.
    pub fn name(&self) -> Option<&str> {
        self.names().next_back()
    }

    /// Whether it is that of the root key.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path with another one behind it.
    ///
    /// # Errors
    /// [`RegistryError::BadPath`] if it gets longer than [`MAX_DEPTH`] names.
    pub fn join(&self, below: &Self) -> Result<Self, RegistryError> {
        let depth = self.names().count().saturating_add(below.names().count());
        match (self.is_root(), below.is_root()) {
            _ if depth > MAX_DEPTH => Err(RegistryError::BadPath),
            (true, _) => Ok(below.clone()),
            (_, true) => Ok(self.clone()),
            _ => Ok(Self(format!("{}\\{}", self.0, below.0))),
        }
    }

    /// The path without its last name; that of the root key is itself.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0.rsplit_once('\\').map_or(String::new(), |(parent, _)| parent.to_owned()))
    }

    /// Whether both name the same key.
    pub fn same(&self, other: &Self) -> bool {
        fold(&self.0) == fold(&other.0)
    }

    /// What is left of the path below `key`; the empty path if it is not below it.
    #[must_use]
    pub fn below(&self, key: &Self) -> Self {
        let depth = if self.is_within(key) { key.names().count() } else { usize::MAX };
        Self(self.names().skip(depth).collect::<Vec<_>>().join("\\"))
    }

    /// What paths are compared by: the path in lower case.
    pub(crate) fn folded(&self) -> String {
        fold(&self.0)
    }

    /// Whether it names `key` or a key below it.
    pub fn is_within(&self, key: &Self) -> bool {
        let mut names = self.names().map(fold);
        key.names().all(|name| names.next() == Some(fold(name)))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What names are compared by: their characters in lower case.
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

fn is_name(name: &str) -> bool {
    let units = name.encode_utf16().count();
    (1..=MAX_KEY_NAME).contains(&units) && !name.chars().any(char::is_control)
}
