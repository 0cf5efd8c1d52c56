//! Reads lines of files of changes.
#![no_main]
use cmrp_testsuite::reading;

libfuzzer_sys::fuzz_target!(|line: &str| reading::change(line));
