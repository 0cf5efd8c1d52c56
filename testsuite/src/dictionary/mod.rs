//! Dictionaries for fuzzers: the octets that matter to a target, which chance would seldom hit.
//!
//! What an interface declares is taken from its IDL, so that a dictionary follows the IDL.

mod interface;
mod protocol;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::stubs::InterfaceName;

/// The most octets of an entry: what libFuzzer takes for a word.
const MOST_OCTETS: usize = 64;

/// One word of a dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DictionaryEntry {
    /// What it is: letters, digits and underscores.
    pub name: String,
    /// The octets, 1 to 64.
    pub octets: Vec<u8>,
}

impl DictionaryEntry {
    fn new(name: &str, octets: impl Into<Vec<u8>>) -> Self {
        let name = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' });
        Self { name: name.collect(), octets: octets.into() }
    }
}

/// The words of a target, each once; none if the target is not known or has no use for them.
///
/// # Panics
/// The IDL files are not beside this package, or do not compile.
pub fn entries(target: &str) -> Vec<DictionaryEntry> {
    distinct(all(target))
}

/// The dictionary of a target in the syntax that libFuzzer, AFL++ and honggfuzz read.
///
/// # Panics
/// As [`entries`].
pub fn of(target: &str) -> String {
    // Never empty: libFuzzer takes an empty file for a missing one.
    let mut text = format!("# Words for the fuzz target {target}. Written by `cargo xtask fuzz seeds`.\n");
    for DictionaryEntry { name, octets } in entries(target) {
        let _ = writeln!(text, "{name}=\"{}\"", escaped(&octets));
    }
    text
}

fn all(target: &str) -> Vec<DictionaryEntry> {
    match target {
        "clusapi2" => stubs(&[InterfaceName::Clusapi2]),
        "clusapi3" | "differential" => stubs(&[InterfaceName::Clusapi3]),
        "constructs" => stubs(&[InterfaceName::Constructs]),
        // Slots of version 2 are slots of version 3, too.
        "lenient" => stubs(&[InterfaceName::Clusapi3, InterfaceName::Constructs]),
        "json" => [words::json(), interface::member_names(InterfaceName::Clusapi3)].concat(),
        "pdu" | "pdu_stream" | "rpc_server" | "rpc_client" => protocol::pdus(),
        "capture" => [protocol::captures(), protocol::pdus()].concat(),
        "endpoint_map" | "tower" => [protocol::towers(), protocol::numbers()].concat(),
        "values" | "node" | "port_server" | "port_client" => protocol::numbers(),
        "payload" => [protocol::properties(), protocol::numbers()].concat(),
        "batch" => protocol::registry(),
        "descriptor" => protocol::security(),
        "expression" => words::expressions(),
        "change" => words::changes(),
        "definition" => words::definitions(),
        "idl" => words::idl(),
        _ => Vec::new(),
    }
}

fn stubs(interfaces: &[InterfaceName]) -> Vec<DictionaryEntry> {
    let declared = interfaces.iter().flat_map(|interface| interface::declared(*interface));
    protocol::numbers().into_iter().chain(protocol::ndr()).chain(declared).collect()
}

/// Keeps the first of entries with the same octets, and tells entries of the same name apart.
fn distinct(entries: Vec<DictionaryEntry>) -> Vec<DictionaryEntry> {
    let (mut known, mut names) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut kept = Vec::new();
    for mut entry in entries {
        if entry.octets.is_empty() || entry.octets.len() > MOST_OCTETS || !known.insert(entry.octets.clone())
        {
            continue;
        }
        let number = names.entry(entry.name.clone()).or_default();
        *number = number.saturating_add(1);
        if *number > 1 {
            let _ = write!(entry.name, "_{number}");
        }
        kept.push(entry);
    }
    kept
}

/// Quotes, backslashes and all that is not printable ASCII as the syntax has it.
fn escaped(octets: &[u8]) -> String {
    let mut text = String::new();
    for octet in octets {
        let _ = match octet {
            b'"' | b'\\' => write!(text, "\\{}", char::from(*octet)),
            b' '..=b'~' => write!(text, "{}", char::from(*octet)),
            _ => write!(text, "\\x{octet:02X}"),
        };
    }
    text
}
