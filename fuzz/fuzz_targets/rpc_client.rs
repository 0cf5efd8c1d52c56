//! A script of a server and a program on the client's side of a connection.
#![no_main]
use cmrp_testsuite::connection;

libfuzzer_sys::fuzz_target!(|octets: &[u8]| {
    connection::rpc_client(octets);
});
