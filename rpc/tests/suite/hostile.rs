//! No input makes the decoders panic, and what is cut off is refused.

use dcerpc_proto::association::Association;
use dcerpc_proto::stream::PduReader;
use dcerpc_proto::{Body, Header, Pdu, verification};

use crate::samples::everything;

/// Xorshift: the same mutations on every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}

#[test]
fn every_truncation_is_an_error_within_the_octets() {
    for octets in everything() {
        for length in 0..octets.len() {
            let error = Pdu::decode(&octets[..length]).expect_err("a cut PDU");
            assert!(error.offset <= length.max(Header::SIZE), "{error}");
        }
    }
}

#[test]
fn no_length_field_hides_a_truncation() {
    let mut refused = 0;
    for octets in everything() {
        let whole = Pdu::decode(&octets).unwrap();
        for length in Header::SIZE..octets.len() {
            let mut cut = octets[..length].to_vec();
            set_length(&mut cut);
            let result = Pdu::decode(&cut);
            if whole.trailer.is_none() && has_counts(&whole.body) {
                assert!(result.is_err(), "{result:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

/// Whether every octet of the body is accounted for by a field or a count.
fn has_counts(body: &Body<'_>) -> bool {
    matches!(body, Body::Bind(_) | Body::BindAck(_) | Body::AlterContext(_) | Body::AlterContextResp(_))
}

fn set_length(octets: &mut [u8]) {
    let length = u16::try_from(octets.len()).unwrap();
    let wire = if octets[4] >> 4 == 0 { length.to_be_bytes() } else { length.to_le_bytes() };
    octets[8..10].copy_from_slice(&wire);
}

#[test]
fn mutated_pdus_neither_panic_nor_change_between_encode_and_decode() {
    let samples = everything();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for _ in 0..60_000 {
        let mut octets = samples[random.below(samples.len())].clone();
        for _ in 0..=random.below(4) {
            mutate(&mut octets, &mut random);
        }
        if random.below(2) == 0 && octets.len() >= Header::SIZE {
            set_length(&mut octets);
        }
        if let Ok(pdu) = Pdu::decode(&octets) {
            accepted += 1;
            let encoded = pdu.encode().unwrap();
            assert_eq!(Pdu::decode(&encoded).unwrap(), pdu);
        }
        verification::split(&octets);
    }
    assert!(accepted > 1_000, "mutations that reach the bodies: {accepted}");
}

#[test]
fn mutated_streams_neither_panic_nor_stall() {
    let samples = everything();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..300 {
        let mut stream = Vec::new();
        for _ in 0..20 {
            let mut octets = samples[random.below(samples.len())].clone();
            if random.below(3) == 0 {
                mutate(&mut octets, &mut random);
            }
            stream.extend(octets);
        }
        observe(&stream, &mut random);
    }
}

fn observe(stream: &[u8], random: &mut Random) {
    let (mut reader, mut association) = (PduReader::new(), Association::default());
    let mut rest = stream;
    while !rest.is_empty() {
        let (mut chunk, later) = rest.split_at(1 + random.below(rest.len()));
        rest = later;
        loop {
            match reader.next(&mut chunk) {
                Ok(None) => break,
                Ok(Some(framed)) => {
                    if let Ok(pdu) = Pdu::decode(framed.octets) {
                        association.observe(pdu, ());
                    }
                }
                Err(_) => assert!(reader.resynchronize(&mut chunk) > 0),
            }
        }
        assert!(chunk.is_empty());
    }
    assert_eq!(reader.offset() + reader.pending() as u64, stream.len() as u64);
    association.finish();
}

fn mutate(octets: &mut Vec<u8>, random: &mut Random) {
    if octets.is_empty() {
        return;
    }
    let place = random.below(octets.len());
    match random.below(5) {
        0 => octets[place] = random.below(256) as u8,
        1 => octets[place] ^= 1 << random.below(8),
        2 => octets[place] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
        3 => octets.truncate(place),
        _ => octets.insert(place, random.below(256) as u8),
    }
}
