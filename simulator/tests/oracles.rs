//! The oracles of the fuzz targets, on random octets: every commit runs them, without a fuzzer.

use cmrp_simulator::oracle;
use cmrp_testsuite::random::Random;

fn octets(seed: u64, length: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..length).map(|_| random.octet()).collect()
}

#[test]
fn server_operations_that_octets_choose_agree_with_the_model() {
    for seed in 0..300 {
        oracle::port_server(&octets(seed, 1500));
    }
}

#[test]
fn a_client_among_hostile_servers_keeps_its_own_rules() {
    for seed in 0..1500 {
        oracle::port_client(&octets(seed, 600));
    }
}
