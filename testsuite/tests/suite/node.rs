//! A node of a cluster under random octets.

use cmrp_testsuite::node;
use cmrp_testsuite::random::Random;

#[test]
fn any_octets_leave_a_node_in_order() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let octets: Vec<u8> = (0..1_500).map(|_| random.octet()).collect();
        node::run(&octets);
    }
}
