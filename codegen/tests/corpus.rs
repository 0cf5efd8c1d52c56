//! Microsoft's own published IDL: every file compiles, or fails for a reason that is the file's own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::fmt::Write;

use midl_codegen::diagnostic::Severity;
use support::{compile_file, corpus, workspace};

/// `file: ok, operations of each interface` or `file: code, message` of the first error, one a line.
#[test]
fn published_files_have_the_recorded_outcome() {
    let Some(directory) = corpus() else { return };
    let mut names: Vec<String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| ["idl", "h"].iter().any(|kind| name.rsplit('.').next() == Some(kind)))
        .collect();
    names.sort();
    let mut report = String::new();
    for name in names {
        let outcome = outcome(&directory.join(&name), &directory);
        writeln!(report, "{name}: {outcome}").unwrap();
    }
    compare(&report);
}

fn outcome(file: &std::path::Path, directory: &std::path::Path) -> String {
    match compile_file(file, &[directory.to_owned()]) {
        Ok(compilation) => {
            let own = file.file_name().unwrap().to_string_lossy();
            let interfaces = compilation.model.interfaces().iter().filter(|interface| {
                compilation.sources.file(interface.origin.0).is_some_and(|source| source.name == own)
            });
            let counts: Vec<String> = interfaces.map(|each| each.next_opnum().to_string()).collect();
            format!("ok, {}", if counts.is_empty() { "types".into() } else { counts.join(" ") })
        }
        Err(problems) => {
            let mut errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
            let first = errors.next().unwrap();
            let code = first.code;
            let others = errors.filter(|error| error.code != code).count();
            let more = if others == 0 { "nothing else" } else { "and other errors" };
            format!("{code}, {}, {more}", first.message)
        }
    }
}

fn compare(report: &str) {
    let path = workspace("codegen/tests/corpus.txt");
    if std::env::var_os("MIDL_BLESS").is_some() {
        std::fs::write(&path, report).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap();
    assert_eq!(report, recorded, "run with MIDL_BLESS=1 to record a wanted change");
}

/// Files that import each other in a circle, and twice, are read once.
#[test]
fn a_file_is_read_once() {
    let files = [
        ("a.idl", "import \"b.idl\"; import \"b.idl\"; typedef B A;"),
        ("b.idl", "import \"a.idl\"; typedef long B;"),
    ];
    let mut imports: std::collections::BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let compilation = midl_codegen::compile("a.idl", files[0].1, &mut imports).unwrap();
    let read: Vec<&str> = compilation.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(read, ["a.idl", "b.idl"]);
}
