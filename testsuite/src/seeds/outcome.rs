//! What becomes of an input, in so far as it tells ways through a decoder apart.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use cmrp::ndr::json::Value;
use cmrp::ndr::{EncodeStub, Limits};

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

/// The shape of the value of a stub; `None` if it is refused at level 5.0.
pub(super) fn of<S: Stubs>(input: Input<'_>) -> Option<String> {
    let value = S::decode(input.opnum, input.stub, input.format, &strict(Strictness::Level5)).ok()?;
    let mut outcome = format!("{} {} ", input.opnum, input.format);
    shape(&serde_json::to_value(&value).unwrap_or_default(), &mut outcome);
    // Gaps and referents may be others than we write.
    let is_canonical = value.encode(input.format).is_ok_and(|encoded| encoded == input.stub);
    let _ = write!(outcome, " {is_canonical}");
    Some(outcome)
}

/// Why a stub is refused at level 6.0, by kind and path; `None` if it is not.
pub(super) fn breach<S: Stubs>(input: Input<'_>) -> Option<String> {
    let error = S::decode(input.opnum, input.stub, input.format, &strict(Strictness::Level6)).err()?;
    let (kind, path) = (format!("{:?}", error.kind()), error.path().to_string());
    let kind = kind.split(' ').next().unwrap_or_default();
    let path: String = path.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    Some(format!("{} {} {kind} {path}", input.opnum, input.format.is_ndr64()))
}

fn strict(strictness: Strictness) -> Limits {
    strictness.limits().with_trailing(0)
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
