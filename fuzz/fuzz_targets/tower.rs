//! Reads protocol towers.
#![no_main]
use cmrp_testsuite::endpoint;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| endpoint::tower(octets));
