//! The tree of registry keys: finding, making, writing, deleting.
//!
//! [`Tree`] works on the keys of a [`State`]. Keys are shared with copies of the state until one of both changes them,
//! so a list of commands ([`batch`]) runs on a copy that takes the place of the tree if all succeed.

pub(crate) mod batch;
pub(crate) mod mirror;
pub(crate) mod report;

use std::sync::Arc;

use cmrp::ndr::FileTime;

use super::model::{Key, KeyValue, Name, State};
use crate::registry::{
    KeyPath, MAX_KEYS, MAX_OCTETS, MAX_VALUE, MAX_VALUE_NAME, MAX_VALUES, Parts, RegistryError,
    SecurityDescriptor,
};

/// A change to the tree, as notification ports tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The key came into being.
    KeyMade(KeyPath),
    /// The key was deleted.
    KeyGone(KeyPath),
    /// The value of this name was set or deleted.
    Value(KeyPath, String),
    /// The security descriptor changed.
    Security(KeyPath),
}

/// What [`Tree::create`] found or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Created {
    /// The path, in the case of its letters that it has in the tree.
    pub(crate) path: KeyPath,
    /// Which key it is, of those that had its path.
    pub(crate) born: u64,
    /// Whether it was made.
    pub(crate) new: bool,
}

/// The tree at work, and what it has done since.
pub(crate) struct Tree {
    root: Arc<Key>,
    born: u64,
    keys: usize,
    octets: usize,
    now: FileTime,
    effects: Vec<Effect>,
}

impl Tree {
    /// The tree of a state, to be changed at this time.
    pub(crate) fn of(state: &State, now: FileTime) -> Self {
        let (keys, octets) = size(&state.registry);
        Self { root: state.registry.clone(), born: state.born, keys, octets, now, effects: Vec::new() }
    }

    /// Puts the tree in the place of the one that it came from, and tells what changed.
    pub(crate) fn commit(self, state: &mut State) -> Vec<Effect> {
        state.registry = self.root;
        state.born = self.born;
        self.effects
    }

    /// The path in the case of its letters that it has in the tree.
    pub(crate) fn canonical(&self, path: &KeyPath) -> Option<KeyPath> {
        canonical(&self.root, path)
    }

    /// Whether anything has changed.
    pub(crate) fn is_changed(&self) -> bool {
        !self.effects.is_empty()
    }

    /// Makes a key and those above it that are missing, or finds it (MS-CMRP 3.1.4.2.30). A new key gets `security`;
    /// without one it has that of the key above.
    pub(crate) fn create(
        &mut self,
        path: &KeyPath,
        security: Option<&SecurityDescriptor>,
    ) -> Result<Created, RegistryError> {
        let mut at = KeyPath::ROOT;
        let mut created = Created { path: KeyPath::ROOT, born: self.root.born, new: false };
        for name in path.names() {
            created = self.enter(&at, name, security)?;
            at = created.path.clone();
        }
        Ok(created)
    }

    fn enter(
        &mut self,
        parent: &KeyPath,
        name: &str,
        security: Option<&SecurityDescriptor>,
    ) -> Result<Created, RegistryError> {
        let key = find(&self.root, parent).ok_or(RegistryError::NotFound)?;
        if let Some((name, key)) = key.keys.get_key_value(&Name::from(name)) {
            let path = parent.join(&KeyPath::parse(name.as_str())?)?;
            return Ok(Created { path, born: key.born, new: false });
        }
        let security = security.map_or(Vec::new(), |security| security.octets(Parts::ALL));
        self.grow(1, name.len().saturating_add(security.len()))?;
        let path = parent.join(&KeyPath::parse(name)?)?;
        self.born = self.born.wrapping_add(1);
        let key = Key { written: self.now.0, security, born: self.born, ..Key::default() };
        self.write(parent)?.keys.insert(name.into(), Arc::new(key));
        self.effects.push(Effect::KeyMade(path.clone()));
        Ok(Created { path, born: self.born, new: true })
    }

    /// Deletes a key that has no subkeys (MS-CMRP 3.1.4.2.36).
    pub(crate) fn delete(&mut self, path: &KeyPath) -> Result<(), RegistryError> {
        let key = find(&self.root, path).ok_or(RegistryError::NotFound)?;
        if key.keys.is_empty() { self.delete_tree(path) } else { Err(RegistryError::Denied) }
    }

    /// Deletes a key with all below it.
    pub(crate) fn delete_tree(&mut self, path: &KeyPath) -> Result<(), RegistryError> {
        let name = path.name().ok_or(RegistryError::Denied)?;
        let gone = below(&self.root, path).ok_or(RegistryError::NotFound)?;
        let removed =
            self.write(&path.parent())?.keys.remove(&Name::from(name)).ok_or(RegistryError::NotFound)?;
        let (keys, octets) = size(&removed);
        self.keys = self.keys.saturating_sub(keys);
        self.octets = self.octets.saturating_sub(octets.saturating_add(name.len()));
        self.effects.extend(gone.into_iter().rev().map(Effect::KeyGone));
        Ok(())
    }

    /// Sets a value, and returns the one that it replaces (MS-CMRP 3.1.4.2.33).
    pub(crate) fn set(
        &mut self,
        path: &KeyPath,
        name: &str,
        value: KeyValue,
    ) -> Result<Option<KeyValue>, RegistryError> {
        if name.encode_utf16().count() > MAX_VALUE_NAME || value.data.len() > MAX_VALUE || name.contains('\0')
        {
            return Err(RegistryError::BadParameter);
        }
        let key = find(&self.root, path).ok_or(RegistryError::NotFound)?;
        let wanted = name.len().saturating_add(value.data.len());
        let former =
            key.values.get(&Name::from(name)).map(|former| name.len().saturating_add(former.data.len()));
        if former.is_none() && key.values.len() >= MAX_VALUES {
            return Err(RegistryError::Full);
        }
        self.grow(0, wanted.saturating_sub(former.unwrap_or(0)))?;
        self.octets = self.octets.saturating_sub(former.unwrap_or(0).saturating_sub(wanted));
        let replaced = self.write(path)?.values.insert(name.into(), value);
        self.effects.push(Effect::Value(path.clone(), name.to_owned()));
        Ok(replaced)
    }

    /// Deletes a value, and returns it (MS-CMRP 3.1.4.2.34).
    pub(crate) fn unset(&mut self, path: &KeyPath, name: &str) -> Result<KeyValue, RegistryError> {
        let key = find(&self.root, path).ok_or(RegistryError::NotFound)?;
        if !key.values.contains_key(&Name::from(name)) {
            return Err(RegistryError::NotFound);
        }
        let value = self.write(path)?.values.remove(&Name::from(name)).ok_or(RegistryError::NotFound)?;
        self.octets = self.octets.saturating_sub(name.len().saturating_add(value.data.len()));
        self.effects.push(Effect::Value(path.clone(), name.to_owned()));
        Ok(value)
    }

    /// Replaces parts of the security descriptor of a key (MS-CMRP 3.1.4.2.40).
    pub(crate) fn secure(
        &mut self,
        path: &KeyPath,
        parts: Parts,
        from: SecurityDescriptor,
    ) -> Result<(), RegistryError> {
        let mut security = security(&self.root, path).ok_or(RegistryError::NotFound)?;
        security.take(parts, from)?;
        let octets = security.octets(Parts::ALL);
        self.grow(0, octets.len())?;
        self.write(path)?.security = octets;
        self.effects.push(Effect::Security(path.clone()));
        Ok(())
    }

    /// The key, to be written: those above it that are shared with a copy are copied.
    fn write(&mut self, path: &KeyPath) -> Result<&mut Key, RegistryError> {
        let mut key = Arc::make_mut(&mut self.root);
        for name in path.names() {
            key = key.keys.get_mut(&Name::from(name)).map(Arc::make_mut).ok_or(RegistryError::NotFound)?;
        }
        key.written = self.now.0;
        Ok(key)
    }

    fn grow(&mut self, keys: usize, octets: usize) -> Result<(), RegistryError> {
        let (keys, octets) = (self.keys.saturating_add(keys), self.octets.saturating_add(octets));
        if keys > MAX_KEYS || octets > MAX_OCTETS {
            return Err(RegistryError::Full);
        }
        (self.keys, self.octets) = (keys, octets);
        Ok(())
    }
}

/// The key of a path below `root`.
pub(crate) fn find<'k>(root: &'k Key, path: &KeyPath) -> Option<&'k Key> {
    path.names().try_fold(root, |key, name| key.keys.get(&Name::from(name)).map(AsRef::as_ref))
}

/// The path in the case of its letters that it has in the tree.
pub(crate) fn canonical(root: &Key, path: &KeyPath) -> Option<KeyPath> {
    let (mut key, mut names) = (root, Vec::new());
    for name in path.names() {
        let (name, below) = key.keys.get_key_value(&Name::from(name))?;
        names.push(name.as_str());
        key = below;
    }
    KeyPath::parse(&names.join("\\")).ok()
}

/// The security descriptor that a key has: its own, or the next one above it.
pub(crate) fn security(root: &Key, path: &KeyPath) -> Option<SecurityDescriptor> {
    let mut own = root.security.as_slice();
    let mut key = root;
    for name in path.names() {
        key = key.keys.get(&Name::from(name))?;
        own = if key.security.is_empty() { own } else { &key.security };
    }
    Some(SecurityDescriptor::parse(own).unwrap_or_else(|_| SecurityDescriptor::of_a_new_cluster()))
}

/// The paths of a key and all below it, each in front of those below it.
fn below(root: &Key, path: &KeyPath) -> Option<Vec<KeyPath>> {
    let mut paths = vec![canonical(root, path)?];
    let mut next = 0;
    while let Some(path) = paths.get(next).cloned() {
        next = next.saturating_add(1);
        let names = find(root, &path)?.keys.keys();
        paths.extend(names.filter_map(|name| path.join(&KeyPath::parse(name.as_str()).ok()?).ok()));
    }
    Some(paths)
}

/// Keys and octets, of this key without its name and of all below it. As deep as the tree, whose depth is limited.
fn size(key: &Key) -> (usize, usize) {
    let value = |(name, value): (&Name, &KeyValue)| name.as_str().len().saturating_add(value.data.len());
    let own = key.values.iter().map(value).fold(key.security.len(), usize::saturating_add);
    key.keys.iter().fold((1, own), |(keys, octets), (name, key)| {
        let (more_keys, more) = size(key);
        (keys.saturating_add(more_keys), octets.saturating_add(more).saturating_add(name.as_str().len()))
    })
}
