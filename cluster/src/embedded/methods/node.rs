//! Nodes.

use cmrp::clusapi3::{
    self, ApiGetNodeIdResponse, ApiGetNodeStateResponse, ApiPauseNodeWithDrainTargetRequest, HNodeRpc,
    Request,
};
use cmrp::ndr::WStr;
use cmrp_port::access::Access;
use cmrp_port::object::ObjectKind;

use super::{Done, Work, closes, opens};
use crate::embedded::model::{GroupId, Name, NodeId, NodeState, Property, State};
use crate::session::Refusal;
use crate::status::{
    ERROR_CLUSTER_NODE_DOWN, ERROR_CLUSTER_NODE_NOT_PAUSED, ERROR_CLUSTER_NODE_PAUSED,
    ERROR_HOST_NODE_NOT_AVAILABLE, ERROR_INVALID_PARAMETER,
};

/// What becomes of groups that left a node as it was drained: `dwResumeFailbackType` (MS-CMRP 3.1.4.2.127).
mod failback {
    pub(super) const NONE: u32 = 0;
    pub(super) const IMMEDIATE: u32 = 1;
    pub(super) const POLICY: u32 = 2;
}

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    opens!(work, request; ApiOpenNode, ApiOpenNodeEx, lpsz_node_name, find, open_node, ERROR_CLUSTER_NODE_NOT_FOUND);
    closes!(work, request; ApiCloseNode, node, Node);
    let changed = match request {
        Request::ApiGetNodeState(call) => return Some(state(work, call.h_node)),
        Request::ApiGetNodeId(call) => return Some(id(work, call.h_node)),
        Request::ApiPauseNode(call) => pause(work, call.h_node, None),
        Request::ApiPauseNodeEx(call) => pause(work, call.h_node, (call.b_drain_node != 0).then_some(None)),
        Request::ApiPauseNodeWithDrainTarget(call) => pause_with_target(work, call),
        Request::ApiResumeNode(call) => resume(work, call.h_node, failback::NONE),
        Request::ApiResumeNodeEx(call) => resume(work, call.h_node, call.dw_resume_failback_type),
        Request::ApiEvictNode(call) => evict(work, call.h_node),
        _ => return None,
    };
    Some(changed.and_then(|()| work.returns(request, 0)))
}

fn find(state: &State, name: WStr<'_>) -> Option<NodeId> {
    state.node(&name.try_to_string().ok()?).map(|(id, _)| *id)
}

fn state(work: &Work<'_, '_>, handle: Option<HNodeRpc>) -> Done {
    let id = work.node(handle)?;
    let state = work.model.state().nodes.get(&id).map_or(NodeState::Down, |node| node.state);
    work.answer(ApiGetNodeStateResponse { state: state.wire().0, rpc_status: 0, return_value: 0 })
}

fn id(work: &Work<'_, '_>, handle: Option<HNodeRpc>) -> Done {
    let id = work.node(handle)?.to_string();
    work.answer(ApiGetNodeIdResponse { p_guid: Some(id.as_str().into()), rpc_status: 0, return_value: 0 })
}

/// Where the groups of a node that is paused go: `None` nowhere, `Some(None)` to the best node for each.
type Drain = Option<Option<NodeId>>;

/// MS-CMRP 3.1.4.2.70, 3.1.4.2.125.
fn pause(work: &mut Work<'_, '_>, handle: Option<HNodeRpc>, drain: Drain) -> Result<(), Refusal> {
    let id = work.node(handle)?;
    match work.model.state().nodes.get(&id).map(|node| node.state) {
        Some(NodeState::Up) => {}
        Some(NodeState::Paused) => return Err(ERROR_CLUSTER_NODE_PAUSED.into()),
        _ => return Err(ERROR_CLUSTER_NODE_DOWN.into()),
    }
    work.model.enter_node(id, NodeState::Paused);
    if let Some(to) = drain {
        work.model.drain(id, to);
    }
    work.model.progress();
    Ok(())
}

/// MS-CMRP 3.1.4.2.126.
fn pause_with_target(
    work: &mut Work<'_, '_>,
    call: &ApiPauseNodeWithDrainTargetRequest,
) -> Result<(), Refusal> {
    let id = work.node(call.h_node)?;
    let target = work.node(call.h_node_drain_target)?;
    let state = work.model.state().nodes.get(&target).map(|node| node.state);
    if state != Some(NodeState::Up) || target == id {
        return Err(ERROR_HOST_NODE_NOT_AVAILABLE.into());
    }
    pause(work, call.h_node, Some(Some(target)))
}

/// MS-CMRP 3.1.4.2.71, 3.1.4.2.127.
fn resume(work: &mut Work<'_, '_>, handle: Option<HNodeRpc>, failback: u32) -> Result<(), Refusal> {
    let id = work.node(handle)?;
    if failback > failback::POLICY {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    if work.model.state().nodes.get(&id).map(|node| node.state) != Some(NodeState::Paused) {
        return Err(ERROR_CLUSTER_NODE_NOT_PAUSED.into());
    }
    work.model.enter_node(id, NodeState::Up);
    let drained = work.model.change().nodes.get_mut(&id).map(|node| core::mem::take(&mut node.drained));
    for group in drained.into_iter().flatten().filter(|_| failback != failback::NONE) {
        let asked = failback == failback::IMMEDIATE || fails_back(work.model.state(), &group);
        if asked && work.model.state().can_own(&group, id) {
            work.model.move_group(&group, id);
        }
    }
    work.model.adopt(id);
    work.model.progress();
    Ok(())
}

/// Whether a group's property `AutoFailbackType` lets it go back to a node by itself.
fn fails_back(state: &State, group: &GroupId) -> bool {
    let property =
        state.groups.get(group).and_then(|group| group.common.get(&Name::from("AutoFailbackType")));
    matches!(property, Some(Property::Dword(1)))
}

/// MS-CMRP 3.1.4.2.72.
fn evict(work: &mut Work<'_, '_>, handle: Option<HNodeRpc>) -> Result<(), Refusal> {
    let id = work.node(handle)?;
    work.model.evict(id);
    Ok(())
}
