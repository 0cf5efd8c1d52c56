//! `cmrp decode`, `encode` and `verify`, from outside.
#![cfg(test)]

mod support;

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::{Value, json};
use support::{cmrp, file, root, stderr, stdout};

/// Runs the command with something on standard input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = cmrp();
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The vectors that are part of the project: a line has the stub in each format.
fn vectors() -> Vec<Value> {
    let read = |interface: &str| {
        let path = root().join(format!("testsuite/vectors/{interface}.jsonl"));
        let text = fs::read_to_string(path).unwrap();
        let entry = |line: &str| {
            let mut entry: Value = serde_json::from_str(line).unwrap();
            entry["interface"] = json!(interface);
            entry
        };
        text.lines().map(entry).collect::<Vec<_>>()
    };
    [read("clusapi2"), read("clusapi3")].concat()
}

/// Lines as `cmrp verify` reads them.
fn lines(entries: &[Value]) -> Vec<Value> {
    let formats = ["ndr20-le", "ndr20-be", "ndr64"];
    let of = |entry: &Value| {
        let entry = entry.clone();
        formats.into_iter().filter_map(move |format| {
            let mut line = entry.clone();
            line["hex"] = entry.get(format)?.clone();
            line["format"] = json!(format);
            Some(line)
        })
    };
    entries.iter().flat_map(of).collect()
}

fn text(lines: &[Value]) -> Vec<u8> {
    lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect()
}

fn target(line: &Value) -> Vec<String> {
    ["interface", "operation", "direction", "format"]
        .iter()
        .flat_map(|name| [format!("--{name}"), line[name].as_str().unwrap().to_owned()])
        .collect()
}

fn call<'a>(command: &'a str, target: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    [command].into_iter().chain(target.iter().map(String::as_str)).chain(more.iter().copied()).collect()
}

#[test]
fn encode_is_the_inverse_of_decode() {
    for (index, line) in lines(&vectors()).iter().enumerate().step_by(53) {
        let (target, hex) = (target(line), line["hex"].as_str().unwrap());
        let forms = [["hex", "hex"], ["base64", "base64"], ["raw", "raw"], ["raw", "hex"]];
        let [output, input] = forms[index % forms.len()];
        let decoded = run(&call("decode", &target, &["--json"]), hex.as_bytes());
        let value: Value = serde_json::from_str(stdout(&decoded)).unwrap();
        assert_eq!(value, line["value"], "{line}");
        let encoded = run(&call("encode", &target, &["--output", output]), &decoded.stdout);
        if input == output {
            let again = run(&call("decode", &target, &["--json", "--input", input]), &encoded.stdout);
            assert_eq!(stdout(&again), stdout(&decoded), "{line}");
        }
        let encoded = run(&call("encode", &target, &[stdout(&decoded)]), b"");
        assert_eq!(stdout(&encoded).trim_end(), hex, "{line}");
    }
}

#[test]
fn every_vector_of_the_project_is_verified() {
    let lines = lines(&vectors());
    let output = run(&["verify", "-"], &text(&lines));
    assert_eq!(stdout(&output), "5067 verified, 0 failed\n");
    assert!(output.status.success());
}

/// A vector of `ApiGetNotify` with a short name, to make others of.
fn get_notify() -> Value {
    json!({
        "interface": "clusapi3", "opnum": 65, "operation": "ApiGetNotify", "direction": "response",
        "format": "ndr20-le",
        "hex": "130000000001000002000000000002000200000000000000020000006100000000000000 00000000",
        "value": {"dwNotifyKey": 19, "dwFilter": 256, "dwStateSequence": 2, "Name": "a", "rpc_status": 0, "return": 0},
        "agrees": ["nobody"],
    })
}

#[test]
fn a_doctored_file_fails_in_the_lines_that_were_touched() {
    let whole = get_notify();
    let hex = whole["hex"].as_str().unwrap();
    let pointer = |changes: &[(&str, Value)]| {
        let mut line = whole.clone();
        for (pointer, value) in changes {
            *line.pointer_mut(pointer).unwrap() = value.clone();
        }
        line.to_string()
    };
    let at = "clusapi3 ApiGetNotify response ndr20-le";
    let cases: Vec<(String, Option<String>)> = vec![
        (whole.to_string(), None),
        (
            pointer(&[("/value/dwFilter", json!(1))]),
            Some(format!("{at}: octet 4, dwFilter: the octets say 256, the value 1")),
        ),
        (
            pointer(&[("/value/Name", Value::Null)]),
            Some(format!("{at}: octet 14, Name: the octets say \"a\", the value null")),
        ),
        (
            pointer(&[("/value/Name", json!(1))]),
            Some(format!("{at}: Name: value: expected a string, found an integer")),
        ),
        (
            pointer(&[("/hex", json!(hex.replacen("00000000000200", "00000000000300", 1)))]),
            Some(format!("{at}: octet 14, Name: encodes to 02, not 03")),
        ),
        (
            pointer(&[("/hex", json!(&hex[..hex.len() - 2]))]),
            Some(format!("{at}: octet 36, return: needs 4 octets, 3 are left")),
        ),
        (
            pointer(&[("/hex", json!(format!("{hex}00")))]),
            Some(format!("{at}: octet 40: 1 octets follow the last parameter")),
        ),
        (
            pointer(&[("/hex", json!("0"))]),
            Some(format!("{at}: malformed: hex: not hexadecimal: invalid length at 0")),
        ),
        (
            pointer(&[("/operation", json!("ApiOpenNode"))]),
            Some("malformed: opnum 65 of clusapi3 is not `ApiOpenNode`".to_owned()),
        ),
        (
            pointer(&[("/format", json!("ndr64-be"))]),
            Some(
                "malformed: format `ndr64-be`: not a format: one of ndr20-le, ndr20-be, ndr64 is expected"
                    .to_owned(),
            ),
        ),
        (
            "{\"opnum\": 1}".to_owned(),
            Some("malformed: missing field `interface` at line 1 column 12".to_owned()),
        ),
        ("\u{1b}[31m".to_owned(), Some("malformed: expected value at line 1 column 1".to_owned())),
        (
            pointer(&[("/interface", json!("a\u{9b}b"))]),
            Some(
                "malformed: unknown variant `a\\u{9b}b`, expected `clusapi2` or `clusapi3` at line 1 column 19"
                    .to_owned(),
            ),
        ),
    ];
    let texts: Vec<&str> = cases.iter().flat_map(|(line, _)| [line, "\n\n"]).collect();
    let path = file(texts.concat().as_bytes());
    let name = path.to_str().unwrap();
    let failures: Vec<String> = (1..)
        .step_by(2)
        .zip(&cases)
        .filter_map(|(number, (_, failure))| Some(format!("{name}:{number}: {}", failure.as_ref()?)))
        .collect();
    let output = run(&["verify", name], b"");
    let expected = format!("{}\n1 verified, {} failed\n", failures.join("\n"), failures.len());
    assert_eq!(stdout(&output), expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_response_is_held_against_its_request() {
    let mut line = get_notify();
    line["request_hex"] = json!("0000000000000000000000000000000000000000");
    assert!(run(&["verify", "-"], &text(&[line.clone()])).status.success());
    line["request_hex"] = json!("00");
    let output = run(&["verify", "-"], &text(&[line.clone()]));
    let failure = "-:1: clusapi3 ApiGetNotify response ndr20-le: octet 0, hNotify: request_hex: needs 4 octets, 1 are left\n";
    assert_eq!(stdout(&output), format!("{failure}0 verified, 1 failed\n"));
    let (target, hex) = (target(&line), line["hex"].as_str().unwrap());
    let output = run(&call("decode", &target, &[hex, "--request", "00"]), b"");
    assert!(stderr(&output).starts_with(
        "cmrp: clusapi3 ApiGetNotify response ndr20-le: in the request: hNotify at octet 0: needs 4 octets, 1 are left\n"
    ));
    assert_eq!(output.status.code(), Some(1));
    let path = file(b"0000000000000000000000000000000000000000\n");
    let from_file = format!("@{}", path.display());
    let output = run(&call("decode", &target, &[hex, "--request", &from_file]), b"");
    assert!(output.status.success(), "{}", stderr(&output));
    let output = run(&call("decode", &target, &[hex, "--request", "@no such file"]), b"");
    assert!(stderr(&output).starts_with("cmrp: --request: no such file: "), "{}", stderr(&output));
}

/// An `ApiClusterControl` response for a buffer of 15 octets, to a request for 16.
const OTHER_SIZE: [&str; 2] = [
    "0f00000000000000030000006162630003000000000000000000000000000000",
    "000000000000000000000000000000000000000055000007000000000000000010000000",
];

#[test]
fn a_response_has_the_sizes_of_its_request() {
    let [response, request] = OTHER_SIZE;
    let target =
        words("--interface clusapi3 --operation ApiClusterControl --direction response --format ndr20-le");
    assert!(run(&call("decode", &target, &[response]), b"").status.success());
    let output = run(&call("decode", &target, &[response, "--request", request]), b"");
    let reason = "lpOutBuffer at octet 0: maximum count 15 differs from size_is, which is 16\n";
    assert!(stderr(&output).contains(reason), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(1));
}

/// A null buffer with a size of 5: level 5.0 takes it, level 6.0 does not, a lenient reader says so.
#[test]
fn the_level_decides_what_is_refused() {
    let stub = "000000000000000000000000000000000000000055000007000000000500000010000000";
    let target = |interface: &str| {
        words(&format!(
            "--interface {interface} --operation ApiClusterControl --direction request --format ndr20-le"
        ))
    };
    let decode = |interface, more: &[&str]| {
        let target = target(interface);
        let output = run(&call("decode", &target, &[&[stub], more].concat()), b"");
        (output.status.success(), stderr(&output).to_owned())
    };
    let breach = "lpInBuffer at octet 32: pointer is null, but its array has 5 elements";
    assert_eq!(decode("clusapi2", &[]), (true, String::new()));
    assert_eq!(decode("clusapi3", &["--level", "5.0"]), (true, String::new()));
    for (interface, more) in [("clusapi3", &[][..]), ("clusapi2", &["--level", "6.0"])] {
        let (is_decoded, told) = decode(interface, more);
        assert!(!is_decoded && told.contains(breach), "{told}");
    }
    let stub = "010000000300000002000000610061 00".replace(' ', "");
    let target = words("--interface clusapi3 --operation ApiOpenNode --direction request --format ndr20-le");
    let output = run(&call("decode", &target, &[&stub, "--json", "--level", "lenient"]), b"");
    assert_eq!(stdout(&output), "{\"lpszNodeName\":\"aa\"}\n");
    assert_eq!(stderr(&output).lines().count(), 3, "{}", stderr(&output));
    assert!(
        stderr(&output)
            .starts_with("cmrp: warning: lpszNodeName at octet 4: array starts at index 3, not 0\n")
    );
}

#[test]
fn files_that_cannot_be_read_fail_and_others_are_read() {
    let path = file(&text(&[get_notify()]));
    let output = run(&["verify", "no such file", path.to_str().unwrap()], b"");
    assert_eq!(stdout(&output), "1 verified, 0 failed\n");
    assert!(stderr(&output).starts_with("cmrp: no such file: "));
    assert_eq!(output.status.code(), Some(1));
    let directory = run(&["verify", "/"], b"");
    assert_eq!(directory.status.code(), Some(1));
}

#[test]
fn a_stub_that_cannot_be_decoded_is_shown_with_its_place() {
    let line = get_notify();
    let (target, hex) = (target(&line), line["hex"].as_str().unwrap());
    let output = run(&call("decode", &target, &[&hex.replace("02000000610000", "02000000610062")]), b"");
    assert_eq!(
        stderr(&output),
        "cmrp: clusapi3 ApiGetNotify response ndr20-le: Name at octet 28: string does not end with a zero character\n\
         \x20 00000000  13 00 00 00 00 01 00 00  02 00 00 00 00 00 02 00\n\
         \x20 00000010  02 00 00 00 00 00 00 00  02 00 00 00 61 00 62 00\n\
         \x20                                                ^^\n\
         \x20 00000020  00 00 00 00 00 00 00 00\n"
    );
    assert_eq!((stdout(&output), output.status.code()), ("", Some(1)));
}

/// Padding and verification trailers stand behind the parameters, so they are no error here.
#[test]
fn octets_behind_the_last_parameter_are_a_warning() {
    let line = get_notify();
    let (target, hex) = (target(&line), line["hex"].as_str().unwrap());
    let output = run(&call("decode", &target, &["--json"]), format!("{hex}0000").as_bytes());
    assert_eq!(stderr(&output), "cmrp: warning: octet 40: 2 octets follow the last parameter\n");
    assert_eq!(serde_json::from_str::<Value>(stdout(&output)).unwrap(), line["value"]);
    assert!(output.status.success());
}

#[test]
fn mistakes_of_the_command_line_are_told() {
    let line = get_notify();
    let target = target(&line);
    let with = |more: &[&str]| stderr(&run(&call("decode", &target, more), b"")).to_owned();
    let cases = [
        (with(&["AAAA"]), "cmrp: this could be hexadecimal or base64: say which with --input\n"),
        (with(&["--input", "raw", "00"]), "cmrp: raw octets can't be an argument, only standard input\n"),
        (with(&["00", "--request", "x"]), "cmrp: --request: not hexadecimal: invalid length at 0\n"),
        (
            with(&["(:"]),
            "cmrp: neither hexadecimal digits nor base64; --input raw takes octets as they are\n",
        ),
    ];
    for (actual, expected) in cases {
        assert_eq!(actual, expected);
    }
    let other = |operation: &[&str], direction: &str| {
        let rest = ["--interface", "clusapi3", "--direction", direction, "--format", "ndr64"];
        let arguments = [&["decode"], operation, &rest, &["--request", "00", "00"]].concat();
        stderr(&run(&arguments, b"")).to_owned()
    };
    let unknown = other(&["--operation", "ApiGetNotfy"], "request");
    assert_eq!(unknown, "cmrp: clusapi3 has no operation `ApiGetNotfy`; did you mean `ApiGetNotify`?\n");
    let beyond = other(&["--opnum", "265"], "request");
    assert_eq!(beyond, "cmrp: clusapi3 has no operation 265; its last is 264\n");
    let request = other(&["--operation", "apigetnotify"], "request");
    assert_eq!(request, "cmrp: --request goes with --direction response\n");
}

/// The words of a command line, where single quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

#[test]
fn the_examples_of_the_documentation_print_what_it_shows() {
    let page = fs::read_to_string(root().join("docs/json.md")).unwrap();
    let blocks: Vec<&str> =
        page.split("```console\n").skip(1).map(|rest| rest.split_once("```").unwrap().0).collect();
    assert!(blocks.len() > 6, "the page shows too little");
    for block in blocks {
        let (command, shown) = block.split_once('\n').unwrap();
        let words = words(command.strip_prefix("$ cmrp ").unwrap());
        let output = run(&words.iter().map(String::as_str).collect::<Vec<_>>(), b"");
        assert_eq!(format!("{}{}", stdout(&output), stderr(&output)), shown, "{command}");
    }
}
