//! Reading a buffer from its beginning to its end.

use super::error::{PayloadError, PayloadErrorKind};

/// What is left of a buffer.
#[derive(Clone, Copy)]
pub(super) struct Octets<'a> {
    left: &'a [u8],
    offset: usize,
}

impl<'a> Octets<'a> {
    pub(super) fn new(buffer: &'a [u8]) -> Self {
        Self { left: buffer, offset: 0 }
    }

    /// Where the next octet stands in the buffer.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn error(&self, kind: PayloadErrorKind) -> PayloadError {
        PayloadError { offset: self.offset, kind }
    }

    /// The next octets, as many as asked for.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], PayloadError> {
        let Some((taken, left)) = self.left.split_at_checked(count) else {
            let left = self.left.len();
            return Err(self.error(PayloadErrorKind::TooShort { needed: count, left }));
        };
        *self = Self { left, offset: self.offset.saturating_add(count) };
        Ok(taken)
    }

    /// The next octets, as many as asked for, to be read on their own.
    pub(super) fn part(&mut self, count: usize) -> Result<Self, PayloadError> {
        let offset = self.offset;
        Ok(Self { left: self.take(count)?, offset })
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PayloadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn u32(&mut self) -> Result<u32, PayloadError> {
        self.array().map(u32::from_le_bytes)
    }

    /// A 32-bit count of octets, or of whatever takes at least one.
    pub(super) fn count(&mut self) -> Result<usize, PayloadError> {
        // A count beyond what the machine can address is more than there is.
        self.u32().map(|count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = self.left;
        *self = Self { left: &[], offset: self.offset.saturating_add(rest.len()) };
        rest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// How many octets are left.
    pub(super) fn len(&self) -> usize {
        self.left.len()
    }

    /// Makes sure that nothing is left.
    pub(super) fn finish(&self) -> Result<(), PayloadError> {
        match self.left.len() {
            0 => Ok(()),
            octets => Err(self.error(PayloadErrorKind::Trailing { octets })),
        }
    }
}
