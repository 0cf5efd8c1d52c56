//! Property lists and other buffers that peers choose: MS-CMRP 2.2.3.10, and what hostile octets may not do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChangeGroupV2, ClusterChangeResourceV2};
use cmrp::ndr::FileTime;
use cmrp_port::event::v2::{
    Payload, PayloadErrorKind, Property, PropertyList, PropertyValue, SharedVolume, SharedVolumeState,
};

/// A list of one property "A" with what is given behind the name.
fn list(rest: &[u8]) -> Vec<u8> {
    let mut octets = vec![1, 0, 0, 0, 3, 0, 4, 0, 4, 0, 0, 0, b'A', 0, 0, 0];
    octets.extend(rest);
    octets
}

fn kind(octets: &[u8]) -> PayloadErrorKind {
    PropertyList::decode(octets).expect_err("no property list").kind()
}

/// Values of every syntax, with the octets of syntax, size, value and padding.
fn values() -> Vec<(PropertyValue<'static>, Vec<u8>)> {
    let value = |syntax: u32, octets: &[u8], padding: usize| {
        let size = u32::try_from(octets.len()).expect("a small value").to_le_bytes();
        [&syntax.to_le_bytes(), &size, octets, &[0, 0, 0][..padding]].concat()
    };
    let expand = value(0x0001_0004, b"%\0a\0%\0\0\0", 0);
    let expanded = value(0x0001_0008, b"b\0\0\0", 0);
    vec![
        (PropertyValue::Binary(&[1, 2, 3]), value(0x0001_0001, &[1, 2, 3], 1)),
        (PropertyValue::Binary(&[]), value(0x0001_0001, &[], 0)),
        (PropertyValue::Dword(7), value(0x0001_0002, &[7, 0, 0, 0], 0)),
        (PropertyValue::Sz("xy".into()), value(0x0001_0003, b"x\0y\0\0\0", 2)),
        (PropertyValue::ExpandSz { stored: "%a%".into(), expanded: None }, expand.clone()),
        (
            PropertyValue::ExpandSz { stored: "%a%".into(), expanded: Some("b".into()) },
            [expand, expanded].concat(),
        ),
        (
            PropertyValue::MultiSz(vec!["x".into(), "yz".into()]),
            value(0x0001_0005, b"x\0\0\0y\0z\0\0\0\0\0", 0),
        ),
        (PropertyValue::MultiSz(vec![]), value(0x0001_0005, &[0, 0], 2)),
        (PropertyValue::ULargeInteger(1 << 63), value(0x0001_0006, &[0, 0, 0, 0, 0, 0, 0, 0x80], 0)),
        (PropertyValue::Long(-2), value(0x0001_0007, &[0xFE, 0xFF, 0xFF, 0xFF], 0)),
        (PropertyValue::SecurityDescriptor(&[1]), value(0x0001_0009, &[1], 3)),
        (PropertyValue::LargeInteger(-1), value(0x0001_000A, &[0xFF; 8], 0)),
        (PropertyValue::Word(0x1234), value(0x0001_000B, &[0x34, 0x12], 2)),
        (PropertyValue::FileTime(FileTime(1)), value(0x0001_000C, &[1, 0, 0, 0, 0, 0, 0, 0], 0)),
        (
            PropertyValue::Other { syntax: 0x0005_0002, octets: &[1, 2, 3, 4] },
            value(0x0005_0002, &[1, 2, 3, 4], 0),
        ),
    ]
}

/// Rows: 9.2/5, 9.2/7
#[test]
fn s9_2_a_property_is_a_name_values_and_an_end_mark() {
    for (value, octets) in values() {
        let octets = list(&[octets, vec![0; 4]].concat());
        let expected: PropertyList<'_> = [Property::new("A", value)].into_iter().collect();
        let mut written = Vec::new();
        expected.write(&mut written);
        assert_eq!(written, octets, "{expected:?}");
        assert_eq!(PropertyList::decode(&octets), Ok(expected));
    }
}

/// Rows: 9.2/5
#[test]
fn s9_2_all_values_of_a_property_are_kept_in_order() {
    let mut octets = vec![];
    let mut property = Property::new("A", PropertyValue::Dword(0));
    octets.extend([2, 0, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
    for (value, encoded) in values() {
        property = property.with(value);
        octets.extend(encoded);
    }
    octets.extend([0; 4]);
    let expected: PropertyList<'_> = [property].into_iter().collect();
    let octets = list(&octets);
    assert_eq!(PropertyList::decode(&octets), Ok(expected.clone()));
    assert_eq!(expected.get("a").map(|property| property.values().len()), Some(values().len() + 1));
    assert_eq!(expected.get("b"), None);
}

/// Rows: 9.2/5
#[test]
fn s9_2_a_property_has_a_name_that_ends_and_a_value() {
    assert_eq!(kind(&list(&[0; 4])), PayloadErrorKind::NoValue);
    let no_name = [1, 0, 0, 0, 3, 0, 1, 0, 4, 0, 0, 0, b'A', 0, 0, 0];
    assert_eq!(kind(&no_name), PayloadErrorKind::NotAName { syntax: 0x0001_0003 });
    let unended = [1, 0, 0, 0, 3, 0, 4, 0, 4, 0, 0, 0, b'A', 0, b'B', 0];
    assert_eq!(kind(&unended), PayloadErrorKind::NoTerminator);
    let ended_early = [1, 0, 0, 0, 3, 0, 4, 0, 4, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(kind(&ended_early), PayloadErrorKind::EarlyTerminator);
    let odd = [1, 0, 0, 0, 3, 0, 4, 0, 3, 0, 0, 0, b'A', 0, 0, 0];
    assert_eq!(kind(&odd), PayloadErrorKind::OddLength);
}

/// Rows: 9.2/6
#[test]
fn s9_2_an_unknown_format_is_an_error() {
    for syntax in [0x0001_000D_u32, 0x0001_000E, 0x0001_8000, 0x0004_FFFF] {
        let octets = list(&[&syntax.to_le_bytes()[..], &[0; 8]].concat());
        let error = PropertyList::decode(&octets).expect_err("an unknown format");
        assert_eq!((error.kind(), error.offset()), (PayloadErrorKind::UnknownFormat { syntax }, 16));
    }
}

/// Rows: 9.2/7
#[test]
fn s9_2_an_expanded_string_never_stands_alone() {
    let expanded = [8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    let expand = [4, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(kind(&list(&expanded)), PayloadErrorKind::ExpandedAlone);
    let twice = [&expand[..], &expanded, &expanded, &[0; 4]].concat();
    assert_eq!(kind(&list(&twice)), PayloadErrorKind::ExpandedAlone);
    let dword = [2, 0, 1, 0, 4, 0, 0, 0, 7, 0, 0, 0];
    assert_eq!(kind(&list(&[&dword[..], &expanded].concat())), PayloadErrorKind::ExpandedAlone);
}

/// Rows: 9.2/8
#[test]
fn s9_2_what_is_behind_the_end_of_a_name_is_ignored() {
    let mut octets = vec![0x55; 1044];
    octets[..4].copy_from_slice(b"C\0\0\0");
    octets[520..524].copy_from_slice(b"n\0\0\0");
    octets[1040..].copy_from_slice(&[3, 0, 0, 0]);
    let volume = SharedVolume::decode(&octets).expect("the older structure");
    assert_eq!((volume.name.to_string_lossy().as_str(), volume.node.to_string_lossy().as_str()), ("C", "n"));
    assert_eq!((volume.state, volume.redirection), (SharedVolumeState::ACTIVE_REDIRECTED, None));
}

/// Rows: 9.2/8
#[test]
fn s9_2_both_layouts_of_the_newer_structure_are_understood() {
    let reasons = [[7, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1]].concat();
    for gap in [0, 4] {
        let octets = [vec![0; 1564 + gap], reasons.clone()].concat();
        let redirection = SharedVolume::decode(&octets).expect("the newer structure").redirection;
        assert_eq!(redirection.map(|it| (it.file_system, it.block)), Some((7, 1 << 56)));
    }
    for size in [0, 1043, 1045, 1579, 1581, 1588] {
        SharedVolume::decode(&vec![0; size]).expect_err("a size that no structure has");
    }
}

const OWNER_NODE: ObjectFilter = ObjectFilter::Group(ClusterChangeGroupV2::OWNER_NODE);
const PREFERRED_OWNERS: ObjectFilter = ObjectFilter::Group(ClusterChangeGroupV2::PREFERRED_OWNERS);

#[test]
fn identifiers_are_understood_with_and_without_terminator() {
    assert_eq!(Payload::decode(OWNER_NODE, b"x\0y\0\0\0"), Ok(Payload::Id("xy".into())));
    assert_eq!(Payload::decode(OWNER_NODE, b"x\0y\0"), Ok(Payload::Id("xy".into())));
    let kind = |octets| Payload::decode(OWNER_NODE, octets).expect_err("no identifier").kind();
    assert_eq!(kind(b"x\0y"), PayloadErrorKind::OddLength);
    assert_eq!(kind(b"x\0\0\0y\0"), PayloadErrorKind::EarlyTerminator);
}

#[test]
fn lists_of_identifiers_are_understood_with_and_without_the_empty_string() {
    let ids = |ids: &[&'static str]| Ok(Payload::Ids(ids.iter().map(|id| (*id).into()).collect()));
    assert_eq!(Payload::decode(PREFERRED_OWNERS, b"x\0\0\0y\0z\0\0\0\0\0"), ids(&["x", "yz"]));
    assert_eq!(Payload::decode(PREFERRED_OWNERS, b"x\0\0\0y\0z\0\0\0"), ids(&["x", "yz"]));
    assert_eq!(Payload::decode(PREFERRED_OWNERS, b"\0\0"), ids(&[]));
    assert_eq!(Payload::decode(PREFERRED_OWNERS, b""), ids(&[]));
    let error = |octets| Payload::decode(PREFERRED_OWNERS, octets).expect_err("no list");
    assert_eq!(error(b"x\0\0\0y\0").kind(), PayloadErrorKind::NoTerminator);
    let trailing = error(b"x\0\0\0\0\0y\0");
    assert_eq!((trailing.kind(), trailing.offset()), (PayloadErrorKind::Trailing { octets: 2 }, 6));
}

#[test]
fn several_flags_are_no_event() {
    let both = ClusterChangeResourceV2::STATE | ClusterChangeResourceV2::DELETED;
    let error = Payload::decode(ObjectFilter::Resource(both), &[]).expect_err("two events");
    assert_eq!(error.kind(), PayloadErrorKind::Unlisted(ObjectFilter::Resource(both)));
}

#[test]
fn huge_counts_end_where_the_octets_end() {
    let octets =
        [vec![0xFF; 4], list(&[2, 0, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])[4..].to_vec()].concat();
    assert_eq!(kind(&octets), PayloadErrorKind::TooShort { needed: 4, left: 0 });
    let name_too_long = [1, 0, 0, 0, 3, 0, 4, 0, 0xFF, 0xFF, 0xFF, 0xFF];
    assert_eq!(kind(&name_too_long), PayloadErrorKind::TooShort { needed: 0xFFFF_FFFF, left: 0 });
}

/// Every list that decodes comes out the same when it is written and read again, and no octets do harm.
#[test]
fn damaged_lists_are_refused_or_mean_something() {
    let mut valid = vec![];
    let property =
        values().into_iter().fold(Property::new("A", PropertyValue::Word(1)), |all, one| all.with(one.0));
    [property.clone(), property].into_iter().collect::<PropertyList<'_>>().write(&mut valid);
    let mut random = 1_u64;
    let mut next = |below: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below
    };
    let mut understood = 0;
    for _ in 0..20_000 {
        let mut octets = valid[..valid.len() - next(3) * next(valid.len() / 2)].to_vec();
        for _ in 0..next(3) {
            let at = next(octets.len());
            octets[at] = [0, 1, 3, 4, 5, 0xFF][next(6)];
        }
        let Ok(list) = PropertyList::decode(&octets) else { continue };
        understood += 1;
        let mut written = vec![];
        list.write(&mut written);
        assert_eq!(PropertyList::decode(&written).as_ref(), Ok(&list), "{octets:02x?}");
    }
    assert!(understood > 1000, "{understood} lists were understood");
}

/// The most memory that decoding takes, for each octet of the buffer.
const MOST_OCTETS_PER_OCTET: u64 = 8;

fn assert_bounded(filter: ObjectFilter, octets: &[u8]) {
    let taken = allocation_counter::measure(|| drop(Payload::decode(filter, octets))).bytes_max;
    let most = MOST_OCTETS_PER_OCTET * octets.len() as u64;
    assert!(taken <= most, "{taken} octets for {} of {filter:?}", octets.len());
}

#[test]
fn decoding_takes_no_more_memory_than_it_says() {
    let props = ObjectFilter::Group(ClusterChangeGroupV2::COMMON_PROPERTY);
    let least = [3, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let head = |count: u32, rest: Vec<u8>| [count.to_le_bytes().to_vec(), rest].concat();
    for times in [1_u32, 2, 3, 5, 33, 1000] {
        let times_of = |octets: &[u8]| octets.repeat(times as usize);
        assert_bounded(props, &head(times, times_of(&least)));
        assert_bounded(props, &head(u32::MAX, times_of(&least)));
        assert_bounded(props, &list(&[times_of(&[1, 0, 1, 0, 0, 0, 0, 0]), vec![0; 4]].concat()));
        assert_bounded(props, &list(&times_of(&[1, 0, 1, 0, 0, 0, 0, 0])));
        assert_bounded(PREFERRED_OWNERS, &times_of(b"x\0\0\0"));
        assert_bounded(PREFERRED_OWNERS, &times_of(b"\0\0\0\0"));
    }
    assert!(Payload::decode(props, &head(2, least.repeat(2))).is_ok(), "the least property is one");
}
