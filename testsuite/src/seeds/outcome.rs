//! What becomes of an input, in so far as it tells ways through a decoder apart.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cmrp::ndr::json::Value;
use cmrp::ndr::{EncodeStub, Error};

use crate::input::{Input, Strictness};
use crate::stubs::Stubs;

/// Inputs, one for each outcome.
#[derive(Default)]
pub(super) struct Kept(BTreeSet<String>);

impl Kept {
    /// Whether this is the first input with its outcome.
    pub(super) fn is_new(&mut self, outcome: String) -> bool {
        self.0.insert(outcome)
    }
}

/// The outcome of a stub: the shape of its value, or the error, by kind and path.
pub(super) fn of<S: Stubs>(input: Input<'_>) -> String {
    let Input { format, opnum, stub, .. } = input;
    let decode =
        |strictness: Strictness| S::decode(opnum, stub, format, &strictness.limits().with_trailing(0));
    let mut outcome = format!("{opnum} {} ", format.is_ndr64());
    match decode(Strictness::Level5) {
        Err(error) => outcome.push_str(&breach(&error)),
        Ok(value) => {
            shape(&serde_json::to_value(&value).unwrap_or_default(), &mut outcome);
            // Gaps and referents may be others than we write.
            let is_canonical = value.encode(format).is_ok_and(|encoded| encoded == stub);
            let _ = write!(outcome, " {is_canonical}");
            if let Err(error) = decode(Strictness::Level6) {
                outcome.push_str(&breach(&error));
            }
        }
    }
    outcome
}

/// Kind and path, without the numbers in either.
fn breach(error: &Error) -> String {
    let (kind, path) = (format!("{:?}", error.kind()), error.path().to_string());
    let kind = kind.split(' ').next().unwrap_or_default();
    let path: String = path.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    format!("{kind} {path}")
}

/// Which pointers are null, which arrays and strings are empty, which arms unions have.
pub(super) fn shape(value: &Value, shape_text: &mut String) {
    match value {
        Value::Null => shape_text.push('0'),
        Value::Bool(_) | Value::Number(_) => shape_text.push('n'),
        Value::String(text) if text.is_empty() => shape_text.push('e'),
        Value::String(text) if text.starts_with("00000000-0000-0000-0000-0000") => shape_text.push('h'),
        Value::String(_) => shape_text.push('s'),
        // The first element stands for all.
        Value::Array(elements) => {
            let _ = write!(shape_text, "{}", elements.len().min(2));
            elements.iter().take(1).for_each(|element| shape(element, shape_text));
        }
        Value::Object(members) => {
            for (name, value) in members {
                let _ = write!(shape_text, "{}", name.chars().next().unwrap_or_default());
                shape(value, shape_text);
            }
        }
    }
}
