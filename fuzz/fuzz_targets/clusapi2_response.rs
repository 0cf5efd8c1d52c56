//! Decodes responses of protocol version 2.
#![no_main]
use cmrp_testsuite::{message::Direction, message::Protocol, oracle};

libfuzzer_sys::fuzz_target!(|octets: &[u8]| oracle::round_trip(Protocol::V2, Direction::Response, octets));
