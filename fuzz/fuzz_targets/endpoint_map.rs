//! Asks an endpoint mapper.
#![no_main]
use cmrp_testsuite::endpoint;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| endpoint::endpoint_map(octets));
