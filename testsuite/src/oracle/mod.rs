//! What must hold for any octets at all: one oracle for each fuzz target.
//!
//! An oracle takes the octets of a fuzzer as they are. It panics where a law is broken, which is what fuzzers look for.

mod account;
mod document;
mod pdu;
mod refusal;
mod runtime;
mod stub;
mod value;

use std::fmt::Display;

#[cfg(feature = "libndr")]
use crate::differential;
#[cfg(feature = "net")]
use crate::endpoint;
use crate::stubs::InterfaceName;
use crate::{connection, node, reading};

pub use self::document::{idl, json, payload};
pub use self::pdu::{cut_stream, join_stream, pdu, pdu_stream};
pub use self::stub::{agree, check, check_stub, lenient, stub};
pub use self::value::{check_value, make, values};

/// The targets that [`run`] knows.
pub const TARGETS: &[&str] = &[
    "clusapi2",
    "clusapi3",
    "constructs",
    "lenient",
    "values",
    #[cfg(feature = "libndr")]
    "differential",
    "json",
    "pdu",
    "pdu_stream",
    "payload",
    "rpc_server",
    "rpc_client",
    "node",
    "batch",
    "descriptor",
    "expression",
    "change",
    "definition",
    #[cfg(feature = "net")]
    "tower",
    #[cfg(feature = "net")]
    "endpoint_map",
    "idl",
    "empty",
];

/// Runs the oracle of the fuzz target with this name; `false` if there is none.
///
/// # Panics
/// As the oracles do.
#[expect(
    clippy::inline_always,
    reason = "a program that names one target is to hold one oracle: fuzzers count it all"
)]
#[inline(always)]
pub fn run(target: &str, octets: &[u8]) -> bool {
    match target {
        "clusapi2" => stub(InterfaceName::Clusapi2, octets),
        "clusapi3" => stub(InterfaceName::Clusapi3, octets),
        "constructs" => stub(InterfaceName::Constructs, octets),
        "lenient" => lenient(octets),
        "values" => values(octets),
        #[cfg(feature = "libndr")]
        "differential" => differential::differential(octets),
        "json" => json(octets),
        "pdu" => pdu(octets),
        "pdu_stream" => pdu_stream(octets),
        "payload" => payload(octets),
        "rpc_server" => drop(connection::rpc_server(octets)),
        "rpc_client" => drop(connection::rpc_client(octets)),
        "batch" => reading::batch(octets),
        "descriptor" => reading::descriptor(octets),
        "expression" => reading::expression(&String::from_utf8_lossy(octets)),
        "change" => reading::change(&String::from_utf8_lossy(octets)),
        "definition" => reading::definition(&String::from_utf8_lossy(octets)),
        "node" => node::run(octets),
        #[cfg(feature = "net")]
        "tower" => endpoint::tower(octets),
        #[cfg(feature = "net")]
        "endpoint_map" => endpoint::endpoint_map(octets),
        "idl" => idl(&String::from_utf8_lossy(octets)),
        "empty" => empty(octets),
        _ => return false,
    }
    true
}

/// Does nothing: the executions a second that a fuzzer reaches here are the most that it can reach anywhere.
pub fn empty(octets: &[u8]) {
    let _ = octets;
}

#[expect(clippy::panic, reason = "an oracle reports a defect by a panic, which is what fuzzers look for")]
pub(crate) fn panic_with(what: &str, error: &(impl Display + ?Sized)) -> ! {
    panic!("{what}: {error}")
}
