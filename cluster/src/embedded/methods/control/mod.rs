//! Control codes (MS-CMRP 3.1.4.3), for each object and with or without a node that is to carry them out.
//!
//! The 16 methods differ in how they name the object. The code is looked up in the [table](crate::control); what it
//! gives is octets that come back whole or not at all: too small a buffer gets `ERROR_MORE_DATA` and the size.

mod checkpoint;
mod disk;
mod read;
pub(in crate::embedded) mod write;

use cmrp::clusapi3::{self, HNodeRpc, Request};
use cmrp::ndr::{Handle, SizedPtr, Varying, WStr};
use cmrp_port::access::Access;
use cmrp_port::object::ObjectKind;

use super::{Done, Work};
use crate::control::find;
use crate::embedded::model::{Name, NodeState};
use crate::embedded::property::Subject;
use crate::session::Refusal;
use crate::status::{
    ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND, ERROR_CLUSTER_RESTYPE_NOT_SUPPORTED, ERROR_INVALID_FUNCTION,
    ERROR_MORE_DATA, ERROR_SHARING_PAUSED,
};

/// What a client sends with a code, and how much it has room for.
struct Order<'a> {
    code: u32,
    input: SizedPtr<&'a [u8]>,
}

/// Each method, with the object that its handle names.
macro_rules! methods {
    ($work:ident, $request:ident;
     $($method:ident, $node_method:ident: $handle:ident, $node:ident, $kind:ident, $find:ident, $subject:ident;)+) => {
        match $request {
            $(
                Request::$method(call) => {
                    let order = Order { code: call.dw_control_code, input: call.lp_in_buffer };
                    let subject = subject($work, call.$handle, ObjectKind::$kind, &order, |work| {
                        work.$find(call.$handle).map(Subject::$subject)
                    });
                    answer!($work, clusapi3::$method, call, carry_out($work, subject, &order))
                }
                Request::$node_method(call) => {
                    let order = Order { code: call.dw_control_code, input: call.lp_in_buffer };
                    let subject = subject($work, call.$handle, ObjectKind::$kind, &order, |work| {
                        work.$find(call.$handle).map(Subject::$subject)
                    });
                    let subject = subject.and_then(|subject| node($work, call.$node).map(|()| subject));
                    answer!($work, clusapi3::$node_method, call, carry_out($work, subject, &order))
                }
            )+
            _ => return None,
        }
    };
}

/// The answer: the data if there is room for it, else its size.
macro_rules! answer {
    ($work:ident, clusapi3::$method:ident, $call:ident, $data:expr) => {{
        type Answer<'r> = <clusapi3::$method as cmrp::ndr::Operation>::Response<'r>;
        match $data {
            Ok(data) => {
                let (data, needed, code) = fitted(&data, $call.n_out_buffer_size);
                $work.answer(Answer {
                    lp_out_buffer: Varying { size: $call.n_out_buffer_size, data },
                    lpcb_required: needed,
                    return_value: code,
                    ..Default::default()
                })
            }
            Err(refusal) => Err(refusal),
        }
    }};
}

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    match request {
        Request::ApiClusterControl(call) => return Some(cluster(work, call)),
        Request::ApiNodeClusterControl(call) => return Some(node_cluster(work, call)),
        Request::ApiResourceTypeControl(call) => return Some(resource_type(work, call)),
        Request::ApiNodeResourceTypeControl(call) => return Some(node_resource_type(work, call)),
        _ => {}
    }
    Some(methods! { work, request;
        ApiResourceControl, ApiNodeResourceControl: h_resource, h_node, Resource, resource, Resource;
        ApiGroupControl, ApiNodeGroupControl: h_group, h_node, Group, group, Group;
        ApiNodeControl, ApiNodeNodeControl: h_node, h_host_node, Node, node, Node;
        ApiNetworkControl, ApiNodeNetworkControl: h_network, h_node, Network, network, Network;
        ApiNetInterfaceControl, ApiNodeNetInterfaceControl:
            h_net_interface, h_node, NetInterface, interface, Interface;
        ApiGroupSetControl, ApiNodeGroupSetControl: h_group_set, h_node, GroupSet, group_set, GroupSet;
    })
}

fn cluster(work: &mut Work<'_, '_>, call: &clusapi3::ApiClusterControlRequest<'_>) -> Done {
    let order = Order { code: call.dw_control_code, input: call.lp_in_buffer };
    let subject = whole_cluster(work, call.h_cluster, &order);
    answer!(work, clusapi3::ApiClusterControl, call, carry_out(work, subject, &order))
}

fn node_cluster(work: &mut Work<'_, '_>, call: &clusapi3::ApiNodeClusterControlRequest<'_>) -> Done {
    let order = Order { code: call.dw_control_code, input: call.lp_in_buffer };
    let subject = whole_cluster(work, call.h_cluster, &order);
    let subject = subject.and_then(|subject| node(work, call.h_host_node).map(|()| subject));
    answer!(work, clusapi3::ApiNodeClusterControl, call, carry_out(work, subject, &order))
}

fn resource_type(work: &mut Work<'_, '_>, call: &clusapi3::ApiResourceTypeControlRequest<'_>) -> Done {
    let order = Order { code: call.dw_control_code, input: call.lp_in_buffer };
    let subject = type_of(work, call.h_cluster, call.lpsz_resource_type_name, &order);
    answer!(work, clusapi3::ApiResourceTypeControl, call, carry_out(work, subject, &order))
}

fn node_resource_type(
    work: &mut Work<'_, '_>,
    call: &clusapi3::ApiNodeResourceTypeControlRequest<'_>,
) -> Done {
    let order = Order { code: call.dw_control_code, input: call.lp_in_buffer };
    let subject = type_of(work, call.h_cluster, call.lpsz_resource_type_name, &order);
    let subject = subject.and_then(|subject| node(work, call.h_node).map(|()| subject));
    answer!(work, clusapi3::ApiNodeResourceTypeControl, call, carry_out(work, subject, &order))
}

/// The object of a handle, which must be of the level that the code needs.
fn subject<H: Handle>(
    work: &Work<'_, '_>,
    handle: Option<H>,
    kind: ObjectKind,
    order: &Order<'_>,
    find: impl FnOnce(&Work<'_, '_>) -> Result<Subject, Refusal>,
) -> Result<Subject, Refusal> {
    work.session.resolve_at(handle, kind, order.level())?;
    find(work)
}

fn whole_cluster<H: Handle>(
    work: &Work<'_, '_>,
    handle: Option<H>,
    order: &Order<'_>,
) -> Result<Subject, Refusal> {
    subject(work, handle, ObjectKind::Cluster, order, |_| Ok(Subject::Cluster))
}

/// The resource type of this name. One that no node has installed is known and of no use (MS-CMRP 3.1.4.2.76).
fn type_of<H: Handle>(
    work: &Work<'_, '_>,
    handle: Option<H>,
    name: WStr<'_>,
    order: &Order<'_>,
) -> Result<Subject, Refusal> {
    whole_cluster(work, handle, order)?;
    let name = Name::from(name.to_string_lossy());
    let (name, found) = work
        .model
        .state()
        .resource_types
        .get_key_value(&name)
        .ok_or(ERROR_CLUSTER_RESOURCE_TYPE_NOT_FOUND)?;
    if found.not_installed {
        return Err(ERROR_CLUSTER_RESTYPE_NOT_SUPPORTED.into());
    }
    Ok(Subject::ResourceType(name.clone()))
}

/// The node that is to carry out a code must be there. All of the state is at hand, so any of them can.
fn node(work: &Work<'_, '_>, handle: Option<HNodeRpc>) -> Result<(), Refusal> {
    let id = work.node(handle)?;
    let down = work.model.state().nodes.get(&id).is_none_or(|node| node.state == NodeState::Down);
    if down { Err(crate::status::ERROR_HOST_NODE_NOT_AVAILABLE.into()) } else { Ok(()) }
}

impl Order<'_> {
    /// The level that the code needs: "Read" for those that read, as for numbers that are no codes.
    fn level(&self) -> Access {
        const WRITES: u32 = 2;
        if self.code & WRITES == 0 { Access::Read } else { Access::All }
    }

    fn input(&self) -> &[u8] {
        match self.input {
            SizedPtr::Array(octets) => octets,
            SizedPtr::Null { .. } => &[],
        }
    }
}

fn carry_out(
    work: &mut Work<'_, '_>,
    subject: Result<Subject, Refusal>,
    order: &Order<'_>,
) -> Result<Vec<u8>, Refusal> {
    let subject = subject?;
    let code = find(subject.object(), order.code).ok_or(ERROR_INVALID_FUNCTION)?;
    if !code.writes() {
        return Ok(read::read(work, &subject, code.function, order.input())?);
    }
    let node = work.model.state().node(work.session.node()).map(|(_, node)| node.state);
    if !matches!(node, Some(NodeState::Up | NodeState::Paused)) {
        return Err(ERROR_SHARING_PAUSED.into());
    }
    write::write(work, &subject, code.function, order.input())?;
    Ok(Vec::new())
}

/// The data, the size that the client needs, and the code.
fn fitted(data: &[u8], room: u32) -> (&[u8], u32, u32) {
    let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
    if size <= room { (data, 0, 0) } else { (&[], size, ERROR_MORE_DATA) }
}
