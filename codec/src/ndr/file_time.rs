//! Times of Windows.

use super::{Decode, Encode, EncodeError, Error, FixedPart, InField, Reader, Writer};

/// A `FILETIME`: 100-nanosecond intervals since 1601-01-01 00:00 UTC, as two 32-bit integers, the low one first
/// (MS-DTYP 2.3.3).
///
/// It is aligned to 4, unlike a 64-bit integer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileTime(pub u64);

impl FileTime {
    /// `dwLowDateTime`.
    pub const fn low(self) -> u32 {
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// `dwHighDateTime`.
    pub const fn high(self) -> u32 {
        let [.., a, b, c, d] = self.0.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }
}

impl<'de> Decode<'de> for FileTime {
    type Fixed = Self;
    const MIN_WIRE_SIZE: usize = 8;
    const FIXED_PARTS: Option<[FixedPart; 2]> = Some([FixedPart::new(4, 8); 2]);

    #[inline]
    fn decode_fixed(reader: &mut Reader<'de>) -> Result<Self, Error> {
        let low = reader.u32().field(&"dwLowDateTime")?;
        let high = reader.u32().field(&"dwHighDateTime")?;
        Ok(Self(u64::from(high) << 32 | u64::from(low)))
    }

    #[inline]
    fn decode_deferred(fixed: Self, _: &mut Reader<'de>) -> Result<Self, Error> {
        Ok(fixed)
    }
}

impl Encode for FileTime {
    #[inline]
    fn encode_fixed(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.low())?;
        writer.u32(self.high())
    }

    #[inline]
    fn encode_deferred(&self, _: &mut Writer) -> Result<(), EncodeError> {
        Ok(())
    }
}
