//! The judge, seen to find what is wrong.

use std::sync::Arc;

use cmrp::cluster_change::ClusterChange;
use cmrp_port::client::{FilterId, Indication};
use cmrp_port::protocol::PortVersion;

use crate::rig::judge::Judge;
use crate::rig::ledger::{GROUP, Ledger, Post, name};

/// What a version 1 port brings.
fn v1(change: ClusterChange, name: &str, state_sequence: u32, filter: Option<FilterId>) -> Indication {
    Indication::V1 { change, name: name.into(), state_sequence, context: 0, filter }
}

fn event(number: u32) -> Indication {
    v1(ClusterChange::GROUP_ADDED, &name(number), 0, None)
}

fn reconnect() -> Indication {
    v1(ClusterChange::CLUSTER_RECONNECT, "C", 0, None)
}

fn loss() -> Indication {
    v1(ClusterChange::CLUSTER_RECONNECT, "C", 0, Some(filter()))
}

/// Any filter: only engines make them.
fn filter() -> FilterId {
    use cmrp_port::client::{Client, Config, Target};
    let mut client = Client::new(Config::new(cmrp_port::protocol::Protocol::V3, ["s"]));
    let port = client.create_port(PortVersion::V1);
    client.add_filter(port, Target::Cluster, ClusterChange::GROUP_ADDED, false, 0).unwrap()
}

/// Events 0 to 9 are posted one by one; each is followed by what is heard then.
fn verdict(heard: impl Fn(u32) -> Vec<Indication>) -> Vec<String> {
    let ledger = Arc::new(Ledger::default());
    let mut judge = Judge::new(Arc::clone(&ledger), PortVersion::V1);
    judge.ready();
    judge.began(0);
    for number in 0..10 {
        ledger.post(PortVersion::V1, Post { number, is_deletion: false });
        for indication in heard(number) {
            judge.take(&indication);
        }
    }
    judge.finish(0);
    judge.breaches
}

#[test]
fn all_that_was_posted_is_right() {
    assert!(verdict(|number| vec![event(number)]).is_empty());
    // Late, but complete.
    let late = |number| if number < 9 { vec![] } else { (0..10).map(event).collect() };
    assert!(verdict(late).is_empty());
}

#[test]
fn a_gap_must_be_told() {
    let heard = |mark: fn() -> Indication| {
        move |number| match number {
            3 => vec![],
            4 => vec![mark(), event(4)],
            number => vec![event(number)],
        }
    };
    assert!(verdict(heard(loss)).is_empty());
    let silent = |number| if number == 3 { vec![] } else { vec![event(number)] };
    assert_eq!(verdict(silent).len(), 1);
    // A reconnect excuses what was before it, and nothing after.
    let before = |number| match number {
        3 => vec![],
        4 => vec![reconnect()],
        number => vec![event(number)],
    };
    assert!(verdict(before).is_empty());
    let after = |number| match number {
        4 => vec![event(4), reconnect()],
        5 => vec![],
        number => vec![event(number)],
    };
    assert_eq!(verdict(after).len(), 1);
}

#[test]
fn repetition_disorder_invention_and_silence_are_found() {
    let twice = |number| if number == 5 { vec![event(5), event(5)] } else { vec![event(number)] };
    assert!(!verdict(twice).is_empty());
    let swapped = |number| match number {
        5 => vec![],
        6 => vec![event(6), event(5)],
        number => vec![event(number)],
    };
    assert!(!verdict(swapped).is_empty());
    let invented = |number| if number == 5 { vec![event(5), event(77)] } else { vec![event(number)] };
    assert_eq!(verdict(invented).len(), 1);
    let silent = |number| if number == 9 { vec![] } else { vec![event(number)] };
    assert_eq!(verdict(silent).len(), 1);
}

#[test]
fn the_newest_state_must_be_known() {
    let told = |number, sequence| {
        let state = v1(ClusterChange::GROUP_STATE, GROUP, sequence, None);
        if number == 9 { vec![event(9), state] } else { vec![event(number)] }
    };
    assert!(verdict(|number| told(number, 0)).is_empty());
    assert_eq!(verdict(|number| told(number, 1)).len(), 1);
}
