//! Decodes one DCE/RPC PDU.
#![no_main]
use cmrp_testsuite::oracle;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| oracle::pdu(octets));
