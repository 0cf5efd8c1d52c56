//! What happens to nodes.

use super::Done;
use crate::change::Change;
use crate::embedded::model::{NodeId, NodeState};
use crate::embedded::work::Transaction;
use crate::status::{ERROR_CLUSTER_NODE_DOWN, ERROR_CLUSTER_NODE_UP};

/// Carries out the changes of nodes; `None` for others.
pub(super) fn happen(work: &mut Transaction<'_>, change: &Change) -> Option<Done> {
    Some(match change {
        Change::NodeDown { node } => down(work, node),
        Change::NodeUp { node } => up(work, node),
        Change::NodePaused { node, drain } => pause(work, node, *drain),
        Change::NodeResumed { node } => resume(work, node),
        Change::NodeAdded { node } => add(work, node),
        Change::NodeEvicted { node } => work.found().node(node).map(|id| work.evict(id)),
        _ => return None,
    })
}

fn is_down(work: &Transaction<'_>, id: NodeId) -> bool {
    work.state().nodes.get(&id).is_some_and(|node| node.state == NodeState::Down)
}

fn down(work: &mut Transaction<'_>, node: &str) -> Done {
    let id = work.found().node(node)?;
    if is_down(work, id) {
        return Err(ERROR_CLUSTER_NODE_DOWN.into());
    }
    work.node_down(id);
    Ok(())
}

fn up(work: &mut Transaction<'_>, node: &str) -> Done {
    let id = work.found().node(node)?;
    if !is_down(work, id) {
        return Err(ERROR_CLUSTER_NODE_UP.into());
    }
    work.node_up(id);
    Ok(())
}

/// As `ApiPauseNode` and `ApiPauseNodeEx` (MS-CMRP 3.1.4.2.70, 3.1.4.2.125).
fn pause(work: &mut Transaction<'_>, node: &str, drain: bool) -> Done {
    let id = work.found().node(node)?;
    work.pause(id, drain.then_some(None))?;
    Ok(())
}

/// As `ApiResumeNodeEx`, with the groups that were drained coming back (MS-CMRP 3.1.4.2.127).
fn resume(work: &mut Transaction<'_>, node: &str) -> Done {
    let id = work.found().node(node)?;
    work.resume(id, |_, _| true)?;
    Ok(())
}

/// A new node has an interface to each network.
fn add(work: &mut Transaction<'_>, node: &str) -> Done {
    let id = work.create_node(node)?;
    let networks = work.state().network_order.clone();
    for (number, network) in (1_usize..).zip(&networks) {
        let adapter = if number == 1 { String::new() } else { format!(" {number}") };
        work.create_interface(&format!("{node} - Ethernet{adapter}"), id, network)?;
    }
    Ok(())
}
