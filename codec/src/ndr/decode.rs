//! Values that stub data holds: the two passes of NDR.

use alloc::vec::Vec;

use super::array::{length_mismatch, size_mismatch};
use super::reader::Referent;
use super::{
    Counted, Counts, Elements, Error, ErrorKind, FixedPart, InField, Reader, SizedPtr, TargetLevel, Varying,
    VaryingPtr, WStr,
};

/// A type that can be read from stub data.
///
/// NDR reads in two passes: the fixed part of a construction, then what its pointers point to (C706 14.3.12.3).
/// Between them stands a [`Fixed`](Self::Fixed), so that a value of the type itself is never half read.
pub trait Decode<'de>: Sized {
    /// What the first pass leaves for the second.
    type Fixed;

    /// Octets that the fixed part takes at least, in any format, without gaps. Lets a count be refused before
    /// memory is reserved.
    const MIN_WIRE_SIZE: usize;

    /// Where the fixed part stands in NDR20 and in NDR64, if that is the same for every value, and no content of it is
    /// an error by itself. Lets the elements of an array be found missing without a look at each.
    const FIXED_PARTS: Option<[FixedPart; 2]> = None;

    /// Reads the fixed part. That of an element of an array is read twice, once in either pass over the array.
    ///
    /// # Errors
    /// The octets are not a value of this type.
    fn decode_fixed(reader: &mut Reader<'de>) -> Result<Self::Fixed, Error>;

    /// Reads what the pointers of the fixed part point to.
    ///
    /// # Errors
    /// The octets are not a value of this type.
    fn decode_deferred(fixed: Self::Fixed, reader: &mut Reader<'de>) -> Result<Self, Error>;

    /// Reads both parts, one after the other, as a parameter or the target of a pointer has them.
    ///
    /// # Errors
    /// The octets are not a value of this type.
    #[inline(always)]
    fn decode(reader: &mut Reader<'de>) -> Result<Self, Error> {
        let fixed = Self::decode_fixed(reader)?;
        Self::decode_deferred(fixed, reader)
    }
}

/// An integer, which has no second pass.
macro_rules! scalar {
    ($($type:ident $size:literal),+) => {$(
        impl<'de> Decode<'de> for $type {
            type Fixed = Self;
            const MIN_WIRE_SIZE: usize = $size;
            const FIXED_PARTS: Option<[FixedPart; 2]> = Some([FixedPart::new($size, $size); 2]);

            #[inline(always)]
            fn decode_fixed(reader: &mut Reader<'de>) -> Result<Self, Error> {
                reader.$type()
            }

            #[inline(always)]
            fn decode_deferred(fixed: Self, _: &mut Reader<'de>) -> Result<Self, Error> {
                Ok(fixed)
            }
        }
    )+};
}

scalar!(u8 1, i8 1, u16 2, i16 2, u32 4, i32 4, u64 8, i64 8);

/// A unique pointer to a string, as arrays of strings hold it.
impl<'de> Decode<'de> for Option<WStr<'de>> {
    type Fixed = Referent;
    const MIN_WIRE_SIZE: usize = 4;
    const FIXED_PARTS: Option<[FixedPart; 2]> = Some([FixedPart::new(4, 4), FixedPart::new(8, 8)]);

    #[inline(always)]
    fn decode_fixed(reader: &mut Reader<'de>) -> Result<Referent, Error> {
        reader.referent()
    }

    #[inline(always)]
    fn decode_deferred(fixed: Referent, reader: &mut Reader<'de>) -> Result<Self, Error> {
        reader.unique_wstr(fixed)
    }
}

impl<'de> Reader<'de> {
    /// Reads the target of a unique or full pointer, if it has one.
    ///
    /// # Errors
    /// Those of the target, and [`Limits::depth`](super::Limits::depth).
    #[inline(always)]
    pub fn unique<T>(
        &mut self,
        pointer: Referent,
        pointee: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        if pointer.is_null() { Ok(None) } else { self.nested(pointee).map(Some) }
    }

    /// Reads a unique or full pointer whose target follows at once, as a parameter has it.
    ///
    /// # Errors
    /// Those of the target, and [`Limits::depth`](super::Limits::depth).
    #[inline(always)]
    pub fn pointer<T>(
        &mut self,
        pointee: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let pointer = self.referent()?;
        self.unique(pointer, pointee)
    }

    /// Reads the target of a unique or full pointer to a string, as [`unique`](Self::unique) does.
    ///
    /// # Errors
    /// As [`unique`](Self::unique).
    #[inline(always)]
    pub fn unique_wstr(&mut self, pointer: Referent) -> Result<Option<WStr<'de>>, Error> {
        if pointer.is_null() {
            return Ok(None);
        }
        self.check_depth()?;
        self.wstr().map(Some)
    }

    /// Reads a unique or full pointer to a string, as [`pointer`](Self::pointer) does.
    ///
    /// # Errors
    /// As [`pointer`](Self::pointer).
    #[inline(always)]
    pub fn pointer_wstr(&mut self) -> Result<Option<WStr<'de>>, Error> {
        let pointer = self.referent()?;
        self.unique_wstr(pointer)
    }

    /// Reads an embedded `ref` pointer whose target follows at once.
    ///
    /// # Errors
    /// Those of the target, [`Limits::depth`](super::Limits::depth), and a null pointer in NDR64.
    #[inline(always)]
    pub fn ref_pointer<T>(
        &mut self,
        pointee: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.ref_referent()?;
        self.nested(pointee)
    }

    /// Joins a nullable array with the count that travels beside it.
    ///
    /// # Errors
    /// The count is not the array's; or, at level 6.0, the pointer is null and the count is not 0. The offset is
    /// that behind the later of the two.
    #[inline(always)]
    pub fn sized<T: Elements>(&self, array: Option<T>, size: i64) -> Result<SizedPtr<T>, Error> {
        let Some(array) = array else {
            self.check_null(size)?;
            return self.sized_null(size);
        };
        self.expect_size(&SizedPtr::Array(&array), size)?;
        Ok(SizedPtr::Array(array))
    }

    /// Joins a nullable varying array with the two counts that travel beside it.
    ///
    /// # Errors
    /// As [`sized`](Self::sized), for either count.
    #[inline(always)]
    pub fn varying_sized<T: Elements>(
        &self,
        array: Option<Varying<T>>,
        size: i64,
        length: i64,
    ) -> Result<VaryingPtr<T>, Error> {
        let Some(array) = array else {
            self.check_null(size)?;
            self.check_null(length)?;
            return Ok(VaryingPtr::Null { size: self.null_count(size)?, length: self.null_count(length)? });
        };
        self.expect_size(&array, size)?;
        self.expect_length(&array, length)?;
        Ok(VaryingPtr::Array(array))
    }

    #[inline(always)]
    fn sized_null<T>(&self, size: i64) -> Result<SizedPtr<T>, Error> {
        Ok(SizedPtr::Null { size: self.null_count(size)? })
    }

    /// What level 6.0 adds for null pointers (MS-RPCE 3.1.1.5.3.3.1.2).
    #[inline(always)]
    fn check_null(&self, count: i64) -> Result<(), Error> {
        if count != 0 && self.level() >= TargetLevel::Level6 {
            return self.refuse(self.offset(), ErrorKind::NullWithCount { count });
        }
        Ok(())
    }

    /// A count beside a null pointer, which may be any that its type holds.
    #[inline(always)]
    fn null_count(&self, count: i64) -> Result<u32, Error> {
        let kind = ErrorKind::OutOfRange { value: count, low: 0, high: i64::from(u32::MAX) };
        u32::try_from(count).map_err(|_| Error::new(self.offset(), kind))
    }

    /// Compares the count of an array or string with the `range` that it has at level 6.0, both ends inclusive.
    ///
    /// # Errors
    /// It is outside. The offset is that behind the array or string.
    #[inline(always)]
    pub fn check_count_range(&self, counted: &impl Counted, low: i64, high: i64) -> Result<(), Error> {
        match counted.counted() {
            Some(count) if self.level() >= TargetLevel::Level6 && !(low..=high).contains(&count) => {
                self.refuse(self.offset(), ErrorKind::CountOutOfRange { count, low, high })
            }
            _ => Ok(()),
        }
    }

    /// Compares the maximum count of an array that was read with its `size_is`.
    ///
    /// # Errors
    /// They differ. The offset is that behind the later of the two.
    #[inline(always)]
    pub fn expect_size(&self, array: &impl Counts, size: i64) -> Result<(), Error> {
        match size_mismatch(array, size) {
            None => Ok(()),
            Some(kind) => self.refuse(self.offset(), kind),
        }
    }

    /// Compares the actual count of an array that was read with its `length_is`.
    ///
    /// # Errors
    /// They differ. The offset is that behind the later of the two.
    #[inline(always)]
    pub fn expect_length(&self, array: &impl Counts, length: i64) -> Result<(), Error> {
        match length_mismatch(array, length) {
            None => Ok(()),
            Some(kind) => self.refuse(self.offset(), kind),
        }
    }

    /// Reads the octets of a conformant array: maximum count, then as many octets.
    ///
    /// # Errors
    /// The count is malformed, or fewer octets are left.
    #[inline(always)]
    pub fn conformant_octets(&mut self) -> Result<&'de [u8], Error> {
        let count = self.count()?;
        self.octets(count as usize)
    }

    /// Reads the octets of a conformant varying array.
    ///
    /// # Errors
    /// The counts are malformed, or fewer octets are left.
    #[inline(always)]
    pub fn varying_octets(&mut self) -> Result<Varying<&'de [u8]>, Error> {
        let counts = self.varying_counts()?;
        let data = self.octets(counts.actual as usize)?;
        Ok(Varying { size: counts.maximum, data })
    }

    /// Reads a conformant array: maximum count, fixed parts of all elements, then their pointees.
    ///
    /// # Errors
    /// The count is malformed, or an element is.
    pub fn conformant<T: Decode<'de>>(&mut self) -> Result<Vec<T>, Error> {
        let count = self.count()?;
        let fixed = self.fixed_elements::<T>(count)?;
        self.deferred_elements(fixed)
    }

    /// Reads a conformant varying array.
    ///
    /// # Errors
    /// The counts are malformed, or an element is.
    pub fn varying<T: Decode<'de>>(&mut self) -> Result<Varying<Vec<T>>, Error> {
        let counts = self.varying_counts()?;
        let fixed = self.fixed_elements::<T>(counts.actual)?;
        let data = self.deferred_elements(fixed)?;
        Ok(Varying { size: counts.maximum, data })
    }

    /// Reads an array of a fixed number of integers.
    ///
    /// # Errors
    /// Those of the element.
    #[inline(always)]
    pub fn fixed_array<T: Decode<'de, Fixed = T> + Default + Copy, const N: usize>(
        &mut self,
    ) -> Result<[T; N], Error> {
        let mut values = [T::default(); N];
        for (index, value) in values.iter_mut().enumerate() {
            *value = T::decode_fixed(self).element(index)?;
        }
        Ok(values)
    }
}
