//! The table of keys in `cli/README.md` tells all that `--json` prints, and nothing else.
#![cfg(test)]
#![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use support::talk::{GET_NOTIFY, Layer, NOTIFIED, Talk, capture};

/// Types by key; members of an object as `key.member`.
type Keys = BTreeMap<String, BTreeSet<String>>;

/// The rows of the table.
fn documented() -> Keys {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let (_, table) = text.split_once("| key | type | meaning |\n|---|---|---|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let key = cells.next().unwrap().trim_matches('`').to_owned();
        (key, cells.next().unwrap().split(" or ").map(str::to_owned).collect())
    };
    table.lines().map(row).collect()
}

/// All messages of the samples, and of a made-up talk with what no sample has.
fn messages() -> Vec<Value> {
    let directory = support::root().join("samples");
    let paths = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let samples = paths.filter(|path| path.extension().is_some_and(|extension| extension == "pcapng"));
    let mut messages: Vec<Value> = samples.flat_map(|path| support::messages(&path, &[])).collect();
    assert!(messages.len() > 200);

    let mut talk = Talk::bound(50_000, 1);
    talk.request(2, 300, &[]);
    talk.fault(2, 0x1c01_0002);
    talk.request(3, 65, &GET_NOTIFY[..10]);
    talk.fault(3, 0x7777_7777);
    talk.response(4, &NOTIFIED);
    talk.request_fragment(5, 65, &GET_NOTIFY, dcerpc_proto::PfcFlags::FIRST_FRAG);
    let file = support::file(&capture(Layer::Ethernet, &talk.segments));
    messages.extend(support::messages(&file, &[]));

    // A simple packet block, which has no time.
    let frame = talk.segments[4].frame(Layer::Ethernet);
    let length = u32::try_from(frame.len()).unwrap();
    let padding = vec![0; frame.len().next_multiple_of(4) - frame.len()];
    let block = u32::try_from(16 + frame.len() + padding.len()).unwrap().to_le_bytes();
    let start = support::pcapng(false, 1, 6, 0, &[]);
    let simple =
        [&start[..], &[3, 0, 0, 0], &block, &length.to_le_bytes(), &frame, &padding, &block].concat();
    messages.extend(support::messages(&support::file(&simple), &["--assume", "clusapi3"]));
    messages
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(false) => "false",
        Value::Bool(true) => "true",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Notes the keys of an object. The names in `fields` are those of the IDL.
fn collect(keys: &mut Keys, prefix: &str, object: &Value) {
    for (name, value) in object.as_object().into_iter().flatten() {
        let key = format!("{prefix}{name}");
        keys.entry(key.clone()).or_default().insert(kind(value).to_owned());
        if name != "fields" {
            collect(keys, &format!("{key}."), value);
        }
    }
}

#[test]
fn every_key_and_type_is_documented_and_occurs() {
    let mut printed = Keys::new();
    for message in messages() {
        collect(&mut printed, "", &message);
    }
    assert_eq!(printed, documented());
}

#[test]
fn only_the_keys_said_to_be_are_left_out() {
    let always: BTreeSet<String> = documented()
        .into_keys()
        .filter(|key| !key.contains('.') && key != "latency" && key != "fault")
        .collect();
    for message in messages() {
        let keys: BTreeSet<String> = message.as_object().unwrap().keys().cloned().collect();
        assert!(keys.is_superset(&always), "{message}");
        assert_eq!(keys.contains("fault"), message["direction"] == json!("fault"), "{message}");
        assert!(!keys.contains("latency") || message["direction"] != json!("request"), "{message}");
    }
}
