//! Networks and network interfaces.

use cmrp::clusapi3::{
    self, ApiGetNetInterfaceIdResponse, ApiGetNetInterfaceRequest, ApiGetNetInterfaceResponse,
    ApiGetNetInterfaceStateResponse, ApiGetNetworkIdResponse, ApiGetNetworkStateResponse,
    ApiSetNetworkPriorityOrderRequest, HNetInterfaceRpc, HNetworkRpc, Request,
};
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::WStr;
use cmrp_port::access::Access;
use cmrp_port::object::ObjectKind;

use super::{Done, Work, closes, opens, text};
use crate::embedded::model::{InterfaceId, InterfaceState, NetworkId, NetworkState, State};
use crate::session::Refusal;
use crate::status::{
    ERROR_CLUSTER_NETINTERFACE_NOT_FOUND, ERROR_CLUSTER_NETWORK_NOT_FOUND, ERROR_CLUSTER_NODE_NOT_FOUND,
    ERROR_INVALID_PARAMETER,
};

/// The bit of a network's role that lets nodes use it among themselves.
pub(super) const INTERNAL: u32 = 1;

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    opens!(work, request; ApiOpenNetwork, ApiOpenNetworkEx, lpsz_network_name, find, open_network, ERROR_CLUSTER_NETWORK_NOT_FOUND);
    opens!(work, request; ApiOpenNetInterface, ApiOpenNetInterfaceEx, lpsz_net_interface_name, find_interface, open_interface, ERROR_CLUSTER_NETINTERFACE_NOT_FOUND);
    closes!(work, request; ApiCloseNetwork, network, Network);
    closes!(work, request; ApiCloseNetInterface, net_interface, NetInterface);
    Some(match request {
        Request::ApiGetNetworkState(call) => state(work, call.h_network),
        Request::ApiGetNetworkId(call) => id(work, call.h_network),
        Request::ApiGetNetInterfaceState(call) => interface_state(work, call.h_net_interface),
        Request::ApiGetNetInterfaceId(call) => interface_id(work, call.h_net_interface),
        Request::ApiGetNetInterface(call) => interface_of(work, call),
        Request::ApiSetNetworkName(call) => {
            rename(work, call.h_network, call.lpsz_network_name).and_then(|()| work.returns(request, 0))
        }
        Request::ApiSetNetworkPriorityOrder(call) => {
            set_order(work, call).and_then(|()| work.returns(request, 0))
        }
        _ => return None,
    })
}

fn find(state: &State, name: WStr<'_>) -> Option<NetworkId> {
    state.network(&name.try_to_string().ok()?).map(|(id, _)| id.clone())
}

fn find_interface(state: &State, name: WStr<'_>) -> Option<InterfaceId> {
    state.interface(&name.try_to_string().ok()?).map(|(id, _)| id.clone())
}

fn state(work: &Work<'_, '_>, handle: Option<HNetworkRpc>) -> Done {
    let id = work.network(handle)?;
    let network = work.model.state().networks.get(&id);
    let state = network.map_or(NetworkState::Unavailable, |network| network.state).wire().0;
    work.answer(ApiGetNetworkStateResponse { state, rpc_status: 0, return_value: 0 })
}

fn id(work: &Work<'_, '_>, handle: Option<HNetworkRpc>) -> Done {
    let id = work.network(handle)?;
    work.answer(ApiGetNetworkIdResponse { p_guid: Some(id.as_str().into()), rpc_status: 0, return_value: 0 })
}

fn interface_state(work: &Work<'_, '_>, handle: Option<HNetInterfaceRpc>) -> Done {
    let id = work.interface(handle)?;
    let interface = work.model.state().interfaces.get(&id);
    let state = interface.map_or(InterfaceState::Unavailable, |interface| interface.state).wire().0;
    work.answer(ApiGetNetInterfaceStateResponse { state, rpc_status: 0, return_value: 0 })
}

fn interface_id(work: &Work<'_, '_>, handle: Option<HNetInterfaceRpc>) -> Done {
    let id = work.interface(handle)?;
    work.answer(ApiGetNetInterfaceIdResponse {
        p_guid: Some(id.as_str().into()),
        rpc_status: 0,
        return_value: 0,
    })
}

/// The interfaces of a node on a network.
pub(super) fn interfaces_of(
    state: &State,
    node: WStr<'_>,
    network: WStr<'_>,
) -> Result<Vec<InterfaceId>, u32> {
    let (node, network) = (text(node)?, text(network)?);
    let (node, _) = state.node(&node).ok_or(ERROR_CLUSTER_NODE_NOT_FOUND)?;
    let (network, _) = state.network(&network).ok_or(ERROR_CLUSTER_NETWORK_NOT_FOUND)?;
    let on_both = state.interfaces.iter().filter(|(_, one)| one.node == *node && one.network == *network);
    Ok(on_both.map(|(id, _)| id.clone()).collect())
}

/// MS-CMRP 3.1.4.2.95.
fn interface_of(work: &Work<'_, '_>, call: &ApiGetNetInterfaceRequest<'_>) -> Done {
    let state = work.model.state();
    let found = interfaces_of(state, call.lpsz_node_name, call.lpsz_network_name)?;
    let first = found.first().and_then(|id| state.interfaces.get(id));
    let first = first.ok_or(ERROR_CLUSTER_NETINTERFACE_NOT_FOUND)?;
    work.answer(ApiGetNetInterfaceResponse {
        lppsz_interface_name: Some(first.name.as_str().into()),
        rpc_status: 0,
        return_value: 0,
    })
}

fn rename(work: &mut Work<'_, '_>, handle: Option<HNetworkRpc>, name: WStr<'_>) -> Result<(), Refusal> {
    let id = work.network(handle)?;
    work.model.rename_network(&id, &text(name)?)?;
    Ok(())
}

/// MS-CMRP 3.1.4.2.87: all internal networks, each once, the best first.
fn set_order(work: &mut Work<'_, '_>, call: &ApiSetNetworkPriorityOrderRequest<'_>) -> Result<(), Refusal> {
    let state = work.model.state();
    let mut order: Vec<NetworkId> = Vec::new();
    for id in &call.network_id_list {
        let id = NetworkId::new(text(id.ok_or(ERROR_INVALID_PARAMETER)?)?.to_ascii_lowercase());
        let network = state.networks.get(&id).ok_or(ERROR_CLUSTER_NETWORK_NOT_FOUND)?;
        if network.role & INTERNAL == 0 || order.contains(&id) {
            return Err(ERROR_INVALID_PARAMETER.into());
        }
        order.push(id);
    }
    if order.len() != state.networks.values().filter(|network| network.role & INTERNAL != 0).count() {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    let rest = state.network_order.iter().filter(|id| !order.contains(id)).cloned();
    let order: Vec<NetworkId> = order.iter().cloned().chain(rest).collect();
    let places = order.iter().zip(&state.network_order);
    let moved: Vec<NetworkId> = places.filter(|(new, old)| new != old).map(|(id, _)| id.clone()).collect();
    if !moved.is_empty() {
        work.model.change().network_order = order;
    }
    for id in &moved {
        work.model.tell_network(id, Some(ClusterChange::NETWORK_PROPERTY), None);
    }
    Ok(())
}
