//! Repairs of a value in its JSON form, whatever its type.

use cmrp::ndr::json::Arena;
use serde_json::{Value, json};

use super::finding::Finding;
use crate::message::{Message, Protocol};

/// Sizes that a request asks for.
const SIZES: [&str; 4] = ["cbData", "lpcbData", "nOutBufferSize", "ReturnStatusBufferSize"];
/// Units that libndr converts at a time.
const BUFFER: usize = 1024;
/// Sizes below it are no problem.
const LARGE: u64 = 4096;

/// The encoding of our value after a change; `None` if there is no value.
pub(super) fn repair(finding: &Finding<'_>, change: impl FnOnce(&mut Value)) -> Option<Vec<u8>> {
    let stub = finding.stub;
    let mut value = serde_json::to_value(&finding.ours.as_ref().ok()?.message).ok()?;
    change(&mut value);
    let arena = Arena::new();
    let message = Message::from_json(Protocol::V3, stub.direction, stub.opnum, &value, &arena).ok()?;
    message.encode(stub.format).ok()
}

/// Changes the number of all members of a name.
pub(super) fn change(value: &mut Value, member: &str, new: &impl Fn(u64) -> u64) {
    if let Some(place) = value.get_mut(member) {
        *place = place.as_u64().map_or(Value::Null, |number| new(number).into());
    }
    children(value).for_each(|child| change(child, member, new));
}

/// Puts U+FFFD twice in place of each surrogate pair that a border between 1,024 units cuts.
pub(super) fn replace_split_pairs(value: &mut Value) {
    if let Value::String(text) = value {
        let mut units: Vec<u16> = text.encode_utf16().collect();
        for pair in (0..units.len()).skip(BUFFER.saturating_sub(1)).step_by(BUFFER) {
            if let Some(split @ [0xD800..=0xDBFF, _]) = units.get_mut(pair..pair.saturating_add(2)) {
                split.fill(0xFFFD);
            }
        }
        *text = String::from_utf16_lossy(&units);
    }
    children(value).for_each(replace_split_pairs);
}

/// Puts U+FFFD, which is as long, in place of each lone surrogate.
pub(super) fn replace_lone_surrogates(value: &mut Value) {
    if let Some(Value::Array(units)) = value.get("utf16") {
        let units: Vec<u16> =
            units.iter().filter_map(Value::as_u64).filter_map(|unit| u16::try_from(unit).ok()).collect();
        *value = String::from_utf16_lossy(&units).into();
    }
    children(value).for_each(replace_lone_surrogates);
}

/// Makes requests ask for little, and arrays as large as what they hold, with the counts beside them.
pub(super) fn shrink(value: &mut Value) {
    for size in SIZES {
        if let Some(size) = value.get_mut(size).filter(|size| size.as_u64().is_some_and(|size| size > LARGE))
        {
            *size = 0.into();
        }
    }
    let arrays: Vec<(u64, usize)> = children(value).filter_map(shrink_array).collect();
    for (from, to) in arrays {
        let counts = children(value).filter(|count| count.as_u64() == Some(from));
        counts.for_each(|count| *count = json!(to));
    }
    children(value).for_each(shrink);
}

/// The size of a large array before and after.
fn shrink_array(array: &mut Value) -> Option<(u64, usize)> {
    let length = match array.get("data")? {
        Value::String(digits) => digits.len().checked_div(2)?,
        Value::Array(elements) => elements.len(),
        _ => return None,
    };
    let maximum = array.get_mut("max")?;
    let before = maximum.as_u64().filter(|maximum| *maximum > LARGE)?;
    *maximum = length.into();
    Some((before, length))
}

fn children(value: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    match value {
        Value::Array(elements) => Box::new(elements.iter_mut()),
        Value::Object(members) => Box::new(members.values_mut()),
        _ => Box::new(std::iter::empty()),
    }
}
