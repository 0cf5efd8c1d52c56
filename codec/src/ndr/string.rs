//! Wide strings, borrowed from the stub or from the caller.

use alloc::string::String;
use core::cmp::Ordering;
use core::fmt::{self, Write};
use core::hash::{Hash, Hasher};

use byteorder::{BE, ByteOrder, LE};

use super::landmark::LandmarkKind;
use super::reader::MAX_COUNT;
use super::units::{copy_plain, has_zero_unit, put_units, swap_plain, widen_plain};
use super::{EncodeError, EncodeErrorKind, Endian, Error, ErrorKind, Reader, Writer};

/// A string of `wchar_t`, that is UTF-16 units, without its terminator (C706 14.3.4, MS-RPCE 2.2.4.1.1).
///
/// It borrows either the octets of a stub, which are neither aligned nor always little-endian, or text that the
/// caller wants to send; equality and order compare the units, wherever they come from. The units may hold lone
/// surrogates, since the wire may: [`to_string_lossy`](Self::to_string_lossy) replaces them,
/// [`chars`](Self::chars) reports them.
///
/// ```
/// use cmrp::ndr::WStr;
///
/// let name = WStr::from("Cluster Group");
/// assert_eq!(name.to_string_lossy(), "Cluster Group");
/// assert_eq!(name.len(), 13);
/// ```
#[derive(Clone, Copy)]
pub struct WStr<'a>(Source<'a>);

/// The byte order is part of the tag: a small field of its own would make every copy of a string that was just read
/// wait for its parts.
#[derive(Clone, Copy)]
enum Source<'a> {
    Little(&'a [u8]),
    Big(&'a [u8]),
    Text(&'a str),
    Units(&'a [u16]),
}

impl<'a> WStr<'a> {
    /// A string of the wire, without its terminator.
    #[inline(always)]
    pub(super) const fn from_wire(octets: &'a [u8], endian: Endian) -> Self {
        match endian {
            Endian::Little => Self(Source::Little(octets)),
            Endian::Big => Self(Source::Big(octets)),
        }
    }

    /// The empty string, which is not the null pointer.
    pub const EMPTY: Self = Self(Source::Text(""));

    /// The UTF-16 units of the string.
    pub fn units(&self) -> impl Iterator<Item = u16> + 'a {
        match self.0 {
            Source::Little(octets) => Units::Wire(octets.chunks_exact(2), Endian::Little),
            Source::Big(octets) => Units::Wire(octets.chunks_exact(2), Endian::Big),
            Source::Text(text) => Units::Text(text.encode_utf16()),
            Source::Units(units) => Units::Borrowed(units.iter()),
        }
    }

    /// The characters of the string, or the lone surrogates between them.
    pub fn chars(&self) -> impl Iterator<Item = Result<char, core::char::DecodeUtf16Error>> + 'a {
        char::decode_utf16(self.units())
    }

    /// Number of UTF-16 units, without the terminator.
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Little(octets) | Source::Big(octets) => octets.len() / 2,
            Source::Text(text) if text.is_ascii() => text.len(),
            Source::Text(text) => text.encode_utf16().count(),
            Source::Units(units) => units.len(),
        }
    }

    /// Whether the string has no units.
    pub fn is_empty(&self) -> bool {
        self.units().next().is_none()
    }

    /// The string, with U+FFFD in place of each lone surrogate.
    pub fn to_string_lossy(&self) -> String {
        self.chars().map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }

    /// The string, if it is valid UTF-16.
    ///
    /// # Errors
    /// It holds a lone surrogate.
    pub fn try_to_string(&self) -> Result<String, core::char::DecodeUtf16Error> {
        self.chars().collect()
    }
}

impl Default for WStr<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<'a> From<&'a str> for WStr<'a> {
    fn from(text: &'a str) -> Self {
        Self(Source::Text(text))
    }
}

impl<'a> From<&'a String> for WStr<'a> {
    fn from(text: &'a String) -> Self {
        Self(Source::Text(text))
    }
}

impl<'a> From<&'a [u16]> for WStr<'a> {
    fn from(units: &'a [u16]) -> Self {
        Self(Source::Units(units))
    }
}

impl PartialEq for WStr<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.units().eq(other.units())
    }
}

impl Eq for WStr<'_> {}

impl PartialEq<str> for WStr<'_> {
    fn eq(&self, other: &str) -> bool {
        self.units().eq(other.encode_utf16())
    }
}

impl PartialEq<&str> for WStr<'_> {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialOrd for WStr<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WStr<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.units().cmp(other.units())
    }
}

impl Hash for WStr<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.units().for_each(|unit| unit.hash(state));
        state.write_u8(0xFF);
    }
}

impl fmt::Display for WStr<'_> {
    /// Writes the characters, with U+FFFD in place of each lone surrogate.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|character| f.write_char(character.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

impl fmt::Debug for WStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.chars() {
            match character {
                Ok(character) => write!(f, "{}", character.escape_debug())?,
                Err(lone) => write!(f, "\\u{{{:x}}}", lone.unpaired_surrogate())?,
            }
        }
        f.write_char('"')
    }
}

#[derive(Clone)]
enum Units<'a> {
    Wire(core::slice::ChunksExact<'a, u8>, Endian),
    Text(core::str::EncodeUtf16<'a>),
    Borrowed(core::slice::Iter<'a, u16>),
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        match self {
            Self::Wire(pairs, Endian::Little) => pairs.next().map(LE::read_u16),
            Self::Wire(pairs, Endian::Big) => pairs.next().map(BE::read_u16),
            Self::Text(units) => units.next(),
            Self::Borrowed(units) => units.next().copied(),
        }
    }
}

impl<'de> Reader<'de> {
    /// Reads a conformant varying string of `wchar_t`, up to and with its terminator (C706 14.3.4.2).
    ///
    /// The maximum count may exceed the actual count.
    ///
    /// # Errors
    /// The counts are malformed, too few octets are left, or the one zero character is not at the end.
    #[inline(always)]
    pub fn wstr(&mut self) -> Result<WStr<'de>, Error> {
        let (text, end) = match self.plain_wstr() {
            Some(plain) => plain,
            None => checked_wstr(self.twin())?,
        };
        self.go_to(end);
        Ok(text)
    }

    /// A string with which nothing is wrong, and where it ends.
    #[inline(always)]
    fn plain_wstr(&self) -> Option<(WStr<'de>, usize)> {
        let ([maximum, offset, actual], at) = self.peek_counts()?;
        if maximum > u64::from(MAX_COUNT) || offset != 0 || actual > maximum {
            return None;
        }
        let end = at.checked_add(usize::try_from(actual).ok()?.checked_mul(2)?)?;
        let (text, [0, 0]) = self.stub().get(at..end)?.split_last_chunk::<2>()? else { return None };
        if has_zero_unit(text) {
            return None;
        }
        Some((WStr::from_wire(text, self.format().endian()), end))
    }

    /// Reads a varying string of `wchar_t` in an array of `size` (C706 14.3.4.1).
    ///
    /// # Errors
    /// As [`wstr`](Self::wstr).
    #[inline]
    pub fn varying_wstr(&mut self, size: u32) -> Result<WStr<'de>, Error> {
        let actual = self.actual_count(size)?;
        self.wide_characters(actual)
    }

    fn wide_characters(&mut self, count: u32) -> Result<WStr<'de>, Error> {
        let start = self.offset();
        let octets = self.octets((count as usize).saturating_mul(2))?;
        let text = if let Some((text, [0, 0])) = octets.split_last_chunk::<2>() {
            text
        } else {
            self.refuse(start, ErrorKind::MissingTerminator)?;
            octets
        };
        let endian = self.format().endian();
        if !has_zero_unit(text) {
            return Ok(WStr::from_wire(text, endian));
        }
        let index = text.chunks_exact(2).position(|unit| unit == [0, 0]).unwrap_or_default();
        self.refuse(
            start,
            ErrorKind::EmbeddedTerminator { index: u32::try_from(index).unwrap_or(u32::MAX) },
        )?;
        // A program that reads the string sees it end here.
        let text = text.get(..index.saturating_mul(2)).unwrap_or_default();
        Ok(WStr::from_wire(text, endian))
    }
}

/// Reads a string item by item, and tells what is wrong with it; or where it ends.
#[cold]
#[inline(never)]
fn checked_wstr(mut reader: Reader<'_>) -> Result<(WStr<'_>, usize), Error> {
    let counts = reader.varying_counts()?;
    let text = reader.wide_characters(counts.actual)?;
    Ok((text, reader.offset()))
}

impl Writer {
    /// Writes a conformant varying string with its terminator (C706 14.3.4.2).
    ///
    /// # Errors
    /// The string holds a zero character, or is too long.
    #[inline(always)]
    pub fn wstr(&mut self, text: WStr<'_>) -> Result<(), EncodeError> {
        if let Source::Text(text) = text.0 {
            if self.plain_text(text) {
                return Ok(());
            }
        }
        // Pieces of the string are handed on, so that it need not be in memory.
        let mut writer = self.take();
        let result = match text.0 {
            Source::Text(text) => writer.special_text(text),
            Source::Units(units) => writer.units_wstr(units),
            Source::Little(octets) => writer.octets_wstr(octets, Endian::Little),
            Source::Big(octets) => writer.octets_wstr(octets, Endian::Big),
        };
        self.go_on(writer);
        result
    }

    /// Writes a pointer to a string that follows at once, as a parameter has it.
    ///
    /// # Errors
    /// As [`wstr`](Self::wstr).
    #[inline(always)]
    pub fn pointer_wstr(&mut self, text: Option<WStr<'_>>) -> Result<(), EncodeError> {
        self.referent(text.is_some())?;
        self.deferred_wstr(text)
    }

    /// Writes the string of a pointer whose inline part was written before.
    ///
    /// # Errors
    /// As [`wstr`](Self::wstr).
    #[inline(always)]
    pub fn deferred_wstr(&mut self, text: Option<WStr<'_>>) -> Result<(), EncodeError> {
        match text {
            Some(text) => self.wstr(text),
            None => Ok(()),
        }
    }

    /// Writes ASCII in one go.
    #[inline(always)]
    fn plain_text(&mut self, text: &str) -> bool {
        self.plain_units(text.len(), |units, endian| widen_plain(text, units, endian))
    }

    #[cold]
    #[inline(never)]
    fn special_text(&mut self, text: &str) -> Result<(), EncodeError> {
        self.checked_wstr(WStr(Source::Text(text)))
    }

    #[inline(never)]
    fn units_wstr(&mut self, text: &[u16]) -> Result<(), EncodeError> {
        if self.plain_units(text.len(), |units, endian| put_units(text, units, endian)) {
            return Ok(());
        }
        self.checked_wstr(WStr(Source::Units(text)))
    }

    #[inline(never)]
    fn octets_wstr(&mut self, octets: &[u8], order: Endian) -> Result<(), EncodeError> {
        let put = |units: &mut [u8], endian| {
            if endian == order { copy_plain(octets, units) } else { swap_plain(octets, units) }
        };
        if self.plain_units(octets.len() / 2, put) {
            return Ok(());
        }
        self.checked_wstr(WStr::from_wire(octets, order))
    }

    /// Writes units in one go behind their counts, unless they are too many.
    #[inline(always)]
    fn plain_units(&mut self, len: usize, put: impl FnOnce(&mut [u8], Endian) -> bool) -> bool {
        let len = u32::try_from(len).ok().filter(|len| *len < MAX_COUNT);
        len.is_some_and(|len| self.counted_units(len.wrapping_add(1), put))
    }

    /// Writes a string unit by unit.
    fn checked_wstr(&mut self, text: WStr<'_>) -> Result<(), EncodeError> {
        let count = text.len().saturating_add(1);
        self.count(count)?;
        self.wide_characters(text, count)
    }

    /// Writes a varying string in an array of `size` (C706 14.3.4.1).
    ///
    /// # Errors
    /// The string holds a zero character, or does not fit.
    pub fn varying_wstr(&mut self, text: WStr<'_>, size: u32) -> Result<(), EncodeError> {
        let count = text.len().saturating_add(1);
        if count > size as usize {
            return Err(EncodeError::new(EncodeErrorKind::LengthExceedsSize { length: count, size }));
        }
        self.wide_characters(text, count)
    }

    fn wide_characters(&mut self, text: WStr<'_>, count: usize) -> Result<(), EncodeError> {
        self.marked_count(LandmarkKind::Offset, 0)?;
        self.marked_count(LandmarkKind::ActualCount, count)?;
        for (index, unit) in text.units().enumerate() {
            if unit == 0 {
                return Err(EncodeError::new(EncodeErrorKind::EmbeddedTerminator { index }));
            }
            self.u16(unit)?;
        }
        self.mark(LandmarkKind::Terminator, 2);
        self.u16(0)
    }
}
