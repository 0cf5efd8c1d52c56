//! A table of all operations with what the vectors say of each.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use cmrp::ndr::Format;
use cmrp::{clusapi2, clusapi3};
use midl_codegen::model::Operation;
use midl_codegen::{SearchPath, compile};

use crate::message::Protocol;
use crate::vector;

/// What stands above the tables.
const HEAD: &str = "# Operations

Written by `cargo xtask operations`; a test compares it.

Every slot of both interfaces, and how many test vectors of its request and response decode to their value and encode to their octets again, in each transfer format. Reserved slots carry nothing but a status, if that; few of them have vectors.
";

/// Vectors that pass, and all vectors.
type Count = (usize, usize);
/// By protocol, opnum and format.
type Counts = BTreeMap<(bool, u16, &'static str), Count>;

/// The text of `docs/operations.md`.
///
/// # Panics
/// The IDL files are not beside this package, or do not compile.
pub fn table() -> String {
    let counts = counts();
    let mut text = HEAD.to_owned();
    for (protocol, name, skipped) in [
        (Protocol::V2, "clusapi2", clusapi2::NOT_GENERATED),
        (Protocol::V3, "clusapi3", clusapi3::NOT_GENERATED),
    ] {
        let operations = operations(name);
        let reserved = operations.iter().filter(|operation| operation.is_reserved()).count();
        let slots = operations.len();
        let _ = write!(text, "\n## {name}\n\n{slots} slots, {reserved} of them reserved.\n\n");
        text.push_str("| opnum | operation | section | status | ndr20-le | ndr20-be | ndr64 |\n");
        text.push_str("|--:|---|---|---|--:|--:|--:|\n");
        for operation in &operations {
            let status = status(operation, skipped);
            row(&mut text, operation, status, |format| {
                counts.get(&(protocol == Protocol::V3, operation.opnum, format.name())).copied()
            });
        }
    }
    text
}

fn row(text: &mut String, operation: &Operation, status: &str, count: impl Fn(Format) -> Option<Count>) {
    let Operation { opnum, name, .. } = operation;
    let _ = write!(text, "| {opnum} | {name} | {} | {status} |", section(operation));
    for format in Format::ALL {
        let _ = match count(format) {
            None => write!(text, " – |"),
            Some((passed, all)) if passed == all => write!(text, " {all} |"),
            Some((passed, all)) => write!(text, " {passed} of {all} |"),
        };
    }
    text.push('\n');
}

fn status(operation: &Operation, skipped: &[(u16, &str, &str)]) -> &'static str {
    match operation.is_reserved() {
        true => "reserved",
        false if skipped.iter().any(|(opnum, ..)| *opnum == operation.opnum) => "not generated",
        false => "generated",
    }
}

/// The section of MS-CMRP, which the comment of a method ends with.
fn section(operation: &Operation) -> &str {
    let last = operation.doc.0.lines().rev().find_map(|line| line.trim().strip_prefix("MS-CMRP "));
    last.unwrap_or("–")
}

#[expect(clippy::panic, reason = "the files are part of the workspace")]
fn operations(name: &str) -> Vec<Operation> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../idl");
    let text = std::fs::read_to_string(folder.join(format!("{name}.idl"))).unwrap_or_default();
    let compilation = compile(name, &text, &mut SearchPath::new([folder]))
        .unwrap_or_else(|problems| panic!("idl/{name}.idl does not compile: {problems}"));
    let interface = compilation.model.interfaces().iter().find(|interface| interface.name == name);
    interface.map(|interface| interface.operations.clone()).unwrap_or_default()
}

fn counts() -> Counts {
    let mut counts = Counts::new();
    for vector in vector::all() {
        let key = (vector.protocol == Protocol::V3, vector.opnum, vector.format.name());
        let (passed, all) = counts.entry(key).or_default();
        *all = all.saturating_add(1);
        *passed = passed.saturating_add(usize::from(vector.verify().is_ok()));
    }
    counts
}
