//! Enumerations, and the flag sets that some of them are.

use std::fmt::Write as _;

use proc_macro2::Literal;
use quote::quote;

use crate::model::{Definition, Enum, Enumerator};

use super::{FlagBits, Options, Output, arbitrary_sum, docs, literal, names};

/// Emits an enumeration, as a flag set if the caller said so.
pub(super) fn emit(definition: &Definition, declared: &Enum, options: &Options, output: &mut Output) {
    match options.flags.get(&definition.name) {
        Some(bits) => output.raw(&flags(definition, declared, *bits, options)),
        None => enumeration(definition, declared, options, output),
    }
}

/// Any value may arrive, so an enumeration is a number with names, not a Rust `enum`.
fn enumeration(definition: &Definition, declared: &Enum, options: &Options, output: &mut Output) {
    let name = names::ident(&options.type_name(&definition.name));
    let doc = docs::structure(definition);
    let affixes = Affixes::of(definition, declared);
    let constants = declared.values.iter().map(|value| {
        let (constant, number) =
            (names::upper(affixes.strip(&value.name)), Literal::i128_unsuffixed(value.value));
        let doc = docs::comment(&value_doc(value));
        quote!(#doc pub const #constant: Self = Self(#number);)
    });
    let arms = declared.values.iter().map(|value| {
        let (number, name) = (Literal::i128_unsuffixed(value.value), &value.name);
        quote!(#number => Some(#name))
    });
    output.item(&quote! {
        #doc
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct #name(pub i32);

        impl #name {
            #(#constants)*

            /// The name in the IDL, if the value has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    #(#arms,)*
                    _ => None,
                }
            }
        }
    });
    if let Some(made) = arbitrary_sum::enumeration(&name, declared, options) {
        output.item(&made);
    }
}

/// A flag set is written as text: the tokens of a macro would not be formatted.
fn flags(definition: &Definition, declared: &Enum, bits: FlagBits, options: &Options) -> String {
    let name = options.type_name(&definition.name);
    let affixes = Affixes::of(definition, declared);
    let (repr, digits) = match bits {
        FlagBits::U32 => ("u32", 8),
        // The flag sets of version 2 ports have 64 bits and use the low 16.
        FlagBits::U64 => ("u64", 4),
    };
    let mut text = String::from("ndr::bitflags::bitflags! {\n");
    doc_lines(&mut text, "    ", &format!("{}\n\nIn the IDL: `{}`.", definition.doc.0, definition.name));
    text.push_str("    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]\n");
    // Writing into a String cannot fail.
    let _ = writeln!(text, "    pub struct {name}: {repr} {{");
    for value in &declared.values {
        doc_lines(&mut text, "        ", &value_doc(value));
        let constant = names::upper(affixes.strip(&value.name));
        let number = literal::hex(value.value.unsigned_abs(), digits);
        let _ = writeln!(text, "        const {constant} = {number};");
    }
    text.push_str("    }\n}\n");
    text
}

fn doc_lines(text: &mut String, indent: &str, doc: &str) {
    for line in doc.trim().lines() {
        let _ = writeln!(text, "{}", format!("{indent}/// {line}").trim_end());
    }
}

fn value_doc(value: &Enumerator) -> String {
    if value.doc.0.is_empty() {
        return format!("`{}`.", value.name);
    }
    format!("{}\n\n`{}`", value.doc.0, value.name)
}

/// What the names of an enumeration's values have in common with its own, which they need not repeat in Rust.
struct Affixes {
    own: String,
    common: String,
    is_v2: bool,
}

impl Affixes {
    fn of(definition: &Definition, declared: &Enum) -> Self {
        let own = definition.name.trim_end_matches("_V2").trim_end_matches("_ENUM");
        let is_v2 = definition.name.ends_with("_V2");
        Self { own: format!("{own}_"), common: common_prefix(&declared.values), is_v2 }
    }

    fn strip<'a>(&self, name: &'a str) -> &'a str {
        let name = name.strip_prefix(&self.own).or_else(|| name.strip_prefix(&self.common)).unwrap_or(name);
        let suffix = |name: &'a str| name.strip_suffix("_V2").or_else(|| name.strip_suffix("_v2"));
        if self.is_v2 { suffix(name).unwrap_or(name) } else { name }
    }
}

/// The longest common beginning that ends with an underscore.
fn common_prefix(values: &[Enumerator]) -> String {
    let Some((first, others)) = values.split_first().filter(|(_, others)| !others.is_empty()) else {
        return String::new();
    };
    let shared = |end: &usize| {
        let prefix = first.name.get(..*end).unwrap_or_default();
        others.iter().all(|other| other.name.starts_with(prefix))
    };
    let ends = first.name.match_indices('_').map(|(at, mark)| at.saturating_add(mark.len()));
    let end = ends.take_while(shared).last().unwrap_or(0);
    first.name.get(..end).unwrap_or_default().to_owned()
}
