//! Cuts one direction of a connection into PDUs, and finds the next one after octets that are missing or are none.
//!
//! A connection need not carry DCE/RPC at all, and a capture may begin in the middle of a PDU. So a header must first
//! be found. From then on PDUs follow one another. When octets are missing inside a PDU whose length is known, the
//! next one begins where this one would have ended; otherwise the search begins again.
//!
//! A search must be wary: the lengths of an NDR string of five characters look like a header of a middle fragment.
//! What looks like a header is believed where a segment begins, since that is where senders begin PDUs, if it is one
//! of a first or last fragment; otherwise only if the octets end with the PDU, or another header follows it.
//!
//! Memory: one PDU (at most 65,535 octets) and one segment for each direction, while a PDU is unfinished.

use std::collections::VecDeque;

use dcerpc_proto::{FormatLabel, Header, PacketType, PfcFlags};

use super::tcp::Origin;

/// Octets of memory that a buffer keeps while it is empty.
const KEPT: usize = 4096;

/// Where octets of the buffer came from: everything up to the offset, and not covered by an earlier mark.
type Mark = (usize, Origin);

/// What follows in the buffer.
enum Next {
    /// All octets of a PDU.
    Whole { start: usize, end: usize },
    /// The first octets of a PDU.
    Begun { start: usize },
    /// No PDU before `start`, and perhaps none there.
    Nothing { start: usize },
    /// Too few octets to tell.
    TooShort,
}

/// What a search comes to.
enum Found {
    /// A header.
    Header { start: usize },
    /// None before `start`; more octets will tell about that.
    Perhaps { start: usize },
}

/// See the module.
#[derive(Default)]
pub(crate) struct Framer {
    buffer: Vec<u8>,
    marks: VecDeque<Mark>,
    /// The buffer begins where a segment begins.
    at_segment: bool,
    /// Octets still to come that belong to a PDU with a hole.
    skip: usize,
    /// PDUs have been found, and the next octet begins another one.
    aligned: bool,
    /// At least one PDU has been found.
    is_rpc: bool,
    lost: u64,
}

impl Framer {
    /// Octets that belong to no whole PDU: missing in the capture, next to missing ones, or garbage. Counted only
    /// where the connection is known to carry DCE/RPC.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Octets of memory that wait for more of the connection.
    pub(crate) fn held(&self) -> usize {
        self.buffer.len().saturating_add(self.marks.len().saturating_mul(size_of::<Mark>()))
    }

    /// Takes the next octets, and gives each PDU that they complete, with the latest frame that it came in.
    pub(crate) fn push(&mut self, origin: Origin, octets: &[u8], pdu: &mut dyn FnMut(Origin, &[u8])) {
        if !self.aligned || self.skip > 0 || !self.buffer.is_empty() {
            return self.search_in(origin, octets, true, pdu);
        }
        // The usual case: the next octet begins a PDU, and all of it is there.
        let rest = whole_pdus(origin, octets, pdu);
        let is_untouched = rest.len() == octets.len();
        self.is_rpc |= !is_untouched;
        if !rest.is_empty() {
            self.search_in(origin, rest, is_untouched, pdu);
        }
    }

    /// Takes the next octets by way of the buffer. `at_segment` says whether a segment begins with them.
    fn search_in(
        &mut self,
        origin: Origin,
        octets: &[u8],
        at_segment: bool,
        pdu: &mut dyn FnMut(Origin, &[u8]),
    ) {
        let skipped = self.skip.min(octets.len());
        self.skip = self.skip.saturating_sub(skipped);
        self.count_lost(skipped);
        self.at_segment = if self.buffer.is_empty() { at_segment && skipped == 0 } else { self.at_segment };
        self.buffer.extend_from_slice(octets.get(skipped..).unwrap_or_default());
        self.marks.push_back((self.buffer.len(), origin));
        let mut at = 0;
        loop {
            match self.next(at) {
                Next::Whole { start, end } => {
                    self.found(at, start);
                    let latest = self.latest(start, end).unwrap_or(origin);
                    pdu(latest, self.buffer.get(start..end).unwrap_or_default());
                    at = end;
                }
                Next::Begun { start } => return self.keep(at, start, true),
                Next::Nothing { start } => return self.keep(at, start, false),
                Next::TooShort => return self.keep(at, at, self.aligned),
            }
        }
    }

    /// So many octets are missing here.
    pub(crate) fn gap(&mut self, octets: u32) {
        let octets = usize::try_from(octets).unwrap_or(usize::MAX);
        let before = self.buffer.len();
        let length =
            Header::decode(&self.buffer).ok().filter(|_| self.aligned).map(|header| header.frag_length);
        let rest = length.map(|length| usize::from(length).saturating_sub(before));
        let unfinished = rest.unwrap_or(self.skip);
        self.count_lost(before.saturating_add(octets));
        // Without a PDU that reaches over the hole nobody knows where the next one begins.
        self.aligned = self.aligned && unfinished >= octets;
        self.skip = if self.aligned { unfinished.saturating_sub(octets) } else { 0 };
        self.buffer.clear();
        self.marks.clear();
        self.give_back();
    }

    /// No more octets come; what is left is no whole PDU.
    pub(crate) fn finish(&mut self) {
        self.count_lost(self.buffer.len());
        self.buffer.clear();
        self.marks.clear();
        self.give_back();
    }

    /// What comes next at or after `at`.
    fn next(&self, at: usize) -> Next {
        let rest = self.buffer.get(at..).unwrap_or_default();
        if rest.len() < Header::SIZE {
            return Next::TooShort;
        }
        let start = match Header::decode(rest) {
            Ok(_) if self.aligned => at,
            _ => match self.search(at) {
                Found::Header { start } => start,
                Found::Perhaps { start } => return Next::Nothing { start },
            },
        };
        match self.end(start) {
            Some(end) if end <= self.buffer.len() => Next::Whole { start, end },
            _ => Next::Begun { start },
        }
    }

    /// Where the PDU at `start` ends, if there is one.
    fn end(&self, start: usize) -> Option<usize> {
        let header = Header::decode(self.buffer.get(start..)?).ok()?;
        start.checked_add(usize::from(header.frag_length))
    }

    /// Octets from `at` up to a whole PDU at `start` were none.
    fn found(&mut self, at: usize, start: usize) {
        self.count_lost(start.saturating_sub(at));
        self.aligned = true;
        self.is_rpc = true;
    }

    /// Waits for more, with the octets from `start` on; those from `at` up to there belong to no PDU.
    fn keep(&mut self, at: usize, start: usize, aligned: bool) {
        self.count_lost(start.saturating_sub(at));
        self.aligned = aligned;
        self.drop_front(start);
    }

    /// The first header at or after `at` that can be believed; otherwise the first position that is still open.
    fn search(&self, at: usize) -> Found {
        // The last octets may be the first of a header.
        let tail = self.buffer.len().saturating_sub(Header::SIZE.saturating_sub(1)).max(at);
        let mut open = tail;
        for start in at..tail {
            match self.credence(start) {
                Some(true) => return Found::Header { start },
                Some(false) => open = open.min(start),
                None => {}
            }
        }
        Found::Perhaps { start: open }
    }

    /// Whether there is a header at `start`: certainly, perhaps, or (`None`) not at all.
    fn credence(&self, start: usize) -> Option<bool> {
        let candidate = self.buffer.get(start..).filter(|octets| octets.starts_with(&[5, 0]))?;
        let header = convincing(candidate)?;
        let next = candidate.get(usize::from(header.frag_length)..);
        match next {
            _ if header.flags.intersects(PfcFlags::WHOLE) && self.is_segment_start(start) => Some(true),
            None => Some(false),
            Some([]) => Some(true),
            Some(next) if next.len() < Header::SIZE => Some(false),
            Some(next) => convincing(next).map(|_| true),
        }
    }

    fn is_segment_start(&self, at: usize) -> bool {
        if at == 0 { self.at_segment } else { self.marks.iter().any(|(end, _)| *end == at) }
    }

    fn count_lost(&mut self, octets: usize) {
        if self.is_rpc {
            self.lost = self.lost.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        }
    }

    /// The latest frame that octets of this range came in.
    fn latest(&self, start: usize, end: usize) -> Option<Origin> {
        let mut from = 0;
        let mut latest: Option<Origin> = None;
        for (to, origin) in &self.marks {
            if *to > start && from < end && latest.is_none_or(|latest| latest.frame < origin.frame) {
                latest = Some(*origin);
            }
            from = *to;
        }
        latest
    }

    fn drop_front(&mut self, octets: usize) {
        // The usual case while a PDU arrives in many segments, whose marks need not be looked through each time.
        if octets == 0 {
            return;
        }
        self.at_segment = self.is_segment_start(octets);
        self.buffer.drain(..octets.min(self.buffer.len()));
        self.marks.retain_mut(|(to, _)| {
            let keep = *to > octets;
            *to = to.saturating_sub(octets);
            keep
        });
        self.give_back();
    }

    /// Gives memory back that only a few PDUs need.
    fn give_back(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
        if self.marks.is_empty() && self.marks.capacity().saturating_mul(size_of::<Mark>()) > KEPT {
            self.marks = VecDeque::new();
        }
    }
}

/// Gives the PDUs that are there as a whole, one behind the other, and says what follows them.
fn whole_pdus<'o>(origin: Origin, octets: &'o [u8], pdu: &mut dyn FnMut(Origin, &[u8])) -> &'o [u8] {
    let mut rest = octets;
    while let Some((whole, behind)) = whole_pdu(rest) {
        pdu(origin, whole);
        rest = behind;
    }
    rest
}

fn whole_pdu(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let header = Header::decode(octets).ok()?;
    octets.split_at_checked(header.frag_length.into())
}

/// The header of a PDU that a search may believe: besides what every header must satisfy, one of the two labels that
/// are in use, and room for the body of its kind.
fn convincing(octets: &[u8]) -> Option<Header> {
    let header = Header::decode(octets).ok()?;
    let label = matches!(header.label, FormatLabel::LITTLE | FormatLabel::BIG);
    let room =
        usize::from(header.frag_length) >= smallest(header.packet_type).saturating_add(header.trailer_size());
    (label && room).then_some(header)
}

/// Octets of the smallest PDU of a kind (C706 12.6.4).
fn smallest(kind: PacketType) -> usize {
    match kind {
        PacketType::Request | PacketType::Response => 24,
        PacketType::Fault => 32,
        PacketType::Bind | PacketType::AlterContext => 28,
        PacketType::BindAck | PacketType::AlterContextResp => 26,
        PacketType::BindNak => 18,
        PacketType::Auth3 => 20,
        PacketType::Shutdown | PacketType::CoCancel | PacketType::Orphaned => Header::SIZE,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]

    use super::*;

    /// A request of interface context 0: `stub` octets of stub.
    fn request(call_id: u32, stub: usize) -> Vec<u8> {
        let length = u16::try_from(24 + stub).unwrap();
        let mut octets = vec![5, 0, 0, 3, 0x10, 0, 0, 0];
        octets.extend(length.to_le_bytes());
        octets.extend([0, 0]);
        octets.extend(call_id.to_le_bytes());
        octets.extend([0; 8]);
        octets.extend(vec![0x55; stub]);
        octets
    }

    fn origin(frame: u64) -> Origin {
        Origin { frame, time: None }
    }

    /// Feeds pieces, each with its own frame number from 1; `None` is a hole of 10 octets.
    fn frame(pieces: &[Option<&[u8]>]) -> (Framer, Vec<(u64, Vec<u8>)>) {
        let mut framer = Framer::default();
        let mut found = Vec::new();
        for (number, piece) in (1..).zip(pieces) {
            match piece {
                Some(octets) => {
                    framer.push(origin(number), octets, &mut |origin, pdu| {
                        found.push((origin.frame, pdu.to_vec()));
                    });
                }
                None => framer.gap(10),
            }
        }
        (framer, found)
    }

    #[test]
    fn any_chunks_give_the_same_pdus() {
        let pdus = [request(1, 0), request(2, 100), request(3, 5)];
        let whole = pdus.concat();
        for size in 1..=whole.len() {
            let chunks: Vec<Option<&[u8]>> = whole.chunks(size).map(Some).collect();
            let (framer, found) = frame(&chunks);
            let octets: Vec<&Vec<u8>> = found.iter().map(|(_, pdu)| pdu).collect();
            assert_eq!(octets, pdus.iter().collect::<Vec<_>>());
            assert_eq!(framer.lost(), 0);
            let ends = [24, 148, 177].map(|end: usize| end.div_ceil(size) as u64);
            assert_eq!(found.iter().map(|(frame, _)| *frame).collect::<Vec<_>>(), ends);
        }
    }

    #[test]
    fn a_hole_inside_a_pdu_costs_that_pdu() {
        let (second, third) = (request(2, 100), request(3, 0));
        let (framer, found) =
            frame(&[Some(&request(1, 0)), Some(&second[..50]), None, Some(&second[60..]), Some(&third)]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], (5, third));
        assert_eq!(framer.lost(), 124);
    }

    #[test]
    fn what_follows_a_hole_inside_a_pdu_is_not_searched() {
        let (mut second, third) = (request(2, 100), request(3, 0));
        // Stub data that is a whole request itself.
        second[60..84].copy_from_slice(&request(9, 0));
        let (_, found) =
            frame(&[Some(&request(1, 0)), Some(&second[..50]), None, Some(&second[60..]), Some(&third)]);
        assert_eq!(found, [(1, request(1, 0)), (5, third)]);
    }

    #[test]
    fn a_hole_over_the_end_of_a_pdu_starts_a_search() {
        let (second, third, fourth) = (request(2, 100), request(3, 40), request(4, 0));
        let (framer, found) =
            frame(&[Some(&request(1, 0)), Some(&second[..119]), None, Some(&third[5..]), Some(&fourth)]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1], (5, fourth));
        assert_eq!(framer.lost(), 124 + 64);
    }

    #[test]
    fn two_holes_in_one_pdu() {
        let (second, third) = (request(2, 100), request(3, 0));
        let pieces = [Some(&request(1, 0)[..]), Some(&second[..50]), None, Some(&second[60..80]), None];
        let rest = [Some(&second[90..]), Some(&third[..])];
        let (framer, found) = frame(&[&pieces[..], &rest[..]].concat());
        assert_eq!(found.len(), 2);
        assert_eq!(framer.lost(), 124);
    }

    #[test]
    fn starts_in_the_middle_and_counts_nothing_before_the_first_pdu() {
        let (first, second) = (request(1, 300), request(2, 4));
        let (framer, found) = frame(&[Some(&first[40..]), Some(&second)]);
        assert_eq!(found, [(2, second)]);
        assert_eq!(framer.lost(), 0);
    }

    #[test]
    fn lengths_of_a_string_are_no_header() {
        // max_count 5, offset 0, actual_count 5: version 5.0, big-endian request of 1,280 octets.
        let string = [5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0x52, 0, 0x65, 0, 0x73, 0, 0x31, 0, 0, 0];
        assert!(convincing(&string).is_some());
        let (first, second) = (request(1, 0), request(2, 100));
        let start = [&[1, 2, 3][..], &string].concat();
        let (_, found) = frame(&[Some(&start), Some(&first), Some(&second)]);
        assert_eq!(found, [(2, first.clone()), (3, second.clone())]);
        // At the start of a segment.
        let (_, found) = frame(&[Some(&string), Some(&first), Some(&second)]);
        assert_eq!(found, [(2, first.clone()), (3, second.clone())]);
        // In one segment with a PDU: then that must be followed by another one.
        let start = [&start[..], &first].concat();
        let (_, found) = frame(&[Some(&start), Some(&second)]);
        assert_eq!(found, [(1, first), (2, second)]);
    }

    #[test]
    fn other_protocols_are_not_kept() {
        let (framer, found) = frame(&[Some(b"GET / HTTP/1.1\r\n\r\n"), Some(&[5; 5000]), Some(&[0; 5000])]);
        assert!(found.is_empty() && !framer.is_rpc && framer.buffer.len() < Header::SIZE);
    }

    #[test]
    fn the_latest_frame_counts_however_the_segments_came() {
        let pdu = request(1, 100);
        let mut framer = Framer::default();
        let mut frames = Vec::new();
        for (number, part) in [(9, 0..30), (7, 30..60), (8, 60..124)] {
            framer.push(origin(number), &pdu[part], &mut |origin, _| frames.push(origin.frame));
        }
        assert_eq!(frames, [9]);
    }
}
