//! Seeds of the targets that read documents: JSON, IDL, buffers, lines, descriptors.

use std::collections::{BTreeMap, BTreeSet};

use cmrp::ndr::json::{Arena, Value};
use cmrp::ndr::{EncodeStub, FileTime, Format};
use cmrp_cluster::definition::DEFAULT;
use cmrp_cluster::registry::command::{self, Command, CommandType};
use cmrp_cluster::registry::{Parts, SecurityDescriptor};
use cmrp_port::event::v2::{Property, PropertyList, PropertyValue};
use serde_json::json;

use super::outcome::Kept;
use super::stub;
use crate::input::{DIRECTIONS, Input, Strictness};
use crate::message::Direction;
use crate::stubs::{InterfaceName, Stubs, Visit};

/// Every kind of change, with an example that a test of the cluster runs.
const CHANGES: &str = include_str!("../../../docs/changes.md");

/// Texts with most constructs of the language, and with mistakes in them.
const IDL: [&str; 6] = [
    include_str!("../../idl/constructs.idl"),
    include_str!("../../../idl/cluster_change.idl"),
    include_str!("../../../idl/ms-dtyp.idl"),
    include_str!("../../../codegen/tests/diagnostics/attributes.idl"),
    include_str!("../../../codegen/tests/diagnostics/grammar.idl"),
    include_str!("../../../codegen/tests/diagnostics/types.idl"),
];

/// What the texts above lack.
const MORE_IDL: &str = "import \"a.idl\";
#define N (2 * 3)
#ifdef N
const long M = N > 1 ? (long) 'x' << 2 : ~sizeof(S) % 3;
#else
#endif
cpp_quote(\"a \\\" b\")
typedef struct _S { struct _S *next; [size_is(, *p)] byte **b; [max_is(m), last_is(*p)] short c[]; } S, *PS;
[object, uuid(00112233-4455-6677-8899-aabbccddeeff)] interface i : j { [callback] HRESULT f([in] SAFEARRAY(long) a); };
library L { coclass C { [default] interface i; } };
";

/// Paragraphs of the interface of version 3 that become seeds.
const PARAGRAPHS: usize = 80;

/// Values of every shape as text, and what breaks a new rule.
pub(super) fn json() -> Vec<Vec<u8>> {
    let mut kept = Kept::default();
    let mut seeds = Vec::new();
    for interface in InterfaceName::ALL {
        for direction in DIRECTIONS {
            let shapes = stub::shapes(interface, direction);
            seeds.extend(shapes.iter().map(|(opnum, value)| text(direction, *opnum, value)));
            for (opnum, value) in largest(shapes) {
                let new = doctored(&value).into_iter().filter(|value| {
                    let refusal = interface.visit(direction, Refusal(opnum, value));
                    refusal.is_some_and(|refusal| {
                        kept.is_new(format!("{} {direction:?} {refusal}", interface.name()))
                    })
                });
                seeds.extend(new.map(|value| text(direction, opnum, &value)));
            }
        }
    }
    seeds
        .extend(["", "{", "[[[[[[[[[[[[[[[[[[[[", "null"].map(|text| [&[0, 0, 0], text.as_bytes()].concat()));
    seeds
}

/// The largest value of each operation, in which most can go wrong.
fn largest(shapes: Vec<(u16, Value)>) -> BTreeMap<u16, Value> {
    let mut found = BTreeMap::<u16, Value>::new();
    for (opnum, value) in shapes {
        let size = |value: &Value| places(value).len();
        if found.get(&opnum).is_none_or(|other| size(other) < size(&value)) {
            found.insert(opnum, value);
        }
    }
    found
}

fn text(direction: Direction, opnum: u16, value: &Value) -> Vec<u8> {
    let text = value.to_string();
    let formats = Format::ALL.get(usize::from(opnum % 3)).copied().unwrap_or(Format::Ndr64);
    let strictness = Strictness::Level5;
    Input { format: formats, direction, strictness, opnum, stub: text.as_bytes() }.join()
}

/// The value with something else in one place, for every place of it.
fn doctored(value: &Value) -> Vec<Value> {
    let substitutes = [
        json!("\u{0}"),
        json!("0g"),
        json!("0"),
        json!(0),
        json!(u64::MAX),
        json!(-1),
        json!(null),
        json!([]),
        json!({}),
        json!({"max": 0, "data": "00"}),
        json!({"max": 0, "data": [null]}),
        json!({"utf16": [0xD800, 0]}),
    ];
    let mut found = Vec::new();
    for place in places(value) {
        for substitute in &substitutes {
            let mut other = value.clone();
            if let Some(there) = other.pointer_mut(&place) {
                *there = substitute.clone();
            }
            found.push(other);
        }
        let mut more = value.clone();
        if let Some(members) = more.pointer_mut(&place).and_then(Value::as_object_mut) {
            members.insert("lpszName".to_owned(), Value::Null);
            found.push(more);
        }
    }
    found
}

fn places(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut next = 0_usize;
    while let Some(place) = found.get(next).cloned() {
        match value.pointer(&place) {
            Some(Value::Object(members)) => {
                found.extend(members.keys().map(|name| format!("{place}/{name}")));
            }
            Some(Value::Array(elements)) => {
                found.extend((0..elements.len().min(2)).map(|at| format!("{place}/{at}")));
            }
            _ => {}
        }
        next = next.saturating_add(1);
    }
    found
}

/// Why a value is refused: by the reader, told by its kind alone, or by the encoder, told with operation and place.
struct Refusal<'a>(u16, &'a Value);

impl Visit for Refusal<'_> {
    type Output = Option<String>;

    fn visit<S: Stubs>(self) -> Option<String> {
        let arena = Arena::new();
        match S::from_json(self.0, self.1, &arena) {
            Err(error) => Some(kind(error.kind())),
            Ok(value) => {
                let error = value.encode(Format::NDR20_LE).err()?;
                Some(format!("{} {} {}", self.0, kind(&error.kind()), error.path()))
            }
        }
    }
}

fn kind(kind: &impl std::fmt::Debug) -> String {
    let text = format!("{kind:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Buffers of every kind of event; the first two octets choose the event.
pub(super) fn payloads() -> Vec<Vec<u8>> {
    let buffers = [Vec::new(), vec![1, 0, 0, 0], list(), wide("File Server\0"), membership()];
    let mut seeds = Vec::new();
    for (object_type, bit) in (0..16).flat_map(|object_type| (0..16).map(move |bit| (object_type, bit))) {
        let place = usize::from(bit % 5);
        seeds.extend(buffers.get(place).map(|buffer| [&[object_type, bit], buffer.as_slice()].concat()));
        seeds.push([&[object_type, bit], list().as_slice()].concat());
    }
    seeds
}

fn list() -> Vec<u8> {
    let values = [
        PropertyValue::Binary(&[1, 2, 3]),
        PropertyValue::Dword(3000),
        PropertyValue::Sz("text".into()),
        PropertyValue::ExpandSz { stored: "%a%".into(), expanded: Some("b".into()) },
        PropertyValue::MultiSz(vec!["one".into(), "two".into()]),
        PropertyValue::FileTime(FileTime(1)),
    ];
    let list: PropertyList<'_> = values.into_iter().map(|value| Property::new("Name", value)).collect();
    let mut buffer = Vec::new();
    list.write(&mut buffer);
    buffer
}

fn membership() -> Vec<u8> {
    [&[0; 8][..], &[1, 0, 0, 0, 2, 0, 0, 0], &wide("node1\0")].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Lists of registry commands of every kind.
pub(super) fn batches() -> Vec<Vec<u8>> {
    let kinds = (0..10).map(CommandType);
    let command =
        |kind| Command { kind, value_type: 3, name: "Software\\Ä".to_owned(), data: (&b"odd"[..]).into() };
    let commands: Vec<Command<'_>> = kinds.map(command).collect();
    let mut seeds: Vec<Vec<u8>> = commands.iter().map(|command| command::encode([command])).collect();
    seeds.push(command::encode(&commands));
    seeds.push(command::encode(&[]));
    // The last padding may be missing, and another version is none.
    let mut short = command::encode(&commands);
    short.pop();
    seeds.extend([short, vec![2, 0, 0, 0], vec![1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]]);
    seeds
}

/// Security descriptors with all parts, some, and lists that share their octets.
pub(super) fn descriptors() -> Vec<Vec<u8>> {
    let whole = SecurityDescriptor::of_a_new_cluster();
    let parts = (1..16).filter_map(|bits| Parts::asked(bits).ok());
    let mut seeds: Vec<Vec<u8>> = parts.map(|parts| whole.octets(parts)).collect();
    let mut shared = whole.octets(Parts::ALL);
    if let Some(control) = shared.get_mut(2) {
        *control |= 0x10;
    }
    if shared.len() >= 20 {
        shared.copy_within(16..20, 12);
    }
    seeds.extend([shared, SecurityDescriptor::default().octets(Parts::ALL)]);
    seeds
}

/// Dependency expressions, good and bad.
pub(super) fn expressions() -> Vec<Vec<u8>> {
    texts(&[
        "([a] or [b c]) and [d]",
        "[a] and [b] and [c]",
        "{[Group 1] and ([Group 2])}",
        "([a] and [b]) and ([c] OR [d] or [e])",
        "[a]and[b]and[c]and[d]and[e]and[f]and[g]",
        "([a])",
        "[a] or",
        "([a",
        "[] and []",
        "{",
        "[a] [b]",
        "",
    ])
}

/// The examples of the documentation, and lines that are none.
pub(super) fn changes() -> Vec<Vec<u8>> {
    let examples = CHANGES.lines().filter(|line| line.starts_with('{'));
    let others = [
        "",
        "# a comment",
        "{",
        "{\"change\":\"node_gone\"}",
        "{\"change\":\"node_up\"}",
        "[]",
        "{\"change\":\"quorum\",\"held\":false,\"after\":\"1001h\"}",
    ];
    let registry = [
        r#"{"change":"registry_set","key":"Software\\Ä","value":"x","data":{"binary":"01 ff"}}"#,
        r#"{"after":"0.25h","change":"group_set_joined","group_set":"a\u0000","group":"b"}"#,
    ];
    examples.chain(others).chain(registry).map(|line| line.as_bytes().to_vec()).collect()
}

/// The default definition, smaller ones, and ones with mistakes.
pub(super) fn definitions() -> Vec<Vec<u8>> {
    let mut seeds = texts(&[
        DEFAULT,
        "[cluster]\nname='C'\n[[nodes]]\nname='n'\n[[groups]]\nname='g'\n[[groups.resources]]\nname='r'\ntype='Physical Disk'\n",
        r#"{"cluster":{"name":"Ä"},"nodes":[{"name":"n"}],"registry":[{"key":"a\\b","values":{"x":["y"]}}]}"#,
        "[cluster]\nname='C'\n",
        "[cluster]\nname='C'\n[[nodes]]\nname='n'\n[[nodes]]\nname='N'\nstate='lost'\n",
        "[cluster]\nnome='C'\n",
        "{\"cluster\":",
    ]);
    // Each part of the default definition on its own, behind the least that there must be.
    let parts: BTreeSet<&str> = DEFAULT.split("\n\n").filter(|part| part.contains("\n[")).collect();
    let least = "[cluster]\nname='C'\n[[nodes]]\nname='node1'\n";
    seeds.extend(parts.into_iter().map(|part| format!("{least}\n{part}\n").into_bytes()));
    seeds
}

/// The IDL of this workspace, whole where it is short, and declaration by declaration.
pub(super) fn idl() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = IDL.map(|text| text.as_bytes().to_vec()).into();
    let constructs = IDL.first().copied().unwrap_or_default();
    let clusapi = include_str!("../../../idl/clusapi3.idl");
    let paragraphs = constructs.split("\n\n").chain(clusapi.split("\n\n").take(PARAGRAPHS));
    let whole = paragraphs.filter(|paragraph| paragraph.ends_with(';'));
    let head = "[uuid(0fabc0de-1234-5678-9abc-def012345678), version(1.2), pointer_default(unique)]\ninterface i {\n";
    seeds.extend(whole.map(|paragraph| format!("{head}{paragraph}\n}}\n").into_bytes()));
    seeds.push(MORE_IDL.as_bytes().to_vec());
    seeds
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// Protocol towers of each transfer syntax, and towers of other protocols.
#[cfg(feature = "net")]
pub(super) fn towers() -> Vec<Vec<u8>> {
    use cmrp_net::epm::tower::Tower;
    use dcerpc_proto::SyntaxId;

    let question = |syntax| Tower::question(crate::endpoint::interface(), syntax).encode();
    let good = question(SyntaxId::NDR20);
    let mut seeds = vec![good.clone(), question(SyntaxId::NDR64), vec![5, 0]];
    // Another protocol in each floor, and octets behind the last one.
    for at in [0, 4, 29, 54, 61, 68] {
        let mut other = good.clone();
        if let Some(octet) = other.get_mut(at) {
            *octet = octet.wrapping_add(1);
        }
        seeds.push(other);
    }
    seeds.push([good.as_slice(), &[0]].concat());
    seeds
}

/// Questions about interfaces that are there and that are not, and requests of other methods.
#[cfg(feature = "net")]
pub(super) fn endpoint_maps() -> Vec<Vec<u8>> {
    use cmrp::ndr::Uuid;
    use dcerpc_proto::SyntaxId;

    use crate::endpoint::{interface, question};

    let other = SyntaxId::new(Uuid::NIL, 1, 0);
    let asked = [(interface(), 0), (interface(), 1), (interface(), 500), (other, 4)];
    let questions = Format::ALL
        .into_iter()
        .flat_map(|format| asked.map(|(interface, most)| question(interface, format, most)));
    let mut seeds: Vec<Vec<u8>> = questions.collect();
    seeds.extend((0..8).map(|opnum| [&[0, opnum, 0], &[0; 40][..]].concat()));
    seeds
}
