//! What the IDL of an interface declares: its name on the wire, operations, numbers with a meaning.

use std::path::Path;

use midl_codegen::model::{Attributes, DefinitionKind, Interface, Model, Operation};
use midl_codegen::{SearchPath, compile};

use super::DictionaryEntry as Entry;
use super::protocol::number;
use crate::stubs::InterfaceName;

/// The UUID and version, opnums, enumerators and flags, the bounds of ranges, the tags of unions.
pub(super) fn declared(interface: InterfaceName) -> Vec<Entry> {
    let model = model(interface);
    let interfaces = model.interfaces().iter().filter(|declared| declared.name == interface.name());
    let own = interfaces.flat_map(|interface| syntax(interface).into_iter().chain(opnums(interface)));
    own.chain(bounds(&model)).chain(tags(&model)).chain(enumerators(&model)).collect()
}

/// The names of parameters and members, as the keys of JSON.
pub(super) fn member_names(interface: InterfaceName) -> Vec<Entry> {
    let model = model(interface);
    let operations = model.interfaces().iter().flat_map(|interface| &interface.operations);
    let parameters = operations.flat_map(|operation| &operation.params).map(|parameter| &parameter.name);
    let definitions = model.definitions().filter_map(|(_, definition)| match &definition.kind {
        DefinitionKind::Struct(declared) => Some(&declared.fields),
        _ => None,
    });
    let members = definitions.flatten().map(|field| &field.name);
    parameters.chain(members).map(|name| Entry::new(name, format!("\"{name}\":"))).collect()
}

#[expect(clippy::panic, reason = "the files are part of the workspace")]
fn model(interface: InterfaceName) -> Model {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = match interface {
        InterfaceName::Constructs => package.join("idl"),
        _ => package.join("../idl"),
    };
    let file = format!("{}.idl", interface.name());
    let text = std::fs::read_to_string(folder.join(&file)).unwrap_or_default();
    let compilation = compile(&file, &text, &mut SearchPath::new([folder]));
    compilation.unwrap_or_else(|problems| panic!("idl/{file} does not compile: {problems}")).model
}

/// The UUID and the version as a bind names them, in both byte orders.
fn syntax(interface: &Interface) -> Vec<Entry> {
    let Some([a, b, c, d, e, f, g, h, rest @ ..]) = interface.uuid else { return Vec::new() };
    let (major, minor) = interface.version;
    let little = [&[d, c, b, a, f, e, h, g], rest.as_slice()].concat();
    let big = [&[a, b, c, d, e, f, g, h], rest.as_slice()].concat();
    let version = [major.to_le_bytes(), minor.to_le_bytes()].concat();
    vec![
        Entry::new("syntax", [little.as_slice(), &version].concat()),
        Entry::new("uuid", little),
        Entry::new("uuid_big", big),
    ]
}

/// Opnums as the header of an input and a request have them.
fn opnums(interface: &Interface) -> impl Iterator<Item = Entry> {
    let entry = |operation: &Operation| {
        Entry::new(&format!("opnum_{}", operation.name), operation.opnum.to_le_bytes())
    };
    interface.operations.iter().map(entry)
}

/// The ends of each `range`, and what lies just beyond.
fn bounds(model: &Model) -> Vec<Entry> {
    let range = |attributes: &Attributes| attributes.range;
    let parameters = model.interfaces().iter().flat_map(|interface| &interface.operations);
    let parameters = parameters.flat_map(|operation| &operation.params);
    let parameters = parameters.filter_map(|parameter| range(&parameter.attributes));
    let members = model.definitions().flat_map(|(_, definition)| match &definition.kind {
        DefinitionKind::Struct(declared) => {
            declared.fields.iter().filter_map(|field| range(&field.attributes)).collect()
        }
        DefinitionKind::Alias { attributes, .. } => range(attributes).into_iter().collect(),
        _ => Vec::new(),
    });
    let ends = parameters
        .chain(members)
        .flat_map(|range| [range.low, range.high, range.low.saturating_sub(1), range.high.saturating_add(1)]);
    ends.flat_map(|end| number("range", end)).collect()
}

/// The values that select the arms of unions.
fn tags(model: &Model) -> Vec<Entry> {
    let arms = model.definitions().filter_map(|(_, definition)| match &definition.kind {
        DefinitionKind::Union(union) => Some(&union.arms),
        _ => None,
    });
    let tags = arms.flatten().flat_map(|arm| arm.cases.iter().copied());
    tags.flat_map(|tag| number("tag", tag).into_iter().chain(short("tag", tag))).collect()
}

/// The values of enumerations, which are flags where the IDL uses them as such.
fn enumerators(model: &Model) -> Vec<Entry> {
    let enumerations = model.definitions().filter_map(|(_, definition)| match &definition.kind {
        DefinitionKind::Enum(declared) => Some(declared),
        _ => None,
    });
    let mut entries = Vec::new();
    for declared in enumerations {
        for enumerator in &declared.values {
            entries.extend(number(&enumerator.name, enumerator.value));
            if !declared.v1_enum {
                entries.extend(short(&enumerator.name, enumerator.value));
            }
        }
    }
    entries
}

/// 16 bits in both byte orders, which an enumeration without `v1_enum` has in NDR (C706 14.2.5.1).
fn short(name: &str, value: i128) -> Vec<Entry> {
    let Ok(value) = u16::try_from(value) else { return Vec::new() };
    vec![
        Entry::new(&format!("{name}_short"), value.to_le_bytes()),
        Entry::new(&format!("{name}_short_big"), value.to_be_bytes()),
    ]
}
