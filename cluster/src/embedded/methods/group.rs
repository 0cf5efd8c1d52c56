//! Groups.

use cmrp::clusapi3::{
    self, ApiCreateGroupExResponse, ApiCreateGroupResponse, ApiGetGroupIdResponse, ApiGetGroupStateResponse,
    HGroupRpc, HNodeRpc, Request,
};
use cmrp::ndr::{SizedPtr, WStr};
use cmrp_port::access::Access;
use cmrp_port::object::ObjectKind;

use super::{Done, Work, closes, opens, text};
use crate::embedded::Transaction;
use crate::embedded::model::{GroupId, NodeId, State};
use crate::session::Refusal;
use crate::status::{
    ERROR_CLUSTER_NODE_NOT_FOUND, ERROR_GROUP_NOT_AVAILABLE, ERROR_HOST_NODE_NOT_AVAILABLE,
    ERROR_INVALID_PARAMETER,
};

/// `ClusGroupTypeUnknown` of clusapi.h: a group of no particular type.
const PLAIN: u32 = 9_999;

/// `CLUSTER_CREATE_GROUP_INFO_RPC.dwVersion` (MS-CMRP 2.2.3.43).
const GROUP_INFO_VERSION: u32 = 1;

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    opens!(work, request; ApiOpenGroup, ApiOpenGroupEx, lpsz_group_name, find, open_group, ERROR_GROUP_NOT_FOUND);
    closes!(work, request; ApiCloseGroup, group, Group);
    Some(match request {
        Request::ApiCreateGroup(call) => create(work, call.lpsz_group_name),
        Request::ApiCreateGroupEx(call) => create_ex(work, call),
        Request::ApiGetGroupState(call) => state(work, call.h_group),
        Request::ApiGetGroupId(call) => id(work, call.h_group),
        _ => return change(work, request).map(|code| code.and_then(|code| work.returns(request, code))),
    })
}

/// The methods that only return a code.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method of one lifetime is no function of all"
)]
fn change(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Result<u32, Refusal>> {
    Some(match request {
        Request::ApiDeleteGroup(call) => delete(work, call.group, call.force != 0),
        Request::ApiSetGroupName(call) => rename(work, call.h_group, call.lpsz_group_name),
        Request::ApiOnlineGroup(call) => with(work, call.h_group, |model, id| Ok(model.online_group(id))),
        Request::ApiOnlineGroupEx(call) => with(work, call.h_group, |model, id| Ok(model.online_group(id))),
        Request::ApiOfflineGroup(call) => with(work, call.h_group, |model, id| Ok(model.offline_group(id))),
        Request::ApiOfflineGroupEx(call) => with(work, call.h_group, |model, id| Ok(model.offline_group(id))),
        Request::ApiMoveGroup(call) => with(work, call.h_group, |model, id| model.move_group_away(id)),
        Request::ApiMoveGroupEx(call) => with(work, call.h_group, |model, id| model.move_group_away(id)),
        Request::ApiMoveGroupToNode(call) => move_to(work, call.h_group, call.h_node),
        Request::ApiMoveGroupToNodeEx(call) => move_to(work, call.h_group, call.h_node),
        Request::ApiCancelClusterGroupOperation(call) => cancel(work, call.h_group, call.dw_cancel_flags),
        Request::ApiSetGroupNodeList(call) => prefer(work, call.h_group, &call.multi_sz_node_list),
        _ => return None,
    })
}

fn find(state: &State, name: WStr<'_>) -> Option<GroupId> {
    state.group(&name.try_to_string().ok()?).map(|(id, _)| id.clone())
}

/// MS-CMRP 3.1.4.2.43: on the node that serves.
fn created(work: &mut Work<'_, '_>, name: WStr<'_>, group_type: u32) -> Result<HGroupRpc, Refusal> {
    let name = text(name)?;
    let owner = work.model.state().node(work.session.node()).map(|(id, _)| *id);
    let owner = owner.ok_or(ERROR_HOST_NODE_NOT_AVAILABLE)?;
    let id = work.model.create_group(&name, group_type, owner)?;
    Ok(work.open_group(&id, Access::All)?)
}

fn create(work: &mut Work<'_, '_>, name: WStr<'_>) -> Done {
    let handle = created(work, name, PLAIN)?;
    work.answer(ApiCreateGroupResponse { status: 0, rpc_status: 0, return_value: Some(handle) })
}

/// MS-CMRP 3.1.4.2.128.
fn create_ex(work: &mut Work<'_, '_>, call: &clusapi3::ApiCreateGroupExRequest<'_>) -> Done {
    let group_type = match &call.p_group_info {
        None => PLAIN,
        Some(info) if info.dw_version == GROUP_INFO_VERSION => info.dw_group_type,
        Some(_) => return Err(ERROR_INVALID_PARAMETER.into()),
    };
    if group_type == crate::embedded::lifetime::CORE_GROUP {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    let handle = created(work, call.lpsz_group_name, group_type)?;
    work.answer(ApiCreateGroupExResponse { status: 0, rpc_status: 0, return_value: Some(handle) })
}

fn state(work: &Work<'_, '_>, handle: Option<HGroupRpc>) -> Done {
    let id = work.group(handle)?;
    let state = work.model.state();
    let group = state.groups.get(&id).ok_or(ERROR_GROUP_NOT_AVAILABLE)?;
    let owner = state.nodes.get(&group.owner).map_or("", |node| &node.name);
    work.answer(ApiGetGroupStateResponse {
        state: group.state,
        node_name: Some(owner.into()),
        rpc_status: 0,
        return_value: 0,
    })
}

fn id(work: &Work<'_, '_>, handle: Option<HGroupRpc>) -> Done {
    let id = work.group(handle)?;
    work.answer(ApiGetGroupIdResponse { p_guid: Some(id.as_str().into()), rpc_status: 0, return_value: 0 })
}

fn delete(work: &mut Work<'_, '_>, handle: Option<HGroupRpc>, force: bool) -> Result<u32, Refusal> {
    let id = work.group(handle)?;
    work.model.delete_group(&id, force)?;
    Ok(0)
}

fn rename(work: &mut Work<'_, '_>, handle: Option<HGroupRpc>, name: WStr<'_>) -> Result<u32, Refusal> {
    let id = work.group(handle)?;
    work.model.rename_group(&id, &text(name)?)?;
    Ok(0)
}

/// MS-CMRP 3.1.4.2.133.
fn cancel(work: &mut Work<'_, '_>, handle: Option<HGroupRpc>, flags: u32) -> Result<u32, Refusal> {
    let id = work.group(handle)?;
    if flags != 0 {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    Ok(work.model.cancel_move(&id)?)
}

fn move_to(
    work: &mut Work<'_, '_>,
    group: Option<HGroupRpc>,
    node: Option<HNodeRpc>,
) -> Result<u32, Refusal> {
    let (id, to) = (work.group(group)?, work.node(node)?);
    Ok(work.model.move_group_to(&id, to)?)
}

/// Does something with the group of a handle.
fn with(
    work: &mut Work<'_, '_>,
    handle: Option<HGroupRpc>,
    act: impl FnOnce(&mut Transaction<'_>, &GroupId) -> Result<u32, u32>,
) -> Result<u32, Refusal> {
    let id = work.group(handle)?;
    Ok(act(&mut work.model, &id)?)
}

/// MS-CMRP 3.1.4.2.55. Nodes are named by their identifiers or their names.
fn prefer(
    work: &mut Work<'_, '_>,
    handle: Option<HGroupRpc>,
    list: &SizedPtr<Vec<u16>>,
) -> Result<u32, Refusal> {
    let id = work.group(handle)?;
    let mut nodes: Vec<NodeId> = Vec::new();
    for name in strings(list.as_array().map_or(&[], Vec::as_slice))? {
        let node = named(work.model.state(), &name).ok_or(ERROR_CLUSTER_NODE_NOT_FOUND)?;
        if nodes.contains(&node) {
            return Err(ERROR_INVALID_PARAMETER.into());
        }
        nodes.push(node);
    }
    work.model.prefer(&id, nodes);
    Ok(0)
}

fn named(state: &State, name: &str) -> Option<NodeId> {
    let number = || name.parse().ok().map(NodeId).filter(|id| state.nodes.contains_key(id));
    state.node(name).map(|(id, _)| *id).or_else(number)
}

/// The strings of a `MULTI_SZ`: each with its terminator, and one terminator more.
fn strings(units: &[u16]) -> Result<Vec<String>, u32> {
    let Some((&0, list)) = units.split_last() else {
        return if units.is_empty() { Ok(Vec::new()) } else { Err(ERROR_INVALID_PARAMETER) };
    };
    let parts = list.split(|unit| *unit == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf16(part).map_err(|_| ERROR_INVALID_PARAMETER)).collect()
}
