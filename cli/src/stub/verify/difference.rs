//! Where two values part, and two stubs.

use cmrp::ndr::Limits;
use cmrp_traffic::message::Message;
use serde_json::Value;

use super::super::kind::Kind;

/// Characters of a value that are shown.
const MAX_SHOWN: usize = 60;

/// The first place where two values differ.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) path: String,
    pub(super) left: String,
    pub(super) right: String,
}

/// Compares two messages by their JSON forms.
pub(super) fn of_messages(left: &Message<'_>, right: &Message<'_>) -> Option<Difference> {
    let (left, right) = (serde_json::to_value(left).ok()?, serde_json::to_value(right).ok()?);
    of_values(&left, &right)
}

/// Goes down into the first part that differs.
fn of_values(left: &Value, right: &Value) -> Option<Difference> {
    let (mut left, mut right, mut path) = (left, right, String::new());
    while let Some((step, inner_left, inner_right)) = differing_part(left, right) {
        let separator = if path.is_empty() || step.starts_with('[') { "" } else { "." };
        path = format!("{path}{separator}{step}");
        (left, right) = (inner_left, inner_right);
    }
    (left != right).then(|| Difference { path, left: shown(left), right: shown(right) })
}

/// The first member or element that both have and that differs.
fn differing_part<'a>(left: &'a Value, right: &'a Value) -> Option<(String, &'a Value, &'a Value)> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let mut common = left.iter().filter_map(|(name, value)| Some((name, value, right.get(name)?)));
            common
                .find(|(_, left, right)| left != right)
                .map(|(name, left, right)| (name.clone(), left, right))
        }
        (Value::Array(left), Value::Array(right)) => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs
                .find(|(_, (left, right))| left != right)
                .map(|(index, (left, right))| (format!("[{index}]"), left, right))
        }
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The index of the first octet that is not the same in both.
pub(super) fn first_octet(left: &[u8], right: &[u8]) -> Option<usize> {
    let pairs = left.iter().zip(right).position(|(left, right)| left != right);
    pairs.or_else(|| (left.len() != right.len()).then(|| left.len().min(right.len())))
}

/// The octets of an encoding and of a vector where they part.
pub(super) fn octets(encoded: &[u8], stub: &[u8], octet: usize) -> String {
    match (encoded.get(octet), stub.get(octet)) {
        (Some(encoded), Some(stub)) => format!("encodes to {encoded:02x}, not {stub:02x}"),
        _ => format!("encodes to {} octets, not {}", encoded.len(), stub.len()),
    }
}

/// The field that an octet belongs to: the one that can't be read when the stub ends before that octet.
pub(super) fn field_at(kind: Kind, stub: &[u8], octet: usize) -> Option<String> {
    let error = kind.decode_alone(stub.get(..octet)?, &Limits::DEFAULT).err()?;
    Some(error.path().to_string()).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_part_at_the_innermost_place() {
        let of =
            |left, right| of_values(&left, &right).map(|it| format!("{} {} {}", it.path, it.left, it.right));
        assert_eq!(of(json!({"a": 1}), json!({"a": 1})), None);
        assert_eq!(of(json!({"a": [{"b": 1}, 2]}), json!({"a": [{"b": 3}, 2]})).unwrap(), "a[0].b 1 3");
        assert_eq!(of(json!({"a": [1]}), json!({"a": [1, 2]})).unwrap(), "a [1] [1,2]");
        assert_eq!(of(json!({"a": null}), json!({"a": {"b": 1}})).unwrap(), r#"a null {"b":1}"#);
        let long = of(json!({"a": "é".repeat(99)}), json!({"a": 1})).unwrap();
        assert_eq!(long, format!("a \"{}... 1", "é".repeat(59)));
    }

    #[test]
    fn octets_part_where_one_ends() {
        assert_eq!(first_octet(&[1, 2], &[1, 2]), None);
        assert_eq!(first_octet(&[1, 2], &[1, 3]), Some(1));
        assert_eq!(first_octet(&[1, 2], &[1]), Some(1));
        assert_eq!(octets(&[1, 2], &[1], 1), "encodes to 2 octets, not 1");
        assert_eq!(octets(&[1, 2], &[1, 255], 1), "encodes to 02, not ff");
    }
}
