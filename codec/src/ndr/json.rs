//! The JSON form of values, which is that of the test vectors.
//!
//! Names are those of the IDL. Context handles are `{"attributes", "uuid"}`, strings JSON strings without the
//! terminator, null pointers `null`, arrays `{"max": conformance, "data": [...]}`, octet arrays
//! `{"max": n, "data": "hex"}`. Integers are written unsigned even where the IDL type is signed, except
//! as elements of arrays, and a `FILETIME` is one integer. A string with a
//! lone surrogate, which JSON text cannot hold, is `{"utf16": [units]}`.
//! A union is `{"arm": value}` with the name of its arm, and with a `tag` too where the arm does not tell it; one without
//! a name of its own is the member `arm`.
//!
//! Feature `serde` writes this form, feature `json` reads it too. What is read may be looser: see `FromJson`.

#[cfg(feature = "json")]
mod arena;
#[cfg(feature = "json")]
mod array;
#[cfg(feature = "json")]
mod error;
#[cfg(feature = "json")]
mod from;
#[cfg(feature = "json")]
mod integer;
#[cfg(feature = "json")]
mod members;
#[cfg(feature = "json")]
mod nearest;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use serde::ser::{Serialize, SerializeMap, Serializer};

#[cfg(feature = "json")]
pub use self::{
    arena::Arena,
    array::FromData,
    error::{JsonError, JsonErrorKind},
    from::FromJson,
    members::Members,
};
/// What JSON text is parsed into.
#[cfg(feature = "json")]
pub use serde_json::Value;

use super::{
    ContextHandle, FileTime, ReservedRequest, ReservedResponse, SizedPtr, Uuid, Varying, VaryingPtr, WStr,
};

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for FileTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Serialize for ContextHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("attributes", &self.attributes)?;
        map.serialize_entry("uuid", &self.uuid)?;
        map.end()
    }
}

impl Serialize for WStr<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.chars().all(|character| character.is_ok()) {
            return serializer.collect_str(self);
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("utf16", &self.units().collect::<Vec<u16>>())?;
        map.end()
    }
}

impl Serialize for ReservedRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_map(Some(0))?.end()
    }
}

impl Serialize for ReservedResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("return", &self.return_value)?;
        map.end()
    }
}

impl<T: Data> Serialize for Varying<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Array { max: self.size as usize, data: &self.data }.serialize(serializer)
    }
}

impl<T: Data> Serialize for SizedPtr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_array().map(Full).serialize(serializer)
    }
}

impl<T: Data> Serialize for VaryingPtr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_array().serialize(serializer)
    }
}

/// A conformant array that is always there.
#[derive(Debug)]
pub struct Full<'a, T>(pub &'a T);

impl<T: Data> Serialize for Full<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Array { max: self.0.len(), data: self.0 }.serialize(serializer)
    }
}

struct Array<'a, T> {
    max: usize,
    data: &'a T,
}

impl<T: Data> Serialize for Array<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("max", &self.max)?;
        map.serialize_entry("data", &Elements(self.data))?;
        map.end()
    }
}

struct Elements<'a, T>(&'a T);

impl<T: Data> Serialize for Elements<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.data(serializer)
    }
}

/// What stands in the `data` of an array.
pub trait Data: super::Elements {
    /// Writes hexadecimal digits, or a sequence of elements.
    ///
    /// # Errors
    /// Those of the serializer.
    fn data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;
}

impl Data for &[u8] {
    fn data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut digits = String::with_capacity(self.len().saturating_mul(2));
        for octet in *self {
            // Writing into a String cannot fail.
            let _ = write!(digits, "{octet:02x}");
        }
        serializer.serialize_str(&digits)
    }
}

impl<T: Serialize> Data for Vec<T> {
    fn data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

/// A signed integer, written as the unsigned integer of the same octets.
pub trait Unsigned {
    /// The unsigned value.
    fn unsigned(self) -> u64;
}

macro_rules! unsigned {
    ($($signed:ident $unsigned:ident),+) => {$(
        impl Unsigned for $signed {
            fn unsigned(self) -> u64 {
                u64::from($unsigned::from_ne_bytes(self.to_ne_bytes()))
            }
        }
    )+};
}

unsigned!(i8 u8, i16 u16, i32 u32, i64 u64);
