//! The elements of arrays, which NDR reads in two passes: all fixed parts, then what their pointers point to.

use alloc::vec::Vec;

use super::{Decode, Error, InField, Reader};

/// The fixed parts of an array's elements, between the two passes of NDR: where they stand, and how many there are.
#[derive(Clone, Copy, Debug)]
pub struct FixedElements {
    at: usize,
    count: u32,
}

/// Where the fixed part of a value stands, if that is the same for every value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedPart {
    alignment: usize,
    size: usize,
}

impl FixedPart {
    /// A fixed part of `size` octets, with its gaps, at multiples of `alignment`, a power of two.
    pub const fn new(alignment: usize, size: usize) -> Self {
        Self { alignment, size }
    }

    /// Where `count` of them end that start at `at` or in the gap behind.
    fn end(self, at: usize, count: u32) -> Option<usize> {
        let others = usize::try_from(count).ok()?.checked_sub(1)?;
        let stride = self.size.checked_next_multiple_of(self.alignment)?;
        at.checked_next_multiple_of(self.alignment)?
            .checked_add(stride.checked_mul(others)?)?
            .checked_add(self.size)
    }
}

impl<'de> Reader<'de> {
    /// Reads the fixed parts of `count` elements, the first pass over an array (C706 14.3.12.3).
    ///
    /// Nothing is kept but their place: [`deferred_elements`](Self::deferred_elements) reads each once more.
    ///
    /// # Errors
    /// Those of the elements; or the octets that remain cannot hold them.
    pub fn fixed_elements<T: Decode<'de>>(&mut self, count: u32) -> Result<FixedElements, Error> {
        let at = self.offset();
        let needed = u64::from(count).saturating_mul(T::MIN_WIRE_SIZE as u64);
        if needed > self.remaining() as u64 {
            return Err(self.truncated(needed));
        }
        match self.end_of_elements::<T>(count) {
            Some(end) => self.go_to(end),
            None => self.check_elements::<T>(count)?,
        }
        Ok(FixedElements { at, count })
    }

    /// Where the fixed parts of elements end, if they are all there and that is all that can be wrong with them.
    fn end_of_elements<T: Decode<'de>>(&self, count: u32) -> Option<usize> {
        let [ndr20, ndr64] = T::FIXED_PARTS?;
        let part = if self.format().is_ndr64() { ndr64 } else { ndr20 };
        part.end(self.offset(), count).filter(|end| *end <= self.stub().len())
    }

    /// Reads the fixed parts of elements one by one.
    fn check_elements<T: Decode<'de>>(&mut self, count: u32) -> Result<(), Error> {
        (0..count).try_for_each(|index| T::decode_fixed(self).element(index as usize).map(drop))
    }

    /// Reads elements whose fixed parts were read before, and what their pointers point to: the second pass over an
    /// array.
    ///
    /// # Errors
    /// Those of the elements, and those of [`reserve`](Self::reserve).
    pub fn deferred_elements<T: Decode<'de>>(&mut self, fixed: FixedElements) -> Result<Vec<T>, Error> {
        let mut reader = self.take();
        let values = reader.values(fixed);
        *self = reader;
        values
    }

    #[inline(always)]
    fn values<T: Decode<'de>>(&mut self, mut fixed: FixedElements) -> Result<Vec<T>, Error> {
        let mut values = self.reserve(fixed.count, 0)?;
        for index in 0..fixed.count as usize {
            let pointees_at = self.offset();
            self.go_to(fixed.at);
            let value = T::decode_fixed(self).element(index)?;
            fixed.at = self.offset();
            self.go_to(pointees_at);
            values.push(T::decode_deferred(value, self).element(index)?);
        }
        Ok(values)
    }
}
