//! Stubs by hand, from the offsets that the specification gives: nothing here comes from the codec but the names of
//! formats and the value of a handle.

use cmrp::ndr::{ContextHandle, Endian, Format};

/// A stub under construction.
#[derive(Clone, Debug)]
pub(crate) struct Stub {
    format: Format,
    octets: Vec<u8>,
}

fn ordered<const N: usize>(mut octets: [u8; N], format: Format) -> [u8; N] {
    if format.endian() == Endian::Big {
        octets.reverse();
    }
    octets
}

impl Stub {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format, octets: Vec::new() }
    }

    pub(crate) fn octets(self) -> Vec<u8> {
        self.octets
    }

    fn align(&mut self, to: usize) {
        self.octets.resize(self.octets.len().next_multiple_of(to), 0);
    }

    pub(crate) fn number(mut self, value: u32) -> Self {
        self.align(4);
        self.octets.extend(ordered(value.to_le_bytes(), self.format));
        self
    }

    pub(crate) fn long(mut self, value: i64) -> Self {
        self.align(8);
        self.octets.extend(ordered(value.to_le_bytes(), self.format));
        self
    }

    /// Attributes, a UUID of u32, u16, u16 and 8 octets.
    pub(crate) fn handle(mut self, token: ContextHandle) -> Self {
        self = self.number(token.attributes).number(token.uuid.data1);
        self.octets.extend(ordered(token.uuid.data2.to_le_bytes(), self.format));
        self.octets.extend(ordered(token.uuid.data3.to_le_bytes(), self.format));
        self.octets.extend(token.uuid.data4);
        self
    }

    fn count(self, count: usize) -> Self {
        let count = u32::try_from(count).unwrap();
        if self.format.is_ndr64() { self.long(count.into()) } else { self.number(count) }
    }

    /// A reference pointer to a string: maximum count, offset, actual count, characters, a terminator.
    pub(crate) fn text(mut self, text: &str) -> Self {
        let units: Vec<u16> = text.encode_utf16().chain([0]).collect();
        self = self.count(units.len()).count(0).count(units.len());
        self.octets.extend(units.iter().flat_map(|unit| ordered(unit.to_le_bytes(), self.format)));
        self
    }
}

/// Reads a stub from its start; it must be read to its end.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    format: Format,
    octets: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(octets: &'a [u8], format: Format) -> Self {
        Self { format, octets, at: 0 }
    }

    pub(crate) fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    pub(crate) fn take<const N: usize>(&mut self) -> [u8; N] {
        let octets = self.octets[self.at..][..N].try_into().unwrap();
        self.at += N;
        octets
    }

    pub(crate) fn number(&mut self) -> u32 {
        self.align(4);
        u32::from_le_bytes(ordered(self.take(), self.format))
    }

    pub(crate) fn long(&mut self) -> i64 {
        self.align(8);
        i64::from_le_bytes(ordered(self.take(), self.format))
    }

    /// What is 4 octets wide in NDR and 8 in NDR64.
    pub(crate) fn word(&mut self) -> u32 {
        if self.format.is_ndr64() { u32::try_from(self.long()).unwrap() } else { self.number() }
    }

    pub(crate) fn handle(&mut self) -> ContextHandle {
        let mut token = ContextHandle { attributes: self.number(), ..ContextHandle::NULL };
        token.uuid.data1 = self.number();
        token.uuid.data2 = u16::from_le_bytes(ordered(self.take(), self.format));
        token.uuid.data3 = u16::from_le_bytes(ordered(self.take(), self.format));
        token.uuid.data4 = self.take();
        token
    }

    /// What a pointer leads to: the counts of a string and its characters.
    pub(crate) fn text(&mut self) -> String {
        let (maximum, offset, actual) = (self.word(), self.word(), self.word());
        assert_eq!((maximum, offset), (actual, 0), "the counts of a string");
        let units: Vec<u16> =
            (0..actual).map(|_| u16::from_le_bytes(ordered(self.take(), self.format))).collect();
        let (end, text) = units.split_last().expect("a terminator");
        assert_eq!(*end, 0, "the terminator");
        String::from_utf16(text).unwrap()
    }

    pub(crate) fn text_behind(&mut self, referent: u32) -> Option<String> {
        (referent != 0).then(|| self.text())
    }

    pub(crate) fn end(self) {
        assert_eq!(self.at, self.octets.len(), "octets behind the last parameter");
    }
}
