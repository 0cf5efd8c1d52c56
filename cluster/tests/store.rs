//! The data file: what it keeps, and what it refuses.
#![cfg(test)]

use std::path::Path;
use std::sync::Arc;

use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::Journal;
use cmrp_cluster::embedded::model::{Expression, Key, KeyValue, ResourceState, ResourceType, State};
use cmrp_cluster::store::{Opened, Origin, Store, StoreError, faults};
use redb::TableDefinition;
use tempfile::TempDir;

fn definition() -> Definition {
    Definition::from_text(DEFAULT).unwrap()
}

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(path: &Path) -> Result<Opened, StoreError> {
    Store::open(path, &definition(), 0)
}

/// Makes a change and opens the file again.
fn changed(path: &Path, change: impl FnOnce(&mut State)) -> State {
    let mut opened = open(path).unwrap();
    let mut after = opened.state.clone();
    change(&mut after);
    opened.store.commit(&opened.state, &after).unwrap();
    drop(opened);
    let read = open(path).unwrap().state;
    assert_eq!(read, after);
    read
}

#[test]
fn the_first_start_takes_the_definition_and_later_ones_the_file() {
    let directory = directory();
    let path = directory.path().join("data");
    let first = open(&path).unwrap();
    assert_eq!((first.origin, &first.state), (Origin::Created, &definition().state(0)));
    drop(first);
    let second = open(&path).unwrap();
    assert_eq!(second.origin, Origin::Continued { definition_differs: false });
    assert_eq!(second.state, definition().state(0));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn another_definition_is_told_and_not_taken() {
    let directory = directory();
    let path = directory.path().join("data");
    drop(open(&path).unwrap());
    let other = Definition::from_text("[cluster]\nname='OTHER'\n[[nodes]]\nname='n'\n").unwrap();
    let opened = Store::open(&path, &other, 0).unwrap();
    assert_eq!(opened.origin, Origin::Continued { definition_differs: true });
    assert_eq!(opened.state.cluster.name, "CLUSTER1");
}

#[test]
fn every_kind_of_object_is_kept_changed_and_removed() {
    let directory = directory();
    let path = directory.path().join("data");
    let full = changed(&path, |state| {
        state.cluster.next_name = Some("NEXT".into());
        state.quorum.max_log_size = 1;
        let node = state.add_node("node3");
        let group = state.add_group("New", 1, node);
        let resource = state.add_resource("New resource", "Generic Service", &group);
        let other = state.add_resource("Other", "Generic Service", &group);
        state.resources.get_mut(&other).unwrap().dependencies = Expression::On(resource.to_string());
        state.resources.get_mut(&other).unwrap().state = ResourceState::OnlinePending;
        let network = state.add_network("New network");
        state.add_interface("node3 - x", node, &network);
        let set = state.add_group_set("New set");
        state.groups.get_mut(&group).unwrap().set = Some(set);
        state.add_resource_type("New type", ResourceType::default());
        state.network_order.reverse();
    });
    assert!(faults(&full).is_empty());
    changed(&path, |state| {
        let node = *state.node("node3").unwrap().0;
        state.resources.retain(|_, resource| !["New resource", "Other"].contains(&resource.name.as_str()));
        state.groups.retain(|_, group| group.name != "New");
        state.interfaces.retain(|_, interface| interface.node != node);
        let network = state.network("New network").unwrap().0.clone();
        state.networks.remove(&network);
        state.network_order.retain(|id| *id != network);
        state.group_sets.retain(|_, set| set.name != "New set");
        state.resource_types.remove(&"new TYPE".into());
        state.nodes.remove(&node);
        state.quorum.resource = None;
    });
}

#[test]
fn state_numbers_go_on_after_a_restart() {
    let directory = directory();
    let path = directory.path().join("data");
    let state =
        changed(&path, |state| state.resources.values_mut().for_each(|resource| resource.sequence = 41));
    assert!(state.resources.values().all(|resource| resource.sequence == 41));
}

fn key_at<'s>(state: &'s mut State, path: &[&str]) -> &'s mut Key {
    path.iter().fold(Arc::make_mut(&mut state.registry), |key, part| {
        Arc::make_mut(key.keys.entry((*part).into()).or_default())
    })
}

fn value(octets: &[u8]) -> KeyValue {
    KeyValue { kind: 3, data: Arc::new(octets.to_vec()) }
}

#[test]
fn the_registry_is_kept_key_by_key() {
    let directory = directory();
    let path = directory.path().join("data");
    changed(&path, |state| {
        key_at(state, &["A", "B", "C"]).values.insert("x".into(), value(&[1, 2]));
        key_at(state, &["A"]).values.insert(String::new().into(), value(&[]));
        key_at(state, &["A", "B"]).security = vec![9];
        key_at(state, &["A", "Ä"]).written = 7;
    });
    changed(&path, |state| {
        key_at(state, &["A", "B", "C"]).values.insert("x".into(), value(&[3]));
        key_at(state, &["A", "B", "C"]).values.insert("y".into(), value(&[4]));
    });
    changed(&path, |state| {
        key_at(state, &["A"]).keys.remove(&"b".into());
        key_at(state, &["A"]).values.clear();
    });
    let gone = changed(&path, |state| drop(key_at(state, &[]).keys.remove(&"A".into())));
    assert!(!gone.registry.keys.contains_key(&"A".into()));
}

#[test]
fn a_deep_registry_is_kept() {
    let directory = directory();
    let path = directory.path().join("data");
    let deep = ["k"; 400];
    changed(&path, |state| drop(key_at(state, &deep).values.insert("x".into(), value(&[1]))));
}

#[test]
fn names_keep_their_case_when_nothing_else_changes() {
    let directory = directory();
    let path = directory.path().join("data");
    changed(&path, |state| drop(key_at(state, &["Key"]).values.insert("Value".into(), value(&[1]))));
    let respelt = changed(&path, |state| {
        let root = key_at(state, &[]);
        let mut key = root.keys.remove(&"Key".into()).unwrap();
        let inner = Arc::make_mut(&mut key);
        let kept = inner.values.remove(&"Value".into()).unwrap();
        inner.values.insert("VALUE".into(), kept);
        root.keys.insert("KEY".into(), key);
        let kind = state.resource_types.remove(&"File Server".into()).unwrap();
        state.add_resource_type("FILE SERVER", kind);
    });
    let (name, key) = respelt.registry.keys.get_key_value(&"key".into()).unwrap();
    assert_eq!((name.as_str(), key.values.keys().next().unwrap().as_str()), ("KEY", "VALUE"));
    assert!(respelt.resource_types.keys().any(|name| name.as_str() == "FILE SERVER"));
}

#[test]
fn two_servers_cannot_share_a_file() {
    let directory = directory();
    let path = directory.path().join("data");
    let first = open(&path).unwrap();
    assert!(matches!(open(&path), Err(StoreError::InUse)));
    drop(first);
    assert!(open(&path).is_ok());
}

#[test]
fn a_file_of_another_format_is_refused_by_name() {
    let directory = directory();
    let path = directory.path().join("data");
    drop(open(&path).unwrap());
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    let about: TableDefinition<'_, &str, &str> = TableDefinition::new("cmrp-cluster");
    write.open_table(about).unwrap().insert("format", "2").unwrap();
    write.commit().unwrap();
    drop(database);
    let error = open(&path).unwrap_err();
    assert_eq!(error.to_string(), "the data file has format 2; this version knows format 1 only");
}

#[test]
fn files_of_other_kinds_are_refused() {
    let directory = directory();
    let path = directory.path().join("data");
    for content in [Vec::new(), b"hello".to_vec(), vec![0; 100_000]] {
        std::fs::write(&path, &content).unwrap();
        assert!(matches!(open(&path), Err(StoreError::Foreign)), "{} octets", content.len());
        assert_eq!(std::fs::read(&path).unwrap(), content, "it is not touched");
    }
    std::fs::remove_file(&path).unwrap();
    drop(redb::Database::create(&path).unwrap());
    assert!(matches!(open(&path), Err(StoreError::Foreign)));
    let missing = directory.path().join("no").join("data");
    assert!(matches!(open(&missing), Err(StoreError::Disk(_))));
}

/// Changes the rows of a sound file by hand.
fn tampered(change: impl FnOnce(&redb::WriteTransaction)) -> StoreError {
    let directory = directory();
    let path = directory.path().join("data");
    drop(open(&path).unwrap());
    let database = redb::Database::open(&path).unwrap();
    let write = database.begin_write().unwrap();
    change(&write);
    write.commit().unwrap();
    drop(database);
    open(&path).unwrap_err()
}

const OBJECTS: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("objects");
const KEYS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("keys");

#[test]
fn rows_that_do_not_fit_together_are_refused() {
    let lost = |kind: &'static str| {
        tampered(|write| {
            let mut objects = write.open_table(OBJECTS).unwrap();
            objects.retain(|(row, _), _| row != kind).unwrap();
        })
    };
    for (kind, told) in [
        ("node", "there is no node"),
        ("group", "in the missing group"),
        ("type", "of the missing type"),
        ("network", "has no node or no network"),
        ("group set", "in a missing group set"),
        ("single", "a row of the cluster itself is missing"),
    ] {
        let error = lost(kind).to_string();
        assert!(error.contains(told), "{kind}: {error}");
    }
    let unreadable = tampered(|write| {
        write.open_table(OBJECTS).unwrap().insert(("node", "1"), &b"{}"[..]).unwrap();
    });
    assert!(unreadable.to_string().contains("missing field `name`"), "{unreadable}");
    let unknown = tampered(|write| {
        write.open_table(OBJECTS).unwrap().insert(("ghost", "1"), &b"{}"[..]).unwrap();
    });
    assert!(unknown.to_string().contains("unknown kind \"ghost\""), "{unknown}");
    let headless = tampered(|write| drop(write.open_table(KEYS).unwrap().remove("software").unwrap()));
    assert!(headless.to_string().contains("missing key \"software\""), "{headless}");
    let rootless = tampered(|write| drop(write.open_table(KEYS).unwrap().remove("").unwrap()));
    assert!(rootless.to_string().contains("missing key \"\""), "{rootless}");
}

#[test]
fn a_damaged_file_is_an_error_or_read_as_it_was() {
    let directory = directory();
    let path = directory.path().join("data");
    drop(open(&path).unwrap());
    let sound = std::fs::read(&path).unwrap();
    let mut random = cmrp_cluster::life::Random::new(5);
    let (mut refused, mut read) = (0, 0);
    for _ in 0..60 {
        let mut octets = sound.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(octets.len());
            octets[at] ^= 1 << random.below(8);
        }
        octets.truncate(if random.below(4) == 0 { random.below(sound.len()) } else { sound.len() });
        std::fs::write(&path, &octets).unwrap();
        match open(&path) {
            Ok(opened) => {
                read += 1;
                assert_eq!(opened.state, definition().state(0));
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 0 && read > 0, "{refused} refused, {read} read");
}

#[test]
fn what_a_crash_left_of_a_new_file_is_no_hindrance() {
    let directory = directory();
    let path = directory.path().join("data");
    std::fs::write(directory.path().join("data.new"), [0; 5_000]).unwrap();
    assert_eq!(open(&path).unwrap().origin, Origin::Created);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn only_what_differs_is_written() {
    let directory = directory();
    let path = directory.path().join("data");
    let mut opened = open(&path).unwrap();
    // 2,000 groups, so that writing them all would be seen.
    let mut large = opened.state.clone();
    let node = *large.node("node1").unwrap().0;
    for number in 0..2_000 {
        large.add_group(&format!("group {number}"), 1, node);
    }
    opened.store.commit(&opened.state, &large).unwrap();
    let size = || std::fs::metadata(&path).unwrap().len();
    let before = size();
    let mut small = large.clone();
    for number in 0..50 {
        let last = small.clone();
        small.cluster.name = format!("C{number}");
        opened.store.commit(&last, &small).unwrap();
    }
    assert!(size() <= before.saturating_add(1 << 20), "{before} octets became {}", size());
}
