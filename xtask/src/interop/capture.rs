//! Every call that was made to our server, as `tshark` and `cmrp dissect` show it.
//!
//! The suite and the notification flow run while `dumpcap` listens. Both programs must list the same messages; for
//! interface 3.0, which tshark knows, return values and the parameters that both name alike must have equal values,
//! and tshark must find nothing malformed, but for what Samba's IDL, from which its dissector comes, has wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::server::Server;
use super::{Scene, scapy, success, text, torture};

/// Operations whose correct octets tshark misreads: it calls `AddNotifyKey`, `AddNotifyV2` and `GetNotifyV2`
/// malformed, and takes the conformance of an empty array in `SetServiceAccountPassword` for what follows.
const TSHARK_ERRS: [u64; 4] = [61, 108, 138, 139];

/// What tshark writes as a date.
const TIMES: [&str; 1] = ["lpftlastwritetime"];

/// A message: frame, call, opnum, whether it is a response.
type Key = (u64, u64, u64, bool);

/// Values by name of the parameter in lower case.
type Values = BTreeMap<String, Vec<String>>;

pub(super) fn run(scene: &Scene) -> Result<()> {
    let python = scapy::python(scene)?;
    for format in torture::FORMATS {
        let name = format!("torture{}.pcapng", format.replace(',', "-"));
        watch(scene, &name, |server| torture::suite(server, format).map(drop))?;
    }
    for arguments in scapy::runs() {
        let name = format!("scapy{}.pcapng", arguments.concat());
        watch(scene, &name, |server| scapy::flow(&python, server, arguments).map(drop))?;
    }
    Ok(())
}

/// Captures what happens to a fresh server, and compares.
fn watch(scene: &Scene, name: &str, happens: impl FnOnce(&Server) -> Result<()>) -> Result<()> {
    let path = scene.folder.join(name);
    let server = Server::start(scene, &[])?;
    let capture = Capture::start(&path, server.port)?;
    happens(&server)?;
    capture.stop()?;
    compare(scene, &path).with_context(|| path.display().to_string())
}

struct Capture(Child);

impl Capture {
    fn start(path: &Path, port: u16) -> Result<Self> {
        let child = Command::new("dumpcap")
            .args(["-q", "-i", "lo", "-B", "64", "-f", &format!("tcp port {port}"), "-w", text(path)?])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        // dumpcap says nowhere that it listens.
        sleep(Duration::from_secs(1));
        Ok(Self(child))
    }

    fn stop(mut self) -> Result<()> {
        sleep(Duration::from_secs(1));
        success(Command::new("kill").args(["-INT", &self.0.id().to_string()]))?;
        self.0.wait()?;
        Ok(())
    }
}

fn compare(scene: &Scene, path: &Path) -> Result<()> {
    let (ours, theirs) = (ours(scene, path)?, theirs(path)?);
    let is_missing = |from: &BTreeMap<Key, Values>, key: &&Key| !from.contains_key(*key);
    let only_ours: Vec<_> = ours.keys().filter(|key| is_missing(&theirs, key)).collect();
    let only_theirs: Vec<_> = theirs.keys().filter(|key| is_missing(&ours, key)).collect();
    ensure!(
        only_ours.is_empty() && only_theirs.is_empty(),
        "only ours: {only_ours:?}, only theirs: {only_theirs:?}"
    );
    let (mut values, mut differ) = (0_usize, Vec::new());
    for (key, theirs) in &theirs {
        for (name, theirs) in theirs {
            let Some(ours) = ours.get(key).and_then(|ours| ours.get(name)) else { continue };
            values = values.saturating_add(1);
            if ours != theirs {
                differ.push(format!("{key:?} {name}: ours {ours:?}, theirs {theirs:?}"));
            }
        }
    }
    ensure!(differ.is_empty(), "{}", differ.join("\n"));
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    println!("interop: {file}: {} messages and {values} values alike", ours.len());
    Ok(())
}

/// What `cmrp dissect` says. None of it may be an error.
fn ours(scene: &Scene, path: &Path) -> Result<BTreeMap<Key, Values>> {
    let lines = Command::new(&scene.cmrp).args(["dissect", "--json", text(path)?]).output()?;
    ensure!(lines.status.success(), "cmrp dissect failed");
    let mut messages = BTreeMap::new();
    for line in String::from_utf8(lines.stdout)?.lines() {
        let message: Value = serde_json::from_str(line)?;
        ensure!(member(&message, "error").is_null(), "cmrp dissect: {line}");
        let is_response = member(&message, "direction") != "request";
        let key = (
            number(member(&message, "frame")),
            number(member(&message, "call_id")),
            number(member(&message, "opnum")),
            is_response,
        );
        messages.insert(key, our_values(member(&message, "fields")));
    }
    Ok(messages)
}

fn our_values(fields: &Value) -> Values {
    let mut values = Values::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let name = if name == "return" { "werror".to_owned() } else { name.to_lowercase() };
        match value {
            Value::Number(number) => drop(values.insert(name, vec![number.to_string()])),
            Value::String(text) => drop(values.insert(name, vec![text.clone()])),
            _ => {}
        }
    }
    values
}

/// What tshark says: requests and responses of either version, with the values that it knows for version 3.0.
fn theirs(path: &Path) -> Result<BTreeMap<Key, Values>> {
    let filter = "dcerpc.pkt_type == 0 || dcerpc.pkt_type == 2";
    let output = Command::new("tshark")
        .args(["-r", text(path)?, "-Y", filter, "-T", "json", "--no-duplicate-keys"])
        .stderr(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "tshark failed");
    let packets: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    let mut messages = BTreeMap::new();
    for packet in &packets {
        let layers = member(member(packet, "_source"), "layers");
        let frame = number(member(member(layers, "frame"), "frame.number"));
        for pdu in each(member(layers, "dcerpc")) {
            let is_response = number(member(pdu, "dcerpc.pkt_type")) == 2;
            let opnum = number(member(pdu, "dcerpc.opnum"));
            let key = (frame, number(member(pdu, "dcerpc.cn_call_id")), opnum, is_response);
            let mut values = Values::new();
            leaves(member(layers, "clusapi"), &mut values);
            let is_known = TSHARK_ERRS.contains(&opnum);
            ensure!(is_known || member(layers, "_ws.malformed").is_null(), "tshark: malformed: {key:?}");
            messages.insert(key, if is_known { Values::new() } else { values });
        }
    }
    Ok(messages)
}

/// A value that tshark shows once or several times.
fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// Gathers `clusapi.clusapi_Operation.parameter` and `clusapi.werror`.
fn leaves(value: &Value, values: &mut Values) {
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Value::String(text) = value {
            if let Some(name) = name.strip_prefix("clusapi.").and_then(|name| name.rsplit('.').next()) {
                // Some numbers it shows as the name of a value, without one.
                if !text.is_empty() && !TIMES.contains(&name.to_lowercase().as_str()) {
                    values.entry(name.to_lowercase()).or_default().push(plain(text));
                }
            }
        } else {
            for value in each(value) {
                leaves(value, values);
            }
        }
    }
}

/// Numbers in decimals, as we write them.
fn plain(text: &str) -> String {
    let number = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.map_or_else(|| text.to_owned(), |number| number.to_string())
}

fn number(value: &Value) -> u64 {
    let text = value.as_str().map(plain);
    value.as_u64().or_else(|| text?.parse().ok()).unwrap_or(u64::MAX)
}

/// A member of an object; null if there is none.
fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}
