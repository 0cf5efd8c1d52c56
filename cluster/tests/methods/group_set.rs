//! MS-CMRP 3.1.4.2.146-165: group sets, and what groups and group sets depend on.

use cmrp::clusapi3::*;
use cmrp_cluster::control::ControlledObject;

use crate::control::{control, text};
use crate::rig::Rig;

fn create(rig: &mut Rig, name: &str) -> (u32, Option<HGroupSetRpc>) {
    let answer = rig.call(&ApiCreateGroupSetRequest { lpsz_group_set_name: name.into() });
    (answer.status, answer.return_value)
}

fn open(rig: &mut Rig, name: &str) -> Option<HGroupSetRpc> {
    rig.call(&ApiOpenGroupSetRequest { lpsz_group_set_name: name.into() }).return_value
}

fn add(rig: &mut Rig, set: &str, group: &str) -> u32 {
    let (group_set, group) = (open(rig, set), rig.group(group));
    rig.call(&ApiAddGroupToGroupSetRequest { group_set, group }).return_value
}

fn group_needs(rig: &mut Rig, group: &str, text: &str) -> u32 {
    let h_group = rig.group(group);
    let lpsz_dependency_expression = text.into();
    rig.call(&ApiSetGroupDependencyExpressionRequest { h_group, lpsz_dependency_expression }).return_value
}

fn set_needs(rig: &mut Rig, set: &str, text: &str) -> u32 {
    let h_group_set = open(rig, set);
    let lpsz_dependency_expression = text.into();
    rig.call(&ApiSetGroupSetDependencyExpressionRequest { h_group_set, lpsz_dependency_expression })
        .return_value
}

/// Names that a code tells, sorted.
fn names(rig: &mut Rig, object: (ControlledObject, &str), function: u32) -> Vec<String> {
    let (code, data, _) = control(rig, object, (object.0 as u32) << 24 | function, &[], 1000);
    assert_eq!(code, 0);
    let mut names: Vec<String> =
        text(&data).split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    names.sort();
    names
}

fn members(rig: &mut Rig, set: &str) -> Vec<String> {
    names(rig, (ControlledObject::GroupSet, set), 0x2D71)
}

fn sets(rig: &mut Rig) -> Vec<String> {
    let h_cluster = rig.cluster();
    let answer = rig.call(&ApiCreateGroupSetEnumRequest { h_cluster });
    let mut names: Vec<String> =
        answer.return_enum.unwrap().entry.iter().map(|entry| entry.name.unwrap().to_string_lossy()).collect();
    names.sort();
    names
}

#[test]
fn sets_are_made_listed_opened_and_deleted() {
    let mut rig = Rig::new();
    assert_eq!(sets(&mut rig), ["Cluster Group", "Databases"]);
    let (status, group_set) = create(&mut rig, "New");
    assert_eq!(status, 0);
    assert_eq!(create(&mut rig, "nEW"), (5010, None));
    for bad in ["", "a\u{1}", "n".repeat(256).as_str()] {
        assert_eq!(create(&mut rig, bad), (123, None));
    }
    assert_eq!(sets(&mut rig), ["Cluster Group", "Databases", "New"]);
    assert!(open(&mut rig, "new").is_some());
    assert_eq!(rig.call(&ApiOpenGroupSetRequest { lpsz_group_set_name: "None".into() }).status, 5992);
    assert_eq!(rig.call(&ApiDeleteGroupSetRequest { group_set }).return_value, 0);
    assert_eq!(sets(&mut rig), ["Cluster Group", "Databases"]);
    assert_eq!(rig.call(&ApiDeleteGroupSetRequest { group_set }).return_value, 5992);
    let closed = rig.call(&ApiCloseGroupSetRequest { group_set });
    assert_eq!((closed.return_value, closed.group_set), (0, None));
    // One with groups in it stays.
    let group_set = open(&mut rig, "Databases");
    assert_eq!(rig.call(&ApiDeleteGroupSetRequest { group_set }).return_value, 145);
}

#[test]
fn groups_enter_move_and_leave() {
    let mut rig = Rig::new();
    create(&mut rig, "New");
    assert_eq!(add(&mut rig, "New", "File Server"), 0);
    assert_eq!(add(&mut rig, "New", "File Server"), 5010);
    assert_eq!(add(&mut rig, "Databases", "File Server"), 5010);
    assert_eq!(members(&mut rig, "New"), ["File Server"]);
    let (group_set, group) = (open(&mut rig, "Databases"), rig.group("File Server"));
    assert_eq!(rig.call(&ApiMoveGroupToGroupSetRequest { group_set, group }).return_value, 0);
    assert_eq!(members(&mut rig, "Databases"), ["File Server", "SQL Server (INST1)"]);
    assert!(members(&mut rig, "New").is_empty());
    assert_eq!(rig.call(&ApiRemoveGroupFromGroupSetRequest { group }).return_value, 0);
    assert_eq!(rig.call(&ApiRemoveGroupFromGroupSetRequest { group }).return_value, 5992);
    let request = ApiAddGroupToGroupSetExRequest {
        group_set,
        group,
        fault_domain: 1,
        update_domain: 2,
        use_domains: 1,
        reserved: 0,
    };
    assert_eq!(rig.call(&request).return_value, 0);
    assert_eq!(members(&mut rig, "Databases"), ["File Server", "SQL Server (INST1)"]);
}

#[test]
fn expressions_of_groups() {
    let (sql, file) = ("SQL Server (INST1)", "File Server");
    let table = [
        ("[File Server]", 0, vec![file]),
        ("[file server] AND [Cluster Group]", 0, vec!["Cluster Group", file]),
        ("([File Server] and ([Cluster Group]))", 0, vec!["Cluster Group", file]),
        ("{[File Server]} and {[Cluster Group]}", 0, vec!["Cluster Group", file]),
        ("[File Server] and [File Server]", 0, vec![file]),
        ("", 0, vec![]),
        ("[File Server] or [Cluster Group]", 87, vec![]),
        ("[No such group]", 87, vec![]),
        ("[File Server", 87, vec![]),
        ("[File Server])", 87, vec![]),
        ("(", 87, vec![]),
        ("()", 87, vec![]),
        ("[File Server] and", 87, vec![]),
        ("[SQL Server (INST1)]", 87, vec![]),
    ];
    for (text, code, providers) in table {
        let mut rig = Rig::new();
        assert_eq!(group_needs(&mut rig, sql, text), code, "{text}");
        let told = names(&mut rig, (ControlledObject::Group, sql), 0x2D7D);
        assert_eq!(told, providers, "{text}");
    }
}

#[test]
fn nothing_comes_to_depend_on_itself() {
    let mut rig = Rig::new();
    let (sql, file, cluster) = ("SQL Server (INST1)", "File Server", "Cluster Group");
    // Databases (SQL) depends on the set "Cluster Group" (Cluster Group).
    assert_eq!(group_needs(&mut rig, sql, "[File Server]"), 0);
    assert_eq!(group_needs(&mut rig, file, "[SQL Server (INST1)]"), 87);
    // Over the sets: the core group would depend on SQL, which depends on it through its set.
    assert_eq!(group_needs(&mut rig, cluster, "[SQL Server (INST1)]"), 87);
    assert_eq!(set_needs(&mut rig, "Cluster Group", "[Databases]"), 87);
    assert_eq!(set_needs(&mut rig, "Databases", "[Databases]"), 87);
    let dependent_group_set = open(&mut rig, "Cluster Group");
    let provider_group_set = open(&mut rig, "Databases");
    let request = ApiAddGroupSetDependencyRequest { dependent_group_set, provider_group_set };
    assert_eq!(rig.call(&request).return_value, 1059);
    // A group that its set would depend on can't enter.
    assert_eq!(group_needs(&mut rig, cluster, "[File Server]"), 0);
    assert_eq!(add(&mut rig, "Databases", file), 1059);
    assert_eq!(members(&mut rig, "Databases"), [sql]);
    let dependent_group = rig.group(sql);
    let request = ApiAddGroupToGroupSetDependencyRequest { dependent_group, provider_group_set };
    assert_eq!(rig.call(&request).return_value, 1059);
}

#[test]
fn dependencies_are_added_once_and_removed_once() {
    let mut rig = Rig::new();
    create(&mut rig, "New");
    let (dependent, provider) = (open(&mut rig, "New"), open(&mut rig, "Databases"));
    let add =
        ApiAddGroupSetDependencyRequest { dependent_group_set: dependent, provider_group_set: provider };
    assert_eq!(rig.call(&add).return_value, 0);
    assert_eq!(rig.call(&add).return_value, 5003);
    assert_eq!(names(&mut rig, (ControlledObject::GroupSet, "New"), 0x2D79), ["Databases"]);
    let remove = ApiRemoveGroupSetDependencyRequest { h_group_set: dependent, h_depends_on: provider };
    assert_eq!(rig.call(&remove).return_value, 0);
    assert_eq!(rig.call(&remove).return_value, 5002);

    let group = rig.group("File Server");
    let add = ApiAddGroupToGroupSetDependencyRequest { dependent_group: group, provider_group_set: provider };
    assert_eq!((rig.call(&add).return_value, rig.call(&add).return_value), (0, 5003));
    // An expression of groups leaves the sets alone; the empty one clears all.
    assert_eq!(group_needs(&mut rig, "File Server", "[Cluster Group]"), 0);
    let file = (ControlledObject::Group, "File Server");
    assert_eq!(names(&mut rig, file, 0x2D81), ["Databases"]);
    let core = rig.group("Cluster Group");
    let remove = ApiRemoveClusterGroupDependencyRequest { h_group: group, h_depends_on: core };
    assert_eq!((rig.call(&remove).return_value, rig.call(&remove).return_value), (0, 5002));
    let remove = ApiRemoveClusterGroupToGroupSetDependencyRequest { h_group: group, h_depends_on: provider };
    assert_eq!((rig.call(&remove).return_value, rig.call(&remove).return_value), (0, 5002));
    assert_eq!(rig.call(&add).return_value, 0);
    assert_eq!(group_needs(&mut rig, "File Server", ""), 0);
    assert!(names(&mut rig, file, 0x2D81).is_empty());
}

#[test]
fn a_deleted_set_is_no_longer_depended_on() {
    let mut rig = Rig::new();
    create(&mut rig, "New");
    assert_eq!(set_needs(&mut rig, "Databases", "[New] and [Cluster Group]"), 0);
    let group_set = open(&mut rig, "New");
    assert_eq!(rig.call(&ApiDeleteGroupSetRequest { group_set }).return_value, 0);
    assert_eq!(names(&mut rig, (ControlledObject::GroupSet, "Databases"), 0x2D79), ["Cluster Group"]);
}
