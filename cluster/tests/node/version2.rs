//! Protocol version 2 by the code of version 3.

use cmrp::clusapi2::{self, *};
use cmrp::ndr::{Format, SizedPtr};
use cmrp_port::access::Access;

use crate::rig::{ADMIN, Client, Rig, names2};

/// The adapter has a line for the request and one for the response of each method that is not one of ports.
#[test]
fn each_method_has_its_lines() {
    let source = include_str!("../../src/node/v2.rs");
    for name in
        clusapi2::OPERATION_NAMES.iter().filter(|name| !name.contains("Notify") && name.starts_with("Api"))
    {
        let lines = source.matches(&format!("    {name} {{")).count();
        let apart = ["ApiDeleteGroup", "ApiSetGroupNodeList"].contains(name);
        assert_eq!(lines, if apart { 1 } else { 2 }, "{name}");
        assert!(!apart || source.contains(&format!("Request2::{name}(")), "{name}");
    }
}

fn group(rig: &mut Rig, name: &str) -> Option<HGroupRpc> {
    let opened = rig.call(ApiOpenGroupRequest { lpsz_group_name: name.into() });
    assert_eq!(opened.status, 0, "{name}");
    opened.return_value
}

#[test]
fn a_session_in_either_byte_order() {
    for format in [Format::NDR20_LE, Format::NDR20_BE] {
        let mut rig = Rig::new();
        rig.format = format;
        let name = rig.call(ApiGetClusterNameRequest {});
        assert_eq!(name.node_name.unwrap().to_string_lossy(), "node1");
        assert!(rig.call(ApiGetClusterVersion2Request {}).pp_cluster_op_ver_info.is_some());
        let listed = rig.call(ApiCreateEnumRequest { dw_type: 1 });
        assert_eq!(names2(listed.return_enum.as_ref()), [(1, "node1".into()), (1, "node2".into())]);
        let h_group = group(&mut rig, "File Server");
        let list: Vec<u8> = "node1\0\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let preferred = ApiSetGroupNodeListRequest { h_group, lp_node_list: SizedPtr::Array(&list) };
        assert_eq!(rig.call(preferred).return_value, 0);
        let listed = rig.call(ApiCreateGroupResourceEnumRequest { h_group, dw_type: 2 });
        assert_eq!(names2(listed.return_enum.as_ref()), [(2, "node1".into())]);
        assert_eq!(rig.call(ApiMoveGroupRequest { h_group }).return_value, 0);
        let state = rig.call(ApiGetGroupStateRequest { h_group });
        assert_eq!((state.state, state.node_name.unwrap().to_string_lossy()), (0, "node1".into()));
        assert_eq!(rig.call(ApiDeleteGroupRequest { group: h_group }).return_value, 145);
        let opened = rig.call(ApiOpenResourceRequest { lpsz_resource_name: "none such".into() });
        assert_eq!((opened.status, opened.return_value), (5007, None));
        let h_key = rig.call(ApiGetRootKeyRequest { sam_desired: 0x2_0019 }).return_value;
        let value = ApiQueryValueRequest { h_key, lp_value_name: "ClusterInstanceID".into(), cb_data: 0 };
        let answer = rig.call(value);
        assert_eq!((answer.return_value, answer.lpcb_required), (234, 74));
        let closed = rig.call(ApiCloseKeyRequest { p_key: h_key });
        assert_eq!((closed.return_value, closed.p_key), (0, None));
    }
}

/// Version 2 knows the level "All" alone, and its handles are none of version 3 (MS-CMRP 3.1.4.1).
#[test]
fn levels_and_handles() {
    let mut rig = Rig::new();
    let reader = Client(2, Some(Access::Read));
    assert_eq!(rig.try_call(reader, &ApiGetClusterNameRequest {}).unwrap().return_value, 5);
    let h_group = group(&mut rig, "File Server");
    let there = cmrp::ndr::Handle::new(cmrp::ndr::Handle::token(h_group.unwrap()));
    let foreign = cmrp::clusapi3::ApiGetGroupStateRequest { h_group: there };
    assert_eq!(rig.try_call(ADMIN, &foreign), Err(0x1C00_001A));
}
