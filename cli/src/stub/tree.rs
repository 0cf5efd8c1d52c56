//! A message as people read it: a line for each parameter, and for what is in it.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::show::value::{Parts, field};

/// Structures within structures that get lines of their own. The IDL's types are far flatter.
const MAX_DEPTH: usize = 8;

/// The lines of all parameters.
pub(crate) fn lines(fields: &Map<String, Value>) -> String {
    let mut text = String::new();
    members(&mut text, fields, 1);
    text
}

fn members(text: &mut String, fields: &Map<String, Value>, depth: usize) {
    for (name, value) in fields {
        match parts(value, depth) {
            Some(parts) => nested(text, name, &parts, depth),
            None => line(text, depth, &format!("{name} = {}", field(name, value, fields))),
        }
    }
}

fn parts(value: &Value, depth: usize) -> Option<Parts<'_>> {
    Parts::of(value).filter(|_| depth < MAX_DEPTH)
}

fn nested(text: &mut String, name: &str, parts: &Parts<'_>, depth: usize) {
    match parts {
        Parts::Members(fields) => {
            line(text, depth, &format!("{name}:"));
            members(text, fields, depth.saturating_add(1));
        }
        Parts::Elements(elements) => {
            for (index, element) in elements.iter().enumerate() {
                let fields = Map::from_iter([(format!("{name}[{index}]"), element.clone())]);
                members(text, &fields, depth);
            }
        }
    }
}

/// Writing into a String cannot fail.
fn line(text: &mut String, depth: usize, line: &str) {
    let width = depth.saturating_mul(2);
    let _ = writeln!(text, "{:width$}{line}", "");
}
