//! Compiles IDL.
#![no_main]
use cmrp_testsuite::oracle;

libfuzzer_sys::fuzz_target!(|text: &str| oracle::idl(text));
