//! Answers that do not arrive.

use cmrp::clusapi3::{ApiCloseGroupRequest, ApiCreateNotifyRequest, ApiOpenGroupRequest};
use cmrp::ndr::{Call, Operation};
use cmrp_cluster::node::{Message, Output};
use cmrp_port::protocol::Protocol;
use cmrp_port::server::{AssociationId, CallId, Caller};

use crate::rig::{ADMIN, Rig};

/// Makes a call that opens a handle, and keeps its answer from the client.
fn lose<C: Call>(rig: &mut Rig, number: u64, request: &C) {
    let before = rig.node.statistics();
    let stub = request.encode(rig.format).unwrap();
    let (protocol, opnum) = (Protocol::V3, <C::Operation as Operation>::OPNUM);
    let caller = Caller { association: AssociationId(ADMIN.0), access: ADMIN.1 };
    let message = Message { protocol, opnum, format: rig.format, stub: &stub };
    rig.node.handle_call(rig.now, caller, CallId(number), message);
    let Some(Output::Response { delivery: Some(delivery), .. }) = rig.node.poll_output() else {
        panic!("nothing would be lost of operation {opnum}")
    };
    assert_eq!(rig.node.statistics().handles, before.handles + 1);
    rig.node.handle_undelivered(&delivery);
    let after = rig.node.statistics();
    assert_eq!((after.handles, after.ports, after.objects), (before.handles, before.ports, before.objects));
}

/// No rundown comes for them while other connections of the association are there.
#[test]
fn handles_that_do_not_arrive_are_closed() {
    let mut rig = Rig::new();
    let kept = rig.group("Cluster Group");
    lose(&mut rig, 901, &ApiOpenGroupRequest { lpsz_group_name: "Cluster Group".into() });
    lose(&mut rig, 902, &ApiOpenGroupRequest { lpsz_group_name: "Available Storage".into() });
    lose(&mut rig, 903, &ApiCreateNotifyRequest {});
    assert_eq!(rig.call(ApiCloseGroupRequest { group: kept }).return_value, 0);
}
