//! The codes of the methods, by section of MS-CMRP: what is asked for in which state, and what the server says.

use cmrp::clusapi3::*;
use cmrp::ndr::{Call, SizedPtr};
use cmrp_cluster::change::Change;
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::protocol::Protocol;

use crate::laws::Kept;
use crate::rig::*;

/// Requests and the codes that they return, one after the other on one cluster.
macro_rules! codes {
    ($rig:expr; $($(#[$doc:meta])* $request:expr => $code:literal;)+) => {
        $(assert_eq!($rig.call($request).return_value, $code, "{}", stringify!($request));)+
    };
}

#[test]
fn s3_1_4_2_17_to_19_resources_go_online_and_offline() {
    let mut rig = Rig::new();
    let disk = rig.resource("Cluster Disk 2");
    let file_server = rig.resource("File Server");
    codes! { rig;
        ApiFailResourceRequest { h_resource: file_server } => 0;
        ApiOfflineResourceRequest { h_resource: disk } => 0;
        // What depends on the disk has gone with it, and cannot fail now.
        ApiFailResourceRequest { h_resource: file_server } => 5084;
        // It takes the disk along when it goes online again.
        ApiOnlineResourceRequest { h_resource: file_server } => 0;
        ApiOnlineResourceRequest { h_resource: file_server } => 0;
    }
    assert_eq!((rig.resource_state("Cluster Disk 2"), rig.resource_state("File Server")), (2, 2));
}

#[test]
fn s3_1_4_2_19_a_resource_that_goes_online_is_not_taken_offline_and_one_that_has_failed_is() {
    let mut rig = Rig::slow(std::time::Duration::from_millis(100));
    let h_resource = rig.resource("Cluster Disk 1");
    assert_eq!(rig.call(ApiOfflineResourceRequest { h_resource }).return_value, 997);
    rig.advance(std::time::Duration::from_millis(100));
    assert_eq!(rig.call(ApiOnlineResourceRequest { h_resource }).return_value, 997);
    assert_eq!(rig.call(ApiOfflineResourceRequest { h_resource }).return_value, 5023);
    let mut state = default_state();
    let disk = state.resource("Cluster Disk 1").unwrap().0.clone();
    state.resources.get_mut(&disk).unwrap().state = cmrp_cluster::embedded::model::ResourceState::Failed;
    let mut rig = Rig::of(state, Config::default());
    let h_resource = rig.resource("Cluster Disk 1");
    assert_eq!(rig.call(ApiOfflineResourceRequest { h_resource }).return_value, 0);
    assert_eq!(rig.resource_state("Cluster Disk 1"), 3);
}

#[test]
fn s3_1_4_2_18_what_takes_time_is_pending() {
    let mut rig = Rig::slow(std::time::Duration::from_millis(100));
    let h_group = rig.group("File Server");
    assert_eq!(rig.call(ApiOfflineGroupRequest { h_group }).return_value, 997);
    assert_eq!((rig.resource_state("File Server"), rig.resource_state("Cluster Disk 2")), (0x82, 2));
    let disk = rig.resource("File Server");
    codes! { rig;
        ApiOnlineResourceRequest { h_resource: disk } => 5023;
        ApiOfflineResourceRequest { h_resource: disk } => 5023;
        ApiDeleteResourceRequest { h_resource: disk } => 5019;
    }
    rig.advance(std::time::Duration::from_millis(100));
    assert_eq!((rig.resource_state("File Server"), rig.resource_state("Cluster Disk 2")), (3, 0x82));
    rig.advance(std::time::Duration::from_millis(100));
    rig.advance(std::time::Duration::from_millis(100));
    assert_eq!(rig.group_state("File Server").0, 1);
}

#[test]
fn s3_1_4_2_20_to_22_dependencies() {
    let mut rig = Rig::new();
    let (disk, name) = (rig.resource("Cluster Disk 2"), rig.resource("Network Name"));
    let (server, other) = (rig.resource("File Server"), rig.resource("Cluster Disk 3"));
    codes! { rig;
        ApiAddResourceDependencyRequest { h_resource: disk, h_depends_on: disk } => 87;
        ApiAddResourceDependencyRequest { h_resource: disk, h_depends_on: other } => 87;
        ApiAddResourceDependencyRequest { h_resource: server, h_depends_on: disk } => 5003;
        ApiAddResourceDependencyRequest { h_resource: disk, h_depends_on: server } => 1059;
        ApiCanResourceBeDependentRequest { h_resource: disk, h_resource_dependent: server } => 1059;
        // Both are online (MS-CMRP 3.1.4.2.22).
        ApiCanResourceBeDependentRequest { h_resource: disk, h_resource_dependent: name } => 5019;
        ApiRemoveResourceDependencyRequest { h_resource: disk, h_depends_on: name } => 5002;
        ApiOfflineResourceRequest { h_resource: disk } => 0;
        ApiCanResourceBeDependentRequest { h_resource: disk, h_resource_dependent: name } => 0;
        ApiAddResourceDependencyRequest { h_resource: disk, h_depends_on: name } => 0;
        ApiRemoveResourceDependencyRequest { h_resource: disk, h_depends_on: name } => 0;
        ApiDeleteResourceRequest { h_resource: disk } => 5001;
    }
}

#[test]
fn s3_1_4_2_20_trees_are_not_deeper_than_100() {
    let mut rig = Rig::new();
    let h_group = rig.call(ApiCreateGroupRequest { lpsz_group_name: "Deep".into() }).return_value;
    let made: Vec<_> = (0..102)
        .map(|number| {
            let name = format!("Link {number}");
            let request = ApiCreateResourceRequest {
                h_group,
                lpsz_resource_name: (&name).into(),
                lpsz_resource_type: "Generic Service".into(),
                dw_flags: 0,
            };
            rig.call(request).return_value
        })
        .collect();
    for pair in made[..100].windows(2) {
        codes! { rig; ApiAddResourceDependencyRequest { h_resource: pair[1], h_depends_on: pair[0] } => 0; }
    }
    codes! { rig; ApiAddResourceDependencyRequest { h_resource: made[100], h_depends_on: made[99] } => 5929; }
}

#[test]
fn s3_1_4_2_10_and_11_creating_and_deleting() {
    let mut rig = Rig::new();
    let h_group = rig.group("Available Storage");
    let create = |name: &'static str, kind: &'static str, dw_flags: u32| ApiCreateResourceRequest {
        h_group,
        lpsz_resource_name: name.into(),
        lpsz_resource_type: kind.into(),
        dw_flags,
    };
    for (name, kind, flags, status) in [
        ("cluster disk 1", "Physical Disk", 0, 5010),
        ("New", "No Such Type", 0, 5078),
        ("", "Physical Disk", 0, 123),
        ("New", "Physical Disk", 2, 87),
        ("New", "physical disk", 1, 0),
    ] {
        assert_eq!(rig.call(create(name, kind, flags)).status, status, "{name} {kind} {flags}");
    }
    let core = rig.resource("Cluster Name");
    let new = rig.resource("New");
    codes! { rig;
        ApiDeleteResourceRequest { h_resource: core } => 5026;
        ApiDeleteResourceRequest { h_resource: new } => 0;
        // The handle stays to be closed; what it named is gone.
        ApiDeleteResourceRequest { h_resource: new } => 5006;
        ApiGetResourceStateRequest { h_resource: new } => 5006;
    }
    // Another resource of the name is another resource.
    assert_eq!(rig.call(create("New", "Physical Disk", 0)).status, 0);
    codes! { rig;
        ApiGetResourceStateRequest { h_resource: new } => 5006;
        ApiCloseResourceRequest { resource: new } => 0;
    }
}

#[test]
fn s3_1_4_2_43_and_44_groups() {
    let mut rig = Rig::new();
    assert_eq!(rig.call(ApiCreateGroupRequest { lpsz_group_name: "file server".into() }).status, 5010);
    let made = rig.call(ApiCreateGroupRequest { lpsz_group_name: "New".into() });
    assert_eq!(made.status, 0);
    let (full, core) = (rig.group("File Server"), rig.group("Cluster Group"));
    codes! { rig;
        ApiDeleteGroupRequest { group: full, force: 0 } => 145;
        ApiDeleteGroupRequest { group: core, force: 1 } => 5026;
        ApiSetGroupNameRequest { h_group: full, lpsz_group_name: "NEW".into() } => 5010;
        ApiSetGroupNameRequest { h_group: full, lpsz_group_name: "Files".into() } => 0;
        ApiDeleteGroupRequest { group: full, force: 1 } => 0;
        ApiDeleteGroupRequest { group: made.return_value, force: 0 } => 0;
        ApiGetGroupStateRequest { h_group: full } => 5012;
    }
    assert_eq!(rig.call(ApiOpenResourceRequest { lpsz_resource_name: "File Server".into() }).status, 5007);
}

#[test]
fn s3_1_4_2_52_and_53_moves() {
    let mut rig = Rig::new();
    let (group, one, two) = (rig.group("SQL Server (INST1)"), rig.node("node1"), rig.node("node2"));
    let sql = rig.resource("SQL Server");
    codes! { rig;
        ApiMoveGroupToNodeRequest { h_group: group, h_node: one } => 0;
        ApiMoveGroupRequest { h_group: group } => 0;
    }
    assert_eq!(rig.group_state("SQL Server (INST1)"), (0, "node2".into()));
    codes! { rig;
        ApiRemoveResourceNodeRequest { h_resource: sql, h_node: two } => 5023;
        ApiRemoveResourceNodeRequest { h_resource: sql, h_node: one } => 0;
        ApiRemoveResourceNodeRequest { h_resource: sql, h_node: one } => 5042;
        ApiMoveGroupToNodeRequest { h_group: group, h_node: one } => 5071;
        ApiMoveGroupRequest { h_group: group } => 5037;
        ApiAddResourceNodeRequest { h_resource: sql, h_node: one } => 0;
        ApiAddResourceNodeRequest { h_resource: sql, h_node: one } => 5011;
        ApiPauseNodeRequest { h_node: one } => 0;
        ApiMoveGroupToNodeRequest { h_group: group, h_node: one } => 5005;
        ApiPauseNodeRequest { h_node: one } => 5070;
        ApiResumeNodeRequest { h_node: one } => 0;
        ApiResumeNodeRequest { h_node: one } => 5058;
        ApiResumeNodeExRequest { h_node: one, dw_resume_failback_type: 3, dw_resume_flags_reserved: 0 } => 87;
        ApiPauseNodeWithDrainTargetRequest { h_node: two, dw_pause_flags: 0, h_node_drain_target: two } => 5005;
        ApiPauseNodeWithDrainTargetRequest { h_node: two, dw_pause_flags: 0, h_node_drain_target: one } => 0;
    }
    assert_eq!(rig.group_state("SQL Server (INST1)"), (0, "node1".into()));
    codes! { rig; ApiResumeNodeExRequest { h_node: two, dw_resume_failback_type: 1, dw_resume_flags_reserved: 0 } => 0; }
    assert_eq!(rig.group_state("SQL Server (INST1)"), (0, "node2".into()));
}

#[test]
fn s3_1_4_2_55_preferred_owners() {
    let mut rig = Rig::new();
    let h_group = rig.group("File Server");
    let list = |text: &str| SizedPtr::Array(text.encode_utf16().collect::<Vec<u16>>());
    codes! { rig;
        ApiSetGroupNodeListRequest { h_group, multi_sz_node_list: list("1\0node2\0\0") } => 0;
        ApiSetGroupNodeListRequest { h_group, multi_sz_node_list: list("node1\0node1\0\0") } => 87;
        ApiSetGroupNodeListRequest { h_group, multi_sz_node_list: list("node1") } => 87;
        ApiSetGroupNodeListRequest { h_group, multi_sz_node_list: list("node7\0\0") } => 5042;
    }
    let listed = rig.call(ApiCreateGroupResourceEnumRequest { h_group, dw_type: 2 });
    assert_eq!(names(listed.return_enum.as_ref()), [(2, "node1".into()), (2, "node2".into())]);
    codes! { rig; ApiSetGroupNodeListRequest { h_group, multi_sz_node_list: SizedPtr::NULL } => 0; }
    let listed = rig.call(ApiCreateGroupResourceEnumRequest { h_group, dw_type: 2 });
    assert_eq!(names(listed.return_enum.as_ref()), []);
}

#[test]
fn s3_1_4_2_26_a_resource_takes_its_ties_along() {
    let mut rig = Rig::new();
    let (disk, core) = (rig.resource("Cluster Disk 2"), rig.resource("Cluster Name"));
    let (here, there) = (rig.group("File Server"), rig.group("SQL Server (INST1)"));
    codes! { rig;
        ApiChangeResourceGroupRequest { h_resource: disk, h_group: here } => 87;
        ApiChangeResourceGroupRequest { h_resource: core, h_group: there } => 5026;
        // The groups are on different nodes.
        ApiChangeResourceGroupRequest { h_resource: disk, h_group: there } => 5016;
        ApiOfflineGroupRequest { h_group: here } => 0;
        ApiChangeResourceGroupExRequest { h_resource: disk, h_group: there, flags: 2 } => 87;
        ApiChangeResourceGroupRequest { h_resource: disk, h_group: there } => 0;
    }
    for name in ["Cluster Disk 2", "File Server", "Network Name", "File Server IP Address"] {
        let h_resource = rig.resource(name);
        let state = rig.call(ApiGetResourceStateRequest { h_resource });
        assert_eq!(state.group_name.unwrap().to_string_lossy(), "SQL Server (INST1)", "{name}");
    }
}

#[test]
fn s3_1_4_2_27_28_and_7_types_and_the_quorum() {
    let mut rig = Rig::new();
    let create = |name: &'static str| ApiCreateResourceTypeRequest {
        lpsz_type_name: name.into(),
        lpsz_display_name: name.into(),
        lpsz_dll_name: "new.dll".into(),
        dw_looks_alive: 5_000,
        dw_is_alive: 60_000,
    };
    let (name, disk) = (rig.resource("Cluster Name"), rig.resource("Cluster Disk 3"));
    let quorum = |h_resource| ApiSetQuorumResourceRequest {
        h_resource,
        lpsz_device_name: "Q:".into(),
        dw_max_quorum_log_size: 4_096,
    };
    codes! { rig;
        create("New Type") => 0;
        create("new type") => 5010;
        ApiDeleteResourceTypeRequest { lpsz_type_name: "NEW TYPE".into() } => 0;
        ApiDeleteResourceTypeRequest { lpsz_type_name: "New Type".into() } => 5078;
        ApiDeleteResourceTypeRequest { lpsz_type_name: "Physical Disk".into() } => 145;
        quorum(name) => 5021;
        quorum(disk) => 0;
    }
    let told = rig.call(ApiGetQuorumResourceRequest {});
    assert_eq!(told.lpsz_resource_name.unwrap().to_string_lossy(), "Cluster Disk 3");
    assert_eq!(
        (told.lpsz_device_name.unwrap().to_string_lossy(), told.pdw_max_quorum_log_size),
        ("Q:".into(), 4_096)
    );
}

#[test]
fn s3_1_4_2_87_the_order_of_networks() {
    let mut rig = Rig::new();
    let list = |rig: &mut Rig| {
        let h_cluster = rig.cluster();
        let listed = rig.call(ApiCreateEnumExRequest { h_cluster, dw_type: 0x8000_0000, dw_options: 0 });
        names(listed.return_id_enum.as_ref()).into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    };
    let ids = list(&mut rig);
    let order = |ids: &[&String]| ApiSetNetworkPriorityOrderRequest {
        network_id_list: ids
            .iter()
            .map(|id| Some(cmrp::ndr::WStr::from(&*id.as_str().to_owned().leak())))
            .collect(),
    };
    codes! { rig;
        order(&[&ids[1], &ids[0]]) => 0;
        order(&[&ids[1]]) => 87;
        order(&[&ids[1], &ids[1]]) => 87;
        order(&[&"nothing".to_owned(), &ids[1]]) => 5045;
    }
    assert_eq!(list(&mut rig), [ids[1].clone(), ids[0].clone()]);
}

#[test]
fn s3_1_4_2_3_the_name_of_the_cluster_takes_effect_with_its_network_name() {
    let mut rig = Rig::new();
    codes! { rig;
        ApiSetClusterNameRequest { new_cluster_name: "".into() } => 123;
        ApiSetClusterNameRequest { new_cluster_name: "OTHER".into() } => 5024;
    }
    let name = |rig: &mut Rig| rig.call(ApiGetClusterNameRequest {}).cluster_name.unwrap().to_string_lossy();
    assert_eq!(name(&mut rig), "CLUSTER1");
    let h_resource = rig.resource("Cluster Name");
    codes! { rig; ApiRestartResourceRequest { h_resource, dw_flags: 0 } => 0; }
    assert_eq!(name(&mut rig), "OTHER");
}

#[test]
fn s3_1_3_who_may_do_nothing_is_told_so_and_sent_away() {
    let mut rig = Rig::new();
    let refused = rig.try_call(NOBODY, &ApiGetClusterNameRequest {}).unwrap();
    assert_eq!((refused.return_value, refused.cluster_name), (5, None));
    let caller = cmrp_port::server::Caller { association: cmrp_port::server::AssociationId(3), access: None };
    for (opnum, stub) in [(3, &[][..]), (8, &[1, 2, 3][..]), (999, &[][..]), (58, &[][..])] {
        let message = cmrp_cluster::node::Message { protocol: Protocol::V3, opnum, format: rig.format, stub };
        rig.node.handle_call(rig.now, caller, cmrp_port::server::CallId(9_000), message);
        let outputs = rig.outputs();
        let ends = |output: &cmrp_cluster::node::Output| {
            matches!(output, cmrp_cluster::node::Output::EndConnection { .. })
        };
        assert_eq!(outputs.iter().filter(|output| ends(output)).count(), 1, "{opnum}: {outputs:?}");
        assert!(outputs.last().is_some_and(ends));
    }
}

#[test]
fn s3_1_4_levels_of_clients_and_handles() {
    let mut rig = Rig::new();
    let plain =
        rig.try_call(READER, &ApiOpenGroupRequest { lpsz_group_name: "Cluster Group".into() }).unwrap();
    assert_eq!((plain.status, plain.return_value), (5, None));
    let open = |dw_desired_access| ApiOpenGroupExRequest {
        lpsz_group_name: "File Server".into(),
        dw_desired_access,
    };
    for (bits, status, granted) in [
        (1, 0, 0x8000_0000),
        (3, 5, 0),
        (2, 87, 0),
        (0, 87, 0),
        (0x0200_0000, 0, 0x8000_0000),
        (0x4000_0000, 5, 0),
    ] {
        let opened = rig.try_call(READER, &open(bits)).unwrap();
        assert_eq!((opened.status, opened.lpdw_granted_access), (status, granted), "{bits:#x}");
    }
    let h_group = rig.try_call(READER, &open(1)).unwrap().return_value;
    let is = |rig: &mut Rig, request: &dyn Fn(&mut Rig) -> u32| request(rig);
    assert_eq!(
        is(&mut rig, &|rig| rig.try_call(READER, &ApiGetGroupStateRequest { h_group }).unwrap().return_value),
        0
    );
    assert_eq!(rig.try_call(READER, &ApiOfflineGroupRequest { h_group }).unwrap().return_value, 5);
    // An administrator's handle of the level "Read" can do no more.
    let h_group = rig.call(open(1)).return_value;
    assert_eq!(rig.call(ApiOfflineGroupRequest { h_group }).return_value, 5);
    let h_group = rig.call(open(0x1000_0000)).return_value;
    assert_eq!(rig.call(ApiOfflineGroupRequest { h_group }).return_value, 0);
}

#[test]
fn handles_are_good_for_their_kind_their_client_and_their_life() {
    let mut rig = Rig::new();
    let h_node = rig.node("node1");
    let token = cmrp::ndr::Handle::token(h_node.unwrap());
    let h_group: Option<HGroupRpc> = cmrp::ndr::Handle::new(token);
    assert_eq!(rig.call(ApiGetGroupStateRequest { h_group }).return_value, 6);
    assert_eq!(rig.call(ApiCloseGroupRequest { group: h_group }).return_value, 6);
    let mismatch = 0x1C00_001A;
    let reader = Client(2, Some(Access::All));
    assert_eq!(rig.try_call(reader, &ApiGetNodeStateRequest { h_node }), Err(mismatch));
    assert_eq!(rig.try_call(ADMIN, &ApiGetNodeStateRequest { h_node: None }), Err(mismatch));
    assert_eq!(rig.call(ApiCloseNodeRequest { node: None }).return_value, 6);
    assert_eq!(rig.call(ApiCloseNodeRequest { node: h_node }).return_value, 0);
    assert_eq!(rig.try_call(ADMIN, &ApiGetNodeStateRequest { h_node }), Err(mismatch));
    let h_node = rig.node("node1");
    rig.node.handle_disconnect(cmrp_port::server::AssociationId(1));
    assert_eq!(rig.try_call(ADMIN, &ApiGetNodeStateRequest { h_node }), Err(mismatch));
    assert_eq!(rig.node.statistics().handles, 0);
    let names = ApiSetGroupNameRequest { h_group: rig.group("File Server"), lpsz_group_name: "Files".into() };
    let h_group = names.h_group;
    assert_eq!(rig.call(names).return_value, 0);
    assert_eq!(rig.call(ApiGetGroupStateRequest { h_group }).return_value, 0, "handles follow a new name");
}

#[test]
fn unknown_operations_reserved_slots_and_stubs_that_are_none() {
    let mut rig = Rig::new();
    for (protocol, opnum) in
        [(Protocol::V3, 265), (Protocol::V3, u16::MAX), (Protocol::V2, 109), (Protocol::V2, 80)]
    {
        assert_eq!(rig.send(ADMIN, protocol, opnum, &[]).1, Outcome::Fault(0x1C01_0002), "{opnum}");
    }
    for opnum in [80, 111, 140, 186, 264] {
        let answer = 1_745_u32.to_le_bytes().to_vec();
        assert_eq!(rig.send(ADMIN, Protocol::V3, opnum, &[]).1, Outcome::Stub(answer), "{opnum}");
    }
    for protocol in [Protocol::V2, Protocol::V3] {
        assert_eq!(rig.send(ADMIN, protocol, 8, &[1, 2, 3]).1, Outcome::Fault(1783));
        assert_eq!(rig.send(ADMIN, protocol, 68, &[]).1, Outcome::Fault(1783));
    }
}

#[test]
fn a_node_that_is_down_serves_nobody_and_one_that_joins_serves_readers() {
    let mut rig = Rig::new();
    let h_node = rig.node("node1");
    rig.node.change(rig.now, &Change::NodeDown { node: "node1".into() }).unwrap();
    assert_eq!(rig.node.state(), ServerState::Stopped);
    assert_eq!(rig.call(ApiGetNodeStateRequest { h_node }).return_value, 0x13D0);
    assert_eq!(rig.call(ApiCloseNodeRequest { node: h_node }).return_value, 0);
    rig.node.change(rig.now, &Change::NodeUp { node: "node1".into() }).unwrap();
    assert_eq!(rig.group_state("Cluster Group"), (0, "node2".into()));
    rig.node.change(rig.now, &Change::Quorum { held: false }).unwrap();
    assert_eq!(rig.call(ApiGetClusterNameRequest {}).return_value, 0x13D0);
    rig.node.change(rig.now, &Change::Quorum { held: true }).unwrap();
    assert_eq!(rig.call(ApiGetClusterNameRequest {}).return_value, 0);
    rig.node.shut_down();
    assert_eq!(rig.call(ApiGetClusterNameRequest {}).return_value, 0x13D1);
}

#[test]
fn a_change_that_is_not_kept_has_not_happened() {
    let kept = Kept::new(default_state());
    let cluster = Embedded::new(default_state(), Config::default());
    let mut rig = Rig::over(cluster.with_journal(Box::new(kept.clone())));
    let handles = rig.node.statistics().handles;
    kept.works(false);
    let made = rig.call(ApiCreateGroupRequest { lpsz_group_name: "New".into() });
    assert_eq!((made.status, made.return_value), (29, None));
    assert_eq!(rig.node.statistics().handles, handles);
    assert_eq!(rig.call(ApiOpenGroupRequest { lpsz_group_name: "New".into() }).status, 5013);
    kept.works(true);
    assert_eq!(rig.call(ApiCreateGroupRequest { lpsz_group_name: "New".into() }).status, 0);
}

#[test]
fn recovery_restarts_then_fails_over_then_gives_up() {
    let mut rig = Rig::new();
    let h_resource = rig.resource("SQL Server");
    let fail = |rig: &mut Rig| {
        assert_eq!(rig.call(ApiFailResourceRequest { h_resource }).return_value, 0);
        (rig.resource_state("SQL Server"), rig.group_state("SQL Server (INST1)").1)
    };
    // RestartThreshold is 1; there is one other node.
    assert_eq!(fail(&mut rig), (2, "node1".into()));
    assert_eq!(fail(&mut rig), (2, "node2".into()));
    assert_eq!(fail(&mut rig), (4, "node2".into()));
    assert_eq!(rig.resource_state("SQL Server Agent"), 3);
    let agent = rig.resource("SQL Server Agent");
    assert_eq!(rig.call(ApiOnlineResourceRequest { h_resource: agent }).return_value, 0);
    assert_eq!(rig.resource_state("SQL Server"), 2);
}

fn assert_call<C: Call>(_: &C) {}

#[test]
fn answers_have_the_sizes_that_requests_ask_for() {
    let mut rig = Rig::new();
    // `try_call` compares each response with its request. A buffer that nobody has room for is refused.
    let h_key = rig.call(ApiGetRootKeyRequest { sam_desired: 0x2_0019 }).return_value;
    for (cb_data, code) in [(0, 2), (100, 2), (1 << 20, 2)] {
        let request = ApiQueryValueRequest { h_key, lp_value_name: "none such".into(), cb_data };
        assert_call(&request);
        assert_eq!(rig.call(request).return_value, code);
    }
    let request = ApiQueryValueRequest { h_key, lp_value_name: "none such".into(), cb_data: u32::MAX };
    assert_eq!(rig.try_call(ADMIN, &request), Err(0x1C00_001B));
}
