//! What `break_stub` does, held against stubs that are written out by hand.
#![cfg(test)]

use std::collections::BTreeSet;

use cmrp::ndr::Format;
use cmrp::ndr::arbitrary::Unstructured;
use cmrp::ndr::arbitrary::{Landmark, LandmarkKind};
use cmrp_traffic::breakage::{Breakage, BreakageKind, break_stub};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Octets of a stub, and what stands there.
type Part = (&'static [u8], Option<LandmarkKind>);

/// A pointer to the string "hi", a null pointer, another pointer, a handle, another handle, a gap and a tag.
fn parts(format: Format) -> Vec<Part> {
    use LandmarkKind::{
        ActualCount, CountField, Gap, Handle, MaximumCount, Offset, Referent, Tag, Terminator,
    };
    let handles: [Part; 2] = [(&[7; 20], Some(Handle)), (&[9; 20], Some(Handle))];
    let [first, second] = handles;
    match format {
        Format::NDR20_LE => vec![
            (&[0, 0, 2, 0], Some(Referent)),
            (&[3, 0, 0, 0], Some(MaximumCount)),
            (&[0, 0, 0, 0], Some(Offset)),
            (&[3, 0, 0, 0], Some(ActualCount)),
            (b"h\0i\0", None),
            (&[0, 0], Some(Terminator)),
            (&[0, 0], Some(Gap)),
            (&[0, 0, 0, 0], Some(Referent)),
            (&[4, 0, 2, 0], Some(Referent)),
            first,
            second,
            (&[5, 0], Some(Tag)),
            (&[5, 0], Some(CountField)),
        ],
        Format::NDR20_BE => vec![
            (&[0, 2, 0, 0], Some(Referent)),
            (&[0, 0, 0, 3], Some(MaximumCount)),
            (&[0, 0, 0, 0], Some(Offset)),
            (&[0, 0, 0, 3], Some(ActualCount)),
            (b"\0h\0i", None),
            (&[0, 0], Some(Terminator)),
            (&[0, 0], Some(Gap)),
            (&[0, 0, 0, 0], Some(Referent)),
            (&[0, 2, 0, 4], Some(Referent)),
            first,
            second,
            (&[0, 5], Some(Tag)),
            (&[0, 5], Some(CountField)),
        ],
        Format::Ndr64 => vec![
            (&[0, 0, 2, 0, 0, 0, 0, 0], Some(Referent)),
            (&[3, 0, 0, 0, 0, 0, 0, 0], Some(MaximumCount)),
            (&[0, 0, 0, 0, 0, 0, 0, 0], Some(Offset)),
            (&[3, 0, 0, 0, 0, 0, 0, 0], Some(ActualCount)),
            (b"h\0i\0", None),
            (&[0, 0], Some(Terminator)),
            (&[0, 0], Some(Gap)),
            (&[0, 0, 0, 0, 0, 0, 0, 0], Some(Referent)),
            (&[4, 0, 2, 0, 0, 0, 0, 0], Some(Referent)),
            first,
            second,
            (&[5, 0, 0, 0], Some(Tag)),
            (&[5, 0, 0, 0], Some(CountField)),
        ],
    }
}

fn stub(format: Format) -> (Vec<u8>, Vec<Landmark>) {
    let (mut stub, mut landmarks) = (Vec::new(), Vec::new());
    for (octets, kind) in parts(format) {
        landmarks.extend(kind.map(|kind| Landmark { kind, offset: stub.len(), size: octets.len() }));
        stub.extend(octets);
    }
    (stub, landmarks)
}

fn choices(seed: u64) -> [u8; 256] {
    let mut octets = [0; 256];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut octets);
    octets
}

fn number(octets: &[u8], format: Format) -> u64 {
    let mut wide = [0; 8];
    if format == Format::NDR20_BE {
        wide[8_usize.saturating_sub(octets.len())..].copy_from_slice(octets);
        return u64::from_be_bytes(wide);
    }
    wide[..octets.len()].copy_from_slice(octets);
    u64::from_le_bytes(wide)
}

/// Whether what was done is what its name says.
fn is_as_named(breakage: &Breakage, format: Format) -> bool {
    use LandmarkKind::{
        ActualCount, CountField, Gap, Handle, MaximumCount, Offset, Referent, Tag, Terminator,
    };
    let Breakage { before, after, .. } = breakage;
    if breakage.landmark.is_some() && !after.is_empty() && before.len() != after.len() {
        return false;
    }
    let at = |kinds: &[LandmarkKind]| breakage.landmark.is_some_and(|kind| kinds.contains(&kind));
    let is_zero = |octets: &[u8]| octets.iter().all(|octet| *octet == 0);
    let numbers = || (number(before, format), number(after, format));
    let is_count = at(&[MaximumCount, ActualCount, CountField]);
    match breakage.kind {
        BreakageKind::CountOffByOne => is_count && numbers().0.abs_diff(numbers().1) == 1,
        BreakageKind::CountTooLarge => is_count && numbers().1.saturating_sub(numbers().0) >= 2,
        BreakageKind::CountTooSmall => is_count && numbers().0.saturating_sub(numbers().1) >= 2,
        BreakageKind::CountHuge => is_count && numbers().1 > 0x1000_0000,
        BreakageKind::HighHalf => format == Format::Ndr64 && (numbers().0 ^ numbers().1) >> 32 != 0,
        BreakageKind::OffsetNonZero => at(&[Offset]) && numbers().0 == 0 && numbers().1 != 0,
        BreakageKind::ReferentNull => at(&[Referent]) && is_zero(after) && !is_zero(before),
        BreakageKind::ReferentNonNull => at(&[Referent]) && is_zero(before) && !is_zero(after),
        BreakageKind::ReferentDuplicate => {
            at(&[Referent]) && matches!(numbers(), (0x20000, 0x20004) | (0x20004, 0x20000))
        }
        BreakageKind::GapNonZero => at(&[Gap]) && !is_zero(after) && is_zero(before),
        BreakageKind::GapMissing => at(&[Gap]) && after.is_empty() && is_zero(before),
        BreakageKind::TerminatorOverwritten => at(&[Terminator]) && !is_zero(after) && is_zero(before),
        BreakageKind::ZeroInString => {
            at(&[Terminator]) && is_zero(after) && [u64::from(b'h'), u64::from(b'i')].contains(&numbers().0)
        }
        BreakageKind::TagChanged => at(&[Tag]) && numbers().0 == 5 && numbers().1 != 5,
        BreakageKind::HandleZeroed => at(&[Handle]) && is_zero(after) && !is_zero(before),
        BreakageKind::HandleMixedUp => at(&[Handle]) && !is_zero(after) && before != after,
        BreakageKind::Truncated => !before.is_empty() && after.is_empty(),
        BreakageKind::Trailing => before.is_empty() && !after.is_empty(),
        BreakageKind::BitFlipped => {
            before.len() == 1 && after.len() == 1 && (before[0] ^ after[0]).is_power_of_two()
        }
        _ => false,
    }
}

#[test]
fn a_breakage_is_what_it_says_and_can_be_taken_back() {
    for format in Format::ALL {
        let (whole, landmarks) = stub(format);
        let mut seen = BTreeSet::new();
        for seed in 0..2000 {
            let mut broken = whole.clone();
            let octets = choices(seed);
            let breakage =
                break_stub(&mut broken, &landmarks, format, &mut Unstructured::new(&octets)).unwrap();
            assert_ne!(broken, whole, "{breakage}");
            assert!(is_as_named(&breakage, format), "{format}: {breakage:?}");
            if let Some((before, after)) = breakage.numbers {
                assert_eq!(
                    (before, after),
                    (number(&breakage.before, format), number(&breakage.after, format))
                );
            }
            let end = breakage.offset.saturating_add(breakage.after.len());
            assert_eq!(broken[breakage.offset..end], breakage.after);
            broken.splice(breakage.offset..end, breakage.before.iter().copied());
            assert_eq!(broken, whole, "{breakage}");
            seen.insert(breakage.kind);
        }
        let all = BreakageKind::ALL.iter().copied();
        // Numbers of NDR 2.0 have no upper half.
        let expected = all.filter(|kind| format.is_ndr64() || *kind != BreakageKind::HighHalf);
        assert_eq!(seen, expected.collect());
    }
}

#[test]
fn a_stub_is_broken_whatever_is_left_of_it_and_of_the_choices() {
    let (whole, landmarks) = stub(Format::Ndr64);
    for seed in 0..200 {
        let octets = choices(seed);
        for length in [0, 1, 5, 20, 256] {
            let mut choices = Unstructured::new(&octets[..length]);
            let mut broken = whole.clone();
            for _ in 0..20 {
                let before = broken.clone();
                let breakage = break_stub(&mut broken, &landmarks, Format::Ndr64, &mut choices).unwrap();
                assert_ne!(broken, before, "{breakage}");
            }
        }
    }
    let breakage = break_stub(&mut Vec::new(), &[], Format::NDR20_LE, &mut Unstructured::new(&[])).unwrap();
    assert_eq!(breakage.kind, BreakageKind::Trailing);
}

#[test]
fn a_breakage_is_told_to_people_and_programs() {
    let breakage = Breakage {
        kind: BreakageKind::CountOffByOne,
        landmark: Some(LandmarkKind::MaximumCount),
        offset: 8,
        before: vec![5, 0, 0, 0],
        after: vec![6, 0, 0, 0],
        numbers: Some((5, 6)),
    };
    assert_eq!(breakage.to_string(), "count off by one at offset 8 (maximum_count): 0x5 is now 0x6");
    let json = r#"{"kind":"count_off_by_one","landmark":"maximum_count","offset":8,"before":"05000000","after":"06000000"}"#;
    assert_eq!(serde_json::to_string(&breakage).unwrap(), json);
}
