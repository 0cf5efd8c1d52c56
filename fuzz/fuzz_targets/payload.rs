//! Reads the buffers of version 2 events.
#![no_main]
use cmrp_testsuite::oracle;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| oracle::payload(octets));
