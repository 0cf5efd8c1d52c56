//! Lists of objects.

use cmrp::clusapi3::{
    ApiCreateEnumExRequest, ApiCreateEnumExResponse, ApiCreateEnumResponse,
    ApiCreateGroupResourceEnumResponse, ApiCreateNetInterfaceEnumResponse, ApiCreateNetworkEnumResponse,
    ApiCreateNodeEnumExRequest, ApiCreateNodeEnumExResponse, ApiCreateNodeEnumResponse,
    ApiCreateResEnumResponse, ApiCreateResTypeEnumResponse, EnumEntry, EnumList, HNodeRpc, Request,
};
use cmrp_port::access::ServerState;

use super::network::{INTERNAL, interfaces_of};
use super::{Done, Work, text};
use crate::embedded::model::{Name, NodeId, ResourceId, State};
use crate::session::{Refusal, Session};
use crate::status::{
    ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_RESOURCE_NOT_AVAILABLE,
    ERROR_SHARING_PAUSED,
};

/// Kinds of object in a list of all (MS-CMRP 3.1.4.2.8).
mod all {
    pub(super) const NODES: u32 = 1;
    pub(super) const RESOURCE_TYPES: u32 = 2;
    pub(super) const RESOURCES: u32 = 4;
    pub(super) const GROUPS: u32 = 8;
    pub(super) const NETWORKS: u32 = 0x10;
    pub(super) const INTERFACES: u32 = 0x20;
    pub(super) const SHARED_VOLUMES: u32 = 0x4000_0000;
    pub(super) const INTERNAL_NETWORKS: u32 = 0x8000_0000;
    /// Those that may be asked for together.
    pub(super) const TOGETHER: u32 = 0x3F;
}

/// An object in a list: its kind, its identifier, its name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    kind: u32,
    id: String,
    name: String,
}

impl Listed {
    fn new(kind: u32, id: &impl ToString, name: &str) -> Self {
        Self { kind, id: id.to_string(), name: name.to_owned() }
    }
}

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    Some(match request {
        Request::ApiCreateEnum(call) => create_enum(work, call.dw_type),
        Request::ApiCreateEnumEx(call) => create_enum_ex(work, call),
        Request::ApiCreateNodeEnum(call) => node_enum(work, call.h_node, call.dw_type),
        Request::ApiCreateNodeEnumEx(call) => node_enum_ex(work, call),
        Request::ApiCreateGroupResourceEnum(call) => group_enum(work, call.h_group, call.dw_type),
        Request::ApiCreateResEnum(call) => resource_enum(work, call.h_resource, call.dw_type),
        Request::ApiCreateResTypeEnum(call) => type_enum(work, call.lpsz_type_name, call.dw_type),
        Request::ApiCreateNetworkEnum(call) => network_enum(work, call.h_network, call.dw_type),
        Request::ApiCreateNetInterfaceEnum(call) => interface_enum(work, call),
        _ => return None,
    })
}

fn names(listed: &[Listed]) -> Option<EnumList<'_>> {
    list(listed.iter().map(|one| (one.kind, &one.name)))
}

fn ids(listed: &[Listed]) -> Option<EnumList<'_>> {
    list(listed.iter().map(|one| (one.kind, &one.id)))
}

#[expect(clippy::unnecessary_wraps, reason = "a list goes over the wire by a pointer that may be null")]
fn list<'l>(entries: impl Iterator<Item = (u32, &'l String)>) -> Option<EnumList<'l>> {
    let entry = |(kind, text): (u32, &'l String)| EnumEntry { r#type: kind, name: Some(text.into()) };
    Some(EnumList { entry: entries.map(entry).collect() })
}

/// All objects of some kinds (MS-CMRP 3.1.4.2.8). Only the list of nodes can be had in the state Read-Only.
fn listed(state: &State, session: &Session<'_>, kinds: u32) -> Result<Vec<Listed>, u32> {
    let together = kinds != 0 && kinds & !all::TOGETHER == 0;
    if !together && kinds != all::SHARED_VOLUMES && kinds != all::INTERNAL_NETWORKS {
        return Err(ERROR_INVALID_PARAMETER);
    }
    if kinds != all::NODES && session.state() != ServerState::ReadWrite {
        return Err(ERROR_SHARING_PAUSED);
    }
    if kinds == all::INTERNAL_NETWORKS {
        return Ok(internal_networks(state));
    }
    Ok(objects(state).filter(|one| one.kind & kinds != 0).collect())
}

fn objects(state: &State) -> impl Iterator<Item = Listed> + '_ {
    let nodes = state.nodes.iter().map(|(id, one)| Listed::new(all::NODES, id, &one.name));
    let types = state.resource_types.keys();
    let types = types.map(|name| Listed::new(all::RESOURCE_TYPES, name, name.as_str()));
    let resources = state.resources.iter().map(|(id, one)| Listed::new(all::RESOURCES, id, &one.name));
    let groups = state.groups.iter().map(|(id, one)| Listed::new(all::GROUPS, id, &one.name));
    let networks = state.networks.iter().map(|(id, one)| Listed::new(all::NETWORKS, id, &one.name));
    let interfaces = state.interfaces.iter().map(|(id, one)| Listed::new(all::INTERFACES, id, &one.name));
    nodes.chain(types).chain(resources).chain(groups).chain(networks).chain(interfaces)
}

/// The networks that nodes use among themselves, the best first.
fn internal_networks(state: &State) -> Vec<Listed> {
    let ordered = state.network_order.iter().filter_map(|id| Some((id, state.networks.get(id)?)));
    let internal = ordered.filter(|(_, network)| network.role & INTERNAL != 0);
    internal.map(|(id, network)| Listed::new(all::INTERNAL_NETWORKS, id, &network.name)).collect()
}

fn create_enum(work: &Work<'_, '_>, kinds: u32) -> Done {
    let listed = listed(work.model.state(), work.session, kinds)?;
    work.answer(ApiCreateEnumResponse { return_enum: names(&listed), rpc_status: 0, return_value: 0 })
}

/// MS-CMRP 3.1.4.2.124.
fn create_enum_ex(work: &Work<'_, '_>, call: &ApiCreateEnumExRequest) -> Done {
    work.cluster(call.h_cluster)?;
    no_options(call.dw_options)?;
    let listed = listed(work.model.state(), work.session, call.dw_type)?;
    work.answer(ApiCreateEnumExResponse {
        return_id_enum: ids(&listed),
        return_name_enum: names(&listed),
        rpc_status: 0,
        return_value: 0,
    })
}

fn no_options(options: u32) -> Result<(), u32> {
    if options == 0 { Ok(()) } else { Err(ERROR_INVALID_PARAMETER) }
}

/// What belongs to a node: 1 network interfaces, 2 groups (MS-CMRP 3.1.4.2.123).
fn of_node(state: &State, node: NodeId) -> impl Iterator<Item = Listed> + '_ {
    let own = state.interfaces.iter().filter(move |(_, one)| one.node == node);
    let interfaces = own.map(|(id, one)| Listed::new(1, id, &one.name));
    interfaces.chain(state.groups_of(node).map(|(id, one)| Listed::new(2, id, &one.name)))
}

/// MS-CMRP 3.1.4.2.101.
fn node_enum(work: &Work<'_, '_>, handle: Option<HNodeRpc>, kinds: u32) -> Done {
    let node = work.node(handle)?;
    let own = of_node(work.model.state(), node).filter(|one| one.kind & kinds != 0);
    let listed: Vec<Listed> = own.collect();
    work.answer(ApiCreateNodeEnumResponse { return_enum: names(&listed), rpc_status: 0, return_value: 0 })
}

fn node_enum_ex(work: &Work<'_, '_>, call: &ApiCreateNodeEnumExRequest) -> Done {
    let node = work.node(call.h_node)?;
    no_options(call.dw_options)?;
    let own = of_node(work.model.state(), node).filter(|one| one.kind & call.dw_type != 0);
    let listed: Vec<Listed> = own.collect();
    work.answer(ApiCreateNodeEnumExResponse {
        return_id_enum: ids(&listed),
        return_name_enum: names(&listed),
        rpc_status: 0,
        return_value: 0,
    })
}

/// What belongs to a group: 1 resources, 2 preferred owners, the best first (MS-CMRP 3.1.4.2.54). Other bits ask for
/// nothing.
fn group_enum(work: &Work<'_, '_>, handle: Option<cmrp::clusapi3::HGroupRpc>, kinds: u32) -> Done {
    let group = work.group(handle)?;
    let state = work.model.state();
    let resources = state.resources_of(&group).map(|(id, one)| Listed::new(1, id, &one.name));
    let preferred = state.groups.get(&group).into_iter().flat_map(|group| &group.preferred);
    let listed: Vec<Listed> =
        resources.chain(nodes(state, preferred.copied(), 2)).filter(|one| one.kind & kinds != 0).collect();
    work.answer(ApiCreateGroupResourceEnumResponse {
        return_enum: names(&listed),
        rpc_status: 0,
        return_value: 0,
    })
}

fn nodes(state: &State, ids: impl IntoIterator<Item = NodeId>, kind: u32) -> impl Iterator<Item = Listed> {
    let named = ids.into_iter().filter_map(move |id| Some((id, state.nodes.get(&id)?)));
    named.map(move |(id, node)| Listed::new(kind, &id, &node.name))
}

/// What belongs to a resource: 1 what it depends on, 2 what depends on it, 4 the nodes that can host it (MS-CMRP
/// 3.1.4.2.23).
fn resource_enum(work: &Work<'_, '_>, handle: Option<cmrp::clusapi3::HResRpc>, kinds: u32) -> Done {
    let id = work.resource(handle)?;
    let state = work.model.state();
    let resource = state.resources.get(&id).ok_or(ERROR_RESOURCE_NOT_AVAILABLE)?;
    let named = |kind: u32, id: ResourceId| Some(Listed::new(kind, &id, &state.resources.get(&id)?.name));
    let mut providers: Vec<ResourceId> = resource.depends_on().collect();
    providers.dedup();
    let depends = providers.into_iter().filter_map(|id| named(1, id));
    let provides = state.dependents(&id).into_iter().filter_map(|id| named(2, id));
    let owners = nodes(state, state.possible_owners(&id), 4);
    let listed: Vec<Listed> =
        depends.chain(provides).chain(owners).filter(|one| one.kind & kinds != 0).collect();
    work.answer(ApiCreateResEnumResponse { return_enum: names(&listed), rpc_status: 0, return_value: 0 })
}

/// What belongs to a resource type: 1 the nodes that can host it, 2 its resources (MS-CMRP 3.1.4.2.103). Other bits ask
/// for nothing.
fn type_enum(work: &Work<'_, '_>, name: cmrp::ndr::WStr<'_>, kinds: u32) -> Done {
    let name = Name::from(text(name)?);
    let state = work.model.state();
    let kind = state.resource_types.get(&name).ok_or(ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND)?;
    let hosts = nodes(state, state.nodes.keys().copied().filter(|node| kind.can_run_on(*node)), 1);
    let own = state.resources.iter().filter(|(_, one)| one.type_name == name);
    let resources = own.map(|(id, one)| Listed::new(2, id, &one.name));
    let listed: Vec<Listed> = hosts.chain(resources).filter(|one| one.kind & kinds != 0).collect();
    work.answer(ApiCreateResTypeEnumResponse { return_enum: names(&listed), rpc_status: 0, return_value: 0 })
}

/// What belongs to a network: 1 its interfaces (MS-CMRP 3.1.4.2.85).
fn network_enum(work: &Work<'_, '_>, handle: Option<cmrp::clusapi3::HNetworkRpc>, kinds: u32) -> Done {
    let network = work.network(handle)?;
    let on_it = work.model.state().interfaces.iter().filter(|(_, one)| one.network == network);
    let listed: Vec<Listed> =
        on_it.map(|(id, one)| Listed::new(1, id, &one.name)).filter(|one| one.kind & kinds != 0).collect();
    work.answer(ApiCreateNetworkEnumResponse { return_enum: names(&listed), rpc_status: 0, return_value: 0 })
}

/// MS-CMRP 3.1.4.2.163.
fn interface_enum(
    work: &Work<'_, '_>,
    call: &cmrp::clusapi3::ApiCreateNetInterfaceEnumRequest<'_>,
) -> Result<crate::session::Outcome, Refusal> {
    work.cluster(call.h_cluster)?;
    let state = work.model.state();
    let found = interfaces_of(state, call.lpsz_node_name, call.lpsz_network_name)?;
    let named = found.into_iter().filter_map(|id| Some((id.clone(), state.interfaces.get(&id)?)));
    let listed: Vec<Listed> = named.map(|(id, one)| Listed::new(all::INTERFACES, &id, &one.name)).collect();
    work.answer(ApiCreateNetInterfaceEnumResponse {
        return_enum: names(&listed),
        rpc_status: 0,
        return_value: 0,
    })
}
