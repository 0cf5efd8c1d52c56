//! MS-CMRP 3.1.4.2.109-111, 3.1.4.2.122, 3.1.4.2.164: dependency expressions, network names, shared volumes.

use cmrp::clusapi3::*;
use cmrp::cluster_change::ClusterChange;
use cmrp_cluster::control::ControlledObject;
use cmrp_cluster::dependency::{Expression, MAX_TERMS};
use cmrp_cluster::embedded::model::ResourceState;
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_port::event::v2::{PropertyList, PropertyValue};

use crate::control::{control, text};
use crate::rig::Rig;

fn set(rig: &mut Rig, resource: &str, text: Option<&str>) -> u32 {
    let h_resource = rig.resource(resource);
    let lpsz_dependency_expression = text.map(Into::into);
    rig.call(&ApiSetResourceDependencyExpressionRequest { h_resource, lpsz_dependency_expression })
        .return_value
}

fn get(rig: &mut Rig, resource: &str) -> String {
    let h_resource = rig.resource(resource);
    let answer = rig.call(&ApiGetResourceDependencyExpressionRequest { h_resource });
    assert_eq!(answer.return_value, 0);
    answer.lpsz_dependency_expression.unwrap().to_string_lossy()
}

fn id(rig: &mut Rig, resource: &str) -> String {
    let h_resource = rig.resource(resource);
    rig.call(&ApiGetResourceIdRequest { h_resource }).p_guid.unwrap().to_string_lossy()
}

/// Texts of the grammars of MS-CMRP 3.1.4.2.109 and of the client library, with what they mean.
#[test]
fn expressions_of_resources() {
    let table: [(&str, Option<&[&[&str]]>); 25] = [
        ("", Some(&[])),
        ("  ", Some(&[])),
        ("[a]", Some(&[&["a"]])),
        ("([a])", Some(&[&["a"]])),
        ("[a] or [b]", Some(&[&["a", "b"]])),
        ("([a] or [b])", Some(&[&["a", "b"]])),
        ("([a]or[b])AND([c]Or[d])", Some(&[&["a", "b"], &["c", "d"]])),
        ("( [a] or [b] ) and [c] and [d]", Some(&[&["a", "b"], &["c"], &["d"]])),
        ("[a] and [b]", Some(&[&["a"], &["b"]])),
        ("[a] and ([b] or [c])", Some(&[&["a"], &["b", "c"]])),
        ("([a] and [b])", Some(&[&["a"], &["b"]])),
        ("[Cluster Disk 1]", Some(&[&["Cluster Disk 1"]])),
        ("[(and)]", Some(&[&["(and)"]])),
        ("[a] or [b] and [c]", None),
        ("[c] and [a] or [b]", None),
        ("([a] or [b]", None),
        ("[a]) and [b]", None),
        ("(([a]))", None),
        ("[a] [b]", None),
        ("[a] and", None),
        ("and [a]", None),
        ("[a", None),
        ("[]", None),
        ("a", None),
        ("[a] xor [b]", None),
    ];
    for (text, meaning) in table {
        let read = Expression::parse_resource(text).ok();
        let all: Option<Vec<Vec<&str>>> = read
            .as_ref()
            .map(|read| read.all_of().iter().map(|any| any.iter().map(String::as_str).collect()).collect());
        assert_eq!(all, meaning.map(|all| all.iter().map(|any| any.to_vec()).collect()), "{text}");
        // What it writes it reads.
        if let Some(read) = read {
            assert_eq!(Expression::parse_resource(&read.to_string()), Ok(read));
        }
    }
}

#[test]
fn expressions_do_not_recurse_nor_grow() {
    let deep = "(".repeat(100_000);
    assert!(Expression::parse_resource(&deep).is_err());
    assert!(Expression::parse_group(&deep).is_err());
    let nested = |depth: usize| format!("{}[a]{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Expression::parse_group(&nested(10_000)).is_ok());
    let many = |count| vec!["[a]"; count].join(" and ");
    assert!(Expression::parse_resource(&many(MAX_TERMS)).is_ok());
    assert!(Expression::parse_resource(&many(MAX_TERMS + 1)).is_err());
}

#[test]
fn an_expression_is_set_and_told_by_identifiers() {
    let mut rig = Rig::new();
    let (name, disk) = (id(&mut rig, "Network Name"), id(&mut rig, "Cluster Disk 2"));
    let address = id(&mut rig, "File Server IP Address");
    let port = rig.watch();
    let text = format!("([network name] or [{}]) and [Cluster Disk 2]", address.to_uppercase());
    assert_eq!(set(&mut rig, "File Server", Some(&text)), 0);
    assert_eq!(get(&mut rig, "File Server"), format!("([{name}] or [{address}]) and [{disk}]"));
    assert_eq!(rig.events(port), [(0x800, "File Server".to_owned())]);
    for nothing in [None, Some("")] {
        assert_eq!(set(&mut rig, "File Server", Some(&text)), 0);
        assert_eq!(set(&mut rig, "File Server", nothing), 0);
        assert_eq!(get(&mut rig, "File Server"), "");
    }
}

#[test]
fn an_expression_that_cannot_be_is_refused_and_nothing_changes() {
    let mut rig = Rig::new();
    let before = get(&mut rig, "Network Name");
    let table = [
        ("[a", 87),
        ("[no such resource]", 5007),
        ("[Network Name]", 87),   // itself
        ("[Cluster Disk 1]", 87), // of another group
        ("[File Server]", 1059),  // which depends on it
    ];
    let port = rig.watch();
    for (text, code) in table {
        assert_eq!(set(&mut rig, "Network Name", Some(text)), code, "{text}");
        assert_eq!(get(&mut rig, "Network Name"), before);
    }
    assert_eq!(rig.events(port), []);
}

#[test]
fn a_resource_has_the_network_name_that_it_depends_on() {
    let mut rig = Rig::new();
    let table = [
        ("Network Name", "FILES"),
        ("File Server", "FILES"),
        ("Cluster Name", "CLUSTER1"),
        ("SQL Server", "SQL1"),
    ];
    for (resource, name) in table {
        let h_resource = rig.resource(resource);
        let answer = rig.call(&ApiGetResourceNetworkNameRequest { h_resource });
        assert_eq!((answer.return_value, answer.lpsz_name.unwrap().to_string_lossy().as_str()), (0, name));
    }
}

#[test]
fn volumes_are_shared_and_no_longer() {
    let mut rig = Rig::new();
    let change = |rig: &mut Rig, resource: &str, dw_state| {
        let h_resource = rig.resource(resource);
        rig.call(&ApiChangeCsvStateRequest { h_resource, dw_state }).return_value
    };
    assert_eq!(change(&mut rig, "Network Name", 1), 5079);
    assert_eq!(change(&mut rig, "Cluster Disk 2", 1), 5048); // a file server depends on it
    assert_eq!(change(&mut rig, "Cluster Disk 2", 0), 5048); // not shared
    assert_eq!(change(&mut rig, "Cluster Disk 2", 2), 87);
    assert_eq!(set(&mut rig, "File Server", None), 0);
    assert_eq!(change(&mut rig, "Cluster Disk 2", 1), 0);
    assert_eq!(change(&mut rig, "Cluster Disk 2", 0), 0);
    assert_eq!(change(&mut rig, "Cluster Disk 2", 0), 5048);
    let h_resource = rig.resource("Cluster Disk 2");
    let offline = rig.call(&ApiOfflineResourceRequest { h_resource }).return_value;
    assert!([0, 997].contains(&offline));
    assert_eq!(change(&mut rig, "Cluster Disk 2", 1), 5004);
}

#[test]
fn a_group_that_had_shared_volumes_is_what_it_was() {
    for kind in [1, 2] {
        let mut rig = Rig::of(|cluster| {
            let mut state = cluster.state().clone();
            let disk = state.resource("Cluster Disk 1").unwrap().0.clone();
            let group = state.resources[&disk].group.clone();
            state.resources.retain(|id, one| one.group != group || *id == disk);
            state.groups.get_mut(&group).unwrap().group_type = kind;
            state.quorum.resource = None;
            state.resources.get_mut(&disk).unwrap().state = ResourceState::Online;
            Embedded::new(state, Config::default())
        });
        let kind_now = |rig: &mut Rig| {
            let (code, data, _) =
                control(rig, (ControlledObject::Group, "Available Storage"), 0x0300_0059, &[], 10_000);
            assert_eq!(code, 0);
            match PropertyList::decode(&data).unwrap().get("GroupType").unwrap().values()[0] {
                PropertyValue::Dword(kind) => kind,
                ref other => panic!("{other:?}"),
            }
        };
        let port = rig.watch();
        for (dw_state, shown) in [(1, if kind == 1 { 1 } else { 4 }), (0, kind)] {
            let h_resource = rig.resource("Cluster Disk 1");
            let changed = rig.call(&ApiChangeCsvStateRequest { h_resource, dw_state });
            assert_eq!((changed.return_value, kind_now(&mut rig)), (0, shown));
            let told = rig.events(port);
            let of = |change: ClusterChange, name: &str| told.contains(&(change.bits(), name.to_owned()));
            assert!(of(ClusterChange::RESOURCE_PROPERTY, "Cluster Disk 1"), "{told:?}");
            assert_eq!(of(ClusterChange::GROUP_PROPERTY, "Available Storage"), kind != 1, "{told:?}");
        }
    }
}

#[test]
fn the_name_of_the_cluster_is_stored_before_it_is_in_effect() {
    let mut rig = Rig::new();
    let names = |rig: &mut Rig| {
        let own = (ControlledObject::Resource, "Cluster Name");
        let (code, data, _) = control(rig, own, 0x0100_0081, &[], 10_000);
        assert_eq!(code, 0);
        let stored = match &PropertyList::decode(&data).unwrap().get("Name").unwrap().values()[0] {
            PropertyValue::Sz(name) => name.to_string_lossy(),
            other => panic!("{other:?}"),
        };
        let told = text(&control(rig, own, 0x0100_0169, &[], 1_000).1);
        let h_resource = rig.resource("Cluster Name");
        let asked = rig.call(&ApiGetResourceNetworkNameRequest { h_resource }).lpsz_name.unwrap();
        (stored, told, asked.to_string_lossy())
    };
    let of = |stored: &str, other: &str| (stored.to_owned(), other.to_owned(), other.to_owned());
    assert_eq!(names(&mut rig), of("CLUSTER1", "CLUSTER1"));
    let renamed = rig.call(&ApiSetClusterNameRequest { new_cluster_name: "NEW".into() });
    assert_eq!(renamed.return_value, 5024);
    assert_eq!(names(&mut rig), of("NEW", "CLUSTER1"));
    let h_resource = rig.resource("Cluster Name");
    assert_eq!(rig.call(&ApiOfflineResourceRequest { h_resource }).return_value, 0);
    assert_eq!(rig.call(&ApiOnlineResourceRequest { h_resource }).return_value, 0);
    assert_eq!(names(&mut rig), of("NEW", "NEW"));
}
