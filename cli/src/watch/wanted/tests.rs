use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;
use cmrp_net::client::{Events, PortVersion, Protocol, Subject};
use cmrp_port::object::ObjectKind;

use super::{Unwanted, Wanted};

fn events(version: PortVersion, asked: &[&str], subject: &Subject) -> Result<Vec<Events>, Unwanted> {
    let asked: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
    let wanted = Wanted::new(version, Protocol::V3, &asked)?;
    Ok(wanted.interests(subject, false)?.into_iter().map(|interest| interest.events).collect())
}

fn group() -> Subject {
    Subject::object(ObjectKind::Group, "SQL")
}

fn v1(bits: u32) -> Events {
    Events::V1 { events: ClusterChange::from_bits_retain(bits), subtree: false }
}

#[test]
fn without_names_everything_that_can_happen_is_wanted() {
    // MS-CMRP 3.1.4.2.58 and 3.1.4.2.60: the masks of valid filters.
    assert_eq!(events(PortVersion::V1, &[], &Subject::Cluster).unwrap(), [v1(0x5FF7_FFFF)]);
    assert_eq!(events(PortVersion::V1, &[], &group()).unwrap(), [v1(0xF000)]);
    let all = events(PortVersion::V2, &[], &Subject::Cluster).unwrap();
    assert_eq!(all.len(), 13, "{all:?}");
    let [Events::V2(ObjectFilter::Group(_))] = events(PortVersion::V2, &[], &group()).unwrap()[..] else {
        panic!("a group has events of groups");
    };
}

#[test]
fn names_come_in_several_spellings() {
    for asked in [["GROUP_STATE"], ["group_state"], ["CLUSTER_CHANGE_GROUP_STATE"], ["GROUP_S*"]] {
        assert_eq!(events(PortVersion::V1, &asked, &Subject::Cluster).unwrap(), [v1(0x1000)]);
    }
    let expected = [Events::V2(ObjectFilter::received(2, 8))];
    for asked in [["GROUP_STATE"], ["CLUSTER_CHANGE_GROUP_STATE_V2"]] {
        assert_eq!(events(PortVersion::V2, &asked, &Subject::Cluster).unwrap(), expected);
    }
}

#[test]
fn an_object_gets_what_concerns_it() {
    let asked = ["GROUP_STATE", "NODE_STATE"];
    assert_eq!(events(PortVersion::V1, &asked, &Subject::Cluster).unwrap(), [v1(0x1001)]);
    assert_eq!(events(PortVersion::V1, &asked, &group()).unwrap(), [v1(0x1000)]);
    let error = events(PortVersion::V1, &["NODE_STATE"], &group()).unwrap_err().to_string();
    // MS-CMRP 3.1.4.2.60 and 2.2.2.13.
    let text = "--events: none of the events can happen to group \"SQL\"; possible are ";
    let names = error.strip_prefix(text).expect(&error);
    assert_eq!(names, "GROUP_STATE, GROUP_DELETED, GROUP_ADDED, GROUP_PROPERTY");
    let error = events(PortVersion::V2, &["NODE_STATE"], &group()).unwrap_err().to_string();
    let names: Vec<&str> = error.strip_prefix(text).expect(&error).split(", ").collect();
    assert!(names.contains(&"GROUP_OWNER_NODE"), "{error}");
    assert!(names.iter().all(|name| name.starts_with("GROUP_")), "{error}");
}

#[test]
fn a_wrong_name_is_told_with_the_nearest_right_one() {
    let error = events(PortVersion::V1, &["GROUP_STAET"], &group()).unwrap_err().to_string();
    let start = "--events: no event of version 1 ports is called `GROUP_STAET`; did you mean `GROUP_STATE`?; all names: ";
    assert!(error.starts_with(start), "{error}");
    assert!(events(PortVersion::V1, &["CLUSTER_RECONNECT"], &group()).is_err(), "only clients make it");
    assert!(events(PortVersion::V2, &["GROUP_ADDED"], &group()).is_err(), "version 1 alone has it");
}

#[test]
fn protocol_version_2_has_version_1_ports_alone() {
    assert!(Wanted::new(PortVersion::V1, Protocol::V2, &[]).is_ok());
    assert_eq!(Wanted::new(PortVersion::V2, Protocol::V2, &[]).unwrap_err(), Unwanted::NoVersion2);
}

#[test]
fn resource_types_need_version_2() {
    let subject = Subject::ResourceType("File Share".to_owned());
    let error = events(PortVersion::V1, &[], &subject).unwrap_err().to_string();
    assert_eq!(
        error,
        "resource type \"File Share\" can't be watched with a version 1 port: take --port-version 2"
    );
    assert!(matches!(events(PortVersion::V2, &[], &subject).unwrap()[..], [Events::ResourceType(_)]));
}
