//! Mutation of PDUs that keeps `frag_length` true, without which no octet behind it is read.

use dcerpc_proto::header::Header;

use crate::oracle::{cut_stream, join_stream};
use crate::random::Random;

/// Edits of one mutation, at most.
const MOST_EDITS: usize = 4;

/// Octets that are put in or taken out at once, at most.
const MOST_OCTETS: usize = 12;

/// Where `frag_length` stands (C706 12.6.3.1).
const FRAG_LENGTH: usize = 8;

/// Values of an octet that mean something to lengths, flags and types.
const OCTETS: [u8; 8] = [0, 1, 3, 5, 0x10, 0x7F, 0x80, 0xFF];

/// A PDU with a few octets changed, put in or taken out.
pub(super) fn pdu(octets: &[u8], random: &mut Random) -> Vec<u8> {
    let mut octets = octets.to_vec();
    for _ in 0..=random.below(MOST_EDITS) {
        edit(&mut octets, random);
    }
    // Lengths that lie are worth a try, too.
    if random.below(8) > 0 {
        set_length(&mut octets);
    }
    octets
}

/// A stream with one of its PDUs changed, or sent twice, or left out.
pub(super) fn stream(octets: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let (lengths, stream) = cut_stream(octets)?;
    let mut pdus = split(stream);
    let at = random.below(pdus.len());
    let chosen = pdus.get(at)?.clone();
    match random.below(8) {
        0 => pdus.insert(at, chosen),
        1 => drop(pdus.remove(at)),
        _ => *pdus.get_mut(at)? = pdu(&chosen, random),
    }
    Some(join_stream(lengths, &pdus.concat()))
}

/// The PDUs of a stream; what is none from some place on is one piece.
fn split(mut stream: &[u8]) -> Vec<Vec<u8>> {
    let mut pdus = Vec::new();
    while !stream.is_empty() {
        let length = Header::decode(stream).map_or(stream.len(), |header| usize::from(header.frag_length));
        let (first, rest) = stream.split_at(length.clamp(1, stream.len()));
        pdus.push(first.to_vec());
        stream = rest;
    }
    pdus
}

fn edit(octets: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(octets.len());
    let end = at.saturating_add(random.below(MOST_OCTETS)).saturating_add(1).min(octets.len());
    match (random.below(6), octets.get_mut(at)) {
        (0, Some(octet)) => *octet ^= 1_u8.rotate_left(u32::from(random.octet() % 8)),
        (1, Some(octet)) => *octet = random.octet(),
        (2 | 3, Some(octet)) => *octet = random.choose(&OCTETS).copied().unwrap_or(0),
        (4, Some(_)) => {
            let copy = octets.get(at..end).unwrap_or_default().to_vec();
            octets.splice(at..at, copy);
        }
        (_, Some(_)) => drop(octets.drain(at..end)),
        (_, None) => octets.push(random.octet()),
    }
}

/// Writes the length into the header, in the byte order that its label tells.
fn set_length(octets: &mut [u8]) {
    let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    let is_little = octets.get(4).is_some_and(|label| label & 0x10 != 0);
    let length = if is_little { length.to_le_bytes() } else { length.to_be_bytes() };
    octets.iter_mut().skip(FRAG_LENGTH).zip(length).for_each(|(place, octet)| *place = octet);
}
