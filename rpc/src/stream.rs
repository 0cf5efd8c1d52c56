//! Cuts the octets of one direction of a connection into PDUs.

use alloc::vec::Vec;

use crate::error::{PduError, Reason};
use crate::header::{Header, PfcFlags};
use crate::label::FormatLabel;

/// One whole PDU of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framed<'a> {
    /// Octets of the stream before this PDU.
    pub offset: u64,
    /// The PDU, as long as its `frag_length`.
    pub octets: &'a [u8],
}

/// Cuts one direction of a connection into PDUs, however its octets are chunked.
///
/// A PDU that lies in one chunk is handed out where it is; only what is split between chunks is copied. At most one
/// PDU is held, so the buffer never exceeds 65,535 octets.
///
/// After an error the reader stands still, and every further call gives the same error, until
/// [`PduReader::resynchronize`] or [`PduReader::skip_gap`] is called.
#[derive(Debug)]
pub struct PduReader {
    /// Start of a PDU whose rest has not come yet, or a PDU that was handed out by the last call.
    held: Vec<u8>,
    /// Whether `held` was handed out.
    is_spent: bool,
    /// Octets of the stream before `held`.
    offset: u64,
    /// Octets of the largest PDU.
    max_pdu: u16,
}

impl Default for PduReader {
    fn default() -> Self {
        Self::with_limit(u16::MAX)
    }
}

impl PduReader {
    /// A reader at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader that refuses PDUs of more than `max_pdu` octets by their headers, and so never holds more.
    pub const fn with_limit(max_pdu: u16) -> Self {
        Self { held: Vec::new(), is_spent: false, offset: 0, max_pdu }
    }

    /// Gives the memory of the last PDU back, if no part of another one is held.
    pub fn release(&mut self) {
        self.forget_spent();
        if self.held.is_empty() {
            self.held = Vec::new();
        }
    }

    /// Octets of the stream before the PDU that is being read.
    pub fn offset(&self) -> u64 {
        if self.is_spent { self.offset.saturating_add(wide(self.held.len())) } else { self.offset }
    }

    /// Octets held of a PDU that is not complete.
    pub fn pending(&self) -> usize {
        if self.is_spent { 0 } else { self.held.len() }
    }

    /// Takes the next PDU off `input`, or all of `input` if it does not complete one. Call until it gives `None`.
    ///
    /// # Errors
    /// If what stands at [`PduReader::offset`] is no header of a connection-oriented PDU (see [`Header::decode`]), or
    /// that of one above the limit.
    pub fn next<'s, 'i: 's>(&'s mut self, input: &mut &'i [u8]) -> Result<Option<Framed<'s>>, PduError> {
        self.forget_spent();
        if self.held.is_empty() && input.len() >= Header::SIZE {
            let length = self.length(input)?;
            if let Some((octets, rest)) = input.split_at_checked(length) {
                *input = rest;
                let offset = self.offset;
                self.offset = offset.saturating_add(wide(length));
                return Ok(Some(Framed { offset, octets }));
            }
        }
        self.collect(input)
    }

    /// Forgets an unfinished PDU and `lost` octets of the stream after it, which will never come.
    ///
    /// What follows a gap seldom starts a PDU: expect an error, and then [`PduReader::resynchronize`].
    pub fn skip_gap(&mut self, lost: u64) {
        self.offset = self.offset().saturating_add(wide(self.pending())).saturating_add(lost);
        self.held.clear();
        self.is_spent = false;
    }

    /// After an error: skips at least one octet, and further to what may be the start of a header. Returns how many
    /// octets were skipped. The end of `input` may be kept for the next call of [`PduReader::next`], which can then
    /// fail again.
    pub fn resynchronize(&mut self, input: &mut &[u8]) -> u64 {
        self.forget_spent();
        let before = self.offset;
        self.drop_first(input);
        while !self.may_start_header(input) {
            self.drop_first(input);
        }
        self.offset.saturating_sub(before)
    }

    /// Octets of the PDU whose header `octets` begins with.
    fn length(&self, octets: &[u8]) -> Result<usize, PduError> {
        let (value, maximum) = (usize::from(Header::decode(octets)?.frag_length), usize::from(self.max_pdu));
        if value > maximum {
            return Err(PduError::new(8, "frag_length", Reason::TooLarge { value, maximum }));
        }
        Ok(value)
    }

    fn collect<'s>(&'s mut self, input: &mut &[u8]) -> Result<Option<Framed<'s>>, PduError> {
        self.fill(Header::SIZE, input);
        if self.held.len() < Header::SIZE {
            return Ok(None);
        }
        let length = self.length(&self.held)?;
        self.fill(length, input);
        if self.held.len() < length {
            return Ok(None);
        }
        self.is_spent = true;
        Ok(Some(Framed { offset: self.offset, octets: &self.held }))
    }

    /// Moves octets from `input` until `length` are held.
    fn fill(&mut self, length: usize, input: &mut &[u8]) {
        let missing = length.saturating_sub(self.held.len()).min(input.len());
        let (head, rest) = input.split_at_checked(missing).unwrap_or_default();
        self.held.extend_from_slice(head);
        *input = rest;
    }

    fn forget_spent(&mut self) {
        if self.is_spent {
            self.offset = self.offset();
            self.held.clear();
            self.is_spent = false;
        }
    }

    fn drop_first(&mut self, input: &mut &[u8]) {
        if self.held.is_empty() {
            *input = input.get(1..).unwrap_or_default();
        } else {
            self.held.remove(0);
        }
        self.offset = self.offset.saturating_add(1);
    }

    /// Whether the octets from here on begin a header as far as they go. True at the end.
    fn may_start_header(&self, input: &[u8]) -> bool {
        let mut window = [0; Header::SIZE];
        let octets = self.held.iter().chain(input);
        let known = window.iter_mut().zip(octets).map(|(place, octet)| *place = *octet).count();
        may_start_header(window.get(..known).unwrap_or_default())
    }
}

fn may_start_header(octets: &[u8]) -> bool {
    match octets {
        [major, ..] if *major != 5 => false,
        [_, minor, ..] if *minor != 0 => false,
        octets if octets.len() < Header::SIZE => true,
        octets => Header::decode(octets).is_ok_and(is_plausible),
    }
}

/// Whether someone would send this header: stricter than the format, since any octets may stand here.
fn is_plausible(header: Header) -> bool {
    let label_is_usual = [FormatLabel::LITTLE, FormatLabel::BIG].contains(&header.label);
    label_is_usual && !header.flags.contains(RESERVED)
}

/// The only bit of `pfc_flags` without a meaning.
const RESERVED: PfcFlags = PfcFlags::from_bits_retain(0x08);

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
