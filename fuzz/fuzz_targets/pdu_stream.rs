//! Cuts one direction of a connection into PDUs and watches them.
#![no_main]
use cmrp_testsuite::oracle;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| oracle::pdu_stream(octets));
