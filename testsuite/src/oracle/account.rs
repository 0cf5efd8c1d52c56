//! Every octet of a stub that is accepted is there because of its value, but for those that NDR leaves to the sender.
//!
//! Reading, writing and reading again finds no check that reading forgot: a count that contradicts its array is lost,
//! and what is written is right. So what was read is laid beside what is written, octet by octet.

use cmrp::ndr::arbitrary::{Landmark, LandmarkKind};
use cmrp::ndr::{EncodeStub, Error, ErrorKind, Format, Limit, Writer};

use super::panic_with;

/// What is written of a value, with its landmarks, beside the octets that the value was read from.
pub(super) struct Account<'a> {
    format: Format,
    read: &'a [u8],
    written: Vec<u8>,
    landmarks: Vec<Landmark>,
}

impl<'a> Account<'a> {
    /// Writes the value.
    pub(super) fn of(value: &impl EncodeStub, format: Format, read: &'a [u8]) -> Self {
        let mut writer = Writer::marking(format);
        if let Err(error) = value.write(&mut writer) {
            panic_with("a decoded value does not encode", &error);
        }
        let (written, landmarks) = writer.into_marked();
        Self { format, read, written, landmarks }
    }

    /// Compares all octets.
    ///
    /// # Panics
    /// There are octets that have no reason.
    pub(super) fn check(&self) {
        let (read, written) = (self.read, &self.written);
        assert_eq!(read.len(), written.len(), "{read:02x?} is as good as {written:02x?}");
        let mut at = 0;
        for (index, landmark) in self.landmarks.iter().enumerate() {
            self.are_equal(at, landmark.offset);
            at = landmark.offset.saturating_add(landmark.size);
            self.check_landmark(index, landmark, at);
        }
        self.are_equal(at, read.len());
    }

    /// Where a pointer is not null, a limit of no pointers stops the decode.
    ///
    /// # Panics
    /// It does not, or it stops one without pointers.
    pub(super) fn check_depth<T>(&self, without_pointers: &Result<T, Error>) {
        let is_pointer = |landmark: &&Landmark| landmark.kind == LandmarkKind::Referent;
        let mut pointers = self.landmarks.iter().filter(is_pointer);
        let has_pointee = pointers.any(|landmark| {
            let end = landmark.offset.saturating_add(landmark.size);
            number(&self.written, landmark.offset, end, self.format) != 0
        });
        let kind = without_pointers.as_ref().err().map(Error::kind);
        let is_stopped = kind == Some(ErrorKind::Limit(Limit::Depth));
        assert_eq!(is_stopped, has_pointee, "a limit of no pointers ends in {kind:?}");
    }

    fn check_landmark(&self, index: usize, landmark: &Landmark, end: usize) {
        let read = number(self.read, landmark.offset, end, self.format);
        let written = number(&self.written, landmark.offset, end, self.format);
        let is_good = match landmark.kind {
            // MS-RPCE 3.1.1.5.3.2: the content of gaps is ignored.
            LandmarkKind::Gap => true,
            // Any value but 0 stands for a pointee. NDR ignores the value of an embedded `ref` pointer, NDR64 does not.
            LandmarkKind::Referent => (read == 0) == (written == 0) || (read == 0 && !self.format.is_ndr64()),
            // C706 14.3.4.2: the maximum count of a string may exceed what is sent.
            LandmarkKind::MaximumCount if self.begins_string(index) => read >= written,
            _ => self.read.get(landmark.offset..end) == self.written.get(landmark.offset..end),
        };
        assert!(is_good, "{landmark:?} is {read:#x}, which is as good as {written:#x}");
    }

    /// Whether the counts of a string begin here, and not those of an array.
    fn begins_string(&self, index: usize) -> bool {
        let kinds = self.landmarks.iter().skip(index).map(|landmark| landmark.kind).take(4);
        kinds.eq([
            LandmarkKind::MaximumCount,
            LandmarkKind::Offset,
            LandmarkKind::ActualCount,
            LandmarkKind::Terminator,
        ])
    }

    fn are_equal(&self, start: usize, end: usize) {
        let (read, written) = (self.read.get(start..end), self.written.get(start..end));
        assert_eq!(read, written, "octets {start} to {end} are as good as others");
    }
}

/// The number in up to eight octets.
fn number(stub: &[u8], start: usize, end: usize, format: Format) -> u64 {
    let octets = stub.get(start..end).unwrap_or_default().iter().take(8);
    let push = |number: u64, octet: &u8| number << 8 | u64::from(*octet);
    if format == Format::NDR20_BE { octets.fold(0, push) } else { octets.rev().fold(0, push) }
}
