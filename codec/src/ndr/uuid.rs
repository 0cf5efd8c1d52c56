//! UUIDs as NDR lays them out.

use core::fmt;

use super::{Decode, Encode, EncodeError, Endian, Error, FixedPart, Reader, Writer};

/// A UUID or GUID: 16 octets aligned to 4, three integers in the order of the label, then 8 octets as they are
/// (C706 Appendix A, MS-DTYP 2.3.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid {
    /// `Data1` of MS-DTYP 2.3.4, `time_low` of C706.
    pub data1: u32,
    /// `Data2`, `time_mid`.
    pub data2: u16,
    /// `Data3`, `time_hi_and_version`.
    pub data3: u16,
    /// `Data4`: clock sequence and node.
    pub data4: [u8; 8],
}

impl Uuid {
    /// The UUID of 16 zero octets.
    pub const NIL: Self = Self::new(0, 0, 0, [0; 8]);

    /// Makes a UUID of its four parts.
    pub const fn new(data1: u32, data2: u16, data3: u16, data4: [u8; 8]) -> Self {
        Self { data1, data2, data3, data4 }
    }

    /// Reads the 16 octets that a PDU or stub holds.
    pub const fn from_wire(octets: [u8; 16], endian: Endian) -> Self {
        let [a, b, c, d, e, f, g, h, data4 @ ..] = octets;
        match endian {
            Endian::Little => Self::new(
                u32::from_le_bytes([a, b, c, d]),
                u16::from_le_bytes([e, f]),
                u16::from_le_bytes([g, h]),
                data4,
            ),
            Endian::Big => Self::new(
                u32::from_be_bytes([a, b, c, d]),
                u16::from_be_bytes([e, f]),
                u16::from_be_bytes([g, h]),
                data4,
            ),
        }
    }

    /// The 16 octets that go into a PDU or stub.
    pub const fn to_wire(self, endian: Endian) -> [u8; 16] {
        let (one, two, three) = match endian {
            Endian::Little => (self.data1.to_le_bytes(), self.data2.to_le_bytes(), self.data3.to_le_bytes()),
            Endian::Big => (self.data1.to_be_bytes(), self.data2.to_be_bytes(), self.data3.to_be_bytes()),
        };
        let [a, b, c, d] = one;
        let [e, f] = two;
        let [g, h] = three;
        let [i, j, k, l, m, n, o, p] = self.data4;
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}

impl<'de> Decode<'de> for Uuid {
    type Fixed = Self;
    const MIN_WIRE_SIZE: usize = 16;
    const FIXED_PARTS: Option<[FixedPart; 2]> = Some([FixedPart::new(4, 16); 2]);

    #[inline(always)]
    fn decode_fixed(reader: &mut Reader<'de>) -> Result<Self, Error> {
        reader.uuid()
    }

    #[inline(always)]
    fn decode_deferred(fixed: Self, _: &mut Reader<'de>) -> Result<Self, Error> {
        Ok(fixed)
    }
}

impl Encode for Uuid {
    #[inline(always)]
    fn encode_fixed(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.uuid(*self)
    }

    #[inline(always)]
    fn encode_deferred(&self, _: &mut Writer) -> Result<(), EncodeError> {
        Ok(())
    }
}

impl fmt::Display for Uuid {
    /// Writes `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HYPHENS: [usize; 4] = [4, 6, 8, 10];
        let mut text = [b'-'; 36];
        let mut places = text.iter_mut();
        for (index, octet) in self.to_wire(Endian::Big).into_iter().enumerate() {
            if HYPHENS.contains(&index) {
                places.next();
            }
            for nibble in [octet >> 4, octet & 0x0f] {
                let digit = if nibble < 10 { b'0' } else { b'a'.wrapping_sub(10) };
                if let Some(place) = places.next() {
                    *place = digit.wrapping_add(nibble);
                }
            }
        }
        // Hexadecimal digits and hyphens are text.
        f.write_str(core::str::from_utf8(&text).unwrap_or_default())
    }
}
