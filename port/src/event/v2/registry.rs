//! Events of the cluster registry (MS-CMRP 2.2.2.19).

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChangeRegistryV2 as Flag;

use super::EventV2;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;

/// An event of the object type `CLUSTER_OBJECT_TYPE_REGISTRY`. All have an empty buffer.
///
/// `CLUSTER_CHANGE_REGISTRY_SUBTREE_V2` widens filters and is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistryEvent<'a> {
    /// The security descriptor of the key changed.
    Attributes,
    /// The key was created, deleted or renamed. MS-CMRP 3.1.4.2.138 has the name of a changed value travel with it;
    /// leave it empty if no value is concerned.
    Name {
        /// The name of the value.
        value: &'a str,
    },
    /// The value of this name changed, or was deleted.
    Value(&'a str),
}

impl<'a> RegistryEvent<'a> {
    /// The event, about the key of this path below the root key; its parts are separated by backslashes.
    pub fn of(&self, key: &'a str) -> EventV2<'a> {
        let (flag, object_id) = match *self {
            Self::Attributes => (Flag::ATTRIBUTES, ""),
            Self::Name { value } => (Flag::NAME, value),
            Self::Value(value) => (Flag::VALUE, value),
        };
        EventV2 {
            filter: ObjectFilter::Registry(flag),
            target: key,
            buffer: &[],
            object_id,
            parent_id: Some(""),
            name: key,
            type_name: Some(""),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    [Flag::ATTRIBUTES, Flag::NAME, Flag::VALUE].contains(&flag).then(|| octets.none())
}
