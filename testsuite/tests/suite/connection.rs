//! The oracles of RPC connections over scripts that are the same on every run, and whether those reach anything.

use cmrp_testsuite::connection::{Reached, rpc_client, rpc_server};
use cmrp_testsuite::random::Random;

fn run(oracle: fn(&[u8]) -> Reached) -> Reached {
    let mut total = Reached::default();
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let length = random.below(600);
        let octets: Vec<u8> = (0..length).map(|_| random.octet()).collect();
        let reached = oracle(&octets);
        total.bound += reached.bound;
        total.calls += reached.calls;
        total.faults += reached.faults;
        total.ends += reached.ends;
    }
    total
}

#[test]
fn a_server_bears_any_client() {
    let reached = run(rpc_server);
    assert!(reached.bound > 500 && reached.calls > 200 && reached.faults > 20, "{reached:?}");
    assert!(reached.ends > 500, "{reached:?}");
}

#[test]
fn a_client_bears_any_server() {
    let reached = run(rpc_client);
    assert!(reached.bound > 500 && reached.calls > 10 && reached.faults > 10, "{reached:?}");
    assert!(reached.ends > 500, "{reached:?}");
}
