//! A node of a cluster under a sequence of calls.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| cmrp_testsuite::node::run(octets));
