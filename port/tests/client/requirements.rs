//! The list of requirements and the tests that name them belong together.

use std::collections::BTreeSet;

const LIST: &str = include_str!("../requirements-client.tsv");

const TESTS: [&str; 11] = [
    include_str!("closing.rs"),
    include_str!("codes.rs"),
    include_str!("events.rs"),
    include_str!("hostile.rs"),
    include_str!("laws.rs"),
    include_str!("made.rs"),
    include_str!("pending.rs"),
    include_str!("ports.rs"),
    include_str!("start.rs"),
    include_str!("steps.rs"),
    include_str!("telling.rs"),
];

fn listed() -> Vec<&'static str> {
    let mut lines = LIST.lines();
    assert_eq!(lines.next(), Some("id\tsource\trequirement"));
    lines
        .map(|line| {
            let columns: Vec<_> = line.split('\t').collect();
            assert!(columns.len() == 3 && columns.iter().all(|column| !column.is_empty()), "{line}");
            columns[0]
        })
        .collect()
}

#[test]
fn every_requirement_has_a_test_and_every_test_a_requirement() {
    let listed = listed();
    let known: BTreeSet<_> = listed.iter().copied().collect();
    assert_eq!(known.len(), listed.len(), "an id is listed twice");
    let rows = TESTS
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.trim().strip_prefix("/// Rows: "));
    let proven: BTreeSet<_> = rows.flat_map(|rows| rows.split(", ")).collect();
    assert_eq!(proven.difference(&known).collect::<Vec<_>>(), [&""; 0], "named by a test, not listed");
    assert_eq!(known.difference(&proven).collect::<Vec<_>>(), [&""; 0], "listed, not named by a test");
}

#[test]
fn every_test_names_its_requirements_last() {
    for source in TESTS {
        let lines: Vec<_> = source.lines().collect();
        for (number, _) in lines.iter().enumerate().filter(|(_, line)| **line == "#[test]") {
            assert!(lines[number - 1].starts_with("/// Rows: "), "before {}", lines[number + 1]);
        }
    }
}
