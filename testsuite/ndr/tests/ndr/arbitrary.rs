//! Values made of any octets: what comes out is a value of its operation, and stays one when it is varied; landmarks
//! are where the octets say they are.

use std::collections::BTreeMap;

use cmrp::ndr::arbitrary::{LandmarkKind, Unstructured, Vary};
use cmrp::ndr::{EncodeStub, Format, Writer};
use cmrp_ndr_tests::arbitrary::pool;
use cmrp_ndr_tests::random::Random;
use cmrp_ndr_tests::{constructs, laws_of_arbitrary_values};

laws_of_arbitrary_values! { arbitrary_values_of_constructs_travel constructs }

/// Values are varied: sooner or later each field is another, and now and then a value is one that was there before.
#[test]
fn variation_reaches_every_field() {
    let mut random = Random::new(3);
    let octets: &'static [u8] = (0..60_000).map(|_| random.octet()).collect::<Vec<_>>().leak();
    let mut choices = Unstructured::new(octets);
    let original = constructs::Awkward::default();
    let mut changed = [false; 5];
    for _ in 0..500 {
        let mut value = original.clone();
        value.vary(&mut choices).unwrap();
        changed[0] |= value.raw != original.raw;
        changed[1] |= value.reader_ != original.reader_;
        changed[2] |= value.fixed_ != original.fixed_;
        changed[3] |= value.target_ != original.target_;
        changed[4] |= value.r#type != original.r#type;
    }
    assert_eq!(changed, [true; 5]);
}

/// What the octets at a landmark must be, whatever the value is.
#[test]
fn octets_at_landmarks_are_what_they_are_called() {
    let mut random = Random::new(5);
    let mut seen = BTreeMap::new();
    for round in 0..4000 {
        let octets = pool(&mut random);
        let mut choices = Unstructured::new(&octets);
        let request = choices.arbitrary::<constructs::Request<'_>>().unwrap();
        let format = Format::ALL[round % 3];
        let mut writer = Writer::marking(format);
        request.write(&mut writer).unwrap();
        let (stub, landmarks) = writer.into_marked();
        for mark in landmarks {
            let place = &stub[mark.offset..][..mark.size];
            let little: Vec<u8> = if format == Format::NDR20_BE {
                place.iter().rev().copied().collect()
            } else {
                place.to_vec()
            };
            let number =
                little.iter().rev().take(8).fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
            let is_right = match mark.kind {
                LandmarkKind::Offset | LandmarkKind::Gap | LandmarkKind::Terminator => number == 0,
                LandmarkKind::Referent => number == 0 || (number >= 0x2_0000 && number % 4 == 0),
                LandmarkKind::MaximumCount | LandmarkKind::ActualCount => number <= stub.len() as u64 + 8,
                // Beside a null pointer it says nothing, and is small.
                LandmarkKind::CountField => number <= 0x7F.max(stub.len() as u64),
                _ => true,
            };
            assert!(is_right, "{mark:?} of {request:?}, {format}: {place:?}");
            *seen.entry(mark.kind).or_insert(0) += 1;
        }
    }
    // A binding handle is not on the wire, and the interface has no context handle.
    let kinds: Vec<&str> = seen.keys().map(|kind| kind.name()).collect();
    let all =
        ["maximum_count", "offset", "actual_count", "referent", "gap", "terminator", "count_field", "tag"];
    assert_eq!(kinds, all);
}
