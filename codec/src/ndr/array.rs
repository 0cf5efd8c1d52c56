//! Arrays whose counts travel beside them.

use alloc::vec::Vec;

use super::{Error, ErrorKind, WStr};

/// A varying array: some of its elements are sent, from index 0 on (C706 14.3.3.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Varying<T> {
    /// Elements that the array can hold: the value of `size_is`.
    pub size: u32,
    /// Elements that are sent: as many as `length_is` says.
    pub data: T,
}

impl<T: Elements> Varying<T> {
    /// An array that sends all that it can hold.
    pub fn full(data: T) -> Self {
        Self { size: u32::try_from(data.len()).unwrap_or(u32::MAX), data }
    }
}

/// A pointer, perhaps null, to an array with `size_is`.
///
/// The count parameter or member that the IDL has beside the pointer is part of this value: it is the length of the
/// array. Only a null pointer needs it spelled out, since the wire carries it all the same. MS-RPCE 3.1.1.5.3.3.1.2
/// wants it to be 0 then; C706 14.3.10 does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SizedPtr<T> {
    /// The null pointer.
    Null {
        /// The count that travels beside it.
        size: u32,
    },
    /// A pointer to elements.
    Array(T),
}

/// A pointer, perhaps null, to an array with `size_is` and `length_is`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VaryingPtr<T> {
    /// The null pointer.
    Null {
        /// The value of `size_is` that travels beside it.
        size: u32,
        /// The value of `length_is` that travels beside it.
        length: u32,
    },
    /// A pointer to elements.
    Array(Varying<T>),
}

impl<T> SizedPtr<T> {
    /// A null pointer with a count of 0, as a sender should write it.
    pub const NULL: Self = Self::Null { size: 0 };

    /// The array, unless the pointer is null.
    pub const fn as_array(&self) -> Option<&T> {
        match self {
            Self::Null { .. } => None,
            Self::Array(array) => Some(array),
        }
    }

    /// The array, unless the pointer is null.
    pub fn into_array(self) -> Option<T> {
        match self {
            Self::Null { .. } => None,
            Self::Array(array) => Some(array),
        }
    }
}

impl<T> VaryingPtr<T> {
    /// A null pointer with counts of 0.
    pub const NULL: Self = Self::Null { size: 0, length: 0 };

    /// The array, unless the pointer is null.
    pub const fn as_array(&self) -> Option<&Varying<T>> {
        match self {
            Self::Null { .. } => None,
            Self::Array(array) => Some(array),
        }
    }
}

impl<T> VaryingPtr<T> {
    /// The array, unless the pointer is null.
    pub fn into_array(self) -> Option<Varying<T>> {
        match self {
            Self::Null { .. } => None,
            Self::Array(array) => Some(array),
        }
    }
}

impl<T> Default for SizedPtr<T> {
    fn default() -> Self {
        Self::NULL
    }
}

impl<T> Default for VaryingPtr<T> {
    fn default() -> Self {
        Self::NULL
    }
}

impl<T> From<Option<T>> for SizedPtr<T> {
    fn from(array: Option<T>) -> Self {
        array.map_or(Self::NULL, Self::Array)
    }
}

impl<T> From<Option<Varying<T>>> for VaryingPtr<T> {
    fn from(array: Option<Varying<T>>) -> Self {
        array.map_or(Self::NULL, Self::Array)
    }
}

/// Something with a number of elements: what a count is derived from.
pub trait Elements {
    /// How many elements there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Elements> Elements for &T {
    fn len(&self) -> usize {
        T::len(self)
    }
}

impl Elements for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }
}

impl<T> Elements for Vec<T> {
    fn len(&self) -> usize {
        Self::len(self)
    }
}

/// The count that travels beside an array, as `size_is` or `length_is` derive it.
pub trait Counts {
    /// The value of `size_is`.
    fn size(&self) -> i64;

    /// The value of `length_is`.
    fn length(&self) -> i64;
}

fn count(elements: &impl Elements) -> i64 {
    i64::try_from(elements.len()).unwrap_or(i64::MAX)
}

impl Counts for &[u8] {
    fn size(&self) -> i64 {
        count(self)
    }

    fn length(&self) -> i64 {
        count(self)
    }
}

impl<T> Counts for Vec<T> {
    fn size(&self) -> i64 {
        count(self)
    }

    fn length(&self) -> i64 {
        count(self)
    }
}

impl<T: Elements> Counts for Varying<T> {
    fn size(&self) -> i64 {
        i64::from(self.size)
    }

    fn length(&self) -> i64 {
        count(&self.data)
    }
}

impl<T: Elements> Counts for SizedPtr<T> {
    fn size(&self) -> i64 {
        match self {
            Self::Null { size } => i64::from(*size),
            Self::Array(array) => count(array),
        }
    }

    fn length(&self) -> i64 {
        self.size()
    }
}

impl<T: Elements> Counts for VaryingPtr<T> {
    fn size(&self) -> i64 {
        match self {
            Self::Null { size, .. } => i64::from(*size),
            Self::Array(array) => array.size(),
        }
    }

    fn length(&self) -> i64 {
        match self {
            Self::Null { length, .. } => i64::from(*length),
            Self::Array(array) => array.length(),
        }
    }
}

/// Something whose count a `range` attribute may bound.
pub trait Counted {
    /// Elements that the array can hold, or characters of the string with its terminator; `None` for a null pointer.
    fn counted(&self) -> Option<i64>;
}

impl Counted for WStr<'_> {
    fn counted(&self) -> Option<i64> {
        i64::try_from(WStr::len(self)).ok().and_then(|len| len.checked_add(1))
    }
}

impl Counted for &[u8] {
    fn counted(&self) -> Option<i64> {
        Some(self.size())
    }
}

impl<T> Counted for Vec<T> {
    fn counted(&self) -> Option<i64> {
        Some(self.size())
    }
}

impl<T: Elements> Counted for Varying<T> {
    fn counted(&self) -> Option<i64> {
        Some(self.size())
    }
}

impl<T: Counted> Counted for Option<T> {
    fn counted(&self) -> Option<i64> {
        self.as_ref().and_then(Counted::counted)
    }
}

impl<T: Elements> Counted for SizedPtr<T> {
    fn counted(&self) -> Option<i64> {
        self.as_array().map(count)
    }
}

impl<T: Elements> Counted for VaryingPtr<T> {
    fn counted(&self) -> Option<i64> {
        self.as_array().map(Counts::size)
    }
}

/// What is wrong with the maximum count of an array, if something is.
pub(super) fn size_mismatch(array: &impl Counts, size: i64) -> Option<ErrorKind> {
    let maximum = array.size();
    let kind = ErrorKind::SizeMismatch { maximum: u32::try_from(maximum).unwrap_or(u32::MAX), size };
    (maximum != size).then_some(kind)
}

/// What is wrong with the actual count of an array, if something is.
pub(super) fn length_mismatch(array: &impl Counts, length: i64) -> Option<ErrorKind> {
    let actual = array.length();
    let kind = ErrorKind::LengthMismatch { actual: u32::try_from(actual).unwrap_or(u32::MAX), length };
    (actual != length).then_some(kind)
}

/// Compares an array of a response with the size that the request stated.
///
/// # Errors
/// They differ. The offset is 0, since the stub is not at hand.
pub fn check_requested_size(array: &impl Counts, size: i64) -> Result<(), Error> {
    size_mismatch(array, size).map_or(Ok(()), |kind| Err(Error::new(0, kind)))
}

/// Compares an array of a response with the length that the request stated.
///
/// # Errors
/// They differ. The offset is 0, since the stub is not at hand.
pub fn check_requested_length(array: &impl Counts, length: i64) -> Result<(), Error> {
    length_mismatch(array, length).map_or(Ok(()), |kind| Err(Error::new(0, kind)))
}
