//! What smbtorture's `rpc.clusapi` asserts of the areas here, on the default cluster: the figures are the suite's.

use cmrp::clusapi3::*;
use cmrp::ndr::SizedPtr;
use cmrp_port::event::v2::PropertyList;

use crate::rig::*;

#[test]
fn each_test_group_begins_so() {
    let mut rig = Rig::new();
    let name = rig.call(ApiGetClusterNameRequest {});
    assert_eq!((name.return_value, name.node_name.unwrap().to_string_lossy()), (0, "node1".into()));
    let version = rig.call(ApiGetClusterVersion2Request {});
    assert_eq!((version.return_value, version.lpw_major_version >= 10), (0, true));
}

#[test]
fn the_group_cluster() {
    let mut rig = Rig::new();
    let handle = rig.cluster();
    let closed = rig.call(ApiCloseClusterRequest { cluster: handle });
    assert_eq!((closed.return_value, closed.cluster), (0, None));
    assert_eq!(rig.call(ApiSetClusterNameRequest { new_cluster_name: "wurst".into() }).return_value, 5024);
    assert_eq!(rig.call(ApiGetClusterVersionRequest {}).return_value, 120);
    assert_eq!(rig.call(ApiBackupClusterDatabaseRequest { lpsz_path_name: "c:\\".into() }).return_value, 120);
    assert_eq!(rig.call(ApiGetQuorumResourceRequest {}).return_value, 0);
    let password = ApiSetServiceAccountPasswordRequest {
        lpsz_new_password: "P@ssw0rd!".into(),
        return_status_buffer_size: 1_024,
        ..Default::default()
    };
    assert_eq!(rig.call(password).return_value, 120);
    let h_cluster = rig.cluster();
    for kind in [1, 2, 4, 8, 0x10, 0x20, 0x4000_0000, 0x8000_0000] {
        assert_eq!(rig.call(ApiCreateEnumRequest { dw_type: kind }).return_value, 0, "{kind:#x}");
        let both = rig.call(ApiCreateEnumExRequest { h_cluster, dw_type: kind, dw_options: 0 });
        assert_eq!(both.return_value, 0, "{kind:#x}");
        assert_eq!(names(both.return_id_enum.as_ref()).len(), names(both.return_name_enum.as_ref()).len());
    }
    for kind in [0x40, 0x80, 0x100] {
        assert_eq!(rig.call(ApiCreateEnumRequest { dw_type: kind }).return_value, 87, "{kind:#x}");
        let both = rig.call(ApiCreateEnumExRequest { h_cluster, dw_type: kind, dw_options: 0 });
        assert_eq!(both.return_value, 87, "{kind:#x}");
    }
    for name in ["Physical Disk", "Storage Pool"] {
        for kind in [1, 2, 0x40, 0x80, 0x100] {
            let request = ApiCreateResTypeEnumRequest { lpsz_type_name: name.into(), dw_type: kind };
            assert_eq!(rig.call(request).return_value, 0, "{name} {kind:#x}");
        }
    }
    let request = ApiCreateResTypeEnumRequest { lpsz_type_name: "NonExistantName".into(), dw_type: 1 };
    assert_eq!(rig.call(request).return_value, 5078);
}

#[test]
fn the_group_resource() {
    let mut rig = Rig::new();
    for name in ["", "jfUF38fjSNcfn"] {
        let opened = rig.call(ApiOpenResourceRequest { lpsz_resource_name: name.into() });
        assert_eq!((opened.status, opened.rpc_status, opened.return_value), (5007, 0, None));
    }
    let h_resource = rig.resource("Cluster Name");
    assert_eq!(rig.call(ApiGetResourceStateRequest { h_resource }).state, 2);
    assert_eq!(rig.call(ApiFailResourceRequest { h_resource }).return_value, 0);
    assert_eq!(rig.call(ApiOfflineResourceRequest { h_resource }).return_value, 0);
    assert_eq!(rig.call(ApiOnlineResourceRequest { h_resource }).return_value, 0);
    let h_group = rig.group("Cluster Group");
    let created = rig.call(ApiCreateResourceRequest {
        h_group,
        lpsz_resource_name: "wurst".into(),
        lpsz_resource_type: "Generic Service".into(),
        dw_flags: 0,
    });
    assert_eq!((created.status, created.rpc_status), (0, 0));
    let wurst = created.return_value;
    assert_eq!(rig.call(ApiDeleteResourceRequest { h_resource: wurst }).return_value, 0);
    let closed = rig.call(ApiCloseResourceRequest { resource: wurst });
    assert_eq!((closed.return_value, closed.resource), (0, None));
    let all = names(rig.call(ApiCreateEnumRequest { dw_type: 4 }).return_enum.as_ref());
    assert!(all.iter().any(|(_, name)| name == "Network Name"));
    for (kind, name) in all {
        assert_eq!(kind, 4);
        let h_resource = rig.resource(&name);
        assert_eq!(rig.call(ApiGetResourceNetworkNameRequest { h_resource }).return_value, 0, "{name}");
        assert_eq!(rig.call(ApiGetResourceIdRequest { h_resource }).return_value, 0, "{name}");
        assert_eq!(rig.call(ApiGetResourceTypeRequest { h_resource }).return_value, 0, "{name}");
        assert_eq!(rig.call(ApiCreateResEnumRequest { h_resource, dw_type: 7 }).return_value, 0, "{name}");
    }
}

#[test]
fn the_group_node() {
    let mut rig = Rig::new();
    let h_node = rig.node("node1");
    assert_eq!(rig.call(ApiGetNodeStateRequest { h_node }).return_value, 0);
    assert_eq!(rig.call(ApiGetNodeIdRequest { h_node }).p_guid.unwrap().to_string_lossy(), "1");
    assert_eq!(rig.call(ApiResumeNodeRequest { h_node }).return_value, 5058);
    assert_eq!(rig.call(ApiPauseNodeRequest { h_node }).return_value, 0);
    assert_eq!(rig.node_state("node1"), 2);
    assert_eq!(rig.call(ApiResumeNodeRequest { h_node }).return_value, 0);
    assert_eq!(rig.call(ApiEvictNodeRequest { h_node }).return_value, 0);
    let closed = rig.call(ApiCloseNodeRequest { node: h_node });
    assert_eq!((closed.return_value, closed.node), (0, None));
    // A node that is none of the cluster any more serves nobody.
    assert_eq!(rig.call(ApiGetClusterNameRequest {}).return_value, 0x13D0);
}

#[test]
fn the_groups_group_network_and_netinterface() {
    let mut rig = Rig::new();
    let h_group = rig.group("Cluster Group");
    assert_eq!(rig.call(ApiGetGroupStateRequest { h_group }).return_value, 0);
    assert_eq!(rig.call(ApiGetGroupIdRequest { h_group }).return_value, 0);
    for kind in [1, 2, 0x40, 0x80, 0x100] {
        let listed = rig.call(ApiCreateGroupResourceEnumRequest { h_group, dw_type: kind });
        assert_eq!(
            (listed.return_value, names(listed.return_enum.as_ref()).is_empty()),
            (0, kind != 1),
            "{kind:#x}"
        );
    }
    assert_eq!(rig.call(ApiOfflineGroupRequest { h_group }).return_value, 0);
    assert_eq!(rig.call(ApiOnlineGroupRequest { h_group }).return_value, 0);
    let h_network = rig.network("Cluster Network 1");
    assert_eq!(rig.call(ApiGetNetworkStateRequest { h_network }).state, 3);
    assert_eq!(rig.call(ApiGetNetworkIdRequest { h_network }).return_value, 0);
    let opened = rig.call(ApiOpenNetInterfaceRequest { lpsz_net_interface_name: "node1 - Ethernet".into() });
    assert_eq!(opened.status, 0);
    let h_net_interface = opened.return_value;
    assert_eq!(rig.call(ApiGetNetInterfaceStateRequest { h_net_interface }).state, 3);
    assert_eq!(rig.call(ApiGetNetInterfaceIdRequest { h_net_interface }).return_value, 0);
}

#[test]
fn lists_of_groups_with_and_without_properties() {
    let mut rig = Rig::new();
    let h_cluster = rig.cluster();
    let names: Vec<u8> = "Priority\0GroupType\0\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bare = rig.call(ApiCreateGroupEnumRequest { h_cluster, ..Default::default() });
    let full = rig.call(ApiCreateGroupEnumRequest {
        h_cluster,
        p_properties: SizedPtr::Array(&names),
        p_ro_properties: SizedPtr::Array(&names),
    });
    assert_eq!((bare.return_value, full.return_value), (0, 0));
    let (bare, full) = (bare.pp_result_list.unwrap().entry, full.pp_result_list.unwrap().entry);
    assert_eq!((bare.len(), full.len()), (4, 4));
    assert!(bare.iter().all(|entry| entry.properties == SizedPtr::NULL));
    for entry in &full {
        let list = PropertyList::decode(entry.properties.as_array().unwrap()).unwrap();
        let names: Vec<String> = list.properties().iter().map(|one| one.name().to_string_lossy()).collect();
        assert!(names.contains(&"Priority".to_owned()), "{names:?}");
    }
    let list = rig.call(ApiCreateResourceEnumRequest { h_cluster, ..Default::default() });
    assert_eq!(list.pp_result_list.unwrap().entry.len(), rig_resources());
}

fn rig_resources() -> usize {
    default_state().resources.len()
}
