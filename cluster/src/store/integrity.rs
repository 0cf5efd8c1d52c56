//! Whether the parts of a state fit together.

use std::collections::BTreeSet;

use crate::embedded::model::{Expression, Name, ResourceId, State};

/// Everything in a state that refers to something that is not there; none in a state that is sound.
///
/// A cluster never gets into such a state by itself. A file that holds one has been damaged, or was written by
/// something else.
pub fn faults(state: &State) -> Vec<String> {
    let mut faults = Vec::new();
    if state.nodes.is_empty() {
        faults.push("there is no node".to_owned());
    }
    names(state, &mut faults);
    groups(state, &mut faults);
    resources(state, &mut faults);
    networks(state, &mut faults);
    let quorum = state.quorum.resource.as_ref();
    if quorum.is_some_and(|id| !state.resources.contains_key(id)) {
        faults.push("the quorum resource does not exist".to_owned());
    }
    for (id, set) in &state.group_sets {
        leaves("group set", id.as_str(), &set.dependencies, |leaf| is_group_or_set(state, leaf), &mut faults);
    }
    faults
}

fn names(state: &State, faults: &mut Vec<String>) {
    unlike("node", state.nodes.values().map(|object| &object.name), faults);
    unlike("group", state.groups.values().map(|object| &object.name), faults);
    unlike("resource", state.resources.values().map(|object| &object.name), faults);
    unlike("network", state.networks.values().map(|object| &object.name), faults);
    unlike("interface", state.interfaces.values().map(|object| &object.name), faults);
    unlike("group set", state.group_sets.values().map(|object| &object.name), faults);
}

fn unlike<'n>(what: &str, names: impl Iterator<Item = &'n String>, faults: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    let twice = names.filter(|name| !seen.insert(Name::from(name.as_str())));
    faults.extend(twice.map(|name| format!("two objects of the kind {what} have the name \"{name}\"")));
}

fn groups(state: &State, faults: &mut Vec<String>) {
    for (id, group) in &state.groups {
        let nodes = group.preferred.iter().chain(&group.moving).chain([&group.owner]);
        for node in nodes.filter(|node| !state.nodes.contains_key(node)) {
            faults.push(format!("group {id} refers to the missing node {node}"));
        }
        if group.set.as_ref().is_some_and(|set| !state.group_sets.contains_key(set)) {
            faults.push(format!("group {id} is in a missing group set"));
        }
        leaves("group", id.as_str(), &group.dependencies, |leaf| is_group_or_set(state, leaf), faults);
    }
}

fn is_group_or_set(state: &State, id: &str) -> bool {
    state.groups.keys().any(|group| group.as_str() == id)
        || state.group_sets.keys().any(|set| set.as_str() == id)
}

fn resources(state: &State, faults: &mut Vec<String>) {
    let ids: BTreeSet<&str> = state.resources.keys().map(ResourceId::as_str).collect();
    for (id, resource) in &state.resources {
        if !state.groups.contains_key(&resource.group) {
            faults.push(format!("resource {id} is in the missing group {}", resource.group));
        }
        if !state.resource_types.contains_key(&resource.type_name) {
            faults.push(format!("resource {id} is of the missing type {}", resource.type_name));
        }
        for node in resource.possible.iter().flatten().filter(|node| !state.nodes.contains_key(node)) {
            faults.push(format!("resource {id} refers to the missing node {node}"));
        }
        leaves("resource", id.as_str(), &resource.dependencies, |leaf| ids.contains(leaf), faults);
    }
}

fn networks(state: &State, faults: &mut Vec<String>) {
    for (id, interface) in &state.interfaces {
        if !state.nodes.contains_key(&interface.node) || !state.networks.contains_key(&interface.network) {
            faults.push(format!("interface {id} has no node or no network"));
        }
    }
    let ordered: BTreeSet<_> = state.network_order.iter().collect();
    if ordered.len() != state.network_order.len() || !ordered.iter().all(|id| state.networks.contains_key(id))
    {
        faults.push("the order of networks has one twice, or one that is missing".to_owned());
    }
}

fn leaves(what: &str, id: &str, needs: &Expression, known: impl Fn(&str) -> bool, faults: &mut Vec<String>) {
    for leaf in needs.leaves().into_iter().filter(|leaf| !known(leaf)) {
        faults.push(format!("{what} {id} depends on {leaf}, which is missing"));
    }
}
