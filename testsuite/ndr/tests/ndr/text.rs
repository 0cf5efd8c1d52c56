//! Values as text: strings, handles, formats, and their JSON form.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use cmrp::ndr::{ContextHandle, Format, Limits, Reader, Uuid, WStr};
use serde_json::json;

use super::{BE, LE, octets};

/// `a`, U+1F600 and a lone surrogate, as units.
const UNITS: &[u16] = &[0x61, 0xD83D, 0xDE00, 0xD800];

fn from_wire(stub: &[u8], format: Format) -> WStr<'_> {
    Reader::new(stub, format, &Limits::DEFAULT).wstr().unwrap()
}

#[test]
fn strings_compare_by_units_wherever_they_come_from() {
    let little = octets("04000000 00000000 04000000 6100 3dd8 00de 0000");
    let big = octets("00000004 00000000 00000004 0061 d83d de00 0000");
    let same =
        [WStr::from("a\u{1F600}"), WStr::from(&UNITS[..3]), from_wire(&little, LE), from_wire(&big, BE)];
    for one in same {
        assert!(same.iter().all(|other| one == *other && one.cmp(other) == Ordering::Equal), "{one}");
        assert_eq!((one.len(), one.is_empty()), (3, false));
        assert_eq!((one == "a\u{1F600}", one == "a\u{1F601}", one == "a"), (true, false, false));
        assert_ne!(one, WStr::from("a\u{1F601}"));
    }
    assert_eq!(same.into_iter().collect::<HashSet<_>>().len(), 1);
    // By units, a surrogate stands before U+FFFD; by characters it would not.
    assert_eq!(WStr::from("\u{1F600}").cmp(&"\u{FFFD}".into()), Ordering::Less);
    assert_eq!(WStr::from("b").partial_cmp(&"a".into()), Some(Ordering::Greater));
    assert!(WStr::EMPTY.is_empty() && WStr::default().is_empty());
}

#[test]
fn different_strings_hash_differently() {
    let hash = |one: &str, two: &str| {
        let mut hasher = DefaultHasher::new();
        (WStr::from(one), WStr::from(two)).hash(&mut hasher);
        hasher.finish()
    };
    assert_ne!(hash("a", "c"), hash("b", "c"));
    // The end of a string is part of its hash, so that a pair of strings differs from another with the same sum.
    assert_ne!(hash("a", "bc"), hash("ab", "c"));
}

#[test]
fn a_lone_surrogate_is_replaced_or_reported() {
    let text = WStr::from(UNITS);
    assert_eq!(text.to_string_lossy(), "a\u{1F600}\u{FFFD}");
    assert_eq!(format!("{text}"), "a\u{1F600}\u{FFFD}");
    assert_eq!(format!("{text:?}"), "\"a\u{1F600}\\u{d800}\"");
    assert_eq!(format!("{:?}", WStr::from("\"\n")), r#""\"\n""#);
    assert!(text.try_to_string().is_err());
    assert_eq!(WStr::from("a\u{1F600}").try_to_string().unwrap(), "a\u{1F600}");
    assert_eq!(serde_json::to_value(text).unwrap(), json!({"utf16": [0x61, 0xD83D, 0xDE00, 0xD800]}));
    assert_eq!(serde_json::to_value(WStr::from("a\u{1F600}")).unwrap(), json!("a\u{1F600}"));
}

/// Some servers number their handles in the attributes alone.
#[test]
fn only_20_zero_octets_are_a_null_handle() {
    assert!(ContextHandle::NULL.is_null());
    assert!(!ContextHandle { attributes: 1, uuid: Uuid::NIL }.is_null());
    let uuid = Uuid::new(0x0001_0203, 0x0405, 0x0607, [8, 9, 10, 11, 12, 13, 14, 15]);
    let token = ContextHandle { attributes: 0, uuid };
    assert!(!token.is_null());
    assert_eq!(token.to_string(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    assert_eq!(
        ContextHandle { attributes: 0x1F, uuid }.to_string(),
        "0x1f:00010203-0405-0607-0809-0a0b0c0d0e0f"
    );
}

#[test]
fn formats_are_read_by_their_names() {
    for (name, format) in [("ndr20-le", LE), ("ndr20-be", BE), ("ndr64", Format::Ndr64)] {
        assert_eq!(name.parse(), Ok(format));
        assert_eq!(format.to_string(), name);
    }
    for name in ["", "ndr20", "NDR64"] {
        let error = name.parse::<Format>().unwrap_err();
        assert_eq!(error.to_string(), "not a format: one of ndr20-le, ndr20-be, ndr64 is expected");
    }
}
