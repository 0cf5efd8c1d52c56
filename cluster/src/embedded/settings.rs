//! What happens to group sets, properties and the registry from outside.

use super::methods::control::write::{set_common, set_private};
use super::methods::{group_set as sets, registry};
use super::model::{Name, State};
use super::outside::{group, group_set, interface, network, node, resource, unknown};
use super::property::Subject;
use super::work::Transaction;
use crate::change::{Change, ChangeError, Target};
use crate::plain::PlainValue;
use crate::registry::{KeyPath, RegistryError};
use crate::status::ERROR_GROUPSET_NOT_FOUND;

/// What a change comes to.
type Done = Result<(), ChangeError>;

impl Transaction<'_> {
    /// Makes a change of group sets, properties or the registry happen; `None` for others.
    pub(super) fn happen_to_settings(&mut self, change: &Change) -> Option<Done> {
        Some(match change {
            Change::GroupSetCreated { group_set } => {
                sets::make(self, group_set).map(drop).map_err(Into::into)
            }
            Change::GroupSetDeleted { group_set } => self.delete_set(group_set),
            Change::GroupSetJoined { group_set, group } => self.join_set(group_set, group),
            Change::GroupSetLeft { group_set, group } => self.quit_set(group_set, group),
            Change::PropertySet { of, property, value, private } => {
                self.set_property(of, property, value, *private)
            }
            _ => return self.happen_to_registry(change),
        })
    }

    fn delete_set(&mut self, set: &str) -> Done {
        let id = group_set(self.state(), set)?;
        Ok(sets::unmake(self, &id)?)
    }

    fn join_set(&mut self, set: &str, member: &str) -> Done {
        let (set, group) = (group_set(self.state(), set)?, group(self.state(), member)?);
        Ok(sets::join(self, &group, &set, None)?)
    }

    fn quit_set(&mut self, set: &str, member: &str) -> Done {
        let (set, id) = (group_set(self.state(), set)?, group(self.state(), member)?);
        if self.state().groups.get(&id).is_none_or(|group| group.set.as_ref() != Some(&set)) {
            return Err(ERROR_GROUPSET_NOT_FOUND.into());
        }
        sets::leave(self, &id);
        Ok(())
    }

    fn set_property(&mut self, of: &Target, property: &str, value: &PlainValue, private: bool) -> Done {
        let subject = subject(self.state(), of)?;
        let properties = [(property.into(), value.to_property())].into_iter().collect();
        Ok(if private {
            set_private(self, &subject, properties)
        } else {
            set_common(self, &subject, properties)
        }?)
    }

    fn happen_to_registry(&mut self, change: &Change) -> Option<Done> {
        let done = match change {
            Change::RegistrySet { key, value, data } => registry::change(self, |tree| {
                let path = tree.create(&KeyPath::parse(key)?, None)?.path;
                tree.set(&path, value, data.to_key_value()).map(drop)
            }),
            Change::RegistryValueDeleted { key, value } => {
                registry::change(self, |tree| tree.unset(&KeyPath::parse(key)?, value).map(drop))
            }
            Change::RegistryKeyCreated { key } => {
                registry::change(self, |tree| tree.create(&KeyPath::parse(key)?, None).map(drop))
            }
            Change::RegistryKeyDeleted { key } => {
                registry::change(self, |tree| tree.delete(&KeyPath::parse(key)?))
            }
            _ => return None,
        };
        Some(done.map_err(|error: RegistryError| error.code().into()))
    }
}

/// The object that a change of a property is about.
fn subject(state: &State, of: &Target) -> Result<Subject, ChangeError> {
    Ok(match of {
        Target::Cluster => Subject::Cluster,
        Target::Node(name) => Subject::Node(node(state, name)?),
        Target::Group(name) => Subject::Group(group(state, name)?),
        Target::Resource(name) => Subject::Resource(resource(state, name)?),
        Target::Type(name) => Subject::ResourceType(kind(state, name)?),
        Target::Network(name) => Subject::Network(network(state, name)?),
        Target::Interface(name) => Subject::Interface(interface(state, name)?),
        Target::GroupSet(name) => Subject::GroupSet(group_set(state, name)?),
    })
}

fn kind(state: &State, name: &str) -> Result<Name, ChangeError> {
    let kinds = &state.resource_types;
    let found = kinds.get_key_value(&Name::from(name)).map(|(name, _)| name.clone());
    found.ok_or_else(|| unknown("resource type", name, kinds.keys().map(Name::as_str)))
}
