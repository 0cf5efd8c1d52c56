//! Resources.

use cmrp::clusapi3::{
    self, ApiCreateResourceRequest, ApiCreateResourceResponse, ApiGetResourceIdResponse,
    ApiGetResourceNetworkNameResponse, ApiGetResourceStateResponse, ApiGetResourceTypeResponse, HGroupRpc,
    HNodeRpc, HResRpc, Request,
};
use cmrp::ndr::WStr;
use cmrp_port::access::Access;
use cmrp_port::object::ObjectKind;

use super::{Done, Work, closes, opens, text};
use crate::embedded::Transaction;
use crate::embedded::model::{Name, NodeId, Property, Resource, ResourceId, ResourceState, State};
use crate::session::Refusal;
use crate::status::{
    ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE, ERROR_CLUSTER_NODE_NOT_FOUND, ERROR_DEPENDENCY_NOT_FOUND,
    ERROR_INVALID_PARAMETER, ERROR_INVALID_STATE, ERROR_OBJECT_IN_LIST, ERROR_RESOURCE_NOT_AVAILABLE,
    ERROR_RESOURCE_ONLINE,
};

/// `CLUSTER_RESOURCE_SEPARATE_MONITOR` (MS-CMRP 3.1.4.2.10).
const SEPARATE_MONITOR: u32 = 1;

/// `CLUSTER_CHANGE_RESOURCE_GROUP_FORCE_MOVE_TO_CSV` (MS-CMRP 3.1.4.2.166).
const FORCE_MOVE_TO_CSV: u64 = 1;

/// The resource type whose resources are computer names.
const NETWORK_NAME: &str = "Network Name";

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    opens!(work, request; ApiOpenResource, ApiOpenResourceEx, lpsz_resource_name, find, open_resource, ERROR_RESOURCE_NOT_FOUND);
    closes!(work, request; ApiCloseResource, resource, Resource);
    Some(match request {
        Request::ApiCreateResource(call) => create(work, call),
        Request::ApiGetResourceState(call) => state(work, call.h_resource),
        Request::ApiGetResourceId(call) => id(work, call.h_resource),
        Request::ApiGetResourceType(call) => kind(work, call.h_resource),
        Request::ApiGetResourceNetworkName(call) => network_name(work, call.h_resource),
        _ => {
            let changed = change(work, request).or_else(|| relate(work, request))?;
            changed.and_then(|code| work.returns(request, code))
        }
    })
}

/// The methods about one resource that only return a code.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method of one lifetime is no function of all"
)]
fn change(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Result<u32, Refusal>> {
    Some(match request {
        Request::ApiDeleteResource(call) => delete(work, call.h_resource),
        Request::ApiSetResourceName(call) => rename(work, call.h_resource, call.lpsz_resource_name),
        Request::ApiFailResource(call) => {
            with(work, call.h_resource, |model, id| model.fail_resource(id).map(|()| 0))
        }
        Request::ApiOnlineResource(call) => online(work, call.h_resource, 0),
        Request::ApiOnlineResourceEx(call) => online(work, call.h_resource, call.dw_online_flags),
        Request::ApiOfflineResource(call) => offline(work, call.h_resource, 0),
        Request::ApiOfflineResourceEx(call) => offline(work, call.h_resource, call.dw_offline_flags),
        Request::ApiRestartResource(call) => {
            with(work, call.h_resource, |model, id| model.restart_resource(id))
        }
        _ => return None,
    })
}

/// The methods about a resource and something else that only return a code.
fn relate(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Result<u32, Refusal>> {
    Some(match request {
        Request::ApiAddResourceDependency(call) => {
            pair(work, call.h_resource, call.h_depends_on, |work, id, on| work.model.add_dependency(id, on))
        }
        Request::ApiRemoveResourceDependency(call) => {
            pair(work, call.h_resource, call.h_depends_on, |work, id, on| {
                work.model.remove_dependency(id, on)
            })
        }
        Request::ApiCanResourceBeDependent(call) => {
            pair(work, call.h_resource, call.h_resource_dependent, |work, id, on| can_depend(work, id, on))
        }
        Request::ApiAddResourceNode(call) => add_node(work, call.h_resource, call.h_node),
        Request::ApiRemoveResourceNode(call) => remove_node(work, call.h_resource, call.h_node),
        Request::ApiChangeResourceGroup(call) => change_group(work, call.h_resource, call.h_group, 0),
        Request::ApiChangeResourceGroupEx(call) => {
            change_group(work, call.h_resource, call.h_group, call.flags)
        }
        _ => return None,
    })
}

/// `CLUSAPI_RESOURCE_ONLINE_DO_NOT_UPDATE_PERSISTENT_STATE`, and the flag of that value for going offline (MS-CMRP
/// 3.1.4.2.134, 3.1.4.2.135).
const KEEP_PERSISTENT_STATE: u32 = 2;

/// By name, or by identifier.
fn find(state: &State, name: WStr<'_>) -> Option<ResourceId> {
    let name = name.try_to_string().ok()?;
    let by_id = || state.resources.keys().find(|id| id.as_str().eq_ignore_ascii_case(&name));
    state.resource(&name).map(|(id, _)| id).or_else(by_id).cloned()
}

fn of<'w>(work: &'w Work<'_, '_>, id: &ResourceId) -> Result<&'w Resource, Refusal> {
    work.model.state().resources.get(id).ok_or(Refusal::Status(ERROR_RESOURCE_NOT_AVAILABLE))
}

/// MS-CMRP 3.1.4.2.10.
fn create(work: &mut Work<'_, '_>, call: &ApiCreateResourceRequest<'_>) -> Done {
    let group = work.group(call.h_group)?;
    if call.dw_flags & !SEPARATE_MONITOR != 0 {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    let (name, kind) = (text(call.lpsz_resource_name)?, text(call.lpsz_resource_type)?);
    let id = work.model.create_resource(&name, &kind, &group)?;
    if let Some(resource) = work.model.change().resources.get_mut(&id) {
        resource.separate_monitor = call.dw_flags & SEPARATE_MONITOR != 0;
    }
    let handle = work.open_resource(&id, Access::All)?;
    work.answer(ApiCreateResourceResponse { status: 0, rpc_status: 0, return_value: Some(handle) })
}

fn state(work: &Work<'_, '_>, handle: Option<HResRpc>) -> Done {
    let id = work.resource(handle)?;
    let resource = of(work, &id)?;
    let model = work.model.state();
    let group = model.groups.get(&resource.group);
    let node = group.and_then(|group| model.nodes.get(&group.owner));
    work.answer(ApiGetResourceStateResponse {
        state: resource.state.wire().0,
        node_name: Some(node.map_or("", |node| &node.name).into()),
        group_name: Some(group.map_or("", |group| &group.name).into()),
        rpc_status: 0,
        return_value: 0,
    })
}

fn id(work: &Work<'_, '_>, handle: Option<HResRpc>) -> Done {
    let id = work.resource(handle)?;
    work.answer(ApiGetResourceIdResponse { p_guid: Some(id.as_str().into()), rpc_status: 0, return_value: 0 })
}

fn kind(work: &Work<'_, '_>, handle: Option<HResRpc>) -> Done {
    let id = work.resource(handle)?;
    work.answer(ApiGetResourceTypeResponse {
        lpsz_resource_type: Some(of(work, &id)?.kind().into()),
        rpc_status: 0,
        return_value: 0,
    })
}

/// MS-CMRP 3.1.4.2.111: the name of a resource of type "Network Name" that the resource depends on, directly or not.
///
/// Clients take the method for one that always works (smbtorture calls it on every resource), so that a resource that
/// depends on none has the name by which it is reached: that of one in its group, else that of the cluster.
fn network_name(work: &Work<'_, '_>, handle: Option<HResRpc>) -> Done {
    let id = work.resource(handle)?;
    let state = work.model.state();
    let group = &of(work, &id)?.group;
    let providers = state.with_providers(&id).into_iter().filter_map(|id| state.resources.get(&id));
    let siblings = state.resources_of(group).map(|(_, one)| one);
    let own = state.resources.values().filter(|one| one.core);
    let names = providers.chain(siblings).chain(own).find(|one| one.type_name == Name::from(NETWORK_NAME));
    let name = names.map(|resource| computer_name(state, resource));
    work.answer(ApiGetResourceNetworkNameResponse {
        lpsz_name: Some(name.ok_or(ERROR_DEPENDENCY_NOT_FOUND)?.into()),
        rpc_status: 0,
        return_value: 0,
    })
}

/// The private property `Name` of a network name; of the cluster's own, the name of the cluster.
fn computer_name<'s>(state: &'s State, resource: &'s Resource) -> &'s str {
    match resource.private.get(&Name::from("Name")) {
        // Its property may have a name that is not in effect yet.
        _ if resource.core => &state.cluster.name,
        Some(Property::Sz(name)) => name,
        _ => &resource.name,
    }
}

fn delete(work: &mut Work<'_, '_>, handle: Option<HResRpc>) -> Result<u32, Refusal> {
    let id = work.resource(handle)?;
    work.model.delete_resource(&id)?;
    Ok(0)
}

fn rename(work: &mut Work<'_, '_>, handle: Option<HResRpc>, name: WStr<'_>) -> Result<u32, Refusal> {
    let id = work.resource(handle)?;
    work.model.rename_resource(&id, &text(name)?)?;
    Ok(0)
}

fn online(work: &mut Work<'_, '_>, handle: Option<HResRpc>, flags: u32) -> Result<u32, Refusal> {
    with(work, handle, |model, id| model.online_resource(id, flags & KEEP_PERSISTENT_STATE == 0))
}

fn offline(work: &mut Work<'_, '_>, handle: Option<HResRpc>, flags: u32) -> Result<u32, Refusal> {
    with(work, handle, |model, id| model.offline_resource(id, flags & KEEP_PERSISTENT_STATE == 0))
}

/// Does something with the resource of a handle.
fn with(
    work: &mut Work<'_, '_>,
    handle: Option<HResRpc>,
    act: impl FnOnce(&mut Transaction<'_>, &ResourceId) -> Result<u32, u32>,
) -> Result<u32, Refusal> {
    let id = work.resource(handle)?;
    Ok(act(&mut work.model, &id)?)
}

fn pair(
    work: &mut Work<'_, '_>,
    one: Option<HResRpc>,
    other: Option<HResRpc>,
    act: impl FnOnce(&mut Work<'_, '_>, &ResourceId, &ResourceId) -> Result<(), u32>,
) -> Result<u32, Refusal> {
    let (one, other) = (work.resource(one)?, work.resource(other)?);
    act(work, &one, &other)?;
    Ok(0)
}

/// MS-CMRP 3.1.4.2.22.
fn can_depend(work: &Work<'_, '_>, id: &ResourceId, on: &ResourceId) -> Result<(), u32> {
    let state = work.model.state();
    state.can_depend(id, on)?;
    let of = |id: &ResourceId| state.resources.get(id).map(|resource| resource.state);
    match (of(id), of(on)) {
        (Some(ResourceState::OnlinePending), _)
        | (Some(ResourceState::Online), Some(ResourceState::Online)) => Err(ERROR_RESOURCE_ONLINE),
        _ => Ok(()),
    }
}

/// MS-CMRP 3.1.4.2.24.
fn add_node(
    work: &mut Work<'_, '_>,
    resource: Option<HResRpc>,
    node: Option<HNodeRpc>,
) -> Result<u32, Refusal> {
    let (id, node) = (work.resource(resource)?, work.node(node)?);
    if work.model.state().is_possible(&id, node) {
        return Err(ERROR_OBJECT_IN_LIST.into());
    }
    let state = work.model.state();
    let kind = state.resource_types.get(&of(work, &id)?.type_name);
    if kind.is_some_and(|kind| !kind.can_run_on(node)) {
        return Err(ERROR_CLUSTER_NODE_CANT_HOST_RESOURCE.into());
    }
    set_owners(work, &id, |nodes| nodes.insert(node));
    Ok(0)
}

/// MS-CMRP 3.1.4.2.25. The node that has the resource cannot be removed while the resource is neither offline nor
/// failed.
fn remove_node(
    work: &mut Work<'_, '_>,
    resource: Option<HResRpc>,
    node: Option<HNodeRpc>,
) -> Result<u32, Refusal> {
    let (id, node) = (work.resource(resource)?, work.node(node)?);
    if !work.model.state().is_possible(&id, node) {
        return Err(ERROR_CLUSTER_NODE_NOT_FOUND.into());
    }
    let resource = of(work, &id)?;
    let owner = work.model.state().groups.get(&resource.group).map(|group| group.owner);
    if owner == Some(node) && !matches!(resource.state, ResourceState::Offline | ResourceState::Failed) {
        return Err(ERROR_INVALID_STATE.into());
    }
    set_owners(work, &id, |nodes| nodes.remove(&node));
    Ok(0)
}

/// Changes the possible owners of a resource, and tells so.
fn set_owners(
    work: &mut Work<'_, '_>,
    id: &ResourceId,
    change: impl FnOnce(&mut std::collections::BTreeSet<NodeId>) -> bool,
) {
    let mut nodes = work.model.state().possible_owners(id).into_iter().collect();
    if change(&mut nodes) {
        if let Some(resource) = work.model.change().resources.get_mut(id) {
            resource.possible = Some(nodes);
        }
        work.model.tell_possible(id);
    }
}

/// MS-CMRP 3.1.4.2.26, 3.1.4.2.166.
fn change_group(
    work: &mut Work<'_, '_>,
    resource: Option<HResRpc>,
    group: Option<HGroupRpc>,
    flags: u64,
) -> Result<u32, Refusal> {
    let (id, group) = (work.resource(resource)?, work.group(group)?);
    if flags & !FORCE_MOVE_TO_CSV != 0 {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    work.model.change_group(&id, &group)?;
    Ok(0)
}
