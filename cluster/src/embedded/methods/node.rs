//! Nodes.

use cmrp::clusapi3::{
    self, ApiGetNodeIdResponse, ApiGetNodeStateResponse, ApiPauseNodeWithDrainTargetRequest, HNodeRpc,
    Request,
};
use cmrp::ndr::WStr;
use cmrp_port::access::Access;
use cmrp_port::object::ObjectKind;

use super::{Done, Work, closes, opens};
use crate::embedded::model::{NodeId, NodeState, State};
use crate::embedded::operate::{Drain, Failback};
use crate::session::Refusal;
use crate::status::ERROR_INVALID_PARAMETER;

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    opens!(work, request; ApiOpenNode, ApiOpenNodeEx, lpsz_node_name, find, open_node, ERROR_CLUSTER_NODE_NOT_FOUND);
    closes!(work, request; ApiCloseNode, node, Node);
    let changed = match request {
        Request::ApiGetNodeState(call) => return Some(state(work, call.h_node)),
        Request::ApiGetNodeId(call) => return Some(id(work, call.h_node)),
        Request::ApiPauseNode(call) => pause(work, call.h_node, Drain::Stay),
        Request::ApiPauseNodeEx(call) => pause(work, call.h_node, drained(call.b_drain_node != 0)),
        Request::ApiPauseNodeWithDrainTarget(call) => pause_with_target(work, call),
        Request::ApiResumeNode(call) => resume(work, call.h_node, 0),
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

const fn drained(drained: bool) -> Drain {
    if drained { Drain::Anywhere } else { Drain::Stay }
}

fn pause(work: &mut Work<'_, '_>, handle: Option<HNodeRpc>, drain: Drain) -> Result<(), Refusal> {
    let id = work.node(handle)?;
    Ok(work.model.pause_node(id, drain)?)
}

/// MS-CMRP 3.1.4.2.126.
fn pause_with_target(
    work: &mut Work<'_, '_>,
    call: &ApiPauseNodeWithDrainTargetRequest,
) -> Result<(), Refusal> {
    let target = work.node(call.h_node_drain_target)?;
    pause(work, call.h_node, Drain::To(target))
}

/// MS-CMRP 3.1.4.2.127.
fn resume(work: &mut Work<'_, '_>, handle: Option<HNodeRpc>, failback: u32) -> Result<(), Refusal> {
    let id = work.node(handle)?;
    let failback = match failback {
        0 => Failback::None,
        1 => Failback::Immediate,
        2 => Failback::Policy,
        _ => return Err(ERROR_INVALID_PARAMETER.into()),
    };
    Ok(work.model.resume_node(id, failback)?)
}

/// MS-CMRP 3.1.4.2.72.
fn evict(work: &mut Work<'_, '_>, handle: Option<HNodeRpc>) -> Result<(), Refusal> {
    let id = work.node(handle)?;
    Ok(work.model.evict(id)?)
}
