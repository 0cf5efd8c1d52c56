//! Names: that each is one, and that no two are the same.

use std::collections::HashMap;

use super::{Check, within};
use crate::source::{Step, index, key};

/// The UTF-16 units that the name of a cluster or node may have: 128 octets with its NUL (MS-CMRP 3.1.4.2).
const LONGEST_COMPUTER_NAME: usize = 63;
/// The UTF-16 units that any other name may have. The specification has no bound.
const LONGEST_NAME: usize = 1_024;

/// A name, where it stands, and how long it may be.
struct Named {
    path: Vec<Step>,
    name: String,
    longest: usize,
}

impl<'a> Check<'a> {
    pub(super) fn names(&mut self) {
        let cluster = vec![key("cluster"), key("name")];
        self.name(&Named {
            path: cluster,
            name: self.definition.cluster.name.clone(),
            longest: LONGEST_COMPUTER_NAME,
        });
        let definition = self.definition;
        let nodes = named("nodes", definition.nodes.iter().map(|node| &node.name), LONGEST_COMPUTER_NAME);
        self.unlike("node", nodes);
        let networks = definition.networks.iter().map(|network| &network.name);
        self.unlike("network", named("networks", networks, LONGEST_NAME));
        let kinds = definition.types.iter().map(|kind| &kind.name);
        self.unlike("resource type", named("types", kinds, LONGEST_NAME));
        let groups = definition.groups.iter().map(|group| &group.name);
        self.unlike("group", named("groups", groups, LONGEST_NAME));
        let sets = definition.group_sets.iter().map(|set| &set.name);
        self.unlike("group set", named("group_sets", sets, LONGEST_NAME));
        self.interface_names();
        self.resource_names();
    }

    pub(super) fn type_names(&self) -> Vec<&'a str> {
        let own = self.definition.types.iter().map(|kind| kind.name.as_str());
        own.chain(super::super::types::BUILT_IN.iter().map(|built_in| built_in.name)).collect()
    }

    fn interface_names(&mut self) {
        let interfaces = self.definition.interfaces.iter().enumerate();
        let names = interfaces.map(|(number, interface)| {
            let given = interface.name.as_ref().map(|_| key("name"));
            let path = [key("interfaces"), index(number)].into_iter().chain(given).collect();
            Named { path, name: interface.full_name(), longest: LONGEST_NAME }
        });
        self.unlike("interface", names.collect());
    }

    fn resource_names(&mut self) {
        let groups = self.definition.groups.iter().enumerate();
        let resources = groups.flat_map(|(number, group)| {
            group.resources.iter().enumerate().map(move |(place, resource)| {
                let path = vec![key("groups"), index(number), key("resources"), index(place), key("name")];
                Named { path, name: resource.name.clone(), longest: LONGEST_NAME }
            })
        });
        self.unlike("resource", resources.collect());
    }

    /// Checks names that must differ from each other, without case.
    fn unlike(&mut self, what: &str, names: Vec<Named>) {
        let mut seen: HashMap<String, String> = HashMap::new();
        for named in names {
            self.name(&named);
            if let Some(earlier) = seen.insert(folded(&named.name), named.name.clone()) {
                let message =
                    format!("there is a {what} called \"{earlier}\" already; case makes no difference");
                self.report(&named.path, message);
            }
        }
    }

    fn name(&mut self, named: &Named) {
        let Named { path, name, longest } = named;
        if name.trim().is_empty() {
            self.report(path, "a name cannot be empty");
        } else if name.chars().any(char::is_control) {
            self.report(path, "a name cannot have control characters");
        } else if name.encode_utf16().count() > *longest {
            self.report(path, format!("the name is longer than {longest} characters"));
        }
    }

    /// Checks the names of properties or values, which must differ without case as well.
    pub(super) fn unlike_keys<'k>(
        &mut self,
        path: &[Step],
        what: &str,
        names: impl Iterator<Item = &'k String>,
    ) {
        let mut seen: HashMap<String, &String> = HashMap::new();
        for name in names {
            let path = within(path, [key(name)]);
            if name.chars().any(char::is_control) {
                self.report_key(&path, "a name cannot have control characters", None);
            }
            if let Some(earlier) = seen.insert(folded(name), name) {
                self.report(
                    &path,
                    format!("there is a {what} \"{earlier}\" already; case makes no difference"),
                );
            }
        }
    }
}

fn named<'n>(table: &str, names: impl Iterator<Item = &'n String>, longest: usize) -> Vec<Named> {
    let path = |number| vec![key(table), index(number), key("name")];
    let names = names.enumerate();
    names.map(|(number, name)| Named { path: path(number), name: name.clone(), longest }).collect()
}

/// What names are compared by.
pub(super) fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}
