//! Objects by the names of their members.

use serde_json::{Map, Value};

use super::nearest::nearest;
use super::{Arena, FromData, FromJson, JsonError, JsonErrorKind};
use crate::ndr::{ContextHandle, Handle, InField, SizedPtr, VaryingPtr};
use alloc::string::String;

/// The members of a JSON object, of which every name is known. For generated code.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    map: &'a Map<String, Value>,
    arena: &'a Arena,
}

impl<'a> Members<'a> {
    /// Opens an object.
    ///
    /// # Errors
    /// It is something else, or has a member that is not one of `names`.
    pub fn new(value: &'a Value, arena: &'a Arena, names: &[&'static str]) -> Result<Self, JsonError> {
        let map = value.as_object().ok_or_else(|| JsonError::wrong_type("an object", value))?;
        match map.keys().find(|name| !names.contains(&name.as_str())) {
            None => Ok(Self { map, arena }),
            Some(unknown) => {
                let kind = JsonErrorKind::Unknown { meant: nearest(unknown, names) };
                Err(JsonError::new(kind).at_unknown(unknown))
            }
        }
    }

    /// Reads a member that must be there.
    ///
    /// # Errors
    /// It is missing, or not a value of its type.
    pub fn get<T: FromJson<'a>>(&self, name: &'static &'static str) -> Result<T, JsonError> {
        self.get_with(name, |value| T::from_json(value, self.arena))
    }

    pub(super) fn get_with<T>(
        &self,
        name: &'static &'static str,
        read: impl FnOnce(&'a Value) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        let value = self.map.get(*name).ok_or_else(|| JsonError::new(JsonErrorKind::Missing));
        value.and_then(read).field(name)
    }

    /// Reads a member that may be left out.
    pub(super) fn optional<T: FromJson<'a>>(
        &self,
        name: &'static &'static str,
    ) -> Result<Option<T>, JsonError> {
        self.map.get(*name).map(|value| T::from_json(value, self.arena).field(name)).transpose()
    }

    /// Reads a context handle; `None` when it is null.
    ///
    /// # Errors
    /// It is missing, or not a handle.
    pub fn handle<H: Handle>(&self, name: &'static &'static str) -> Result<Option<H>, JsonError> {
        self.get::<ContextHandle>(name).map(H::new)
    }

    /// Reads a pointer to an array with `size_is`. If it is null, `size` names the member that states the size, 0
    /// where that is missing.
    ///
    /// # Errors
    /// The pointer is missing or not an array, or the size is not a number of 32 bits.
    pub fn sized<T: FromData<'a> + FromJson<'a>>(
        &self,
        name: &'static &'static str,
        size: &'static &'static str,
    ) -> Result<SizedPtr<T>, JsonError> {
        match self.get(name)? {
            Some(array) => Ok(SizedPtr::Array(array)),
            None => Ok(SizedPtr::Null { size: self.count(size)? }),
        }
    }

    /// Reads a pointer to an array with `size_is` and `length_is`. If it is null, `size` and `length` name the
    /// members that state them, 0 where they are missing.
    ///
    /// # Errors
    /// The pointer is missing or not an array, or a count is not a number of 32 bits.
    pub fn varying_sized<T: FromData<'a>>(
        &self,
        name: &'static &'static str,
        size: &'static &'static str,
        length: &'static &'static str,
    ) -> Result<VaryingPtr<T>, JsonError> {
        match self.get(name)? {
            Some(array) => Ok(VaryingPtr::Array(array)),
            None => Ok(VaryingPtr::Null { size: self.count(size)?, length: self.count(length)? }),
        }
    }

    fn count(&self, name: &'static &'static str) -> Result<u32, JsonError> {
        self.optional(name).map(Option::unwrap_or_default)
    }

    /// The arm of a union that is there, of those with `names`.
    ///
    /// # Errors
    /// There are two.
    pub fn arm(&self, names: &[&'static str]) -> Result<Option<&'static str>, JsonError> {
        let mut there = names.iter().copied().filter(|name| self.map.contains_key(*name));
        match (there.next(), there.next()) {
            (first, None) => Ok(first),
            (_, Some(second)) => Err(JsonError::new(JsonErrorKind::TwoArms).at_unknown(second)),
        }
    }

    /// Compares the tag of a union, if it is there, with that of its arm.
    ///
    /// # Errors
    /// They differ, or the tag is not a number of its type.
    pub fn agree_tag<T: FromJson<'a> + Copy + PartialEq + Into<i64>>(
        &self,
        name: &'static &'static str,
        tag: T,
    ) -> Result<(), JsonError> {
        match self.optional::<T>(name)? {
            Some(stated) if stated != tag => {
                let kind = JsonErrorKind::TagMismatch { stated: stated.into(), tag: tag.into() };
                Err(JsonError::new(kind)).field(name)
            }
            _ => Ok(()),
        }
    }

    /// Compares a count, if it is there, with what an array says.
    ///
    /// # Errors
    /// They differ, or the count is not a number.
    pub fn agree(&self, name: &'static &'static str, elements: i64) -> Result<(), JsonError> {
        match self.optional::<u64>(name)? {
            Some(stated) if i64::try_from(stated) != Ok(elements) => {
                Err(JsonError::new(JsonErrorKind::CountMismatch { stated, elements })).field(name)
            }
            _ => Ok(()),
        }
    }
}
