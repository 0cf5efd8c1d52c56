//! Runs of many seeds: no law is broken, and nothing that can happen never does.
#![allow(clippy::panic, clippy::expect_used, reason = "a test stops when a law is broken")]

use cmrp_simulator::run;
use cmrp_simulator::script::{Command, Fault, Script, Step};
use cmrp_simulator::tally::{Tally, Totals};
use cmrp_simulator::world::Happening;

fn totals(seeds: std::ops::Range<u64>) -> Totals {
    let mut totals = Totals::default();
    for seed in seeds {
        let outcome = run::seed(seed, false);
        let replay = format!("replay: cargo run --release -p cmrp-simulator -- replay {seed}");
        assert_eq!(outcome.violation, None, "{replay}");
        totals.merge(&outcome.totals);
    }
    totals
}

/// Every kind of fault, and every code that a get call can return.
#[test]
fn two_thousand_seeds_break_no_law_and_miss_nothing() {
    let totals = totals(0..2000);
    assert!(totals.missing().is_empty(), "never: {:?}\n{totals}", totals.missing());
}

#[test]
fn a_seed_always_does_the_same() {
    for seed in 40..60 {
        let (first, second) = (run::seed(seed, true), run::seed(seed, true));
        assert_eq!(first.trace, second.trace);
        assert_eq!(first.totals, second.totals);
        assert_eq!(first.totals, run::seed(seed, false).totals, "tracing changes nothing");
    }
}

/// A script written by hand: a state change that falls into the gap is told after the reconnect.
#[test]
fn a_script_can_be_given() {
    use cmrp_port::object::ObjectKind;
    use cmrp_port::protocol::{PortVersion, Protocol};
    let mut script = (0..10_000).map(Script::from_seed).find(|script| {
        let flavour = &script.flavour;
        flavour.protocol == Protocol::V3
            && flavour.nodes > 1
            && flavour.queue >= 1000
            && flavour.delay < 50
            && flavour.limits == cmrp_port::server::Limits::default()
    });
    let script = script.as_mut().expect("a flavour");
    let client = 0;
    let command = |command| Step::Command { client, command };
    let filter = Command::AddFilter { port: 0, object: Some(0), bits: u32::MAX, subtree: false };
    script.flavour.clients = 1;
    script.flavour.access = cmrp_port::access::Access::All;
    script.steps = vec![
        (0, command(Command::CreatePort(PortVersion::V1))),
        (1, command(Command::Open { kind: ObjectKind::Group, which: 0 })),
        (2, command(filter)),
        (5000, Step::Fault(Fault::LoseAssociation { client, client_after: 500, server_after: 0 })),
        (5100, Step::Happen(Happening::State { kind: ObjectKind::Group, which: 0, state: 1 })),
    ];
    let outcome = run::script(script, true);
    assert_eq!(outcome.violation, None, "{}", outcome.trace);
    assert_eq!(outcome.totals.get(Tally::ReAddEvents), 1, "{}", outcome.trace);
    assert_eq!(outcome.totals.get(Tally::Reconnects), 1);
    let reconnected = outcome.trace.find("reads ClusterChange(CLUSTER_RECONNECT)").expect("a reconnect");
    let told = outcome.trace.find("reads ClusterChange(GROUP_STATE) \"G1\" #1").expect("the state");
    assert!(reconnected < told, "{}", outcome.trace);
}
