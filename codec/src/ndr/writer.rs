//! Writes stub data.

use alloc::vec::Vec;
use core::mem;

use byteorder::{BE, ByteOrder, LE};

use super::buffer::Buffer;
#[cfg(feature = "arbitrary")]
use super::landmark::Landmark;
use super::landmark::LandmarkKind;
use super::{
    Counted, Elements, Encode, EncodeError, EncodeErrorKind, Endian, Format, InField, Uuid, Varying,
};

/// First referent id that is given; the next ones follow in steps of 4, as Windows counts them.
const FIRST_REFERENT: u64 = 0x0002_0000;
const REFERENT_STEP: u64 = 4;

/// Collects the octets of one stub.
///
/// Gaps are filled with zeros. Referent ids are `0x00020000`, `0x00020004` and so on, in order of first appearance.
/// Every method answers with a `Result` so that generated code reads alike; most can't fail.
#[derive(Debug)]
pub struct Writer {
    stub: Buffer,
    format: Format,
    referent: u64,
}

/// Writers of integers, which are aligned to their size and follow the byte order of the format.
macro_rules! integers {
    ($($type:ident $write:ident $size:literal $what:literal),+) => {
        impl Writer {$(
            #[doc = concat!("Writes an aligned ", $what, " integer.")]
            ///
            /// # Errors
            /// None today.
            #[inline(always)]
            pub fn $type(&mut self, value: $type) -> Result<(), EncodeError> {
                let mut octets = [0; $size];
                match self.format.endian() {
                    Endian::Little => LE::$write(&mut octets, value),
                    Endian::Big => BE::$write(&mut octets, value),
                }
                self.put(octets, $size);
                Ok(())
            }
        )+}
    };
}

integers!(
    u16 write_u16 2 "16-bit",
    i16 write_i16 2 "signed 16-bit",
    u32 write_u32 4 "32-bit",
    i32 write_i32 4 "signed 32-bit",
    u64 write_u64 8 "64-bit",
    i64 write_i64 8 "signed 64-bit"
);

impl Writer {
    /// Starts an empty stub.
    #[inline]
    pub const fn new(format: Format) -> Self {
        Self { stub: Buffer::new(), format, referent: FIRST_REFERENT }
    }

    /// Starts an empty stub in a buffer whose content is dropped and whose room is used again.
    #[inline]
    pub const fn reusing(buffer: Vec<u8>, format: Format) -> Self {
        Self { stub: Buffer::reusing(buffer), format, referent: FIRST_REFERENT }
    }

    /// Starts an empty stub in a buffer of its own, with room for `size` octets.
    #[inline]
    pub(super) fn with_room(size: usize, format: Format) -> Self {
        Self { stub: Buffer::with_room(size), format, referent: FIRST_REFERENT }
    }

    /// Starts an empty stub and remembers its landmarks, for whoever makes test data.
    #[cfg(feature = "arbitrary")]
    pub fn marking(format: Format) -> Self {
        Self { stub: Buffer::new().marking(), format, referent: FIRST_REFERENT }
    }

    /// The stub and its landmarks, in order; none unless the writer is one of [`marking`](Self::marking).
    #[cfg(feature = "arbitrary")]
    pub fn into_marked(mut self) -> (Vec<u8>, Vec<Landmark>) {
        let mut landmarks = self.stub.take_landmarks();
        // A gap is known when it is filled, which is after what stands behind it was announced.
        landmarks.sort_by_key(|landmark| landmark.offset);
        (self.into_stub(), landmarks)
    }

    /// The stub.
    #[inline]
    pub fn into_stub(self) -> Vec<u8> {
        self.stub.into_written()
    }

    /// Remembers what will be written next, aligned to its size, if somebody wants to know.
    #[inline(always)]
    pub(super) fn mark(&mut self, kind: LandmarkKind, size: usize) {
        self.mark_aligned(kind, size, size);
    }

    #[inline(always)]
    pub(super) fn mark_aligned(&mut self, kind: LandmarkKind, to: usize, size: usize) {
        self.stub.mark(kind, self.stub.len().next_multiple_of(to), size);
    }

    /// Remembers the counts, and the terminator, of a string that was written in one go.
    #[inline(always)]
    fn mark_string(&mut self, units: usize) {
        let (word, end) = (self.word(), self.stub.len());
        let start = end.wrapping_sub(units).wrapping_sub(word.wrapping_mul(3));
        self.stub.mark(LandmarkKind::MaximumCount, start, word);
        self.stub.mark(LandmarkKind::Offset, start.wrapping_add(word), word);
        self.stub.mark(LandmarkKind::ActualCount, start.wrapping_add(word.wrapping_mul(2)), word);
        self.stub.mark(LandmarkKind::Terminator, end.wrapping_sub(2), 2);
    }

    /// Octets of a count, an offset or a referent id.
    #[inline(always)]
    pub(super) const fn word(&self) -> usize {
        if self.format.is_ndr64() { 8 } else { 4 }
    }

    /// The format of the stub.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Writes octets as they are.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn octets(&mut self, octets: &[u8]) -> Result<(), EncodeError> {
        self.stub.extend(octets);
        Ok(())
    }

    /// Writes zeros up to the next multiple of `to`, a power of two.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn align(&mut self, to: usize) -> Result<(), EncodeError> {
        self.stub.align(to);
        Ok(())
    }

    /// Writes octets that are aligned to `to`.
    #[inline(always)]
    fn put<const N: usize>(&mut self, octets: [u8; N], to: usize) {
        self.stub.align(to);
        self.stub.put(octets);
    }

    /// Writes the counts of a conformant varying string and its units, if they can be written in place.
    #[inline(always)]
    pub(super) fn counted_units(
        &mut self,
        count: u32,
        units: impl FnOnce(&mut [u8], Endian) -> bool,
    ) -> bool {
        let size = (count as usize).wrapping_mul(2);
        let is_written = match self.format {
            Format::Ndr64 => {
                let mut counts = [0; 24];
                LE::write_u64_into(&[u64::from(count), 0, u64::from(count)], &mut counts);
                self.stub.align(8);
                self.stub
                    .write(size.wrapping_add(24), |place| put_counted(place, counts, Endian::Little, units))
            }
            Format::Ndr20(endian) => {
                let mut counts = [0; 12];
                match endian {
                    Endian::Little => LE::write_u32_into(&[count, 0, count], &mut counts),
                    Endian::Big => BE::write_u32_into(&[count, 0, count], &mut counts),
                }
                self.stub.align(4);
                self.stub.write(size.wrapping_add(12), |place| put_counted(place, counts, endian, units))
            }
        };
        if is_written {
            self.mark_string(size);
        }
        is_written
    }

    /// Aligns to `ndr20` or `ndr64` octets, as the format has it.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn align_by_format(&mut self, ndr20: usize, ndr64: usize) -> Result<(), EncodeError> {
        self.align(if self.format.is_ndr64() { ndr64 } else { ndr20 })
    }

    /// Writes the gap behind the last fixed member of a structure, which only NDR64 has (MS-RPCE 2.2.5.3.4.1).
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn end_struct(&mut self, ndr64: usize) -> Result<(), EncodeError> {
        if self.format.is_ndr64() { self.align(ndr64) } else { Ok(()) }
    }

    /// Writes an octet.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn u8(&mut self, value: u8) -> Result<(), EncodeError> {
        self.put([value], 1);
        Ok(())
    }

    /// Writes a signed octet.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn i8(&mut self, value: i8) -> Result<(), EncodeError> {
        self.put(value.to_ne_bytes(), 1);
        Ok(())
    }

    /// Writes an unsigned `__int3264`: 8 octets in NDR64; else the low 4, as 64-bit senders do
    /// (MS-RPCE 3.1.1.5.1.1).
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn u3264(&mut self, value: u64) -> Result<(), EncodeError> {
        if self.format.is_ndr64() {
            return self.u64(value);
        }
        self.u32(u32::try_from(value & u64::from(u32::MAX)).unwrap_or(u32::MAX))
    }

    /// Writes a signed `__int3264`.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn i3264(&mut self, value: i64) -> Result<(), EncodeError> {
        self.u3264(u64::from_ne_bytes(value.to_ne_bytes()))
    }

    /// Writes an `enum` without `v1_enum`: 2 octets, or 4 in NDR64.
    ///
    /// # Errors
    /// The value does not fit.
    #[inline(always)]
    pub fn enumeration(&mut self, value: i32) -> Result<(), EncodeError> {
        if self.format.is_ndr64() {
            return self.i32(value);
        }
        match u16::try_from(value) {
            Ok(value) => self.u16(value),
            Err(_) => Err(EncodeError::new(EncodeErrorKind::OutOfRange { value: i64::from(value) })),
        }
    }

    /// Writes the tag of a union, to which the writer is aligned already.
    ///
    /// # Errors
    /// Those of `write`.
    #[inline(always)]
    pub fn union_tag(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.stub.len();
        write(self)?;
        self.stub.mark(LandmarkKind::Tag, start, self.stub.len().wrapping_sub(start));
        Ok(())
    }

    /// Writes a UUID, aligned to 4.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn uuid(&mut self, uuid: Uuid) -> Result<(), EncodeError> {
        self.put(uuid.to_wire(self.format.endian()), 4);
        Ok(())
    }

    /// Writes the inline part of a pointer: the next referent id, or 0 for null.
    ///
    /// # Errors
    /// None today.
    #[inline(always)]
    pub fn referent(&mut self, present: bool) -> Result<(), EncodeError> {
        self.mark(LandmarkKind::Referent, self.word());
        if !present {
            return self.u3264(0);
        }
        let id = self.referent;
        self.referent = id.wrapping_add(REFERENT_STEP);
        self.u3264(id)
    }

    /// Writes a unique or full pointer whose target follows at once, as a parameter has it.
    ///
    /// # Errors
    /// Those of the target.
    #[inline(always)]
    pub fn pointer<T>(
        &mut self,
        target: Option<&T>,
        pointee: impl FnOnce(&mut Self, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.referent(target.is_some())?;
        self.deferred(target, pointee)
    }

    /// Writes the target of a pointer whose inline part was written before.
    ///
    /// # Errors
    /// Those of the target.
    #[inline(always)]
    pub fn deferred<T>(
        &mut self,
        target: Option<&T>,
        pointee: impl FnOnce(&mut Self, &T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        match target {
            Some(target) => pointee(self, target),
            None => Ok(()),
        }
    }

    /// Writes the maximum count of a conformant array.
    ///
    /// # Errors
    /// It is above 2³¹-1.
    #[inline(always)]
    pub fn count(&mut self, count: usize) -> Result<(), EncodeError> {
        self.marked_count(LandmarkKind::MaximumCount, count)
    }

    /// Writes a maximum count, offset or actual count.
    #[inline(always)]
    pub(super) fn marked_count(&mut self, kind: LandmarkKind, count: usize) -> Result<(), EncodeError> {
        self.mark(kind, self.word());
        match i32::try_from(count) {
            Ok(_) => self.u3264(count as u64),
            Err(_) => Err(EncodeError::new(EncodeErrorKind::TooLong { len: count })),
        }
    }

    /// Narrows a count that was derived from an array to the integer type of its parameter, which is written next.
    ///
    /// # Errors
    /// It does not fit.
    #[inline(always)]
    pub fn narrow<T: TryFrom<i64>>(&mut self, value: i64) -> Result<T, EncodeError> {
        self.mark(LandmarkKind::CountField, size_of::<T>());
        T::try_from(value).map_err(|_| EncodeError::new(EncodeErrorKind::OutOfRange { value }))
    }

    /// Compares an integer with its `range` attribute, both ends inclusive.
    ///
    /// # Errors
    /// It is outside.
    #[inline(always)]
    pub fn check_range(&self, value: impl Into<i64>, low: i64, high: i64) -> Result<(), EncodeError> {
        let value = value.into();
        if (low..=high).contains(&value) {
            return Ok(());
        }
        Err(EncodeError::new(EncodeErrorKind::OutsideRange { value, low, high }))
    }

    /// Compares the count of an array or string with its `range` attribute, both ends inclusive.
    ///
    /// # Errors
    /// It is outside.
    #[inline(always)]
    pub fn check_count_range(&self, counted: &impl Counted, low: i64, high: i64) -> Result<(), EncodeError> {
        counted.counted().map_or(Ok(()), |count| self.check_range(count, low, high))
    }

    /// Compares the length of an array with what another field or an expression states.
    ///
    /// # Errors
    /// They differ.
    #[inline(always)]
    pub fn check_count(&self, len: i64, expected: i64) -> Result<(), EncodeError> {
        if len == expected {
            return Ok(());
        }
        Err(EncodeError::new(EncodeErrorKind::CountMismatch { len, expected }))
    }

    /// Writes a conformant array of octets.
    ///
    /// # Errors
    /// It is too long.
    #[inline(always)]
    pub fn conformant_octets(&mut self, octets: &[u8]) -> Result<(), EncodeError> {
        self.count(octets.len())?;
        self.octets(octets)
    }

    /// Writes a conformant varying array of octets.
    ///
    /// # Errors
    /// The octets exceed the stated size.
    pub fn varying_octets(&mut self, array: &Varying<&[u8]>) -> Result<(), EncodeError> {
        self.varying_counts(array)?;
        self.octets(array.data)
    }

    /// Writes a conformant array: its length, fixed parts of all elements, then their pointees.
    ///
    /// # Errors
    /// It is too long, or an element can't be written.
    pub fn conformant<T: Encode>(&mut self, elements: &[T]) -> Result<(), EncodeError> {
        self.count(elements.len())?;
        self.fixed_elements(elements)?;
        self.deferred_elements(elements)
    }

    /// Writes a conformant varying array.
    ///
    /// # Errors
    /// The elements exceed the stated size, or one can't be written.
    pub fn varying<T: Encode>(&mut self, array: &Varying<Vec<T>>) -> Result<(), EncodeError> {
        self.varying_counts(array)?;
        self.fixed_elements(&array.data)?;
        self.deferred_elements(&array.data)
    }

    fn varying_counts<T: Elements>(&mut self, array: &Varying<T>) -> Result<(), EncodeError> {
        let length = array.data.len();
        if length > array.size as usize {
            return Err(EncodeError::new(EncodeErrorKind::LengthExceedsSize { length, size: array.size }));
        }
        self.count(array.size as usize)?;
        self.marked_count(LandmarkKind::Offset, 0)?;
        self.marked_count(LandmarkKind::ActualCount, length)
    }

    /// Writes the fixed parts of elements, the first pass over an array (C706 14.3.12.3).
    ///
    /// # Errors
    /// Those of the elements.
    pub fn fixed_elements<T: Encode>(&mut self, elements: &[T]) -> Result<(), EncodeError> {
        self.for_each::<Fixed, T>(elements)
    }

    /// Writes what the pointers of elements point to, the second pass over an array.
    ///
    /// # Errors
    /// Those of the elements.
    pub fn deferred_elements<T: Encode>(&mut self, elements: &[T]) -> Result<(), EncodeError> {
        self.for_each::<Deferred, T>(elements)
    }

    /// Makes a loop for each format, so that no step has to ask for it.
    #[inline(always)]
    fn for_each<P: Pass, T: Encode>(&mut self, elements: &[T]) -> Result<(), EncodeError> {
        match self.format {
            Format::NDR20_LE => self.for_each_in::<P, T>(Format::NDR20_LE, elements),
            Format::NDR20_BE => self.for_each_in::<P, T>(Format::NDR20_BE, elements),
            Format::Ndr64 => self.for_each_in::<P, T>(Format::Ndr64, elements),
        }
    }

    /// Lets a loop work on a writer that is not lent: else each step would store the length and load it again.
    #[inline(always)]
    fn for_each_in<P: Pass, T: Encode>(&mut self, format: Format, elements: &[T]) -> Result<(), EncodeError> {
        let mut writer = Self { format, ..self.take() };
        let mut result = Ok(());
        for (index, element) in elements.iter().enumerate() {
            result = P::write(element, &mut writer).element(index);
            if result.is_err() {
                break;
            }
        }
        *self = writer;
        result
    }

    /// Takes the content out.
    #[inline(always)]
    pub(super) fn take(&mut self) -> Self {
        Self { stub: mem::take(&mut self.stub), format: self.format, referent: self.referent }
    }

    /// Goes on behind what was written elsewhere.
    #[inline(always)]
    pub(super) fn go_on(&mut self, written: Self) {
        self.stub = written.stub;
    }
}

/// One of the two passes over an array.
trait Pass {
    fn write<T: Encode>(element: &T, writer: &mut Writer) -> Result<(), EncodeError>;
}

/// The fixed parts.
struct Fixed;

/// What their pointers point to.
struct Deferred;

impl Pass for Fixed {
    #[inline(always)]
    fn write<T: Encode>(element: &T, writer: &mut Writer) -> Result<(), EncodeError> {
        element.encode_fixed(writer)
    }
}

impl Pass for Deferred {
    #[inline(always)]
    fn write<T: Encode>(element: &T, writer: &mut Writer) -> Result<(), EncodeError> {
        element.encode_deferred(writer)
    }
}

/// Puts counts, and units behind them.
#[inline(always)]
fn put_counted<const N: usize>(
    place: &mut [u8],
    counts: [u8; N],
    endian: Endian,
    units: impl FnOnce(&mut [u8], Endian) -> bool,
) -> bool {
    let Some((head, rest)) = place.split_first_chunk_mut() else { return false };
    *head = counts;
    units(rest, endian)
}
