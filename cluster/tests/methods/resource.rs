//! MS-CMRP 3.1.4.2.109-111, 3.1.4.2.122, 3.1.4.2.164: dependency expressions, network names, shared volumes.

use cmrp::clusapi3::*;
use cmrp_cluster::dependency::{Expression, MAX_TERMS};

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
