//! Reads security descriptors.
#![no_main]
use cmrp_testsuite::reading;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| reading::descriptor(octets));
