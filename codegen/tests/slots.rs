//! The two interfaces of MS-CMRP: every slot equals an independent table, and the published IDL means the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use midl_codegen::Compilation;
use midl_codegen::model::{DefId, Definition, DefinitionKind, Interface, Model, Type};
use support::{compile_file, corpus, workspace};

const NAMES: [(&str, usize); 2] = [("clusapi2", 109), ("clusapi3", 265)];

fn ours(name: &str) -> Compilation {
    let file = workspace(&format!("idl/{name}.idl"));
    let compilation =
        compile_file(&file, &[workspace("idl")]).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(compilation.warnings.is_empty(), "{}", compilation.warnings);
    compilation
}

fn only_interface(model: &Model) -> &Interface {
    let [interface] = model.interfaces() else { panic!("one interface expected") };
    interface
}

/// The table spells attributes as the specification does; both sides are brought to one spelling by plain text
/// operations that share nothing with the compiler.
#[test]
fn every_slot_equals_the_table() {
    for (name, count) in NAMES {
        let compilation = ours(name);
        let interface = only_interface(&compilation.model);
        assert_eq!(interface.operations.len(), count);
        let described = compilation.model.describe(interface);
        let table =
            std::fs::read_to_string(workspace(&format!("testsuite/tables/{name}-methods.tsv"))).unwrap();
        let rows: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(rows.len(), count);
        for (ours, row) in described.lines().zip(rows) {
            assert_eq!(normal_row(ours), normal_row(row), "{name}: {row}");
        }
    }
}

/// Opnum, name, result, and of each parameter its attributes in order of the alphabet, its type and its name.
fn normal_row(row: &str) -> (String, String, String, Vec<(Vec<String>, String)>) {
    let cells: Vec<&str> = row.split('\t').collect();
    let params = cells.get(3).copied().unwrap_or_default();
    let params = params.replace("MAX_CLUSTER_CONTROL_CODE_BUFFER_SIZE", "2147483647");
    let params = params.replace("0x7FFFFFFF", "2147483647").replace("(64 * 1024)", "65536");
    let params = if params.trim() == "void" { String::new() } else { params };
    let list = split_outside(&params, ',').iter().map(|param| normal_param(param)).collect();
    (cells[0].to_owned(), cells[1].to_owned(), cells[2].trim().to_owned(), list)
}

fn normal_param(param: &str) -> (Vec<String>, String) {
    let mut attributes = Vec::new();
    let mut rest = param.trim();
    while let Some(list) = rest.strip_prefix('[') {
        let (list, behind) = list.split_once(']').unwrap();
        attributes.extend(split_outside(list, ',').iter().map(|one| one.replace(char::is_whitespace, "")));
        rest = behind.trim_start();
    }
    attributes.sort();
    let words: Vec<&str> = rest.split_whitespace().filter(|word| *word != "const").collect();
    let declared = words.join(" ").replace("[ * ]", "[*]");
    // `[*]` and `[]` are one thing (C706 4.2.17.1).
    // `int` is `long` (C706 4.2.9.1).
    let declared = declared.replace("int *", "long *").replace("[*]", "[]").replace('*', " * ");
    (attributes, declared.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Parts between separators that stand in no parentheses or brackets; no part of an empty text.
fn split_outside(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if c == separator && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(c);
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The published files, with our base types under theirs, declare the same slots and the same types.
#[test]
fn the_published_idl_means_the_same() {
    let Some(corpus) = corpus() else { return };
    for (name, _) in NAMES {
        let ours = ours(name);
        let file = corpus.join(format!("ms-cmrp_{name}.idl"));
        let published =
            compile_file(&file, &[workspace("idl")]).unwrap_or_else(|problems| panic!("{problems}"));
        let (own, theirs) = (only_interface(&ours.model), only_interface(&published.model));
        assert_eq!((own.uuid, own.version), (theirs.uuid, theirs.version));
        assert_eq!(own.pointer_default, theirs.pointer_default);
        let lines = |model: &Model, interface: &Interface| -> Vec<String> {
            model.describe(interface).lines().map(str::to_owned).collect()
        };
        for (left, right) in lines(&ours.model, own).iter().zip(lines(&published.model, theirs)) {
            assert_eq!(left, &right, "{name}");
        }
        assert_eq!(own.operations.len(), theirs.operations.len());
        assert_eq!(used_types(&ours.model, own), used_types(&published.model, theirs), "{name}");
    }
}

/// Every definition that the operations of an interface reach, described, by name.
fn used_types(model: &Model, interface: &Interface) -> BTreeMap<String, String> {
    let mut waiting: Vec<Type> = Vec::new();
    for operation in &interface.operations {
        waiting.push(operation.returns.clone());
        waiting.extend(operation.params.iter().map(|param| param.ty.clone()));
    }
    let mut found = BTreeMap::new();
    while let Some(ty) = waiting.pop() {
        match ty {
            Type::Named(id) => visit(model, id, &mut found, &mut waiting),
            Type::Pointer(inner) | Type::SafeArray(inner) | Type::Pipe(inner) => waiting.push(*inner),
            Type::Array(array) => waiting.push(array.element),
            Type::Void | Type::Base(_) => {}
        }
    }
    found
}

fn visit(model: &Model, id: DefId, found: &mut BTreeMap<String, String>, waiting: &mut Vec<Type>) {
    let definition: &Definition = model.definition(id);
    let text = model.describe_definition(definition);
    if found.insert(definition.name.clone(), text).is_some() {
        return;
    }
    match &definition.kind {
        DefinitionKind::Alias { ty, .. } => waiting.push(ty.clone()),
        DefinitionKind::Struct(structure) => {
            waiting.extend(structure.fields.iter().map(|field| field.ty.clone()));
        }
        DefinitionKind::Union(union) => {
            waiting
                .extend(union.arms.iter().filter_map(|arm| arm.field.as_ref()).map(|field| field.ty.clone()));
        }
        DefinitionKind::ContextHandle | DefinitionKind::Enum(_) => {}
    }
}

/// The families of notifications have the names and values of the table.
#[test]
fn every_cluster_change_equals_the_table() {
    let compilation = ours("clusapi3");
    let table = std::fs::read_to_string(workspace("testsuite/tables/cluster-change.tsv")).unwrap();
    let mut rows: BTreeMap<&str, Vec<(String, i128)>> = BTreeMap::new();
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let value = i128::from_str_radix(cells[2].trim_start_matches("0x"), 16).unwrap();
        rows.entry(cells[0]).or_default().push((cells[1].to_owned(), value));
    }
    for (family, expected) in rows {
        let (_, definition) = compilation.model.find(family).unwrap_or_else(|| panic!("no {family}"));
        let DefinitionKind::Enum(found) = &definition.kind else { panic!("{family} is no enum") };
        let found: Vec<(String, i128)> =
            found.values.iter().map(|item| (item.name.clone(), item.value)).collect();
        assert_eq!(found, expected, "{family}");
    }
}
