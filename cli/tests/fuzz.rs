//! `cmrp fuzz`, from outside.
#![cfg(test)]
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use support::{cmrp, stderr, stdout};

fn run(arguments: &str) -> Output {
    cmrp().args(arguments.split_whitespace()).output().unwrap()
}

fn lines(arguments: &str) -> Vec<Value> {
    let output = run(arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(line: &'a Value, member: &str) -> &'a str {
    line[member].as_str().unwrap()
}

#[test]
fn what_is_generated_is_what_decode_reads() {
    let lines =
        lines("fuzz generate --count 6 --seed 11 --direction both --operation apiopenkey,ApiGetNotifyV2");
    assert_eq!(lines.len(), 12);
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["number"], json!(index / 2));
        assert_eq!(line["direction"], json!(["request", "response"][index % 2]));
        assert_eq!(line["operation"], json!(["ApiOpenKey", "ApiGetNotifyV2"][index / 2 % 2]));
        assert_eq!(line["broken"], json!([]));
        let target = ["interface", "operation", "direction", "format"]
            .map(|name| [format!("--{name}"), text(line, name).to_owned()])
            .concat();
        let mut command = cmrp();
        command.arg("decode").args(target).args(["--json", "--input", "hex", text(line, "stub")]);
        let decoded = command.output().unwrap();
        assert_eq!(stderr(&decoded), "");
        assert_eq!(serde_json::from_str::<Value>(stdout(&decoded)).unwrap(), line["value"]);
    }
}

#[test]
fn handles_are_told_with_their_places() {
    let lines =
        lines("fuzz generate --count 2 --sequence 2 --operation ApiCloseNode --format ndr64 --hostile 1");
    let [open, close] = &lines[..] else { panic!("{lines:?}") };
    assert!(text(open, "operation").starts_with("ApiOpenNode"), "{open}");
    assert_eq!((&open["sequence"], &open["needs"], &open["broken"]), (&json!(0), &json!([]), &json!([])));
    let at = &open["yields"][0]["at"];
    assert_eq!(open["yields"], json!([{"kind": "HNODE_RPC", "at": at}]));
    assert_ne!(close["broken"], json!([]));
    let expected = json!([{"kind": "HNODE_RPC", "offset": 0, "from": 0, "at": at}]);
    // What was broken may be the handle.
    assert!(close["needs"] == expected || close["needs"] == json!([]), "{close}");
    let breakage = &close["broken"][0];
    for member in ["kind", "landmark", "offset", "before", "after"] {
        assert!(breakage.get(member).is_some(), "{breakage}");
    }
}

#[test]
fn the_same_command_prints_the_same() {
    let command = "fuzz generate --count 50 --seed 3 --hostile 0.5 --sequence 10 --pdu --direction both";
    let first = run(command);
    assert!(first.status.success() && stdout(&first).lines().count() == 100);
    assert_eq!(run(command).stdout, first.stdout);
}

#[test]
fn a_folder_has_a_file_for_each_stub() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls");
    let command = format!(
        "fuzz generate --interface clusapi2 --count 30 --pdu --max-fragment 48 --direction both --output {}",
        path.display()
    );
    let output = run(&command);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    let index = fs::read_to_string(path.join("index.jsonl")).unwrap();
    let mut names = BTreeSet::from(["index.jsonl".to_owned()]);
    for line in index.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let pdus = line["pdus"].as_array().unwrap().iter().map(|pdu| pdu.as_str().unwrap());
        let expected: String = [text(&line, "bind")].into_iter().chain(pdus).collect();
        let octets = fs::read(path.join(text(&line, "file"))).unwrap();
        assert_eq!(HEXLOWER.encode(&octets), expected);
        names.insert(text(&line, "file").to_owned());
    }
    let found = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(found.collect::<BTreeSet<_>>(), names);
    assert_eq!(names.len(), 61);
    assert!(names.iter().any(|name| name.starts_with("000003-ApiGetClusterName-ndr")), "{names:?}");
    let again = run(&command);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("the folder is not empty"), "{}", stderr(&again));
}

#[test]
fn mistakes_are_told() {
    let cases = [
        ("fuzz generate --operation ApiOpenNoed", 1, "did you mean `ApiOpenNode`?"),
        ("fuzz generate --hostile 2", 2, "not a number from 0 to 1"),
        ("fuzz generate --sequence 0", 2, "--sequence"),
        ("fuzz generate --pdu --max-fragment 39", 2, "40..=65535"),
        ("fuzz generate --max-fragment 100", 2, "--pdu"),
        ("fuzz graph --interface clusapi4", 2, "clusapi4"),
    ];
    for (arguments, status, told) in cases {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments}");
        assert!(stderr(&output).contains(told), "{arguments}: {}", stderr(&output));
    }
}

#[test]
fn the_graph_has_three_forms() {
    let text = run("fuzz graph");
    assert!(
        stdout(&text).contains(
            "\nHNOTIFY_RPC\n  yielded by ApiCreateNotify, ApiCreateNotifyV2\n  needed by ApiCloseNotify, "
        ),
        "{}",
        stdout(&text)
    );
    let json = &lines("fuzz graph --interface clusapi2 --format json")[0];
    assert_eq!(json["interface"], "clusapi2");
    let dot = run("fuzz graph --format dot");
    assert!(stdout(&dot).starts_with("digraph clusapi3 {"));
}

#[test]
fn the_handbook_shows_what_is_printed() {
    let readme = fs::read_to_string(support::root().join("cli/README.md")).unwrap();
    let mut shown = 0_usize;
    for block in readme.split("```console\n$ cmrp fuzz ").skip(1) {
        let (command, rest) = block.split_once('\n').unwrap();
        let (expected, _) = rest.split_once("```").unwrap();
        let script = format!("{} fuzz {command}", env!("CARGO_BIN_EXE_cmrp"));
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(stdout(&output), expected, "{command}");
        shown = shown.saturating_add(1);
    }
    assert_eq!(shown, 2);
}
