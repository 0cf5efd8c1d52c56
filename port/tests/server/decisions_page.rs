//! The page of decisions and the tests agree. (That each requirement has a test is checked for the whole workspace.)

use std::fs;
use std::path::Path;

/// The source files beside this one.
fn sources() -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server");
    let entries = fs::read_dir(directory).expect("the sources of the tests");
    entries.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

/// The page of decisions names a test for each point, which exists.
#[test]
fn the_page_names_the_tests_of_each_decision() {
    let page = include_str!("../../DECISIONS.md");
    let sources = sources();
    for point in 1..=24 {
        let prefix = format!("`d{point:02}_");
        let names: Vec<&str> =
            page.split(&prefix).skip(1).filter_map(|rest| rest.split('`').next()).collect();
        assert!(!names.is_empty(), "point {point} of the page has no test");
        for name in names {
            let test = format!("fn d{point:02}_{name}() {{");
            assert!(sources.contains(&test), "no such test: {test}");
        }
    }
}
