//! Integers: written unsigned whatever their type, read with either sign where the type has one.

use serde_json::Value;

use super::{Arena, FromJson, JsonError, JsonErrorKind};

macro_rules! unsigned {
    ($($unsigned:ident),+) => {$(
        impl<'a> FromJson<'a> for $unsigned {
            fn from_json(value: &'a Value, _: &'a Arena) -> Result<Self, JsonError> {
                let number = integer(value)?;
                Self::try_from(number).map_err(|_| out_of_range(number, 0, $unsigned::MAX.into()))
            }
        }
    )+};
}

unsigned!(u8, u16, u32, u64);

macro_rules! signed {
    ($($signed:ident $unsigned:ident),+) => {$(
        impl<'a> FromJson<'a> for $signed {
            fn from_json(value: &'a Value, _: &'a Arena) -> Result<Self, JsonError> {
                let number = integer(value)?;
                let positive = || $unsigned::try_from(number).map(|it| Self::from_ne_bytes(it.to_ne_bytes()));
                Self::try_from(number)
                    .or_else(|_| positive())
                    .map_err(|_| out_of_range(number, $signed::MIN.into(), $unsigned::MAX.into()))
            }
        }
    )+};
}

signed!(i8 u8, i16 u16, i32 u32, i64 u64);

fn integer(value: &Value) -> Result<i128, JsonError> {
    let number = value.as_u64().map(i128::from).or_else(|| value.as_i64().map(i128::from));
    number.ok_or_else(|| JsonError::wrong_type("an integer", value))
}

fn out_of_range(value: i128, low: i64, high: u64) -> JsonError {
    JsonError::new(JsonErrorKind::OutOfRange { value, low, high })
}
