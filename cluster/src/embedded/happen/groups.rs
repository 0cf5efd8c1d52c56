//! What happens to groups and group sets.

use super::Done;
use crate::change::Change;
use crate::embedded::model::{GroupId, NodeId, NodeState};
use crate::embedded::work::Transaction;
use crate::status::ERROR_HOST_NODE_NOT_AVAILABLE;

/// `ClusGroupTypeUnknown` of clusapi.h.
const PLAIN: u32 = 9_999;

/// Carries out the changes of groups and group sets; `None` for others.
pub(super) fn happen(work: &mut Transaction<'_>, change: &Change) -> Option<Done> {
    Some(match change {
        Change::GroupOnline { group } => on(work, group, Transaction::online_group),
        Change::GroupOffline { group } => on(work, group, |work, id| work.offline_group(id)),
        Change::GroupMoved { group, to } => moved(work, group, to.as_deref()),
        Change::GroupCreated { group } => create(work, group),
        Change::GroupDeleted { group } => on(work, group, |work, id| work.delete_group(id, false)),
        Change::GroupRenamed { group, to } => on(work, group, |work, id| work.rename_group(id, to)),
        Change::GroupSetCreated { group_set } => work.create_group_set(group_set).map(drop).map_err(Into::into),
        Change::GroupSetDeleted { group_set } => delete_set(work, group_set),
        Change::GroupSetJoined { group_set, group } => join(work, group_set, group),
        Change::GroupSetLeft { group_set, group } => leave(work, group_set, group),
        _ => return None,
    })
}

fn on<T>(
    work: &mut Transaction<'_>,
    group: &str,
    act: impl FnOnce(&mut Transaction<'_>, &GroupId) -> Result<T, u32>,
) -> Done {
    let id = work.found().group(group)?;
    act(work, &id)?;
    Ok(())
}

fn moved(work: &mut Transaction<'_>, group: &str, to: Option<&str>) -> Done {
    let id = work.found().group(group)?;
    match to {
        Some(node) => {
            let node = work.found().node(node)?;
            work.move_group_to(&id, node)?;
        }
        None => {
            work.move_group_anywhere(&id)?;
        }
    }
    Ok(())
}

/// A new group belongs to the first node that is up.
fn create(work: &mut Transaction<'_>, group: &str) -> Done {
    let up = work.state().nodes.iter().find(|(_, node)| node.state == NodeState::Up);
    let owner: NodeId = up.map(|(id, _)| *id).ok_or(ERROR_HOST_NODE_NOT_AVAILABLE)?;
    work.create_group(group, PLAIN, owner)?;
    Ok(())
}

fn delete_set(work: &mut Transaction<'_>, set: &str) -> Done {
    let id = work.found().group_set(set)?;
    Ok(work.delete_group_set(&id)?)
}

fn join(work: &mut Transaction<'_>, set: &str, group: &str) -> Done {
    let (set, group) = (work.found().group_set(set)?, work.found().group(group)?);
    Ok(work.join_group_set(&set, &group)?)
}

fn leave(work: &mut Transaction<'_>, set: &str, group: &str) -> Done {
    let (set, group) = (work.found().group_set(set)?, work.found().group(group)?);
    Ok(work.leave_group_set(&set, &group)?)
}
