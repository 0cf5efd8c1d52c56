//! From JSON to values: the trait, and the types that are no containers.

use alloc::vec::Vec;

use serde_json::Value;

use super::{Arena, JsonError, JsonErrorKind, Members};
use crate::ndr::{ContextHandle, Endian, FileTime, InField, ReservedRequest, ReservedResponse, Uuid, WStr};

/// Reads the JSON form of the module, or a looser one that people can write.
///
/// - Counts that are derived from an array, such as `dwNumNotifications`, may be left out. Where they are given,
///   they must be those of the array; beside a null pointer they are what is encoded.
/// - An array without capacity to spare may be its elements alone: `[1, 2]` or `"0aff"` in place of
///   `{"max": 2, "data": ...}`.
/// - Integers of signed types may be negative.
/// - A null context handle may be `null`, and the `attributes` of any may be left out.
///
/// Every other member must be given, and none that the IDL does not have. The depth of the recursion is that of the
/// IDL's types, whatever the JSON holds.
///
/// ```
/// # #[cfg(feature = "clusapi")] {
/// use cmrp::clusapi3::ApiOpenNodeRequest;
/// use cmrp::ndr::json::{Arena, FromJson, Value};
///
/// let arena = Arena::new();
/// let value = Value::Object([("lpszNodeName".to_owned(), "node1".into())].into_iter().collect());
/// let request = ApiOpenNodeRequest::from_json(&value, &arena).unwrap();
/// assert_eq!(request.lpsz_node_name, "node1");
///
/// let value = Value::Object([("lpszNodeNmae".to_owned(), "node1".into())].into_iter().collect());
/// let error = ApiOpenNodeRequest::from_json(&value, &arena).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "lpszNodeNmae: there is no such member; did you mean `lpszNodeName`?"
/// );
/// # }
/// ```
pub trait FromJson<'a>: Sized {
    /// Reads a value. It borrows from the JSON and from the arena.
    ///
    /// # Errors
    /// The JSON is not a value of this type.
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError>;
}

/// A pointer that may be null.
impl<'a, T: FromJson<'a>> FromJson<'a> for Option<T> {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        if value.is_null() { Ok(None) } else { T::from_json(value, arena).map(Some) }
    }
}

impl<'a> FromJson<'a> for WStr<'a> {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        match value {
            Value::String(text) => Ok(Self::from(text)),
            Value::Object(_) => {
                let members = Members::new(value, arena, &["utf16"])?;
                members.get_with(&"utf16", |value| units(value, arena))
            }
            _ => Err(JsonError::wrong_type("a string", value)),
        }
    }
}

fn units<'a>(value: &'a Value, arena: &'a Arena) -> Result<WStr<'a>, JsonError> {
    let units: Vec<u16> = elements(value, arena)?;
    Ok(WStr::from(arena.units(units)))
}

/// Reads a list.
pub(super) fn elements<'a, T: FromJson<'a>>(value: &'a Value, arena: &'a Arena) -> Result<Vec<T>, JsonError> {
    let elements = value.as_array().ok_or_else(|| JsonError::wrong_type("a list", value))?;
    let read = |(index, element)| T::from_json(element, arena).element(index);
    elements.iter().enumerate().map(read).collect()
}

impl<'a> FromJson<'a> for FileTime {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        u64::from_json(value, arena).map(Self)
    }
}

impl<'a> FromJson<'a> for ContextHandle {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        if value.is_null() {
            return Ok(Self::NULL);
        }
        let members = Members::new(value, arena, &["attributes", "uuid"])?;
        let attributes = members.optional(&"attributes")?.unwrap_or_default();
        Ok(Self { attributes, uuid: members.get(&"uuid")? })
    }
}

impl<'a> FromJson<'a> for Uuid {
    fn from_json(value: &'a Value, _: &'a Arena) -> Result<Self, JsonError> {
        let text = value.as_str().ok_or_else(|| JsonError::wrong_type("a UUID", value))?;
        uuid(text).ok_or_else(|| JsonError::new(JsonErrorKind::NotUuid))
    }
}

fn uuid(text: &str) -> Option<Uuid> {
    let groups: [&str; 5] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
    let mut bits = 0_u128;
    for (group, digits) in groups.into_iter().zip([8_u8, 4, 4, 4, 12]) {
        let number = u64::from_str_radix(group, 16).ok()?;
        // A sign is no digit, but from_str_radix would take it.
        let is_whole = group.len() == usize::from(digits) && !group.starts_with('+');
        bits = is_whole
            .then_some(bits.checked_shl(u32::from(digits).saturating_mul(4))? | u128::from(number))?;
    }
    Some(Uuid::from_wire(bits.to_be_bytes(), Endian::Big))
}

impl ReservedRequest {
    /// Reads the request of a reserved slot, which has no members.
    ///
    /// # Errors
    /// The JSON is something other than an empty object.
    pub fn from_json(opnum: u16, value: &Value, arena: &Arena) -> Result<Self, JsonError> {
        Members::new(value, arena, &[]).map(|_| Self { opnum })
    }
}

impl ReservedResponse {
    /// Reads the response of a reserved slot.
    ///
    /// # Errors
    /// The JSON is not an object of a 32-bit `return`.
    pub fn from_json(opnum: u16, value: &Value, arena: &Arena) -> Result<Self, JsonError> {
        let members = Members::new(value, arena, &["return"])?;
        Ok(Self { opnum, return_value: members.get(&"return")? })
    }
}
