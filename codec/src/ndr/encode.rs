//! Values that go into stub data: the two passes of NDR.

use super::{EncodeError, WStr, Writer};

/// A type that can be written into stub data. Object-safe.
pub trait Encode {
    /// Writes the fixed part, with referent ids in place of pointees.
    ///
    /// # Errors
    /// The value has no form on the wire.
    fn encode_fixed(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Writes what the pointers of the fixed part point to (C706 14.3.12.3).
    ///
    /// # Errors
    /// The value has no form on the wire.
    fn encode_deferred(&self, writer: &mut Writer) -> Result<(), EncodeError>;

    /// Writes both parts, one after the other, as a parameter or the target of a pointer has them.
    ///
    /// # Errors
    /// The value has no form on the wire.
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        self.encode_fixed(writer)?;
        self.encode_deferred(writer)
    }
}

/// An integer, which has no second pass.
macro_rules! scalar {
    ($($type:ident),+) => {$(
        impl Encode for $type {
            #[inline(always)]
            fn encode_fixed(&self, writer: &mut Writer) -> Result<(), EncodeError> {
                writer.$type(*self)
            }

            #[inline(always)]
            fn encode_deferred(&self, _: &mut Writer) -> Result<(), EncodeError> {
                Ok(())
            }
        }
    )+};
}

scalar!(u8, i8, u16, i16, u32, i32, u64, i64);

/// A unique pointer to a string, as arrays of strings hold it.
impl Encode for Option<WStr<'_>> {
    #[inline(always)]
    fn encode_fixed(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.referent(self.is_some())
    }

    #[inline(always)]
    fn encode_deferred(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.deferred_wstr(*self)
    }
}
