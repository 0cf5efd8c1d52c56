//! The objects that a change speaks of: by name, or by id.

use crate::change::{ChangeError, Target};
use crate::embedded::model::{
    GroupId, GroupSetId, InterfaceId, Name, NetworkId, NodeId, ResourceId, State,
};
use crate::embedded::property::Subject;
use crate::source::nearest;

/// Finds objects in a state.
pub(super) struct Found<'s>(pub(super) &'s State);

macro_rules! finds {
    ($($find:ident: $map:ident, $id:ident, $what:literal;)+) => {
        impl Found<'_> {$(
            pub(super) fn $find(&self, name: &str) -> Result<$id, ChangeError> {
                let by_name = self.0.$find(name).map(|(id, _)| id.clone());
                let by_id = || self.0.$map.keys().find(|id| id.to_string().eq_ignore_ascii_case(name)).cloned();
                let names = || self.0.$map.values().map(|object| object.name.as_str());
                by_name.or_else(by_id).ok_or_else(|| unknown($what, name, names()))
            }
        )+}
    };
}

finds! {
    node: nodes, NodeId, "node";
    group: groups, GroupId, "group";
    resource: resources, ResourceId, "resource";
    network: networks, NetworkId, "network";
    interface: interfaces, InterfaceId, "interface";
    group_set: group_sets, GroupSetId, "group set";
}

impl Found<'_> {
    pub(super) fn kind(&self, name: &str) -> Result<Name, ChangeError> {
        let kinds = &self.0.resource_types;
        let found = kinds.get_key_value(&Name::from(name)).map(|(name, _)| name.clone());
        found.ok_or_else(|| unknown("resource type", name, kinds.keys().map(Name::as_str)))
    }

    pub(super) fn target(&self, target: &Target) -> Result<Subject, ChangeError> {
        Ok(match target {
            Target::Cluster => Subject::Cluster,
            Target::Node(name) => Subject::Node(self.node(name)?),
            Target::Group(name) => Subject::Group(self.group(name)?),
            Target::Resource(name) => Subject::Resource(self.resource(name)?),
            Target::Type(name) => Subject::ResourceType(self.kind(name)?),
            Target::Network(name) => Subject::Network(self.network(name)?),
            Target::Interface(name) => Subject::Interface(self.interface(name)?),
            Target::GroupSet(name) => Subject::GroupSet(self.group_set(name)?),
        })
    }
}

fn unknown<'n>(what: &'static str, name: &str, known: impl Iterator<Item = &'n str>) -> ChangeError {
    ChangeError::Unknown { what, name: name.to_owned(), meant: nearest(name, known).map(str::to_owned) }
}
