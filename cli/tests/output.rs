//! What people and programs get to read.
#![cfg(test)]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::Stdio;
use std::{env, fs};

use serde_json::{Value, json};
use support::talk::{Layer, Talk, capture};
use support::{dissect, messages, sample, stderr, stdout};

const PLAIN: &str = "samba_notify_v3_ndr20.pcapng";
const VERSION_2: &str = "scapy_notify_v2_ndr20.pcapng";
const SEALED: &str = "samba_notify_v3_ntlm_seal.pcapng";

fn text(name: &str, arguments: &[&str]) -> String {
    let output = dissect(&[&[sample(name).to_str().unwrap()], arguments].concat());
    assert!(output.status.success());
    stdout(&output).to_owned()
}

/// Compares with the file checked in, or writes it if `CMRP_BLESS=1`.
fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("CMRP_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    assert!(actual == expected, "{name} differs; CMRP_BLESS=1 accepts it. Now:\n{actual}");
}

#[test]
fn lines_for_people() {
    golden("samba_notify_v3_ndr20.txt", &text(PLAIN, &[]));
    golden("scapy_notify_v2_ndr20.txt", &text(VERSION_2, &[]));
    golden("samba_notify_v3_ntlm_seal.txt", &text(SEALED, &[]));
}

#[test]
fn both_transfer_syntaxes_say_the_same() {
    let essence = |name: &str| -> Vec<Value> {
        let of = |message: &Value| json!([message["operation"], message["direction"], message["fields"]]);
        messages(&sample(name), &[]).iter().map(of).collect()
    };
    let (ndr20, ndr64) = (essence(PLAIN), essence("samba_notify_v3_ndr64.pcapng"));
    // The two were captured on different runs of the server, which makes up some of its values anew.
    let operations =
        |messages: &[Value]| messages.iter().map(|message| message[0].clone()).collect::<Vec<_>>();
    assert_eq!(operations(&ndr20), operations(&ndr64));
    assert!(ndr64.iter().all(|message| message[2].is_object()));
}

#[test]
fn json_has_one_object_for_each_message() {
    let keys = [
        "frame",
        "time",
        "stream",
        "src",
        "dst",
        "call_id",
        "interface",
        "opnum",
        "operation",
        "direction",
        "format",
        "fields",
        "sealed",
        "error",
    ];
    let output = dissect(&["--json", sample(PLAIN).to_str().unwrap()]);
    for line in stdout(&output).lines() {
        let object: Value = serde_json::from_str(line).unwrap();
        let mut expected = keys.to_vec();
        if object["direction"] == json!("response") {
            expected.push("latency");
        }
        let object = object.as_object().unwrap();
        assert!(object.keys().eq(&expected), "{line}");
        // In this order in the text.
        let places: Vec<_> = expected.iter().map(|key| line.find(&format!("\"{key}\":"))).collect();
        assert!(places.is_sorted() && places[0].is_some(), "{line}");
    }
    assert!(stderr(&output).starts_with("30 calls in 70 frames, 0 faults\n"), "{}", stderr(&output));
}

#[test]
fn fields_are_those_of_the_specification_sheet() {
    let mut talk = Talk::bound(50_000, 1);
    talk.get_notify(2);
    let messages = messages(&support::file(&capture(Layer::Ethernet, &talk.segments)), &[]);
    let handle = json!({"attributes": 0, "uuid": "00112233-4455-6677-8899-aabbccddeeff"});
    assert_eq!(
        messages,
        [
            json!({
                "frame": 5, "time": "2023-11-14T22:13:20.005000000Z", "stream": 0,
                "src": "10.0.0.1:50000", "dst": "10.0.0.2:49152", "call_id": 2,
                "interface": "clusapi3", "opnum": 65, "operation": "ApiGetNotify", "direction": "request",
                "format": "ndr20-le", "fields": {"hNotify": handle}, "sealed": false, "error": null,
            }),
            json!({
                "frame": 6, "time": "2023-11-14T22:13:20.006000000Z", "stream": 0,
                "src": "10.0.0.2:49152", "dst": "10.0.0.1:50000", "call_id": 2,
                "interface": "clusapi3", "opnum": 65, "operation": "ApiGetNotify", "direction": "response",
                "format": "ndr20-le",
                "fields": {
                    "dwNotifyKey": 7, "dwFilter": 256, "dwStateSequence": 5, "Name": "Res1", "rpc_status": 0,
                    "return": 0,
                },
                "sealed": false, "error": null, "latency": 0.001,
            }),
        ]
    );
}

#[test]
fn sealed_messages_are_reported_and_not_decoded() {
    let messages = messages(&sample(SEALED), &[]);
    assert_eq!(messages.len(), 60);
    for message in messages {
        assert_eq!(message["sealed"], json!({"provider": "NTLM", "level": "privacy"}));
        assert!(message["fields"].is_null() && message["error"].is_null());
        assert!(message["operation"].is_string());
    }
}

#[test]
fn big_endian_ndr64_is_reported_and_not_decoded() {
    let mut octets = fs::read(sample("samba_notify_v3_ndr64.pcapng")).unwrap();
    let whole = octets.clone();
    // The label of every request and response: version 5.0, kind 0 or 2, flags, then little-endian made big. The
    // lengths and numbers of the header follow the label.
    for at in 0..whole.len().saturating_sub(24) {
        if matches!(whole[at..at.saturating_add(8)], [5, 0, 0 | 2, 3, 0x10, 0, 0, 0]) {
            let header = &mut octets[at..at.saturating_add(24)];
            header[4] = 0;
            let is_request = header[2] == 0;
            header[8..10].reverse();
            header[12..16].reverse();
            header[16..20].reverse();
            header[20..22].reverse();
            if is_request {
                header[22..24].reverse();
            }
        }
    }
    let messages = messages(&support::file(&octets), &[]);
    assert_eq!(messages.len(), 60);
    for message in messages {
        assert_eq!(message["format"], json!("ndr64-be"));
        assert!(message["fields"].is_null());
        assert!(message["error"].as_str().unwrap().contains("MS-RPCE 2.2.5 forbids"));
    }
}

#[test]
fn an_undecodable_stub_is_an_error_with_its_place() {
    let mut talk = Talk::bound(50_000, 1);
    talk.request(2, 65, &support::talk::GET_NOTIFY[..10]);
    talk.response(2, &support::talk::NOTIFIED[..30]);
    talk.request(3, 300, &[]);
    talk.response(3, &[]);
    let file = support::file(&capture(Layer::Ethernet, &talk.segments));
    let messages = messages(&file, &[]);
    assert!(messages.iter().all(|message| message["fields"].is_null() && message["error"].is_string()));
    assert!(messages[0]["error"].as_str().unwrap().contains("hNotify"), "{}", messages[0]["error"]);
    assert!(messages[1]["error"].as_str().unwrap().contains("Name"), "{}", messages[1]["error"]);
    assert_eq!(messages[2]["operation"], Value::Null);
    assert!(stdout(&dissect(&[file.to_str().unwrap()])).contains("4  messages not decodable"));
}

#[test]
fn octets_behind_the_parameters_are_noted() {
    let mut talk = Talk::bound(50_000, 1);
    talk.request(2, 65, &[&support::talk::GET_NOTIFY[..], &[7; 40]].concat());
    talk.response(2, &support::talk::NOTIFIED);
    let messages = messages(&support::file(&capture(Layer::Ethernet, &talk.segments)), &[]);
    assert!(messages[0]["fields"]["hNotify"].is_object());
    assert!(messages[0]["error"].as_str().unwrap().contains("40"), "{}", messages[0]["error"]);
    assert_eq!(messages[1]["error"], Value::Null);
}

#[test]
fn errors_beside_readable_parameters_are_shown() {
    let mut talk = Talk::bound(50_000, 1);
    talk.request(2, 65, &[&support::talk::GET_NOTIFY[..], &[7; 40]].concat());
    talk.response(2, &[&support::talk::NOTIFIED[..], &[7; 41]].concat());
    talk.get_notify(3);
    talk.request(4, 65, &[&support::talk::GET_NOTIFY[..], &[7; 42]].concat());
    let file = support::file(&capture(Layer::Ethernet, &talk.segments));
    let output = dissect(&[file.to_str().unwrap()]);
    let lines: Vec<&str> = stdout(&output).lines().collect();
    let complaints = |line: &str| line.split_once(" !").map(|(_, complaints)| complaints.to_owned());
    let of_first = complaints(lines[0]).unwrap();
    assert!(lines[0].contains("hNotify=00112233") && lines[0].contains("Name=\"Res1\""), "{}", lines[0]);
    assert!(of_first.starts_with("request: ") && of_first.contains("40"), "{of_first}");
    assert!(of_first.contains("  !response: ") && of_first.contains("41"), "{of_first}");
    assert_eq!(complaints(lines[1]), None);
    assert!(lines[2].contains(" = no response  !request: "), "{}", lines[2]);
    assert!(stdout(&output).contains("3  messages readable or sealed, but with an error"));
    let coloured = dissect(&[file.to_str().unwrap(), "--color", "always"]);
    assert!(stdout(&coloured).contains("\u{1b}[33m!request: "));
}

#[test]
fn a_port_handle_can_not_be_found_in_what_is_sealed() {
    let note = "30  of these sealed: --port-handle can't match handles that it can't read";
    let shown = text(SEALED, &["--port-handle", "00112233"]);
    assert!(shown.contains("30  calls not shown because of a filter") && shown.contains(note), "{shown}");
    assert!(!text(PLAIN, &["--port-handle", "00112233"]).contains("of these sealed"));
    // Calls that another filter keeps back anyway are not worth a word.
    let both = ["--port-handle", "00112233", "--operation", "ApiCloseCluster"];
    assert!(text(SEALED, &both).contains(" 1  of these sealed"));
}

#[test]
fn an_operation_that_does_not_exist_is_worth_a_warning() {
    let sample = sample(PLAIN);
    let warnings = |patterns: &[&str]| -> Vec<String> {
        let mut arguments = vec![sample.to_str().unwrap()];
        arguments.extend(patterns.iter().flat_map(|pattern| ["--operation", pattern]));
        let output = dissect(&arguments);
        assert!(output.status.success());
        stderr(&output).lines().map(str::to_owned).collect()
    };
    let expected = ["cmrp: warning: no operation has the name \"nosuch\""];
    assert_eq!(warnings(&["nosuch"]), expected);
    assert_eq!(warnings(&["ApiGetNotify", "nosuch"]), expected);
    // None of these is called in the sample, but they exist; the first in version 2.0 only.
    let none: [&str; 0] = [];
    assert_eq!(warnings(&["apigetnetworkid", "ApiEvict*"]), none);
}

#[test]
fn a_verification_trailer_is_no_parameter() {
    // scapy sends one of 52 octets behind its first request.
    let messages = messages(&sample(VERSION_2), &[]);
    assert!(messages.iter().all(|message| message["error"].is_null() && message["fields"].is_object()));
}

#[test]
fn operations_are_filtered_by_name_and_pattern() {
    let operations = |arguments: &[&str]| -> Vec<String> {
        let messages = messages(&sample(PLAIN), arguments);
        messages.iter().map(|message| message["operation"].as_str().unwrap().to_owned()).collect()
    };
    let all = operations(&[]);
    let expected =
        |wanted: fn(&str) -> bool| all.iter().filter(|name| wanted(name)).cloned().collect::<Vec<_>>();
    assert_eq!(operations(&["--operation", "apigetnotify"]), expected(|name| name == "ApiGetNotify"));
    assert_eq!(operations(&["--operation", "Api*notify*"]), expected(|name| name.contains("Notify")));
    let two = operations(&["--operation", "ApiOpenCluster", "--operation", "ApiCloseCluster"]);
    assert_eq!(two, expected(|name| name.ends_with("Cluster") && !name.contains("Notify")));
    assert!(operations(&["--operation", "ApiGet"]).is_empty());
    assert!(text(PLAIN, &["--operation", "ApiGet"]).contains("30  calls not shown because of a filter"));
}

#[test]
fn endpoints_are_filtered() {
    let first = &messages(&sample(VERSION_2), &[])[0];
    let client = first["src"].as_str().unwrap();
    let all = messages(&sample(VERSION_2), &[]);
    let of_client = all.iter().filter(|message| message["src"] == client || message["dst"] == client).count();
    assert!(of_client > 0 && of_client < all.len());
    assert_eq!(messages(&sample(VERSION_2), &["--endpoint", client]).len(), of_client);
    assert_eq!(messages(&sample(VERSION_2), &["--endpoint", "127.0.0.1"]).len(), all.len());
    assert!(messages(&sample(VERSION_2), &["--endpoint", "127.0.0.2"]).is_empty());
}

#[test]
fn port_handles_are_followed_from_their_making_to_their_closing() {
    let all = messages(&sample(PLAIN), &[]);
    let made = all.iter().find(|message| {
        message["operation"] == json!("ApiCreateNotifyV2") && message["direction"] == json!("response")
    });
    let uuid = made.unwrap()["fields"]["return"]["uuid"].as_str().unwrap();
    let expected: Vec<&str> = vec![
        "ApiCreateNotifyV2",
        "ApiAddNotifyV2",
        "ApiAddNotifyResourceTypeV2",
        "ApiGetNotifyV2",
        "ApiGetNotifyAsync",
        "ApiCloseNotify",
    ];
    for handle in [uuid, &uuid[..8], &uuid.to_uppercase()] {
        let messages = messages(&sample(PLAIN), &["--port-handle", handle]);
        let names: Vec<&str> =
            messages.iter().step_by(2).map(|message| message["operation"].as_str().unwrap()).collect();
        assert_eq!(names, expected);
        let directions = messages.iter().map(|message| message["direction"].as_str().unwrap());
        assert!(directions.eq(["request", "response"].into_iter().cycle().take(12)));
    }
    assert_eq!(text(PLAIN, &["--port-handle", uuid]).lines().filter(|line| line.contains(" -> ")).count(), 6);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let run = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = support::cmrp();
        command.arg("dissect").arg(sample(PLAIN)).args(arguments).envs(environment.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let plain = run(&[], &[]);
    assert!(!plain.contains('\u{1b}'));
    let coloured = run(&["--color", "always"], &[]);
    assert!(coloured.contains("\u{1b}[32mERROR_SUCCESS\u{1b}[0m"));
    assert!(coloured.contains("\u{1b}[31mERROR_NO_MORE_ITEMS (259)\u{1b}[0m"));
    assert!(run(&[], &[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(!run(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!run(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(!run(&["--json", "--color", "always"], &[]).contains('\u{1b}'));
}

#[test]
fn a_file_and_a_pipe_say_the_same() {
    // A file is read in a thread of its own, which hands over what it finds in batches of about a thousand.
    let mut segments = Vec::new();
    for port in 50_000..50_100 {
        let mut talk = Talk::bound(port, 1);
        (2..30).for_each(|call_id| talk.get_notify(call_id));
        talk.request(30, 65, &support::talk::GET_NOTIFY);
        segments.extend(talk.segments);
    }
    let file = support::file(&capture(Layer::Ethernet, &segments));
    for arguments in [&["dissect"][..], &["dissect", "--json"]] {
        let from_file = support::cmrp().args(arguments).arg(&file).output().unwrap();
        let pipe = fs::File::open(&file).unwrap();
        let from_pipe = support::cmrp().args(arguments).arg("-").stdin(pipe).output().unwrap();
        assert!(stdout(&from_file).lines().count() >= 2900);
        assert_eq!(stdout(&from_file), stdout(&from_pipe));
        assert_eq!(stderr(&from_file), stderr(&from_pipe));
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut talk = Talk::bound(50_000, 1);
    (2..3000).for_each(|call_id| talk.get_notify(call_id));
    let file = support::file(&capture(Layer::Raw, &talk.segments));
    for arguments in [&["dissect"][..], &["dissect", "--json"]] {
        let mut child = support::cmrp()
            .args(arguments)
            .arg(&*file)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("ApiGetNotify"));
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(errors, "");
    }
}

#[test]
fn text_from_the_network_can_not_command_the_terminal() {
    let mut stub = support::talk::NOTIFIED;
    // "Res1" becomes ESC, "[", "m", BEL.
    for (index, character) in (28_usize..).step_by(2).zip([0x1b, 0x5b, 0x6d, 0x07]) {
        stub[index] = character;
    }
    let mut talk = Talk::bound(50_000, 1);
    talk.request(2, 65, &support::talk::GET_NOTIFY);
    talk.response(2, &stub);
    let output = dissect(&[support::file(&capture(Layer::Raw, &talk.segments)).to_str().unwrap()]);
    assert!(stdout(&output).contains(r#"Name="\u{1b}[m\u{7}""#), "{}", stdout(&output));
}
