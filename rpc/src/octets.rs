//! Bounded reading and writing of a PDU's fields in the byte order of its label.

use alloc::vec::Vec;

use cmrp::ndr::{Endian, Uuid};

use crate::error::{PduError, Reason};

/// What is left of a PDU, with the offset that errors name.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    endian: Endian,
}

impl<'a> Reader<'a> {
    /// Reads `rest`, whose first octet is `offset` octets into the PDU.
    pub(crate) const fn new(rest: &'a [u8], offset: usize, endian: Endian) -> Self {
        Self { rest, offset, endian }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// Everything that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = core::mem::take(&mut self.rest);
        self.offset = self.offset.saturating_add(rest.len());
        rest
    }

    pub(crate) fn take(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], PduError> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.truncated(length, field))?;
        self.advance(rest, length);
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], PduError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(|| self.truncated(N, field))?;
        self.advance(rest, N);
        Ok(*head)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, PduError> {
        let [octet] = self.array(field)?;
        Ok(octet)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, PduError> {
        let octets = self.array(field)?;
        Ok(match self.endian {
            Endian::Little => u16::from_le_bytes(octets),
            Endian::Big => u16::from_be_bytes(octets),
        })
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, PduError> {
        let octets = self.array(field)?;
        Ok(match self.endian {
            Endian::Little => u32::from_le_bytes(octets),
            Endian::Big => u32::from_be_bytes(octets),
        })
    }

    pub(crate) fn uuid(&mut self, field: &'static str) -> Result<Uuid, PduError> {
        Ok(Uuid::from_wire(self.array(field)?, self.endian))
    }

    /// Reads an element count of one octet, and believes it only if that many elements of at least `minimum` octets
    /// can follow `gap` octets later.
    pub(crate) fn count(
        &mut self,
        gap: usize,
        minimum: usize,
        field: &'static str,
    ) -> Result<usize, PduError> {
        let offset = self.offset;
        let declared = usize::from(self.u8(field)?);
        let possible = self.rest.len().saturating_sub(gap).checked_div(minimum).unwrap_or(0);
        if declared > possible {
            return Err(PduError::new(offset, field, Reason::Count { declared, possible }));
        }
        Ok(declared)
    }

    /// Skips the gap before a field aligned to 4 octets of the PDU. Gap octets carry no meaning.
    pub(crate) fn align4(&mut self, field: &'static str) -> Result<(), PduError> {
        self.take(gap4(self.offset), field).map(drop)
    }

    fn advance(&mut self, rest: &'a [u8], length: usize) {
        self.rest = rest;
        self.offset = self.offset.saturating_add(length);
    }

    fn truncated(&self, needed: usize, field: &'static str) -> PduError {
        PduError::new(self.offset, field, Reason::Truncated { needed, remaining: self.rest.len() })
    }
}

/// The octets of a PDU after its common header, as far as they are written.
///
/// The header takes 16 octets, so alignment to 4 is the same from either start.
#[derive(Debug)]
pub(crate) struct Writer {
    octets: Vec<u8>,
    endian: Endian,
}

impl Writer {
    pub(crate) const fn new(endian: Endian) -> Self {
        Self { octets: Vec::new(), endian }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.octets
    }

    pub(crate) fn raw(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.octets.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.raw(&match self.endian {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        });
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.raw(&match self.endian {
            Endian::Little => value.to_le_bytes(),
            Endian::Big => value.to_be_bytes(),
        });
    }

    pub(crate) fn uuid(&mut self, value: Uuid) {
        self.raw(&value.to_wire(self.endian));
    }

    /// Writes a count of one octet.
    pub(crate) fn count(&mut self, value: usize, field: &'static str) -> Result<(), PduError> {
        self.u8(fit(value, usize::from(u8::MAX), self.octets.len(), field)?);
        Ok(())
    }

    /// Writes a length of two octets.
    pub(crate) fn length(&mut self, value: usize, field: &'static str) -> Result<(), PduError> {
        self.u16(fit(value, usize::from(u16::MAX), self.octets.len(), field)?);
        Ok(())
    }

    pub(crate) fn align4(&mut self) {
        let length = self.octets.len().saturating_add(gap4(self.octets.len()));
        self.octets.resize(length, 0);
    }
}

/// Narrows `value` for a field at `offset`, or says that it is more than `maximum`.
pub(crate) fn fit<T: TryFrom<usize>>(
    value: usize,
    maximum: usize,
    offset: usize,
    field: &'static str,
) -> Result<T, PduError> {
    T::try_from(value).map_err(|_| PduError::new(offset, field, Reason::TooLarge { value, maximum }))
}

/// Octets from `offset` to the next multiple of 4.
const fn gap4(offset: usize) -> usize {
    offset.wrapping_neg() & 3
}
