//! Documentation of generated items: the comments of the IDL, and the declarations themselves.

use proc_macro2::TokenStream;
use quote::quote;

use crate::layout::{ArmPlan, Slot};
use crate::model::{Definition, Operation};

/// Turns the names of operations in a line of documentation, which stand in backticks, into links.
pub(super) fn link(line: &str, is_operation: impl Fn(&str) -> bool) -> String {
    let mut linked = String::with_capacity(line.len());
    let mut parts = line.split('`');
    linked.push_str(parts.next().unwrap_or_default());
    while let Some(code) = parts.next() {
        let Some(text) = parts.next() else {
            linked.extend(["`", code]);
            break;
        };
        let links = is_operation(code) && !linked.ends_with('[');
        let (open, close) = if links { ("[`", "`]") } else { ("`", "`") };
        linked.extend([open, code, close, text]);
    }
    linked
}

/// Attributes that make a documentation comment of a text, a line each.
pub(super) fn comment(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

/// The text before a method's list of parameters and behind it, and the list's items by parameter.
struct MethodDoc<'a> {
    prose: String,
    items: Vec<(&'a str, String)>,
}

impl<'a> MethodDoc<'a> {
    fn parse(doc: &'a str) -> Self {
        let mut parsed = Self { prose: String::new(), items: Vec::new() };
        let mut in_item = false;
        for line in doc.lines() {
            if let Some((name, text)) = list_item(line) {
                parsed.items.push((name, text.to_owned()));
                in_item = true;
            } else if in_item && line.starts_with(' ') {
                if let Some((_, text)) = parsed.items.last_mut() {
                    text.push('\n');
                    text.push_str(line.trim());
                }
            } else {
                in_item = false;
                parsed.prose.push_str(line);
                parsed.prose.push('\n');
            }
        }
        parsed.prose = parsed.prose.trim().replace("\n\n\n", "\n\n");
        parsed
    }

    fn item(&self, name: &str) -> Option<&str> {
        self.items.iter().find(|(parameter, _)| *parameter == name).map(|(_, text)| text.as_str())
    }
}

/// `` - `name`: text ``
fn list_item(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("- `")?.split_once("`: ")
}

/// The type that names an operation: prose, signature and opnum.
pub(super) fn operation(operation: &Operation, signature: &str) -> TokenStream {
    let prose = MethodDoc::parse(&operation.doc.0).prose;
    let prose = if prose.is_empty() { format!("`{}`.", operation.name) } else { prose };
    comment(&format!("{prose}\n\nOpnum {}:\n```c\n{signature}\n```", operation.opnum))
}

/// A request or response.
pub(super) fn stub(operation: &Operation, what: &str) -> TokenStream {
    let name = super::names::camel_text(&operation.name);
    comment(&format!("{what} [`{name}`], opnum {}.", operation.opnum))
}

/// A field of a request or response: what the method's comment says of it, and its declaration.
pub(super) fn param(operation: &Operation, slot: &Slot) -> TokenStream {
    let doc = MethodDoc::parse(&operation.doc.0);
    let declaration = format!("`{}`", slot.declaration);
    let text = match doc.item(&slot.name) {
        Some(item) => format!("{}\n\n{declaration}", capitalized(item)),
        None if slot.name == "return" => format!("The function result.\n\n{declaration}"),
        None => declaration,
    };
    comment(&text)
}

/// A member of a structure.
pub(super) fn member(slot: &Slot) -> TokenStream {
    let declaration = format!("`{}`", slot.declaration);
    if slot.doc.is_empty() {
        comment(&declaration)
    } else {
        comment(&format!("{}\n\n{declaration}", slot.doc))
    }
}

/// A structure.
pub(super) fn structure(definition: &Definition) -> TokenStream {
    named(definition, "structure")
}

/// A union.
pub(super) fn union(definition: &Definition) -> TokenStream {
    named(definition, "union")
}

/// An arm of a union.
pub(super) fn arm(arm: &ArmPlan) -> TokenStream {
    let cases: Vec<String> = arm.cases.iter().map(i64::to_string).collect();
    let mut tags = if cases.is_empty() { String::new() } else { format!("Tag {}. ", cases.join(" or ")) };
    if arm.is_default {
        tags.push_str("Any tag that selects no other arm. ");
    }
    match &arm.slot {
        None => comment(&format!("{tags}Holds nothing.")),
        Some(slot) if slot.doc.is_empty() => comment(&format!("{tags}`{}`", slot.declaration)),
        Some(slot) => comment(&format!("{}\n\n{tags}`{}`", slot.doc, slot.declaration)),
    }
}

/// A context handle.
pub(super) fn handle(definition: &Definition) -> TokenStream {
    named(definition, "context handle")
}

fn named(definition: &Definition, what: &str) -> TokenStream {
    let name = &definition.name;
    if definition.doc.0.is_empty() {
        return comment(&format!("The {what} `{name}`."));
    }
    comment(&format!("{}\n\nIn the IDL: `{name}`.", definition.doc.0))
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::link;

    #[test]
    fn operations_become_links_and_nothing_else_does() {
        let is_operation = |name: &str| name == "ApiGetNotify";
        for (line, linked) in [
            ("/// As `ApiGetNotify` does.", "/// As [`ApiGetNotify`] does."),
            ("/// `Name`, of [`ApiGetNotify`]", "/// `Name`, of [`ApiGetNotify`]"),
            ("/// ```c", "/// ```c"),
            ("/// an odd ` mark", "/// an odd ` mark"),
        ] {
            assert_eq!(link(line, is_operation), linked);
        }
    }
}
