//! MS-CMRP 3.1.1.9, 2.2.3.10: properties are set, told, checked.

use cmrp::clusapi3::*;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::FileTime;
use cmrp_cluster::control::ControlledObject;
use cmrp_port::event::v2::{Property, PropertyList, PropertyValue};

use crate::control::{OBJECTS, control, text};
use crate::rig::Rig;

const COMMON: u32 = 0x59;
const READ_ONLY: u32 = 0x55;
const SET_COMMON: u32 = 0x40_005E;
const CHECK_COMMON: u32 = 0x61;
const PRIVATE: u32 = 0x81;
const SET_PRIVATE: u32 = 0x40_0086;

type Object = (ControlledObject, &'static str);

fn run(rig: &mut Rig, object: Object, function: u32, input: &[u8]) -> (u32, &'static [u8]) {
    let (code, data, _) = control(rig, object, (object.0 as u32) << 24 | function, input, 100_000);
    (code, data.leak())
}

fn list(rig: &mut Rig, object: Object, function: u32) -> PropertyList<'static> {
    let (code, data) = run(rig, object, function, &[]);
    assert_eq!(code, 0);
    PropertyList::decode(data).unwrap()
}

fn octets(properties: &[(&str, PropertyValue<'_>)]) -> Vec<u8> {
    let list: PropertyList<'_> =
        properties.iter().map(|(name, value)| Property::new(*name, value.clone())).collect();
    let mut octets = Vec::new();
    list.write(&mut octets);
    octets
}

fn set(rig: &mut Rig, object: Object, function: u32, properties: &[(&str, PropertyValue<'_>)]) -> u32 {
    run(rig, object, function, &octets(properties)).0
}

fn value(rig: &mut Rig, object: Object, function: u32, name: &str) -> Option<PropertyValue<'static>> {
    list(rig, object, function).get(name).map(|property| property.values()[0].clone())
}

/// All that is listed as writable can be set to what it is, and to another value that then is told.
#[test]
fn what_was_set_is_what_is_told() {
    for object in OBJECTS {
        let mut rig = Rig::new();
        let before = list(&mut rig, object, COMMON);
        assert!(!before.properties().is_empty(), "{object:?}");
        for property in before.properties() {
            let name = property.name().to_string_lossy();
            let old = property.values()[0].clone();
            let unchanged = matches!(&old, PropertyValue::SecurityDescriptor(octets) if octets.is_empty());
            if unchanged {
                continue;
            }
            assert_eq!(set(&mut rig, object, SET_COMMON, &[(&name, old.clone())]), 0, "{object:?} {name}");
            let new = match old {
                PropertyValue::Sz(_) => PropertyValue::Sz("another".into()),
                PropertyValue::MultiSz(_) => PropertyValue::MultiSz(vec!["one".into(), "two".into()]),
                PropertyValue::ULargeInteger(_) => PropertyValue::ULargeInteger(7),
                PropertyValue::FileTime(_) => PropertyValue::FileTime(FileTime(7)),
                // Of every range some small number is one.
                _ => {
                    let candidates = [1, 2, 0, 5, 300, 1000].map(PropertyValue::Dword);
                    let code = |rig: &mut Rig, new: &PropertyValue<'static>| {
                        set(rig, object, CHECK_COMMON, &[(&name, new.clone())])
                    };
                    // Group sets have no code to check; their ranges hold 1.
                    let checks = object.0 != ControlledObject::GroupSet;
                    let found = candidates
                        .into_iter()
                        .find(|new| *new != old && (!checks || code(&mut rig, new) == 0));
                    found.unwrap()
                }
            };
            assert_eq!(
                set(&mut rig, object, SET_COMMON, &[(&name.to_uppercase(), new.clone())]),
                0,
                "{name}"
            );
            assert_eq!(value(&mut rig, object, COMMON, &name), Some(new), "{object:?} {name}");
        }
        // The names and their order stay.
        let names = |list: &PropertyList<'_>| -> Vec<String> {
            list.properties().iter().map(|property| property.name().to_string_lossy()).collect()
        };
        assert_eq!(names(&list(&mut rig, object, COMMON)), names(&before));
    }
}

#[test]
fn what_is_read_only_of_another_type_or_out_of_range_is_refused() {
    for object in OBJECTS {
        let mut rig = Rig::new();
        for property in list(&mut rig, object, READ_ONLY).properties() {
            let name = property.name().to_string_lossy();
            let same = [(name.as_str(), property.values()[0].clone())];
            assert_eq!(set(&mut rig, object, SET_COMMON, &same), 87, "{object:?} {name}");
        }
        for property in list(&mut rig, object, COMMON).properties() {
            let name = property.name().to_string_lossy();
            let other = match property.values()[0] {
                PropertyValue::Dword(_) => PropertyValue::Sz("1".into()),
                _ => PropertyValue::Dword(1),
            };
            assert_eq!(set(&mut rig, object, SET_COMMON, &[(&name, other)]), 87, "{object:?} {name}");
        }
        assert_eq!(set(&mut rig, object, SET_COMMON, &[("No Such Property", PropertyValue::Dword(1))]), 87);
    }
    let group = (ControlledObject::Group, "File Server");
    let table = [
        ("PersistentState", 1, 2),
        ("AutoFailbackType", 1, 2),
        ("FailoverPeriod", 1193, 1194),
        ("FailbackWindowStart", 23, 24),
        ("FailbackWindowEnd", u32::MAX, u32::MAX - 1), // -1: not set
    ];
    for (name, good, bad) in table {
        let mut rig = Rig::new();
        assert_eq!(set(&mut rig, group, SET_COMMON, &[(name, PropertyValue::Dword(good))]), 0, "{name}");
        assert_eq!(set(&mut rig, group, SET_COMMON, &[(name, PropertyValue::Dword(bad))]), 87, "{name}");
        assert_eq!(set(&mut rig, group, CHECK_COMMON, &[(name, PropertyValue::Dword(bad))]), 87, "{name}");
    }
}

#[test]
fn one_bad_property_keeps_the_good_ones_from_being_set() {
    let mut rig = Rig::new();
    let group = (ControlledObject::Group, "File Server");
    let port = rig.watch();
    let both = [("Priority", PropertyValue::Dword(1000)), ("FailoverPeriod", PropertyValue::Dword(5000))];
    assert_eq!(set(&mut rig, group, SET_COMMON, &both), 87);
    assert_eq!(value(&mut rig, group, COMMON, "Priority"), Some(PropertyValue::Dword(2000)));
    assert_eq!(rig.events(port), []);
    assert_eq!(set(&mut rig, group, CHECK_COMMON, &both[..1]), 0);
    assert_eq!(value(&mut rig, group, COMMON, "Priority"), Some(PropertyValue::Dword(2000)));
    assert_eq!(run(&mut rig, group, SET_COMMON, &[1, 2, 3]).0, 13);
    assert_eq!(run(&mut rig, group, SET_COMMON, &[]).0, 13);
}

#[test]
fn a_property_that_is_a_member_is_the_member() {
    let mut rig = Rig::new();
    let group = (ControlledObject::Group, "File Server");
    assert_eq!(value(&mut rig, group, READ_ONLY, "Name"), Some(PropertyValue::Sz("File Server".into())));
    assert_eq!(value(&mut rig, group, COMMON, "GroupType"), Some(PropertyValue::Dword(100)));
    let h_group = rig.group("File Server");
    rig.call(&ApiSetGroupNameRequest { h_group, lpsz_group_name: "Files".into() });
    let group = (ControlledObject::Group, "Files");
    assert_eq!(value(&mut rig, group, READ_ONLY, "Name"), Some(PropertyValue::Sz("Files".into())));
}

#[test]
fn private_properties_are_whatever_was_set() {
    for object in OBJECTS.into_iter().filter(|object| object.0 != ControlledObject::GroupSet) {
        let mut rig = Rig::new();
        let values = [
            ("Number", PropertyValue::Dword(7)),
            ("Text", PropertyValue::Sz("x".into())),
            ("Texts", PropertyValue::MultiSz(vec!["a".into(), "b".into()])),
            ("Octets", PropertyValue::Binary(&[1, 2, 3])),
            ("Long", PropertyValue::Long(-1)),
            ("Large", PropertyValue::LargeInteger(-1)),
            ("Larger", PropertyValue::ULargeInteger(1 << 63)),
            ("Word", PropertyValue::Word(1)),
            ("Time", PropertyValue::FileTime(FileTime(9))),
            ("Expand", PropertyValue::ExpandSz { stored: "%a%".into(), expanded: None }),
        ];
        assert_eq!(set(&mut rig, object, SET_PRIVATE, &values), 0, "{object:?}");
        for (name, given) in &values {
            let told = match given {
                PropertyValue::ExpandSz { stored, .. } => {
                    PropertyValue::ExpandSz { stored: *stored, expanded: Some(*stored) }
                }
                given => given.clone(),
            };
            assert_eq!(value(&mut rig, object, PRIVATE, &name.to_lowercase()), Some(told), "{object:?}");
        }
        let (_, names) = run(&mut rig, object, 0x79, &[]);
        for (name, _) in &values {
            assert!(text(names).split('\0').any(|listed| listed == *name), "{name}");
        }
        assert_eq!(set(&mut rig, object, SET_PRIVATE, &[("", PropertyValue::Dword(1))]), 87);
        assert_eq!(set(&mut rig, object, SET_PRIVATE, &[(&"n".repeat(256), PropertyValue::Dword(1))]), 87);
        // Nothing private is read-only.
        assert_eq!(run(&mut rig, object, 0x7D, &[]), (0, &[0; 4][..]));
    }
}

#[test]
fn private_properties_are_limited() {
    let mut rig = Rig::new();
    let group = (ControlledObject::Group, "File Server");
    let set_one = |rig: &mut Rig, name: &str, value| set(rig, group, SET_PRIVATE, &[(name, value)]);
    let codes: Vec<u32> =
        (0..300).map(|number| set_one(&mut rig, &format!("p{number}"), PropertyValue::Dword(1))).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 256);
    assert_eq!(set_one(&mut rig, "P0", PropertyValue::Dword(2)), 0);
    let large = vec![0; 1 << 18];
    assert_eq!(set_one(&mut rig, "p0", PropertyValue::Binary(&large)), 1816);
}

#[test]
fn formats_are_told_by_name() {
    let mut rig = Rig::new();
    let group = (ControlledObject::Group, "File Server");
    let formats = list(&mut rig, group, 0x65);
    let format = |name| formats.get(name).map(|property| property.values().to_vec());
    assert_eq!(format("Priority"), Some(vec![PropertyValue::Word(2)]));
    assert_eq!(format("Description"), Some(vec![PropertyValue::Word(3)]));
    assert_eq!(format("AntiAffinityClassNames"), Some(vec![PropertyValue::Word(5)]));
    assert_eq!(format("Name"), None);
    let (_, names) = run(&mut rig, group, 0x51, &[]);
    let listed = text(names).split('\0').filter(|name| !name.is_empty()).count();
    assert_eq!(listed, list(&mut rig, group, COMMON).properties().len());
}

#[test]
fn setting_is_told_to_version_1_ports() {
    let table = [
        (ControlledObject::Resource, "Cluster Disk 2", ClusterChange::RESOURCE_PROPERTY),
        (ControlledObject::ResourceType, "Physical Disk", ClusterChange::RESOURCE_TYPE_PROPERTY),
        (ControlledObject::Group, "File Server", ClusterChange::GROUP_PROPERTY),
        (ControlledObject::Node, "node1", ClusterChange::NODE_PROPERTY),
        (ControlledObject::Network, "Cluster Network 1", ClusterChange::NETWORK_PROPERTY),
        (ControlledObject::NetInterface, "node1 - Ethernet", ClusterChange::NETINTERFACE_PROPERTY),
        (ControlledObject::Cluster, "", ClusterChange::CLUSTER_PROPERTY),
    ];
    for (object, name, change) in table {
        let mut rig = Rig::new();
        let port = rig.watch();
        let description = [("Description", PropertyValue::Sz("new".into()))];
        assert_eq!(set(&mut rig, (object, name), SET_COMMON, &description), 0);
        let told = rig.events(port);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].0, change.bits(), "{object:?}");
        if object != ControlledObject::Cluster {
            assert_eq!(told[0].1, name);
        }
        assert_eq!(set(&mut rig, (object, name), SET_PRIVATE, &description), 0);
        assert_eq!(rig.events(port).len(), 1);
        // Nothing set, nothing told.
        assert_eq!(set(&mut rig, (object, name), SET_PRIVATE, &[]), 0);
        assert_eq!(rig.events(port), []);
    }
}

#[test]
fn no_group_becomes_the_core_group_and_that_stays_it() {
    let mut rig = Rig::new();
    let (plain, core) =
        ((ControlledObject::Group, "File Server"), (ControlledObject::Group, "Cluster Group"));
    for (group, kind, code) in [(plain, 1, 87), (plain, 100, 0), (core, 9999, 87), (core, 1, 0)] {
        for function in [CHECK_COMMON, SET_COMMON] {
            let kind = PropertyValue::Dword(kind);
            assert_eq!(
                set(&mut rig, group, function, &[("grouptype", kind)]),
                code,
                "{group:?} {function:#x}"
            );
        }
    }
}
