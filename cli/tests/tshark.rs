//! Wireshark's `tshark` lists the same calls.
//!
//! Compared is the multiset of (frame, stream, call, opnum, direction) of the ClusAPI interface, with fragments
//! counted once. Without `tshark` the tests pass with a note, unless `CMRP_REQUIRE_TSHARK=1` asks for failure.
//! Captures come from `samples/` and, where it exists, from the directory that `CMRP_CAPTURES` names (by default
//! `shared/captures` next to the workspace).
#![cfg(test)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;
use support::talk::{Layer, Segment, Talk, capture};

/// UUID of both versions of ClusAPI (MS-CMRP 1.9).
const CLUSAPI: &str = "b97db8b2-4c63-11cf-bff6-08002be23f2f";

/// Frame, stream, call, opnum, direction.
type Key = (u64, u64, u64, Option<u64>, String);

/// How often each message occurs.
type Multiset = BTreeMap<Key, usize>;

/// Whether `tshark` can be run. If not, says so, or fails if it is required.
fn has_tshark() -> bool {
    let found = Command::new("tshark").arg("--version").output().is_ok_and(|output| output.status.success());
    is_there("tshark", found)
}

/// Passes on whether something was found; if not, says so, or fails if it is required.
fn is_there(what: &str, found: bool) -> bool {
    let required = env::var_os("CMRP_REQUIRE_TSHARK").is_some_and(|value| value == "1");
    assert!(found || !required, "CMRP_REQUIRE_TSHARK=1, but there is no {what}");
    if !found {
        println!("skipped: there is no {what}");
    }
    found
}

fn collect(keys: impl IntoIterator<Item = Key>) -> Multiset {
    keys.into_iter().fold(Multiset::new(), |mut set, key| {
        let count = set.entry(key).or_default();
        *count = count.saturating_add(1);
        set
    })
}

fn ours(path: &Path) -> Multiset {
    let key = |message: &Value| {
        let number = |name: &str| message[name].as_u64().unwrap();
        let direction = message["direction"].as_str().unwrap().to_owned();
        (number("frame"), number("stream"), number("call_id"), message["opnum"].as_u64(), direction)
    };
    collect(support::messages(path, &[]).iter().map(key))
}

fn theirs(path: &Path) -> Multiset {
    let output = Command::new("tshark")
        .args(["-Y", "dcerpc", "-T", "json", "--no-duplicate-keys", "-r"])
        .arg(path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", support::stderr(&output));
    let packets: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut contexts = HashMap::new();
    let layers = packets.iter().map(|packet| &packet["_source"]["layers"]);
    collect(layers.flat_map(|layers| calls_of_frame(layers, &mut contexts)))
}

/// The last fragments of ClusAPI calls in one frame, as tshark sees it. `contexts` holds the interface of each
/// presentation context of each stream.
fn calls_of_frame(layers: &Value, contexts: &mut HashMap<(u64, String), String>) -> Vec<Key> {
    let frame = number(&layers["frame"]["frame.number"]);
    let stream = number(&layers["tcp"]["tcp.stream"]);
    let mut keys = Vec::new();
    for pdu in one_or_many(&layers["dcerpc"]) {
        let direction = match number(&pdu["dcerpc.pkt_type"]) {
            0 => "request",
            2 => "response",
            3 => "fault",
            11 | 14 => {
                let ids = all(pdu, "dcerpc.cn_ctx_id");
                let pairs = ids.into_iter().zip(all(pdu, "dcerpc.cn_bind_to_uuid"));
                contexts.extend(pairs.map(|(id, uuid)| ((stream, id), uuid)));
                continue;
            }
            _ => continue,
        };
        let id = pdu["dcerpc.cn_ctx_id"].as_str().unwrap().to_owned();
        let is_clusapi = contexts.get(&(stream, id)).is_some_and(|uuid| uuid == CLUSAPI);
        if is_clusapi && number(&pdu["dcerpc.cn_flags"]) & 2 != 0 {
            let opnum = pdu.get("dcerpc.opnum").map(number);
            keys.push((frame, stream, number(&pdu["dcerpc.cn_call_id"]), opnum, direction.to_owned()));
        }
    }
    keys
}

/// tshark gives one object, or an array where a frame has several PDUs.
fn one_or_many(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

/// All strings of this name, at any depth.
fn all(value: &Value, name: &str) -> Vec<String> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match value {
                Value::String(text) if key == name => vec![text.clone()],
                value => all(value, name),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(|value| all(value, name)).collect(),
        _ => Vec::new(),
    }
}

/// A number, which tshark writes as a string, decimal or hexadecimal.
fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap();
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

fn captures(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "pcapng")).collect();
    paths.sort();
    paths
}

fn compare(directory: &Path, least: usize) {
    let paths = captures(directory);
    assert!(paths.len() >= least, "{} has only {} captures", directory.display(), paths.len());
    for path in paths {
        let (ours, theirs) = (ours(&path), theirs(&path));
        assert!(!theirs.is_empty(), "{}", path.display());
        assert_eq!(ours, theirs, "{}", path.display());
    }
}

#[test]
fn lists_the_same_calls_in_the_samples() {
    if has_tshark() {
        compare(&support::root().join("samples"), 3);
    }
}

#[test]
fn lists_the_same_calls_in_the_captures() {
    let beside = support::root().parent().unwrap().join("shared/captures");
    let named = env::var_os("CMRP_CAPTURES").map(PathBuf::from);
    match named.or_else(|| beside.is_dir().then_some(beside)) {
        Some(directory) if has_tshark() => compare(&directory, 20),
        Some(_) => {}
        None => println!("skipped: there are no captures but the samples"),
    }
}

#[test]
fn lists_the_same_faults_and_fragments() {
    use dcerpc_proto::PfcFlags;
    if !has_tshark() {
        return;
    }
    let mut talk = Talk::bound(50_000, 1);
    talk.request_fragment(2, 65, &support::talk::GET_NOTIFY[..8], PfcFlags::FIRST_FRAG);
    talk.request_fragment(2, 65, &support::talk::GET_NOTIFY[8..16], PfcFlags::empty());
    talk.request_fragment(2, 65, &support::talk::GET_NOTIFY[16..], PfcFlags::LAST_FRAG);
    talk.fault(2, 0x1c01_0002);
    talk.get_notify(3);
    talk.goodbye();
    // tshark recognises DCE/RPC by its header, which therefore has to come in one piece.
    for size in [30, 40, 1000] {
        let file = support::file(&capture(Layer::Ethernet, &talk.cut(size)));
        let theirs = theirs(&file);
        assert_eq!(theirs.len(), 4);
        assert_eq!(ours(&file), theirs, "segments of {size} octets");
    }
}

/// A talk of one call, as many segments as asked for of it.
fn talk(port: u16, base: u32) -> Vec<Segment> {
    let mut talk = Talk::bound(port, base);
    talk.get_notify(2);
    talk.segments
}

#[test]
fn numbers_streams_the_same_way() {
    if !has_tshark() {
        return;
    }
    let first = talk(50_000, 1000);
    let mut closed = Talk::bound(50_000, 1000);
    closed.get_notify(2);
    closed.goodbye();
    let reset = [&first[..], &[Segment { rst: true, payload: Vec::new(), ..first[4].clone() }]].concat();
    let cases = [
        ("two connections", vec![first.clone(), talk(50_001, 9)]),
        (
            "the same ports again after FIN",
            vec![closed.segments.clone(), talk(50_000, 700_000), talk(50_001, 5)],
        ),
        ("the same ports again after RST", vec![reset, talk(50_000, 700_000), talk(50_001, 5)]),
        ("the same ports again without an end", vec![first.clone(), talk(50_000, 700_000), talk(50_001, 5)]),
        ("the SYN again", vec![first.clone(), first[..1].to_vec(), talk(50_001, 5)]),
        (
            "the same ports, first from the middle",
            vec![first[2..].to_vec(), talk(50_000, 700_000), talk(50_001, 5)],
        ),
        ("only the server's side, then the same ports", vec![first[3..4].to_vec(), talk(50_000, 700_000)]),
        (
            "SYN-ACK, then SYN",
            vec![vec![first[1].clone(), first[0].clone()], first[2..].to_vec(), talk(50_001, 5)],
        ),
        (
            "data, then SYN",
            vec![vec![first[2].clone(), first[0].clone()], first[1..].to_vec(), talk(50_001, 5)],
        ),
        (
            "SYN of the other end",
            vec![first.clone(), vec![Segment { acknowledgment: None, ..first[1].clone() }], talk(50_001, 5)],
        ),
        ("no SYN-ACK", vec![first[1..].to_vec(), talk(50_001, 5), talk(50_000, 3_000_000)]),
    ];
    for (name, talks) in cases {
        let file = support::file(&capture(Layer::Ethernet, &talks.concat()));
        let theirs = theirs(&file);
        assert!(!theirs.is_empty(), "{name}");
        assert_eq!(ours(&file), theirs, "{name}");
    }
}
