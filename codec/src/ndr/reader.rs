//! Reads stub data within bounds: every octet and every count goes through here.

use alloc::vec::Vec;
use core::mem::{self, size_of};

use byteorder::{BE, ByteOrder, LE};

use super::buffer::LENGTHS;
use super::{Endian, Error, ErrorKind, Format, Limit, Limits, TargetLevel, Uuid};

/// Elements that a dimension of an array may have (MS-RPCE 3.1.1.5.3.2).
pub(super) const MAX_COUNT: u32 = 0x7FFF_FFFF;

/// A cursor over one stub, with what the rest of its decoding may cost.
///
/// Nothing is believed before it is checked: a count is compared with the octets that remain, memory is charged
/// against [`Limits`] before it is reserved, and an item that does not fit is an [`Error`] at its first octet.
#[derive(Debug)]
pub struct Reader<'de> {
    stub: &'de [u8],
    at: usize,
    format: Format,
    memory: usize,
    depth: u16,
    trailing: usize,
    level: TargetLevel,
    /// Errors that a lenient decode has met before and lets pass this time.
    forgiven: Vec<Error>,
}

/// The inline part of a pointer: whether something was sent for it (C706 14.3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Referent(bool);

impl Referent {
    /// Whether the pointer is null, so that nothing was sent for it.
    pub const fn is_null(self) -> bool {
        !self.0
    }
}

/// What stands before the elements of a conformant varying array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaryingCounts {
    /// Elements that the array can hold.
    pub maximum: u32,
    /// Elements that are sent, from index 0.
    pub actual: u32,
}

/// Readers of integers, which are aligned to their size and follow the byte order of the format.
macro_rules! integers {
    ($($type:ident $read:ident $size:literal $what:literal),+) => {
        impl Reader<'_> {$(
            #[doc = concat!("Reads an aligned ", $what, " integer.")]
            ///
            /// # Errors
            /// Too few octets are left.
            #[inline(always)]
            pub fn $type(&mut self) -> Result<$type, Error> {
                let octets = self.item::<$size>($size)?;
                Ok(match self.format.endian() {
                    Endian::Little => LE::$read(octets),
                    Endian::Big => BE::$read(octets),
                })
            }
        )+}
    };
}

integers!(
    u16 read_u16 2 "16-bit",
    i16 read_i16 2 "signed 16-bit",
    u32 read_u32 4 "32-bit",
    i32 read_i32 4 "signed 32-bit",
    u64 read_u64 8 "64-bit",
    i64 read_i64 8 "signed 64-bit"
);

impl<'de> Reader<'de> {
    /// Starts at the first octet of a stub, to which all alignment refers (C706 14.2.2).
    #[inline(always)]
    pub fn new(stub: &'de [u8], format: Format, limits: &Limits) -> Self {
        Self {
            stub,
            at: 0,
            format,
            memory: limits.memory,
            depth: limits.depth,
            trailing: limits.trailing,
            level: limits.level.unwrap_or_default(),
            forgiven: Vec::new(),
        }
    }

    /// Lets errors pass that an earlier reading of the same stub met.
    pub(super) fn forgiving(mut self, errors: Vec<Error>) -> Self {
        self.forgiven = errors;
        self
    }

    /// The errors that were to be let pass.
    pub(super) fn into_forgiven(self) -> Vec<Error> {
        self.forgiven
    }

    /// How strictly the stub is checked.
    #[inline(always)]
    pub const fn level(&self) -> TargetLevel {
        self.level
    }

    /// Refuses data that breaks a rule, unless this very breach is to be forgiven.
    #[inline(always)]
    pub(super) fn refuse(&self, offset: usize, kind: ErrorKind) -> Result<(), Error> {
        refuse_unless(&self.forgiven, offset, kind)
    }

    /// The format of the stub.
    #[inline(always)]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Octets from the start of the stub to the next item.
    #[inline(always)]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Octets that are left.
    #[inline(always)]
    pub const fn remaining(&self) -> usize {
        self.stub.len().saturating_sub(self.at)
    }

    /// Ends the stub.
    ///
    /// # Errors
    /// More octets are left than [`Limits::trailing`] lets pass.
    #[inline(always)]
    pub fn finish(&self) -> Result<(), Error> {
        let count = self.remaining();
        if count > self.trailing {
            return self.refuse(self.at, ErrorKind::TrailingOctets { count });
        }
        Ok(())
    }

    /// Takes the next octets as they are.
    ///
    /// # Errors
    /// Fewer are left.
    #[inline(always)]
    pub fn octets(&mut self, count: usize) -> Result<&'de [u8], Error> {
        match self.rest().get(..count) {
            Some(octets) => {
                self.at = self.at.wrapping_add(count);
                Ok(octets)
            }
            None => Err(self.truncated(count as u64)),
        }
    }

    /// The whole stub.
    #[inline(always)]
    pub(super) const fn stub(&self) -> &'de [u8] {
        self.stub
    }

    /// What is left of the stub.
    #[inline(always)]
    pub(super) fn rest(&self) -> &'de [u8] {
        self.stub.get(self.at..).unwrap_or_default()
    }

    /// Takes an item of `N` octets that is aligned to `to`.
    #[inline(always)]
    fn item<const N: usize>(&mut self, to: usize) -> Result<&'de [u8; N], Error> {
        match self.peek(to) {
            Some((at, octets)) => {
                self.at = at.wrapping_add(N);
                Ok(octets)
            }
            None => Err(missing(&self.forgiven, self.at, to, N, self.stub.len())),
        }
    }

    /// The next item of `N` octets that is aligned to `to`, and where it stands.
    #[inline(always)]
    fn peek<const N: usize>(&self, to: usize) -> Option<(usize, &'de [u8; N])> {
        let at = align_up(self.at, to) & LENGTHS;
        let octets = self.stub.get(at..at.wrapping_add(N))?.first_chunk()?;
        Some((at, octets))
    }

    #[inline(always)]
    pub(super) const fn truncated(&self, needed: u64) -> Error {
        truncated(self.at, needed, self.remaining())
    }

    /// Skips the gap before an item that is aligned to `to`, a power of two. The content of the gap is ignored
    /// (MS-RPCE 3.1.1.5.3.2); its absence is not.
    ///
    /// # Errors
    /// The stub ends in the gap.
    #[inline(always)]
    pub fn align(&mut self, to: usize) -> Result<(), Error> {
        let (aligned, end) = (align_up(self.at, to), self.stub.len());
        if aligned > end {
            missing_gap(&self.forgiven, self.at, aligned, end)?;
        }
        self.at = aligned.min(end);
        Ok(())
    }

    /// Aligns to `ndr20` or `ndr64` octets, as the format has it.
    ///
    /// # Errors
    /// As [`align`](Self::align).
    #[inline(always)]
    pub fn align_by_format(&mut self, ndr20: usize, ndr64: usize) -> Result<(), Error> {
        self.align(if self.format.is_ndr64() { ndr64 } else { ndr20 })
    }

    /// Skips the gap behind the last fixed member of a structure, which only NDR64 has (MS-RPCE 2.2.5.3.4.1).
    ///
    /// # Errors
    /// As [`align`](Self::align).
    #[inline(always)]
    pub fn end_struct(&mut self, ndr64: usize) -> Result<(), Error> {
        if self.format.is_ndr64() { self.align(ndr64) } else { Ok(()) }
    }

    /// Reads an octet.
    ///
    /// # Errors
    /// None is left.
    #[inline(always)]
    pub fn u8(&mut self) -> Result<u8, Error> {
        self.item(1).map(|&[octet]| octet)
    }

    /// Reads a signed octet.
    ///
    /// # Errors
    /// None is left.
    #[inline(always)]
    pub fn i8(&mut self) -> Result<i8, Error> {
        self.item(1).map(|&[octet]| i8::from_ne_bytes([octet]))
    }

    /// Reads an unsigned `__int3264`: 4 octets, zero-extended, or 8 in NDR64 (MS-RPCE 2.2.4.1.2, 3.1.1.5.1.1).
    ///
    /// # Errors
    /// Too few octets are left.
    #[inline(always)]
    pub fn u3264(&mut self) -> Result<u64, Error> {
        if self.format.is_ndr64() { self.u64() } else { self.u32().map(u64::from) }
    }

    /// Reads a signed `__int3264`: 4 octets, sign-extended, or 8 in NDR64.
    ///
    /// # Errors
    /// Too few octets are left.
    #[inline(always)]
    pub fn i3264(&mut self) -> Result<i64, Error> {
        if self.format.is_ndr64() { self.i64() } else { self.i32().map(i64::from) }
    }

    /// Reads an `enum` without `v1_enum`: 2 octets, or 4 in NDR64 (C706 14.2.5.1, MS-RPCE 2.2.5.2).
    ///
    /// # Errors
    /// Too few octets are left.
    #[inline(always)]
    pub fn enumeration(&mut self) -> Result<i32, Error> {
        if self.format.is_ndr64() { self.i32() } else { self.u16().map(i32::from) }
    }

    /// Reads a UUID, aligned to 4.
    ///
    /// # Errors
    /// Too few octets are left.
    #[inline(always)]
    pub fn uuid(&mut self) -> Result<Uuid, Error> {
        let octets = self.item::<16>(4)?;
        Ok(Uuid::from_wire(*octets, self.format.endian()))
    }

    /// Reads the inline part of a unique or full pointer. Any value but 0 means that a referent follows.
    ///
    /// # Errors
    /// Too few octets are left.
    #[inline(always)]
    pub fn referent(&mut self) -> Result<Referent, Error> {
        self.u3264().map(|id| Referent(id != 0))
    }

    /// Reads the inline part of an embedded `ref` pointer, whose value NDR ignores and NDR64 wants to be nonzero
    /// (MS-RPCE 2.2.5.3.5.1).
    ///
    /// # Errors
    /// Too few octets are left, or the NDR64 pointer is null.
    #[inline(always)]
    pub fn ref_referent(&mut self) -> Result<(), Error> {
        let null = self.referent()?.is_null();
        if null && self.format.is_ndr64() {
            self.refuse(self.at.saturating_sub(8), ErrorKind::NullRef)?;
        }
        Ok(())
    }

    /// Reads a maximum count, offset or actual count.
    ///
    /// # Errors
    /// Too few octets are left, or the count is above 2³¹-1.
    #[inline(always)]
    pub fn count(&mut self) -> Result<u32, Error> {
        let count = self.u3264()?;
        match u32::try_from(count) {
            Ok(small) if small <= MAX_COUNT => Ok(small),
            _ => Err(Error::new(
                self.at.saturating_sub(self.format.word()),
                ErrorKind::CountTooLarge { count },
            )),
        }
    }

    /// Compares a maximum count that was just read with its `size_is`.
    ///
    /// # Errors
    /// They differ.
    #[inline(always)]
    pub fn check_size(&self, maximum: u32, size: i64) -> Result<(), Error> {
        if i64::from(maximum) == size {
            return Ok(());
        }
        self.refuse(self.at.saturating_sub(self.format.word()), ErrorKind::SizeMismatch { maximum, size })
    }

    /// Compares an integer that was just read with its `range` attribute, both ends inclusive.
    ///
    /// # Errors
    /// It is outside.
    #[inline(always)]
    pub fn check_range<T: Into<i64>>(&self, value: T, low: i64, high: i64) -> Result<(), Error> {
        let value = value.into();
        if (low..=high).contains(&value) {
            return Ok(());
        }
        self.refuse(self.at.saturating_sub(size_of::<T>()), ErrorKind::OutOfRange { value, low, high })
    }

    /// Reads the three counts of a conformant varying array.
    ///
    /// # Errors
    /// A count is malformed, the offset is not 0, or the actual count exceeds the maximum.
    #[inline(always)]
    pub fn varying_counts(&mut self) -> Result<VaryingCounts, Error> {
        let maximum = self.count()?;
        let actual = self.actual_count(maximum)?;
        Ok(VaryingCounts { maximum, actual })
    }

    /// Reads offset and actual count of an array that can hold `maximum` elements.
    ///
    /// # Errors
    /// As [`varying_counts`](Self::varying_counts).
    #[inline(always)]
    pub fn actual_count(&mut self, maximum: u32) -> Result<u32, Error> {
        let word = self.format.word();
        let offset = self.count()?;
        if offset != 0 {
            self.refuse(self.at.saturating_sub(word), ErrorKind::NonZeroOffset { offset })?;
        }
        let actual = self.count()?;
        if actual > maximum {
            self.refuse(self.at.saturating_sub(word), ErrorKind::ActualExceedsMaximum { actual, maximum })?;
        }
        Ok(actual)
    }

    /// Maximum count, offset and actual count that come next, and where they end; `None` if they are not all there.
    #[inline(always)]
    pub(super) fn peek_counts(&self) -> Option<([u64; 3], usize)> {
        if self.format.is_ndr64() {
            let (at, counts) = self.peek::<24>(8)?;
            let counts = triple(counts.chunks_exact(8).map(LE::read_u64))?;
            return Some((counts, at.wrapping_add(24)));
        }
        let (at, counts) = self.peek::<12>(4)?;
        let counts = counts.chunks_exact(4).map(|count| match self.format.endian() {
            Endian::Little => LE::read_u32(count),
            Endian::Big => BE::read_u32(count),
        });
        Some((triple(counts.map(u64::from))?, at.wrapping_add(12)))
    }

    /// Another reader at the same place, for a colder path: were it given this one, the optimizer would have to keep
    /// this one in memory, and store each step there.
    #[inline(always)]
    pub(super) fn twin(&self) -> Self {
        Self { forgiven: copied(&self.forgiven), ..*self }
    }

    /// Takes all over, for a loop: were it to work on a reader that is lent, each step would store the place and load
    /// it again.
    #[inline(always)]
    pub(super) fn take(&mut self) -> Self {
        Self { forgiven: mem::take(&mut self.forgiven), ..*self }
    }

    /// Goes on elsewhere in the stub, or at its end.
    #[inline(always)]
    pub(super) const fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Goes through a pointer, one level deeper.
    ///
    /// # Errors
    /// [`Limits::depth`] is reached, or `pointee` fails.
    #[inline(always)]
    pub fn nested<T>(&mut self, pointee: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        let depth = self.depth;
        self.check_depth()?;
        self.depth = depth.wrapping_sub(1);
        let value = pointee(self);
        self.depth = depth;
        value
    }

    /// Whether one more pointer may be gone through.
    #[inline(always)]
    pub(super) fn check_depth(&self) -> Result<(), Error> {
        if self.depth == 0 {
            return Err(Error::new(self.at, ErrorKind::Limit(Limit::Depth)));
        }
        Ok(())
    }

    /// Makes room for `count` values, each of which takes at least `wire_size` octets of what remains.
    ///
    /// # Errors
    /// The octets that remain cannot hold them, or [`Limits::memory`] is reached, or memory is exhausted.
    pub fn reserve<T>(&mut self, count: u32, wire_size: usize) -> Result<Vec<T>, Error> {
        let needed = u64::from(count).saturating_mul(wire_size as u64);
        if needed > self.remaining() as u64 {
            return Err(self.truncated(needed));
        }
        self.allot(count).ok_or_else(|| Error::new(self.at, ErrorKind::Limit(Limit::Memory)))
    }

    fn allot<T>(&mut self, count: u32) -> Option<Vec<T>> {
        let count = usize::try_from(count).ok()?;
        let cost = count.checked_mul(size_of::<T>())?;
        let memory = self.memory.checked_sub(cost)?;
        let mut values = Vec::new();
        values.try_reserve_exact(count).ok()?;
        self.memory = memory;
        Some(values)
    }
}

#[cold]
#[inline(never)]
fn copied(errors: &[Error]) -> Vec<Error> {
    errors.to_vec()
}

/// The next multiple of `to`, a power of two.
#[inline(always)]
pub(super) const fn align_up(at: usize, to: usize) -> usize {
    let mask = to.wrapping_sub(1);
    at.wrapping_add(mask) & !mask
}

#[inline(always)]
fn triple(mut numbers: impl Iterator<Item = u64>) -> Option<[u64; 3]> {
    Some([numbers.next()?, numbers.next()?, numbers.next()?])
}

/// Why an item of `size` octets, aligned to `to`, is not at `at` in a stub that ends at `end`.
#[cold]
#[inline(never)]
fn missing(forgiven: &[Error], at: usize, to: usize, size: usize, end: usize) -> Error {
    let aligned = align_up(at, to);
    if aligned > end {
        if let Err(error) = missing_gap(forgiven, at, aligned, end) {
            return error;
        }
    }
    let at = aligned.min(end);
    truncated(at, size as u64, end.saturating_sub(at))
}

#[cold]
#[inline(never)]
fn missing_gap(forgiven: &[Error], at: usize, aligned: usize, end: usize) -> Result<(), Error> {
    let (needed, left) = (aligned.saturating_sub(at), end.saturating_sub(at));
    refuse_unless(forgiven, at, ErrorKind::MissingAlignment { needed, left })
}

#[cold]
#[inline(never)]
const fn truncated(offset: usize, needed: u64, left: usize) -> Error {
    Error::new(offset, ErrorKind::Truncated { needed, left })
}

#[cold]
#[inline(never)]
fn refuse_unless(forgiven: &[Error], offset: usize, kind: ErrorKind) -> Result<(), Error> {
    let is_this = |error: &Error| error.offset() == offset && error.kind() == kind;
    if forgiven.iter().any(is_this) { Ok(()) } else { Err(Error::new(offset, kind)) }
}
