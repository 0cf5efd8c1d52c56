//! Reads dependency expressions.
#![no_main]
use cmrp_testsuite::reading;

libfuzzer_sys::fuzz_target!(|text: &str| reading::expression(text));
