//! Reads a whole capture: file format, link layers, TCP streams, calls, output.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| drop(cmrp_cli::dissect_octets(octets)));
