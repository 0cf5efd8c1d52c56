//! The client engine of notification ports among hostile servers.
#![no_main]
use cmrp_simulator::oracle;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| oracle::port_client(octets));
