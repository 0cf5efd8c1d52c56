//! Operations on the server engine of notification ports, held against its model.
#![no_main]
use cmrp_simulator::oracle;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| oracle::port_server(octets));
