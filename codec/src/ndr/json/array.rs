//! Arrays: `{"max": conformance, "data": elements}`, or the elements alone.

use alloc::vec::Vec;

use serde_json::Value;

use super::from::elements;
use super::{Arena, FromJson, JsonError, JsonErrorKind, Members};
use crate::ndr::{Elements, InField, Varying};

/// What can stand in the `data` of an array: a list, or octets in hexadecimal.
pub trait FromData<'a>: Elements + Sized {
    /// Reads the elements.
    ///
    /// # Errors
    /// The JSON is not a list of such elements.
    fn from_data(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError>;
}

impl<'a> FromData<'a> for &'a [u8] {
    fn from_data(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        let digits =
            value.as_str().ok_or_else(|| JsonError::wrong_type("octets in hexadecimal digits", value))?;
        let (pairs, rest) = (digits.as_bytes().chunks_exact(2), digits.len() % 2);
        if let Some(index) = digits.bytes().position(|digit| !digit.is_ascii_hexdigit()) {
            return Err(JsonError::new(JsonErrorKind::NotHex { index }));
        }
        if rest != 0 {
            return Err(JsonError::new(JsonErrorKind::OddDigits { digits: digits.len() }));
        }
        Ok(arena.octets(pairs.map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | nibble(*digit)))))
    }
}

/// The value of a hexadecimal digit.
fn nibble(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or_default()
}

impl<'a, T: FromJson<'a>> FromData<'a> for Vec<T> {
    fn from_data(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        elements(value, arena)
    }
}

impl<'a> FromJson<'a> for &'a [u8] {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        full(value, arena)
    }
}

impl<'a, T: FromJson<'a>> FromJson<'a> for Vec<T> {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        full(value, arena)
    }
}

/// Reads an array that does not vary: its `max` is the number of its elements.
fn full<'a, T: FromData<'a>>(value: &'a Value, arena: &'a Arena) -> Result<T, JsonError> {
    let array: Varying<T> = Varying::from_json(value, arena)?;
    let elements = i64::try_from(array.data.len()).unwrap_or(i64::MAX);
    if i64::from(array.size) == elements {
        return Ok(array.data);
    }
    let kind = JsonErrorKind::CountMismatch { stated: array.size.into(), elements };
    Err(JsonError::new(kind)).field(&"max")
}

impl<'a, T: FromData<'a>> FromJson<'a> for Varying<T> {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        if !value.is_object() {
            return T::from_data(value, arena).map(Self::full);
        }
        let members = Members::new(value, arena, &["max", "data"])?;
        let size = members.get(&"max")?;
        Ok(Self { size, data: members.get_with(&"data", |value| T::from_data(value, arena))? })
    }
}

/// An array whose length is part of its type: a list, even of octets.
impl<'a, T: FromJson<'a>, const N: usize> FromJson<'a> for [T; N] {
    fn from_json(value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        let elements: Vec<T> = elements(value, arena)?;
        let found = elements.len();
        let wrong = JsonErrorKind::WrongLength { expected: N, found };
        elements.try_into().map_err(|_| JsonError::new(wrong))
    }
}
