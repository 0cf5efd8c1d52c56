//! Changes as lines of JSON: the documented schema, and what is said of lines that are none.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cmrp_cluster::change::{Change, MOST_OCTETS, Scheduled, read_line};

/// The lines of the examples in the documentation.
fn documented() -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/changes.md")).unwrap();
    let blocks = text.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

fn kind(line: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(line).unwrap();
    value["change"].as_str().unwrap().to_owned()
}

/// All kinds that there are, as serde lists them.
fn kinds() -> BTreeSet<String> {
    let message = serde_json::from_str::<Change>("{\"?\":{}}").unwrap_err().to_string();
    message.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_kind_has_an_example_and_a_row() {
    let examples: BTreeSet<String> = documented().iter().map(|line| kind(line)).collect();
    assert_eq!(examples, kinds());
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/changes.md")).unwrap();
    for kind in kinds() {
        assert!(text.contains(&format!("`{kind}`")), "{kind}");
    }
}

#[test]
fn the_examples_read_and_write_back_word_for_word() {
    for line in documented() {
        let read: Scheduled = line.parse().unwrap_or_else(|problem| panic!("{line}\n{problem}"));
        let expected: serde_json::Value = serde_json::from_str(&line).unwrap();
        let written = read.to_string();
        assert_eq!(written.parse::<Scheduled>().unwrap(), read, "{line}");
        let mut again: serde_json::Value = serde_json::from_str(&written).unwrap();
        if expected.get("after").is_some() {
            again["after"] = expected["after"].clone();
        }
        assert_eq!(again, expected);
    }
}

#[test]
fn comments_and_empty_lines_are_none() {
    for line in ["", "  ", "# {\"change\":\"node_down\"}", "\r"] {
        assert_eq!(read_line(line), Ok(None), "{line}");
    }
    assert!(read_line(" {\"change\":\"quorum\",\"held\":true}\r").unwrap().is_some());
}

#[test]
fn each_mistake_has_its_place_and_advice() {
    for (line, told) in [
        (
            "{\"change\":\"node_dwon\",\"node\":\"n\"}",
            "line 1, column 11: unknown change `node_dwon` (did you mean `node_down`?)",
        ),
        (
            "{\"change\":\"node_down\",\"nod\":\"n\"}",
            "line 1, column 23: unknown field `nod`, expected `node` (did you mean `node`?)",
        ),
        ("{\"change\":\"node_down\"}", "line 1, column 1: missing field `node`"),
        (
            "{\"change\":\"node_down\",\"node\":7}",
            "line 1, column 30: invalid type: integer `7`, expected a string",
        ),
        ("{\"change\":7,\"node\":\"n\"}", "line 1, column 11: `change` must be a string"),
        (
            "{\"chnage\":\"node_down\",\"node\":\"n\"}",
            "line 1, column 1: `change` is missing (is `chnage` meant to be `change`?)",
        ),
        ("{\"node\":\"n\"}", "line 1, column 1: `change` is missing"),
        (
            "{\"change\":\"node_down\",\"node\":\"a\",\"node\":\"b\"}",
            "line 1, column 34: `node` stands there twice",
        ),
        (
            "{\"change\":\"node_down\",\"node\":\"n\",\"after\":5}",
            "line 1, column 42: `after` must be a string such as \"1.5s\"",
        ),
        (
            "{\"change\":\"node_down\",\"node\":\"n\",\"after\":\"5d\"}",
            "line 1, column 42: `5d` is no duration",
        ),
        (
            "{\"change\":\"network_state\",\"network\":\"n\",\"state\":\"upp\"}",
            "line 1, column 49: unknown variant `upp`, expected one of `down`, `partitioned`, `up` (did you mean `up`?)",
        ),
        (
            "{\"change\":\"property_set\",\"of\":{\"grup\":\"g\"},\"property\":\"p\",\"value\":1}",
            "unknown variant `grup`",
        ),
        (
            "{\"change\":\"property_set\",\"of\":{\"group\":\"g\"},\"property\":\"p\",\"value\":-1}",
            "line 1, column 68: -1 is below 0: write { long = -1 }",
        ),
        (
            "{\"change\":\"property_set\",\"of\":\"cluster\",\"property\":\"p\",\"value\":{\"qwrod\":1}}",
            "unknown field `qwrod`, expected one of `qword`, `long`, `expand`, `binary` (did you mean `qword`?)",
        ),
        (
            "{\"change\":\"quorum\",\"held\":\"no\"}",
            "line 1, column 27: invalid type: string \"no\", expected a boolean",
        ),
        (
            "{\"change\":\"node_down\"",
            "line 1, column 21: EOF while parsing an object (a change is a JSON object such as",
        ),
        ("[]", "line 1, column 1: invalid type: sequence, expected a map (a change is a JSON object"),
        ("node_down node2", "line 1, column 2: expected ident (a change is a JSON object"),
        ("{} {}", "line 1, column 4: trailing characters"),
    ] {
        let problem = line.parse::<Scheduled>().expect_err(line).to_string();
        assert!(problem.contains(told), "{line}\n{problem}\n{told}");
    }
}

#[test]
fn a_line_that_nests_deeply_or_never_ends_is_refused() {
    let deep = format!("{{\"change\":\"quorum\",\"held\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(deep.parse::<Scheduled>().unwrap_err().to_string().contains("recursion limit"));
    let long = " ".repeat(MOST_OCTETS + 1);
    assert!(long.parse::<Scheduled>().unwrap_err().to_string().contains("at most 1048576 octets"));
}

#[test]
fn no_text_makes_reading_panic() {
    let mut random = cmrp_cluster::life::Random::new(11);
    let lines = documented();
    for _ in 0..20_000 {
        let mut octets = random.pick(&lines).unwrap().clone().into_bytes();
        for _ in 0..=random.below(3) {
            let at = random.below(octets.len());
            match random.below(3) {
                0 => drop(octets.remove(at)),
                1 => octets[at] = b"\"{}[]:,\\u0ne"[random.below(12)],
                _ => octets.insert(at, u8::try_from(random.below(128)).unwrap()),
            }
        }
        let Ok(line) = String::from_utf8(octets) else { continue };
        if let Err(problem) = read_line(&line) {
            assert!(problem.span.end <= line.len() && problem.line <= 2, "{line:?} {problem:?}");
        }
    }
}
