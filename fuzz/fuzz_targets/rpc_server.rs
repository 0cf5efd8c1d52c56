//! A script of a client and a program on the server's side of a connection.
#![no_main]
use cmrp_testsuite::connection;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    connection::rpc_server(octets);
});
