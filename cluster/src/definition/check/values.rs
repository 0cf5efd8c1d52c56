//! Ids, addresses, properties, and keys of the registry.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::HashMap;

use super::names::folded;
use super::{Check, within};
use crate::definition::Properties;
use crate::definition::identity::is_id;
use crate::source::{Step, index, key};

/// How deep the registry may be defined.
const DEEPEST_KEY: usize = 64;

impl<'a> Check<'a> {
    pub(super) fn values(&mut self) {
        self.ids();
        self.addresses();
        self.properties();
        self.registry();
    }

    fn ids(&mut self) {
        let mut seen: HashMap<String, String> = HashMap::new();
        for (path, name, id) in self.given_ids() {
            let plain = folded(id).replace(['{', '}'], "");
            if !is_id(id) {
                self.report(
                    &path,
                    format!("\"{id}\" is no UUID such as 01234567-89ab-cdef-0123-456789abcdef"),
                );
            } else if let Some(earlier) = seen.insert(plain, name.to_owned()) {
                self.report(&path, format!("\"{earlier}\" has this id already"));
            }
        }
    }

    /// The ids that the definition gives, where they stand and whose they are.
    fn given_ids(&self) -> Vec<(Vec<Step>, &'a str, &'a str)> {
        let definition = self.definition;
        let mut ids =
            vec![(vec![key("cluster"), key("id")], "the cluster", definition.cluster.id.as_deref())];
        let path = |table: &str, number| vec![key(table), index(number), key("id")];
        let networks = definition.networks.iter().enumerate();
        ids.extend(
            networks
                .map(|(at, network)| (path("networks", at), network.name.as_str(), network.id.as_deref())),
        );
        let interfaces = definition.interfaces.iter().enumerate();
        ids.extend(interfaces.map(|(at, interface)| {
            (path("interfaces", at), interface.node.as_str(), interface.id.as_deref())
        }));
        let sets = definition.group_sets.iter().enumerate();
        ids.extend(sets.map(|(at, set)| (path("group_sets", at), set.name.as_str(), set.id.as_deref())));
        for (at, group) in definition.groups.iter().enumerate() {
            ids.push((path("groups", at), group.name.as_str(), group.id.as_deref()));
            let resources = group.resources.iter().enumerate();
            ids.extend(resources.map(|(place, resource)| {
                let path = vec![key("groups"), index(at), key("resources"), index(place), key("id")];
                (path, resource.name.as_str(), resource.id.as_deref())
            }));
        }
        ids.into_iter().filter_map(|(path, name, id)| Some((path, name, id?))).collect()
    }

    fn addresses(&mut self) {
        for (number, network) in self.definition.networks.iter().enumerate() {
            let path = |member| [key("networks"), index(number), key(member)];
            self.address(&path("address"), network.address.as_deref());
            if network.mask.as_ref().is_some_and(|mask| mask.parse::<Ipv4Addr>().is_err()) {
                self.report(&path("mask"), "an address mask such as 255.255.255.0 is expected");
            }
        }
        for (number, interface) in self.definition.interfaces.iter().enumerate() {
            self.address(&[key("interfaces"), index(number), key("address")], interface.address.as_deref());
        }
    }

    fn address(&mut self, path: &[Step], address: Option<&str>) {
        if address.is_some_and(|address| address.parse::<IpAddr>().is_err()) {
            self.report(path, "an IP address is expected");
        }
    }

    fn properties(&mut self) {
        for (path, properties) in self.all_properties() {
            self.unlike_keys(&path, "property", properties.keys());
            if let Some(empty) = properties.keys().find(|name| name.is_empty()) {
                self.report(&within(&path, [key(empty)]), "a property must have a name");
            }
        }
    }

    fn all_properties(&self) -> Vec<(Vec<Step>, &'a Properties)> {
        let definition = self.definition;
        let mut all = Vec::new();
        let mut both = |path: Vec<Step>, common: &'a Properties, private: &'a Properties| {
            all.push((within(&path, [key("properties")]), common));
            all.push((within(&path, [key("private_properties")]), private));
        };
        both(vec![key("cluster")], &definition.cluster.properties, &definition.cluster.private_properties);
        for (at, node) in definition.nodes.iter().enumerate() {
            both(vec![key("nodes"), index(at)], &node.properties, &node.private_properties);
        }
        for (at, network) in definition.networks.iter().enumerate() {
            both(vec![key("networks"), index(at)], &network.properties, &network.private_properties);
        }
        for (at, interface) in definition.interfaces.iter().enumerate() {
            both(vec![key("interfaces"), index(at)], &interface.properties, &interface.private_properties);
        }
        for (at, kind) in definition.types.iter().enumerate() {
            both(vec![key("types"), index(at)], &kind.properties, &kind.private_properties);
        }
        for (at, set) in definition.group_sets.iter().enumerate() {
            both(vec![key("group_sets"), index(at)], &set.properties, &set.private_properties);
        }
        for (at, group) in definition.groups.iter().enumerate() {
            both(vec![key("groups"), index(at)], &group.properties, &group.private_properties);
            for (place, resource) in group.resources.iter().enumerate() {
                let path = vec![key("groups"), index(at), key("resources"), index(place)];
                both(path, &resource.properties, &resource.private_properties);
            }
        }
        all
    }

    fn registry(&mut self) {
        let mut seen: HashMap<String, &str> = HashMap::new();
        for (number, entry) in self.definition.registry.iter().enumerate() {
            let path = [key("registry"), index(number)];
            let place = within(&path, [key("key")]);
            if let Some(earlier) = seen.insert(folded(&entry.key), &entry.key) {
                self.report(
                    &place,
                    format!("the key \"{earlier}\" is there already; case makes no difference"),
                );
            }
            let parts: Vec<&str> = entry.key.split('\\').collect();
            if !entry.key.is_empty() && parts.iter().any(|part| part.is_empty()) {
                self.report(&place, "a path has no backslash at its start or end, and no two together");
            }
            if parts.len() > DEEPEST_KEY {
                self.report(&place, format!("a key is at most {DEEPEST_KEY} keys deep"));
            }
            if entry.key.chars().any(char::is_control) {
                self.report(&place, "a name cannot have control characters");
            }
            self.unlike_keys(&within(&path, [key("values")]), "value", entry.values.keys());
        }
    }
}
