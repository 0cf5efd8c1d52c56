//! What is known of a cluster: its objects with their conditions.

use std::collections::BTreeMap;

use cmrp_port::object::ObjectKind;

use super::condition::{Condition, State};

/// Objects of one kind by name.
pub(crate) type Objects = BTreeMap<String, Condition>;

/// The cluster as it was seen last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture {
    /// The name of the cluster; empty before the first connection.
    pub(crate) cluster: String,
    /// The node that serves; empty while there is none.
    pub(crate) server: String,
    /// Whether there is a connection.
    pub(crate) is_connected: bool,
    pub(crate) nodes: Objects,
    pub(crate) groups: Objects,
    pub(crate) resources: Objects,
    pub(crate) networks: Objects,
    pub(crate) interfaces: Objects,
    /// The types of resources.
    pub(crate) types: BTreeMap<String, String>,
}

impl Picture {
    /// The objects of a kind; none of a kind without states.
    pub(crate) fn objects(&self, kind: ObjectKind) -> Option<&Objects> {
        Some(match kind {
            ObjectKind::Node => &self.nodes,
            ObjectKind::Group => &self.groups,
            ObjectKind::Resource => &self.resources,
            ObjectKind::Network => &self.networks,
            ObjectKind::NetInterface => &self.interfaces,
            _ => return None,
        })
    }

    fn objects_mut(&mut self, kind: ObjectKind) -> Option<&mut Objects> {
        Some(match kind {
            ObjectKind::Node => &mut self.nodes,
            ObjectKind::Group => &mut self.groups,
            ObjectKind::Resource => &mut self.resources,
            ObjectKind::Network => &mut self.networks,
            ObjectKind::NetInterface => &mut self.interfaces,
            _ => return None,
        })
    }

    /// The condition of an object, if it is known.
    pub(crate) fn condition(&self, kind: ObjectKind, name: &str) -> Option<&Condition> {
        let objects = self.objects(kind)?;
        // The server may write a name otherwise than it was given.
        objects.get(name).or_else(|| {
            let same = |(known, _): &(&String, &Condition)| cmrp_port::object::same_name(known, name);
            objects.iter().find(same).map(|(_, condition)| condition)
        })
    }

    /// Notes the condition of an object, and gives the one before. What is in a group moves with it.
    pub(crate) fn note(&mut self, kind: ObjectKind, name: &str, condition: Condition) -> Option<Condition> {
        if kind == ObjectKind::Group {
            self.move_resources(name, condition.owner.as_ref());
        }
        let name = self.known_name(kind, name);
        self.objects_mut(kind)?.insert(name, condition)
    }

    fn move_resources(&mut self, group: &str, owner: Option<&String>) {
        for resource in self.resources.values_mut() {
            if resource.group.as_deref() == Some(group) {
                resource.owner = owner.cloned();
            }
        }
    }

    /// Forgets an object, and gives its last condition.
    pub(crate) fn forget(&mut self, kind: ObjectKind, name: &str) -> Option<Condition> {
        let name = self.known_name(kind, name);
        if kind == ObjectKind::Resource {
            self.types.remove(&name);
        }
        self.objects_mut(kind)?.remove(&name)
    }

    fn known_name(&self, kind: ObjectKind, name: &str) -> String {
        let known = self.objects(kind).into_iter().flat_map(BTreeMap::keys);
        let same = known.into_iter().find(|known| cmrp_port::object::same_name(known, name));
        same.map_or_else(|| name.to_owned(), Clone::clone)
    }

    /// The resources of a group, by name.
    pub(crate) fn resources_of<'a>(
        &'a self,
        group: &'a str,
    ) -> impl Iterator<Item = (&'a String, &'a Condition)> {
        self.resources.iter().filter(move |(_, resource)| resource.group.as_deref() == Some(group))
    }
}

/// How an object changed, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transition {
    pub(crate) kind: ObjectKind,
    /// `None` if it was not known.
    pub(crate) old: Option<Condition>,
    /// `None` if it is gone, or could not be asked for.
    pub(crate) new: Option<Condition>,
}

impl Transition {
    pub(crate) fn old_state(&self) -> Option<State> {
        self.old.as_ref().map(|old| State { kind: self.kind, number: old.state })
    }

    pub(crate) fn new_state(&self) -> Option<State> {
        self.new.as_ref().map(|new| State { kind: self.kind, number: new.state })
    }

    pub(crate) fn old_owner(&self) -> Option<&str> {
        self.old.as_ref().and_then(|old| old.owner.as_deref())
    }

    pub(crate) fn new_owner(&self) -> Option<&str> {
        self.new.as_ref().and_then(|new| new.owner.as_deref())
    }

    /// The group of a resource, now or before.
    pub(crate) fn group(&self) -> Option<&str> {
        let condition = self.new.as_ref().or(self.old.as_ref())?;
        condition.group.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use cmrp_port::object::ObjectKind;

    use super::{Condition, Picture};

    fn owned(state: u32, owner: &str, group: Option<&str>) -> Condition {
        Condition { state, owner: Some(owner.to_owned()), group: group.map(str::to_owned) }
    }

    #[test]
    fn resources_move_with_their_group() {
        let mut picture = Picture::default();
        picture.note(ObjectKind::Group, "SQL", owned(0, "node1", None));
        picture.note(ObjectKind::Resource, "Disk 1", owned(2, "node1", Some("SQL")));
        picture.note(ObjectKind::Resource, "Disk 2", owned(2, "node1", Some("Other")));
        picture.note(ObjectKind::Group, "SQL", owned(0, "node2", None));
        assert_eq!(picture.resources["Disk 1"].owner.as_deref(), Some("node2"));
        assert_eq!(picture.resources["Disk 2"].owner.as_deref(), Some("node1"));
        assert_eq!(picture.resources_of("SQL").count(), 1);
    }

    #[test]
    fn an_object_is_one_whatever_the_case_of_its_name() {
        let mut picture = Picture::default();
        assert_eq!(picture.note(ObjectKind::Group, "SQL", Condition::of(0)), None);
        assert_eq!(picture.note(ObjectKind::Group, "sql", Condition::of(1)), Some(Condition::of(0)));
        assert_eq!(picture.groups.len(), 1);
        assert_eq!(picture.condition(ObjectKind::Group, "Sql"), Some(&Condition::of(1)));
        assert_eq!(picture.forget(ObjectKind::Group, "sQL"), Some(Condition::of(1)));
        assert!(picture.groups.is_empty());
    }
}
