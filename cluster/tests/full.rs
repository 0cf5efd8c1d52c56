//! A data file on a disk that is full for a while.
//!
//! The child is this test program itself. The limit on the size of its files stands for the disk.
#![cfg(test)]
#![cfg(target_os = "linux")]

use std::env;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::Journal;
use cmrp_cluster::embedded::model::{KeyValue, State};
use cmrp_cluster::store::{Opened, Store};

/// Tells the child which file to use.
const FILE: &str = "CMRP_FULL_TEST_FILE";

fn open(path: &Path) -> Opened {
    Store::open(path, &Definition::from_text(DEFAULT).unwrap(), 0).unwrap()
}

fn renamed(state: &State, name: &str) -> State {
    let mut state = state.clone();
    name.clone_into(&mut state.cluster.name);
    state
}

/// More than the file has room for.
fn swollen(state: &State) -> State {
    let mut state = renamed(state, "SWOLLEN");
    let value = |octet: u8| KeyValue { kind: 3, data: Arc::new(vec![octet; 1 << 20]) };
    let values = (0..32).map(|octet| (format!("v{octet}").into(), value(octet)));
    Arc::make_mut(&mut state.registry).values.extend(values);
    state
}

/// Limits the size of files of this process; `prlimit` belongs to util-linux.
fn limit(octets: &str) {
    let this = std::process::id().to_string();
    let limit = format!("--fsize={octets}:unlimited");
    let done = Command::new("prlimit").args(["--pid", &this, &limit]).status().unwrap();
    assert!(done.success());
}

#[test]
fn child() {
    let Some(path) = env::var_os(FILE) else { return };
    let path = Path::new(&path);
    let Opened { mut store, state: first, .. } = open(path);
    let second = renamed(&first, "SECOND");
    store.commit(&first, &second).unwrap();
    limit(&std::fs::metadata(path).unwrap().len().to_string());
    let refused = store.commit(&second, &swollen(&second)).unwrap_err();
    println!("{}", std::error::Error::source(&refused).unwrap());
    let tried = store.commit(&second, &renamed(&second, "MEANWHILE")).is_ok();
    limit("unlimited");
    let last = if tried { renamed(&second, "MEANWHILE") } else { second };
    let third = renamed(&last, "THIRD");
    store.commit(&last, &third).unwrap();
    store.commit(&third, &swollen(&third)).unwrap();
    drop(store);
    assert!(open(path).state == swollen(&third), "the file has what was kept last");
}

#[test]
fn a_disk_that_has_room_again_is_used_again() {
    if env::var_os(FILE).is_some() || Command::new("prlimit").arg("--version").output().is_err() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // A signal would end the child at the first write beyond the limit.
    let ignoring = "trap '' XFSZ; exec \"$0\" --exact child --nocapture";
    let done = Command::new("sh")
        .args(["-c", ignoring])
        .arg(env::current_exe().unwrap())
        .env(FILE, directory.path().join("data"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && told.contains("1 passed"), "{told}");
}
