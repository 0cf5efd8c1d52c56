//! The objects of the cluster as its registry shows them: `Groups\{id}`, `Resources\{id}` and so on, as in the registry
//! of a Windows cluster.
//!
//! The objects are what counts; their keys follow them whenever they change, and are put back as they should be when the
//! server starts. What a client writes beside these values stays. No registry events are told of it, since the objects
//! tell their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use cmrp::ndr::FileTime;

use super::{Tree, find};
use crate::embedded::model::{Key, KeyValue, Name, State};
use crate::registry::{KeyPath, REG_DWORD, REG_SZ};

/// The keys that there always are.
const ALWAYS: [&str; 7] =
    ["GroupSets", "Groups", "NetworkInterfaces", "Networks", "Nodes", "ResourceTypes", "Resources"];

/// What has to be done to the registry.
enum Step {
    Make(KeyPath),
    Set(KeyPath, &'static str, KeyValue),
    Delete(KeyPath),
}

/// Has the registry show what differs from `before`; all, if that is an empty state. What does not fit into the registry
/// isn't shown.
pub(crate) fn show(before: &State, state: &mut State, now: FileTime) {
    let steps = steps(before, state);
    if steps.is_empty() {
        return;
    }
    let mut tree = Tree::of(state, now);
    for step in steps {
        let _ = match step {
            Step::Make(path) => tree.create(&path, None).map(drop),
            Step::Set(path, name, value) => {
                tree.create(&path, None).and_then(|_| tree.set(&path, name, value)).map(drop)
            }
            Step::Delete(path) => tree.delete_tree(&path),
        };
    }
    tree.commit(state);
}

/// Stamps keys that have no time yet: a definition makes keys and knows no time.
pub(crate) fn stamp(state: &mut State, now: FileTime) {
    let mut timeless = vec![&state.registry];
    let is_timeless = loop {
        match timeless.pop() {
            Some(key) if key.written == 0 => break now.0 > 0,
            Some(key) => timeless.extend(key.keys.values()),
            None => break false,
        }
    };
    let mut left = if is_timeless { vec![&mut state.registry] } else { Vec::new() };
    while let Some(key) = left.pop().map(Arc::make_mut) {
        if key.written == 0 {
            key.written = now.0;
        }
        left.extend(key.keys.values_mut());
    }
}

fn steps(before: &State, after: &State) -> Vec<Step> {
    let mut shown = Shown { registry: &after.registry, steps: Vec::new() };
    for path in ALWAYS.into_iter().filter_map(|name| KeyPath::parse(name).ok()) {
        if find(shown.registry, &path).is_none() {
            shown.steps.push(Step::Make(path));
        }
    }
    shown.values(&KeyPath::ROOT, [("ClusterName", text(&after.cluster.name))]);
    shown.all("Nodes", &before.nodes, &after.nodes, |node| vec![("NodeName", text(&node.name))]);
    shown.all("Groups", &before.groups, &after.groups, |group| {
        let state = number(u32::from(group.wanted));
        vec![("Name", text(&group.name)), ("GroupType", number(group.group_type)), ("PersistentState", state)]
    });
    shown.all("Resources", &before.resources, &after.resources, |resource| {
        let state = number(u32::from(resource.wanted));
        vec![("Name", text(&resource.name)), ("Type", text(resource.kind())), ("PersistentState", state)]
    });
    shown.all("ResourceTypes", &before.resource_types, &after.resource_types, |kind| {
        vec![("Name", text(&kind.display_name)), ("DllName", text(&kind.dll))]
    });
    shown.all("Networks", &before.networks, &after.networks, |network| {
        let (address, mask) = (text(&network.address), text(&network.mask));
        vec![
            ("Name", text(&network.name)),
            ("Address", address),
            ("AddressMask", mask),
            ("Role", number(network.role)),
        ]
    });
    shown.all("NetworkInterfaces", &before.interfaces, &after.interfaces, |interface| {
        let (node, network) = (interface.node.to_string(), interface.network.as_str());
        let address = text(&interface.address);
        vec![
            ("Name", text(&interface.name)),
            ("Node", text(&node)),
            ("Network", text(network)),
            ("Address", address),
        ]
    });
    shown.all("GroupSets", &before.group_sets, &after.group_sets, |set| vec![("Name", text(&set.name))]);
    shown.steps
}

struct Shown<'s> {
    registry: &'s Key,
    steps: Vec<Step>,
}

impl Shown<'_> {
    /// The keys of the objects of one kind that are new, gone, or not as they were.
    fn all<K: Ord + ToString, V: PartialEq>(
        &mut self,
        kind: &str,
        before: &BTreeMap<K, V>,
        after: &BTreeMap<K, V>,
        values: impl Fn(&V) -> Vec<(&'static str, KeyValue)>,
    ) {
        for id in before.keys().filter(|id| !after.contains_key(id)) {
            self.steps
                .extend(path(kind, id).filter(|path| find(self.registry, path).is_some()).map(Step::Delete));
        }
        for (id, object) in after.iter().filter(|(id, object)| before.get(id) != Some(object)) {
            if let Some(path) = path(kind, id) {
                self.values(&path, values(object));
            }
        }
    }

    /// The values of a key that are not as they should be.
    fn values(&mut self, path: &KeyPath, values: impl IntoIterator<Item = (&'static str, KeyValue)>) {
        let key = find(self.registry, path);
        let is = |name: &str, value: &KeyValue| {
            key.and_then(|key| key.values.get(&Name::from(name))) == Some(value)
        };
        let other = values.into_iter().filter(|(name, value)| !is(name, value));
        self.steps.extend(other.map(|(name, value)| Step::Set(path.clone(), name, value)));
    }
}

/// `None` for a resource type whose name can't be that of a key.
fn path<K: ToString>(kind: &str, id: &K) -> Option<KeyPath> {
    let id = id.to_string();
    let path = KeyPath::parse(&format!("{kind}\\{id}")).ok()?;
    (!id.contains('\\')).then_some(path)
}

fn text(text: &str) -> KeyValue {
    let data = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    KeyValue { kind: REG_SZ, data: Arc::new(data) }
}

fn number(number: u32) -> KeyValue {
    KeyValue { kind: REG_DWORD, data: Arc::new(number.to_le_bytes().to_vec()) }
}
