//! What happens to resources.

use super::Done;
use crate::change::Change;
use crate::embedded::model::ResourceId;
use crate::embedded::work::Transaction;

/// Carries out the changes of resources; `None` for others.
pub(super) fn happen(work: &mut Transaction<'_>, change: &Change) -> Option<Done> {
    Some(match change {
        Change::ResourceFailed { resource } => on(work, resource, Transaction::fail_resource),
        Change::ResourceOnline { resource } => on(work, resource, |work, id| work.online_resource(id, true)),
        Change::ResourceOffline { resource } => on(work, resource, |work, id| work.offline_resource(id, true)),
        Change::ResourceDeleted { resource } => on(work, resource, Transaction::delete_resource),
        Change::ResourceRenamed { resource, to } => on(work, resource, |work, id| work.rename_resource(id, to)),
        Change::ResourceCreated { resource, group, kind } => create(work, resource, group, kind),
        Change::ResourceMoved { resource, group } => moved(work, resource, group),
        Change::DependencyAdded { resource, on } => pair(work, resource, on, Transaction::add_dependency),
        Change::DependencyRemoved { resource, on } => pair(work, resource, on, Transaction::remove_dependency),
        _ => return None,
    })
}

fn on<T>(
    work: &mut Transaction<'_>,
    resource: &str,
    act: impl FnOnce(&mut Transaction<'_>, &ResourceId) -> Result<T, u32>,
) -> Done {
    let id = work.found().resource(resource)?;
    act(work, &id)?;
    Ok(())
}

fn pair(
    work: &mut Transaction<'_>,
    resource: &str,
    other: &str,
    act: impl FnOnce(&mut Transaction<'_>, &ResourceId, &ResourceId) -> Result<(), u32>,
) -> Done {
    let (id, other) = (work.found().resource(resource)?, work.found().resource(other)?);
    Ok(act(work, &id, &other)?)
}

fn create(work: &mut Transaction<'_>, resource: &str, group: &str, kind: &str) -> Done {
    let (group, kind) = (work.found().group(group)?, work.found().kind(kind)?);
    work.create_resource(resource, kind.as_str(), &group)?;
    Ok(())
}

fn moved(work: &mut Transaction<'_>, resource: &str, group: &str) -> Done {
    let (id, group) = (work.found().resource(resource)?, work.found().group(group)?);
    Ok(work.change_group(&id, &group)?)
}
