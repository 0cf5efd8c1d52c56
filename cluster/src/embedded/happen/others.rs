//! What happens to networks, interfaces, resource types, properties, the registry, and the cluster itself.

use super::Done;
use crate::change::{Change, InterfaceCondition, NetworkCondition, Target};
use crate::embedded::model::{InterfaceId, Name, NetworkId, ResourceType};
use crate::embedded::work::Transaction;
use crate::plain::PlainValue;
use crate::registry::KeyPath;
use crate::status::ERROR_INVALID_STATE;

/// Carries out the changes of everything that has no area of its own; `None` for others.
pub(super) fn happen(work: &mut Transaction<'_>, change: &Change) -> Option<Done> {
    Some(match change {
        Change::NetworkState { network, state } => network_state(work, network, *state),
        Change::NetworkRenamed { network, to } => {
            let id = work.found().network(network);
            id.and_then(|id| Ok(work.rename_network(&id, to)?))
        }
        Change::InterfaceState { interface, state } => interface_state(work, interface, *state),
        Change::TypeAdded { kind } => add_type(work, kind),
        Change::TypeDeleted { kind } => Ok(()).and_then(|()| Ok(work.delete_resource_type(work.found().kind(kind)?.as_str())?)),
        Change::PropertySet { of, property, value, private } => set_property(work, of, property, value, *private),
        Change::ClusterRenamed { to } => Ok(()).and_then(|()| Ok(work.rename_cluster(to)?)),
        Change::Quorum { held } => work.hold_quorum(*held).map_err(Into::into),
        _ => return registry(work, change),
    })
}
