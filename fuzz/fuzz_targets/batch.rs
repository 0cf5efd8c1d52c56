//! Reads lists of registry commands.
#![no_main]
use cmrp_testsuite::reading;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| reading::batch(octets));
