//! Inputs that a fuzzer starts from: what is good, and what breaks one rule.
//!
//! They come from the vectors, the captures and made-up values. Of many that take the same way through a decoder one is
//! kept, so that they stay few; what tells the ways apart is in `outcome`.

mod capture;
mod document;
mod outcome;
mod rpc;
mod script;
mod stub;

use std::collections::BTreeSet;

use crate::stubs::InterfaceName;

/// The seeds of a target, each once and always the same; none if the target is not known.
///
/// # Panics
/// The files that they are made from are not beside this package.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut known = BTreeSet::new();
    all(target).into_iter().filter(|seed| known.insert(seed.clone())).collect()
}

fn all(target: &str) -> Vec<Vec<u8>> {
    match target {
        "clusapi2" => stub::of(InterfaceName::Clusapi2),
        "clusapi3" | "differential" => stub::of(InterfaceName::Clusapi3),
        "constructs" => stub::of(InterfaceName::Constructs),
        "lenient" => stub::lenient(),
        "values" => stub::values(),
        "json" => document::json(),
        "payload" => document::payloads(),
        "batch" => document::batches(),
        "descriptor" => document::descriptors(),
        "expression" => document::expressions(),
        "change" => document::changes(),
        "definition" => document::definitions(),
        "idl" => document::idl(),
        #[cfg(feature = "net")]
        "tower" => document::towers(),
        #[cfg(feature = "net")]
        "endpoint_map" => document::endpoint_maps(),
        "capture" => capture::files(),
        "pdu" => rpc::pdus(),
        "pdu_stream" => rpc::streams(),
        "rpc_server" => script::rpc_server(),
        "rpc_client" => script::rpc_client(),
        "node" => script::node(),
        "port_server" | "port_client" => script::choices(),
        "empty" => vec![vec![0]],
        _ => Vec::new(),
    }
}
