//! What a definition means, checked as a whole.

mod graph;
mod names;
mod values;

use cmrp_port::object::same_name;

use super::{Definition, Group, Health, NodeHealth, Resource};
use crate::source::{Document, Problem, Step, index, key, nearest};

/// The nesting that a dependency tree may have (MS-CMRP 3.1.4.2.20).
const DEEPEST_DEPENDENCY: usize = 100;

/// Everything that is wrong with a definition that could be read from this text.
pub(super) fn problems(definition: &Definition, text: &str, document: &Document) -> Vec<Problem> {
    let mut check = Check { definition, text, document, problems: Vec::new() };
    check.names();
    check.values();
    check.nodes();
    check.interfaces();
    check.groups();
    check.group_sets();
    check.quorum();
    check.problems
}

struct Check<'a> {
    definition: &'a Definition,
    text: &'a str,
    document: &'a Document,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn report(&mut self, path: &[Step], message: impl Into<String>) {
        self.report_with(path, message, None);
    }

    fn report_with(&mut self, path: &[Step], message: impl Into<String>, help: Option<String>) {
        let span = self.document.find(path);
        self.problems.push(Problem::at(self.text, span, message).with_help(help));
    }

    /// Reports what is wrong with a key.
    fn report_key(&mut self, path: &[Step], message: impl Into<String>, help: Option<String>) {
        let span = self.document.find_key(path);
        self.problems.push(Problem::at(self.text, span, message).with_help(help));
    }

    /// Reports a name that should be one of these and is not.
    fn must_be_one_of(&mut self, path: &[Step], what: &str, name: &str, known: &[&str]) -> bool {
        if known.iter().any(|known| same_name(known, name)) {
            return true;
        }
        let help = nearest(name, known.iter().copied()).map(|meant| format!("did you mean \"{meant}\"?"));
        self.report_with(path, format!("there is no {what} \"{name}\""), help);
        false
    }

    fn node_names(&self) -> Vec<&'a str> {
        self.definition.nodes.iter().map(|node| node.name.as_str()).collect()
    }

    fn group_names(&self) -> Vec<&'a str> {
        self.definition.groups.iter().map(|group| group.name.as_str()).collect()
    }

    fn must_be_node(&mut self, path: &[Step], name: &str) {
        let nodes = self.node_names();
        self.must_be_one_of(path, "node", name, &nodes);
    }

    fn nodes(&mut self) {
        if !self.definition.nodes.iter().any(|node| node.state == NodeHealth::Up) {
            self.report(&[key("nodes")], "at least one node must be up");
        }
        let nodes = &self.definition.nodes;
        for (number, node) in nodes.iter().enumerate() {
            let path = [key("nodes"), index(number), key("id")];
            if node.id == Some(0) {
                self.report(&path, "nodes are numbered from 1");
            }
            let earlier =
                nodes.iter().take(number).find(|earlier| node.id.is_some() && earlier.id == node.id);
            if let Some(earlier) = earlier {
                self.report(&path, format!("node \"{}\" has this id already", earlier.name));
            }
        }
    }

    fn interfaces(&mut self) {
        let networks: Vec<&str> =
            self.definition.networks.iter().map(|network| network.name.as_str()).collect();
        for (number, interface) in self.definition.interfaces.iter().enumerate() {
            let path = |member| [key("interfaces"), index(number), key(member)];
            self.must_be_node(&path("node"), &interface.node);
            self.must_be_one_of(&path("network"), "network", &interface.network, &networks);
        }
    }

    fn groups(&mut self) {
        for (number, group) in self.definition.groups.iter().enumerate() {
            let path = [key("groups"), index(number)];
            self.group_owners(&path, group);
            for (number, resource) in group.resources.iter().enumerate() {
                let path = within(&path, [key("resources"), index(number)]);
                self.resource(&path, group, resource);
            }
            self.resource_order(&path, group);
        }
    }

    fn group_owners(&mut self, path: &[Step], group: &Group) {
        for (number, node) in group.preferred_owners.iter().enumerate() {
            self.must_be_node(&within(path, [key("preferred_owners"), index(number)]), node);
        }
        let Some(owner) = &group.owner else { return };
        let path = within(path, [key("owner")]);
        self.must_be_node(&path, owner);
        let node = self.definition.nodes.iter().find(|node| same_name(&node.name, owner));
        if node.is_some_and(|node| node.state == NodeHealth::Down) {
            self.report(&path, format!("node \"{owner}\" is down, so it cannot own a group"));
        }
    }

    fn resource(&mut self, path: &[Step], group: &Group, resource: &Resource) {
        let kinds = self.type_names();
        self.must_be_one_of(&within(path, [key("type")]), "resource type", &resource.kind, &kinds);
        for (number, node) in resource.possible_owners.iter().enumerate() {
            self.must_be_node(&within(path, [key("possible_owners"), index(number)]), node);
        }
        let possible = &resource.possible_owners;
        if let Some(owner) = &group.owner {
            let can = possible.is_empty() || possible.iter().any(|node| same_name(node, owner));
            if !can {
                let message = format!("\"{owner}\", which owns the group, is not among the possible owners");
                self.report(&within(path, [key("possible_owners")]), message);
            }
        }
        self.dependencies(path, group, resource);
    }

    fn dependencies(&mut self, path: &[Step], group: &Group, resource: &Resource) {
        let siblings: Vec<&str> = group.resources.iter().map(|resource| resource.name.as_str()).collect();
        let what = format!("resource in the group \"{}\" called", group.name);
        for (number, name) in resource.depends_on.iter().enumerate() {
            let path = within(path, [key("depends_on"), index(number)]);
            if !self.must_be_one_of(&path, &what, name, &siblings) {
                continue;
            }
            let before = group.resources.iter().find(|resource| same_name(&resource.name, name));
            let ready = before.is_none_or(|before| before.state == Health::Online);
            if resource.state == Health::Online && !ready {
                let message = format!("\"{}\" cannot be online while \"{name}\" is not", resource.name);
                self.report(&path, message);
            }
        }
    }

    fn resource_order(&mut self, path: &[Step], group: &Group) {
        let edges: Vec<graph::Vertex<'_>> = group
            .resources
            .iter()
            .map(|resource| graph::Vertex { name: &resource.name, needs: &resource.depends_on })
            .collect();
        self.order(&within(path, [key("resources")]), &edges);
    }

    /// Reports cycles and chains that are too long.
    fn order(&mut self, path: &[Step], vertices: &[graph::Vertex<'_>]) {
        if let Some(cycle) = graph::cycle(vertices) {
            let first = cycle.first().copied().unwrap_or_default();
            let names: Vec<&str> =
                cycle.iter().filter_map(|&at| vertices.get(at)).map(|vertex| vertex.name).collect();
            let message = format!(
                "these depend on each other: {} -> {}",
                names.join(" -> "),
                names.first().unwrap_or(&"")
            );
            self.report(&within(path, [index(first), key("depends_on")]), message);
        } else if let Some(deep) = graph::deeper_than(vertices, DEEPEST_DEPENDENCY) {
            let message = format!("dependencies are nested deeper than {DEEPEST_DEPENDENCY}");
            self.report(&within(path, [index(deep), key("depends_on")]), message);
        }
    }

    fn group_sets(&mut self) {
        let groups = self.group_names();
        let sets: Vec<&str> = self.definition.group_sets.iter().map(|set| set.name.as_str()).collect();
        let mut members: Vec<(&str, &str)> = Vec::new();
        for (number, set) in self.definition.group_sets.iter().enumerate() {
            let path = [key("group_sets"), index(number)];
            for (number, group) in set.groups.iter().enumerate() {
                let path = within(&path, [key("groups"), index(number)]);
                self.must_be_one_of(&path, "group", group, &groups);
                if let Some((_, other)) = members.iter().find(|(member, _)| same_name(member, group)) {
                    self.report(&path, format!("\"{group}\" is in the group set \"{other}\" already"));
                }
                members.push((group, &set.name));
            }
            for (number, other) in set.depends_on.iter().enumerate() {
                let path = within(&path, [key("depends_on"), index(number)]);
                self.must_be_one_of(&path, "group set", other, &sets);
            }
        }
        let edges: Vec<graph::Vertex<'_>> = self
            .definition
            .group_sets
            .iter()
            .map(|set| graph::Vertex { name: &set.name, needs: &set.depends_on })
            .collect();
        self.order(&[key("group_sets")], &edges);
    }

    fn quorum(&mut self) {
        let Some(name) = &self.definition.quorum.resource else { return };
        let resources = self.definition.groups.iter().flat_map(|group| &group.resources);
        let names: Vec<&str> = resources.map(|resource| resource.name.as_str()).collect();
        self.must_be_one_of(&[key("quorum"), key("resource")], "resource", name, &names);
    }
}

/// A path that goes on.
fn within<const N: usize>(path: &[Step], further: [Step; N]) -> Vec<Step> {
    path.iter().cloned().chain(further).collect()
}
