//! Unions: a tag, and the arm that it selects (C706 14.3.8).

use super::{Decode, EncodeError, EncodeErrorKind, Error, ErrorKind, Reader, Writer};

/// A union, whose tag can be held against the member that states it too. For generated code.
pub trait Union<'de>: Decode<'de> {
    /// The integer that the tag is.
    type Tag: Copy + Into<i64>;

    /// Reads the tag.
    ///
    /// # Errors
    /// Too few octets are left.
    fn read_tag(reader: &mut Reader<'de>) -> Result<UnionTag<Self::Tag>, Error>;

    /// Reads the fixed part of the arm that a tag selects.
    ///
    /// # Errors
    /// The tag selects none, or the octets are not a value of the arm.
    fn read_arm(tag: UnionTag<Self::Tag>, reader: &mut Reader<'de>) -> Result<Self::Fixed, Error>;

    /// Reads the fixed part of a union with `switch_is`, given the value of that.
    ///
    /// # Errors
    /// The tag is another than `switch` (MS-RPCE 3.1.1.5.3.2), or an error of [`read_arm`](Self::read_arm).
    #[inline]
    fn decode_switched(switch: i64, reader: &mut Reader<'de>) -> Result<Self::Fixed, Error> {
        let tag = Self::read_tag(reader)?;
        if tag.value.into() != switch {
            let kind = ErrorKind::TagMismatch { tag: tag.value.into(), switch };
            return Err(Error::new(tag.offset, kind));
        }
        Self::read_arm(tag, reader)
    }
}

/// A tag that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnionTag<T> {
    /// The tag.
    pub value: T,
    /// Octets from the start of the stub to the tag.
    offset: usize,
}

impl<T: Into<i64>> UnionTag<T> {
    /// The error for a tag that selects no arm (`RPC_S_INVALID_TAG`).
    #[cold]
    pub fn invalid(self) -> Error {
        Error::new(self.offset, ErrorKind::InvalidTag { tag: self.value.into() })
    }
}

impl Reader<'_> {
    /// Reads a tag, to which the reader is aligned already.
    ///
    /// # Errors
    /// Those of `read`.
    #[inline]
    pub fn union_tag<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<UnionTag<T>, Error> {
        let offset = self.offset();
        read(self).map(|value| UnionTag { value, offset })
    }
}

impl Writer {
    /// Refuses an arm beside a tag that does not select it.
    ///
    /// # Errors
    /// `selects` is false.
    #[inline]
    pub fn check_tag(&self, tag: impl Into<i64>, selects: bool) -> Result<(), EncodeError> {
        if selects {
            return Ok(());
        }
        Err(EncodeError::new(EncodeErrorKind::InvalidTag { tag: tag.into() }))
    }
}
