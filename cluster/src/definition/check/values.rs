//! Ids, addresses, properties, and keys of the registry.

use core::net::{IpAddr, Ipv4Addr};
use std::collections::HashMap;

use cmrp_port::object::same_name;

use super::names::folded;
use super::{Check, within};
use crate::control::ControlledObject;
use crate::definition::Properties;
use crate::definition::identity::is_id;
use crate::embedded::property::schema::{self, Kind};
use crate::plain::PlainValue;
use crate::source::{Step, index, key, nearest};

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
        for Listed { path, object, properties } in self.all_properties() {
            self.unlike_keys(&path, "property", properties.keys());
            for (name, value) in properties {
                let path = within(&path, [key(name)]);
                match object {
                    Some(object) => self.common_property(&path, object, name, value),
                    None if name.is_empty() => self.report_key(&path, "a property must have a name", None),
                    None => {}
                }
            }
        }
    }

    fn common_property(&mut self, path: &[Step], object: ControlledObject, name: &str, value: &PlainValue) {
        let known = schema::of(object).iter().filter(|schema| schema.writable);
        let Some(found) = known.clone().find(|schema| same_name(schema.name, name)) else {
            let meant = nearest(name, known.map(|schema| schema.name));
            let help = meant.map_or("other properties are private_properties".to_owned(), |meant| {
                format!("did you mean \"{meant}\"?")
            });
            self.report_key(path, format!("there is no common property \"{name}\""), Some(help));
            return;
        };
        if !found.kind.admits(&value.to_property()) {
            let message = format!("the property \"{}\" is {}", found.name, expected(found.kind));
            self.report(path, message);
        }
    }

    /// All properties: common ones, which belong to a kind of object, and private ones.
    fn all_properties(&self) -> Vec<Listed<'a>> {
        use ControlledObject as Object;
        let definition = self.definition;
        let mut all = Vec::new();
        let mut both = |path: Vec<Step>, object, common: &'a Properties, private: &'a Properties| {
            let path_of = |member| within(&path, [key(member)]);
            all.push(Listed { path: path_of("properties"), object: Some(object), properties: common });
            all.push(Listed { path: path_of("private_properties"), object: None, properties: private });
        };
        let place = |table: &str, at| vec![key(table), index(at)];
        let cluster = &definition.cluster;
        both(vec![key("cluster")], Object::Cluster, &cluster.properties, &cluster.private_properties);
        for (at, one) in definition.nodes.iter().enumerate() {
            both(place("nodes", at), Object::Node, &one.properties, &one.private_properties);
        }
        for (at, one) in definition.networks.iter().enumerate() {
            both(place("networks", at), Object::Network, &one.properties, &one.private_properties);
        }
        for (at, one) in definition.interfaces.iter().enumerate() {
            both(place("interfaces", at), Object::NetInterface, &one.properties, &one.private_properties);
        }
        for (at, one) in definition.types.iter().enumerate() {
            both(place("types", at), Object::ResourceType, &one.properties, &one.private_properties);
        }
        for (at, one) in definition.group_sets.iter().enumerate() {
            both(place("group_sets", at), Object::GroupSet, &one.properties, &one.private_properties);
        }
        for (at, group) in definition.groups.iter().enumerate() {
            both(place("groups", at), Object::Group, &group.properties, &group.private_properties);
            for (number, one) in group.resources.iter().enumerate() {
                let path = within(&place("groups", at), [key("resources"), index(number)]);
                both(path, Object::Resource, &one.properties, &one.private_properties);
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

/// Properties and where they stand.
struct Listed<'a> {
    path: Vec<Step>,
    /// What has them; `None` of private ones.
    object: Option<ControlledObject>,
    properties: &'a Properties,
}

/// What a property may be.
fn expected(kind: Kind) -> String {
    match kind {
        Kind::Dword { least, most: u32::MAX, .. } => format!("a number of at least {least}"),
        Kind::Dword { least, most, .. } => format!("a number from {least} to {most}"),
        Kind::Text(_) => "a string".to_owned(),
        Kind::Texts => "a list of strings".to_owned(),
        Kind::Long64 => "a number, written { qword = 5 }".to_owned(),
        Kind::Time | Kind::Security => "nothing that can be written here".to_owned(),
    }
}
