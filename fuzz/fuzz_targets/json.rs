//! Reads the JSON form of requests and responses.
#![no_main]
use cmrp_testsuite::oracle;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| oracle::json(octets));
