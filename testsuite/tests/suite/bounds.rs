//! Hostile input: typed errors, no panic, and no more memory than the input is worth.

use allocation_counter::measure;
use cmrp::clusapi3::{
    ApiCreateEnumResponse, ApiCreateGroupEnumResponse, ApiGetNotifyResponse, ApiGetNotifyV2Response,
    ApiSetNetworkPriorityOrderRequest,
};
use cmrp::ndr::{DecodeStub, ErrorKind, Format, Limits};
use cmrp_testsuite::input::{Input, Strictness};
use cmrp_testsuite::message::{Direction, Message};
use cmrp_testsuite::oracle;
use cmrp_testsuite::vector::{self, Vector};

/// Octets that a decode may reserve for each octet of its input, over its whole course.
///
/// The worst case is an array of pointers to strings: 4 octets on the wire, 24 as a value with a borrowed string.
const MOST_OCTETS_PER_OCTET: u64 = 6;

fn octets_reserved(decode: impl FnOnce()) -> u64 {
    measure(decode).bytes_total
}

fn assert_bounded(vector: &Vector, stub: &[u8]) {
    let reserved = octets_reserved(|| drop(vector.decode_as(stub)));
    let most = MOST_OCTETS_PER_OCTET * stub.len() as u64;
    assert!(reserved <= most, "{}: {reserved} octets reserved for {}", vector.name(), stub.len());
}

#[test]
fn every_truncation_of_every_vector_is_an_error_with_offset_and_path() {
    for vector in vector::all() {
        for end in 0..vector.stub.len() {
            let stub = &vector.stub[..end];
            let error = vector.decode_as(stub).expect_err(&vector.name());
            let told =
                matches!(error.kind(), ErrorKind::Truncated { .. } | ErrorKind::MissingAlignment { .. });
            assert!(told, "{} cut at {end}: {error}", vector.name());
            assert!(
                error.offset() <= end && !error.path().is_empty(),
                "{} cut at {end}: {error}",
                vector.name()
            );
            assert_bounded(&vector, stub);
        }
    }
}

/// Each 32-bit word in turn becomes a huge count, a small one, and a null pointer.
#[test]
fn no_word_of_any_vector_can_make_the_decoder_panic_or_reserve_much() {
    for vector in vector::all() {
        for at in 0..vector.stub.len().saturating_sub(3) {
            for word in [u32::MAX, 0x7FFF_FFFF, 0x1000_0000, 1, 0] {
                let mut stub = vector.stub.clone();
                stub[at..at + 4].copy_from_slice(&word.to_le_bytes());
                assert_bounded(&vector, &stub);
            }
        }
    }
}

#[test]
fn mutated_vectors_keep_the_laws_of_the_oracle() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for vector in vector::all() {
        for _ in 0..20 {
            let mut stub = vector.stub.clone();
            for _ in 0..=random.below(3) {
                random.damage(&mut stub);
            }
            let strictness = Strictness::ALL[random.below(3)];
            let Vector { format, direction, opnum, .. } = vector;
            let input = Input { format, direction, strictness, opnum, stub: &stub };
            oracle::check_stub(vector.protocol.into(), input);
            assert_bounded(&vector, &stub);
        }
    }
}

#[test]
fn random_octets_keep_the_laws_of_the_oracle() {
    let mut random = Random(1);
    for round in 0..20_000_usize {
        let mut octets = vec![0; round % 97];
        octets.fill_with(|| random.next().to_le_bytes()[0]);
        for target in ["clusapi2", "clusapi3", "constructs", "lenient"] {
            assert!(oracle::run(target, &octets));
        }
    }
}

#[test]
fn decoding_an_api_get_notify_response_allocates_nothing() {
    let mut decoded = 0;
    for vector in vector::all() {
        let is_response = vector.operation == "ApiGetNotify" && vector.direction == Direction::Response;
        if !is_response {
            continue;
        }
        let allocations = measure(|| drop(vector.decode())).count_total;
        assert_eq!(allocations, 0, "{}", vector.name());
        decoded += 1;
    }
    assert!(decoded == 21, "{decoded} vectors of ApiGetNotify responses");
}

/// The fixed parts of elements are read again rather than kept.
#[test]
fn decoding_an_array_of_structures_allocates_once() {
    let arrays = ["ApiCreateEnum", "ApiGetNotifyV2", "ApiCreateGroupEnum"];
    let mut most = 0;
    for vector in vector::all() {
        if arrays.contains(&vector.operation.as_str()) && vector.direction == Direction::Response {
            let allocations = measure(|| drop(vector.decode())).count_total;
            assert!(allocations <= 1, "{}: {allocations} allocations", vector.name());
            most = allocations.max(most);
        }
    }
    assert_eq!(most, 1);
}

/// The counter itself must be able to count, or the tests above prove nothing.
#[test]
fn the_allocation_counter_counts() {
    assert!(octets_reserved(|| drop(std::hint::black_box(vec![0_u8; 1000]))) >= 1000);
}

#[test]
fn a_memory_limit_stops_an_array_that_its_octets_would_allow() {
    let vector = vector::all()
        .into_iter()
        .find(|vector| vector.operation == "ApiCreateEnum" && vector.stub.len() > 100)
        .expect("a vector with entries");
    let limits = Limits::DEFAULT.with_memory(16);
    let result = Message::decode(
        vector.protocol,
        vector.direction,
        vector.opnum,
        &vector.stub,
        vector.format,
        &limits,
    );
    assert!(matches!(result.map_err(|error| error.kind()), Err(ErrorKind::Limit(_))));
}

/// A stub of an array whose elements are as small as they can be: all zeros, so that their pointers are null.
struct Smallest {
    /// What stands in front of the elements: 0 for a referent id, else the count in so many octets.
    front: &'static [usize],
    /// Octets of an element.
    element: usize,
    /// What stands behind the elements, likewise; status values are a 0.
    behind: &'static [usize],
}

impl Smallest {
    const COUNT: u32 = 1000;

    fn stub(&self, word: usize) -> Vec<u8> {
        let number = |octets: &usize| match *octets {
            0 => vec![1; word],
            octets => [Self::COUNT.to_le_bytes().as_slice(), &[0; 4]].concat()[..octets].to_vec(),
        };
        let mut stub: Vec<u8> = self.front.iter().flat_map(number).collect();
        stub.resize(stub.len() + self.element * Self::COUNT as usize, 0);
        stub.extend(self.behind.iter().flat_map(number));
        stub.extend([0; 8]);
        stub
    }
}

#[track_caller]
fn assert_amplification<'a, T: DecodeStub<'a>>(format: Format, stub: &'a [u8]) {
    let reserved = octets_reserved(|| {
        T::decode(stub, format, &Limits::DEFAULT).map(drop).expect("a stub of minimal elements");
    });
    let most = MOST_OCTETS_PER_OCTET * stub.len() as u64;
    let name = std::any::type_name::<T>();
    assert!(reserved > stub.len() as u64, "{name} {format}: only {reserved} octets reserved");
    assert!(reserved <= most, "{name} {format}: {reserved} octets reserved for {}", stub.len());
}

/// The arrays whose elements are smallest on the wire for what they become.
#[test]
fn the_smallest_elements_stay_within_the_bound() {
    let smallest = |front, element, behind| Smallest { front, element, behind };
    let ndr20 = |smallest: Smallest| (Format::NDR20_LE, smallest.stub(4));
    let ndr64 = |smallest: Smallest| (Format::Ndr64, smallest.stub(8));
    // Count, maximum count, null pointers.
    for (format, stub) in [ndr20(smallest(&[4, 4], 4, &[])), ndr64(smallest(&[8, 8], 8, &[]))] {
        assert_amplification::<ApiSetNetworkPriorityOrderRequest<'_>>(format, &stub);
    }
    // Pointer, maximum count, EntryCount, elements of a number and a pointer.
    for (format, stub) in [ndr20(smallest(&[0, 4, 4], 8, &[])), ndr64(smallest(&[0, 8, 8], 16, &[]))] {
        assert_amplification::<ApiCreateEnumResponse<'_>>(format, &stub);
    }
    // The same with elements of 9 words of 32 bits, of which 5 are pointers.
    for (format, stub) in [ndr20(smallest(&[0, 4, 4], 36, &[])), ndr64(smallest(&[0, 8, 8], 64, &[]))] {
        assert_amplification::<ApiCreateGroupEnumResponse<'_>>(format, &stub);
    }
    // Pointer, maximum count, elements, the count behind them.
    for (format, stub) in [ndr20(smallest(&[0, 4], 48, &[4])), ndr64(smallest(&[0, 8], 72, &[4]))] {
        assert_amplification::<ApiGetNotifyV2Response<'_>>(format, &stub);
    }
}

#[test]
fn trailing_octets_pass_unless_a_limit_refuses_them() {
    let stub = [[0_u8; 24].as_slice(), &[0xAA; 4]].concat();
    let decode = |limits: Limits| ApiGetNotifyResponse::decode(&stub, Format::NDR20_LE, &limits).map(drop);
    assert_eq!(decode(Limits::DEFAULT), Ok(()));
    let refused = decode(Limits::DEFAULT.with_trailing(3)).map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::TrailingOctets { count: 4 }));
}

/// The generator `SplitMix64`, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("a remainder of a usize")
    }

    fn damage(&mut self, stub: &mut Vec<u8>) {
        let at = self.below(stub.len());
        match (self.below(4), stub.get_mut(at)) {
            (0, Some(octet)) => *octet = 0,
            (1, Some(octet)) => *octet ^= 1 << self.below(8),
            (2, Some(octet)) => *octet = u8::MAX,
            (3, Some(_)) => drop(stub.remove(at)),
            _ => stub.push(0),
        }
    }
}
