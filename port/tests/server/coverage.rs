//! Every requirement has a test, and every test names requirements that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The first column of the table.
fn requirements() -> BTreeSet<String> {
    let rows = include_str!("../requirements-server.tsv").lines().skip(1);
    let ids: Vec<String> = rows
        .map(|row| {
            let columns: Vec<&str> = row.split('\t').collect();
            assert_eq!(columns.len(), 3, "id, source, requirement: {row}");
            assert!(columns.iter().all(|column| !column.trim().is_empty()), "{row}");
            columns[0].to_owned()
        })
        .collect();
    let unique: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(unique.len(), ids.len(), "an id stands twice");
    unique
}

/// The source files beside this one.
fn sources() -> impl Iterator<Item = String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server");
    let entries = fs::read_dir(directory).expect("the sources of the tests");
    entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
}

/// The ids that stand in `Rows:` lines, each with its tests.
fn rows() -> BTreeMap<String, Vec<String>> {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources() {
        let lines: Vec<&str> = source.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some(ids) = line.strip_prefix("/// Rows: ") else { continue };
            let name = lines[index + 2].strip_prefix("fn ").and_then(|rest| rest.strip_suffix("() {"));
            let name = name.unwrap_or_else(|| panic!("a test follows: {line}"));
            assert_eq!(lines[index + 1], "#[test]", "{name}");
            for id in ids.split(", ") {
                rows.entry(id.to_owned()).or_default().push(name.to_owned());
            }
        }
    }
    rows
}

/// The table and the tests agree.
#[test]
fn each_requirement_has_a_test_and_each_row_a_requirement() {
    let (requirements, rows) = (requirements(), rows());
    let untested: Vec<&String> = requirements.iter().filter(|id| !rows.contains_key(*id)).collect();
    assert!(untested.is_empty(), "without a test: {untested:?}");
    let unknown: Vec<_> = rows.iter().filter(|(id, _)| !requirements.contains(*id)).collect();
    assert!(unknown.is_empty(), "not in the table: {unknown:?}");
}

/// The page of decisions names a test for each point, which exists.
#[test]
fn each_decision_has_a_test() {
    let page = include_str!("../../DECISIONS.md");
    let sources: String = sources().collect();
    for point in (1..=21).filter(|point| *point != 19) {
        let prefix = format!("`d{point:02}_");
        let names: Vec<&str> = page.split(&prefix).skip(1).filter_map(|rest| rest.split('`').next()).collect();
        assert!(!names.is_empty(), "point {point} of the page has no test");
        for name in names {
            let test = format!("fn d{point:02}_{name}() {{");
            assert!(sources.contains(&test), "no such test: {test}");
        }
    }
}
