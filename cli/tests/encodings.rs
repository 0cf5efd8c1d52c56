//! Wireshark's `tshark` dissects what the codec encodes: every operation of interface 3.0, both directions.
//!
//! Its dissector comes from Samba's IDL, which differs from the published one in a few places; those are listed, each
//! with its reason. Without `tshark` the test passes with a note, unless `CMRP_REQUIRE_TSHARK=1` asks for failure.
#![cfg(test)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::{env, fs};

use cmrp::clusapi3::{OPERATION_NAMES, Request, Response};
use cmrp::ndr::{EncodeStub, Format, Limits, TargetLevel};
use serde_json::Value;
use support::talk::{Layer, Talk, capture};

const FORMAT: Format = Format::NDR20_LE;

/// Operation, direction, and why tshark calls correct octets malformed.
const DEVIATIONS: [(&str, &str, &str); 2] = [
    ("ApiGetNotifyV2", "response", "reads dwNotifyKey as a pointer, not as a number in place"),
    ("ApiSetNetworkPriorityOrder", "request", "reads one string where the IDL has an array of strings"),
];

/// Our encodings of the vectors, by opnum and direction.
type Encodings = BTreeMap<(u16, bool), Vec<Vec<u8>>>;

fn encodings() -> Encodings {
    let text = fs::read_to_string(support::root().join("testsuite/vectors/clusapi3.jsonl")).unwrap();
    let mut encodings = Encodings::new();
    for line in text.lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        let opnum = u16::try_from(vector["opnum"].as_u64().unwrap()).unwrap();
        let is_request = vector["direction"] == "request";
        if let Some(digits) = vector[FORMAT.name()].as_str() {
            let stub = encode(opnum, is_request, &octets(digits));
            encodings.entry((opnum, is_request)).or_default().push(stub);
        }
    }
    encodings
}

fn octets(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// What the codec makes of the value that a stub holds.
fn encode(opnum: u16, is_request: bool, stub: &[u8]) -> Vec<u8> {
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5);
    if is_request {
        Request::decode(opnum, stub, FORMAT, &limits).unwrap().encode(FORMAT).unwrap()
    } else {
        Response::decode(opnum, stub, FORMAT, &limits).unwrap().encode(FORMAT).unwrap()
    }
}

/// The request of null handles, null pointers and zeros, for operations without a vector of their request.
fn plain_request(opnum: u16) -> Vec<u8> {
    encode(opnum, true, &[0; 256])
}

/// A connection that carries each encoding: a response follows a request of its operation.
fn conversation(encodings: &Encodings) -> (Talk, BTreeMap<u32, u16>) {
    let mut talk = Talk::bound(50_000, 1);
    let mut calls = BTreeMap::new();
    for ((opnum, is_request), stubs) in encodings {
        let requests = encodings.get(&(*opnum, true));
        let first = requests.map_or_else(|| plain_request(*opnum), |requests| requests[0].clone());
        for stub in stubs {
            let call_id = u32::try_from(calls.len().saturating_add(2)).unwrap();
            calls.insert(call_id, *opnum);
            if *is_request {
                talk.request(call_id, *opnum, stub);
            } else {
                talk.request(call_id, *opnum, &first);
                talk.response(call_id, stub);
            }
        }
    }
    (talk, calls)
}

#[test]
fn tshark_dissects_every_operation() {
    let is_there = Command::new("tshark").arg("--version").output().is_ok_and(|run| run.status.success());
    if !is_there {
        assert!(env::var_os("CMRP_REQUIRE_TSHARK").is_none_or(|value| value != "1"), "there is no tshark");
        println!("skipped: there is no tshark");
        return;
    }
    let encodings = encodings();
    let (talk, calls) = conversation(&encodings);
    let path = support::file(&capture(Layer::Ethernet, &talk.segments));
    let fields = ["-T", "fields", "-e", "dcerpc.cn_call_id", "-e", "dcerpc.pkt_type"];
    let list = |filter: &str| {
        let output =
            Command::new("tshark").args(["-Y", filter]).args(fields).arg("-r").arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", support::stderr(&output));
        support::stdout(&output).to_owned()
    };
    assert_eq!(
        list("clusapi && dcerpc.pkt_type == 0").lines().count(),
        calls.len(),
        "requests are not recognised"
    );
    let malformed: BTreeSet<(&str, &str)> = list("_ws.malformed && dcerpc")
        .lines()
        .map(|line| {
            let (call_id, packet) = line.split_once('\t').unwrap();
            let opnum = calls[&call_id.parse().unwrap()];
            (OPERATION_NAMES[usize::from(opnum)], if packet == "0" { "request" } else { "response" })
        })
        .collect();
    let explained = DEVIATIONS.iter().map(|(operation, direction, _)| (*operation, *direction)).collect();
    assert_eq!(malformed, explained, "what tshark calls malformed, against what is explained");
}
