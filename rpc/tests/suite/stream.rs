//! Cutting streams into PDUs.

use dcerpc_proto::stream::PduReader;

use crate::samples::{REQUEST, everything, hex};

fn stream() -> Vec<u8> {
    everything().concat()
}

fn read_chunked(stream: &[u8], chunk_length: usize) -> Vec<(u64, Vec<u8>)> {
    let mut reader = PduReader::new();
    let mut pdus = Vec::new();
    for mut chunk in stream.chunks(chunk_length) {
        while let Some(framed) = reader.next(&mut chunk).unwrap() {
            pdus.push((framed.offset, framed.octets.to_vec()));
        }
        assert!(chunk.is_empty());
    }
    assert_eq!(reader.pending(), 0);
    assert_eq!(reader.offset(), stream.len() as u64);
    pdus
}

#[test]
fn chunking_makes_no_difference() {
    let stream = stream();
    let mut offset = 0;
    let mut expected = Vec::new();
    for octets in everything() {
        expected.push((offset, octets.clone()));
        offset += octets.len() as u64;
    }
    for chunk_length in [1, 2, 3, 7, 15, 16, 17, 24, 100, 1460, stream.len()] {
        assert!(read_chunked(&stream, chunk_length) == expected, "chunks of {chunk_length}");
    }
}

#[test]
fn a_pdu_in_one_chunk_is_not_copied() {
    let stream = stream();
    let mut reader = PduReader::new();
    let mut rest = &stream[..];
    let framed = reader.next(&mut rest).unwrap().unwrap();
    assert_eq!(framed.octets.as_ptr(), stream.as_ptr());
    assert_eq!(rest.len(), stream.len() - framed.octets.len());
}

#[test]
fn other_protocols_are_refused_and_nothing_moves() {
    for text in ["474554202f20485454502f312e310d0a", "05010b0310000000a000000001000000"] {
        let octets = hex(text);
        let mut reader = PduReader::new();
        for _ in 0..2 {
            let mut rest = &octets[..];
            assert_eq!(reader.next(&mut rest).unwrap_err().field, "rpc_vers");
            assert_eq!(reader.offset(), 0);
        }
    }
}

#[test]
fn a_length_that_has_no_room_for_header_and_trailer_is_refused() {
    for text in ["05000b03100000000f00000001000000", "05000b03100000001800010001000000"] {
        let octets = hex(text);
        let mut rest = &octets[..];
        assert_eq!(PduReader::new().next(&mut rest).unwrap_err().field, "frag_length");
    }
}

#[test]
fn reading_goes_on_in_the_middle_of_a_stream() {
    let pdus = everything();
    let stream = stream();
    let cut = pdus[0].len() / 2;
    for chunk_length in [1, 5, 16, 1000, stream.len()] {
        let mut reader = PduReader::new();
        let mut found = Vec::new();
        for mut chunk in stream[cut..].chunks(chunk_length) {
            loop {
                match reader.next(&mut chunk) {
                    Ok(Some(framed)) => found.push(framed.octets.to_vec()),
                    Ok(None) => break,
                    Err(_) => assert!(reader.resynchronize(&mut chunk) > 0),
                }
            }
        }
        assert!(found == pdus[1..], "chunks of {chunk_length}");
    }
}

#[test]
fn a_gap_drops_the_pdu_that_it_damages() {
    let pdus = everything();
    let mut reader = PduReader::new();
    assert_eq!(reader.next(&mut &pdus[0][..50]), Ok(None));
    assert_eq!((reader.offset(), reader.pending()), (0, 50));
    let lost = pdus[0].len() - 50;
    reader.skip_gap(lost as u64);
    let mut rest = &pdus[1][..];
    let framed = reader.next(&mut rest).unwrap().unwrap();
    assert_eq!((framed.offset, framed.octets), (pdus[0].len() as u64, &pdus[1][..]));
}

#[test]
fn a_reader_with_a_limit_refuses_by_the_header_alone() {
    let octets = hex(REQUEST);
    for (limit, is_well) in [(44, true), (43, false)] {
        let mut reader = PduReader::with_limit(limit);
        assert_eq!(reader.next(&mut octets.as_slice()).is_ok(), is_well);
        let mut reader = PduReader::with_limit(limit);
        let result = reader.next(&mut &octets[..16]);
        assert_eq!(result.is_ok(), is_well, "{result:?}");
    }
}

#[test]
fn a_reader_that_gave_its_memory_back_goes_on_where_it_was() {
    let octets = hex(REQUEST);
    let mut reader = PduReader::new();
    for round in 1..4 {
        for chunk in octets.chunks(30) {
            let mut chunk = chunk;
            while reader.next(&mut chunk).unwrap().is_some() {}
            reader.release();
        }
        assert_eq!((reader.offset(), reader.pending()), (44 * round, 0));
    }
}
