//! Reading that forgives: which breaches, how many, and what is told of them.

use cmrp::ndr::{DecodeStub, Error, ErrorKind, InField, Limit, Limits, MAX_FORGIVEN, Reader};

use super::{LE, octets};

/// Strings up to the end of the stub, or so many that a reader that does not move is noticed.
#[derive(Debug)]
struct Strings(Vec<String>);

impl<'de> DecodeStub<'de> for Strings {
    fn read(reader: &mut Reader<'de>) -> Result<Self, Error> {
        let mut strings = Vec::new();
        while reader.remaining() > 0 && strings.len() < 100 {
            strings.push(reader.wstr().element(strings.len())?.to_string());
        }
        Ok(Self(strings))
    }
}

fn lenient(digits: &str) -> Result<(Vec<String>, Vec<String>), ErrorKind> {
    let stub = octets(digits);
    let told = |errors: Vec<Error>| errors.iter().map(ToString::to_string).collect();
    Strings::decode_lenient(&stub, LE, &Limits::DEFAULT)
        .map(|(Strings(strings), errors)| (strings, told(errors)))
        .map_err(|error| error.kind())
}

#[test]
fn what_breaks_no_rule_is_read_without_a_word() {
    let good = lenient("02000000 00000000 02000000 6100 0000");
    assert_eq!(good, Ok((vec!["a".to_owned()], vec![])));
}

/// Two of them at one octet, two of one kind: each is told once.
#[test]
fn every_breach_is_told_with_its_place() {
    let (strings, told) = lenient(
        "01000000 03000000 03000000 6100 0000 6200 0000
         02000000 07000000 02000000 6300 0000",
    )
    .unwrap();
    assert_eq!(strings, ["a", "c"]);
    assert_eq!(
        told,
        [
            "[0] at octet 4: array starts at index 3, not 0",
            "[0] at octet 8: actual count 3 exceeds maximum count 1",
            "[0] at octet 12: string does not end with a zero character",
            "[0] at octet 12: string has a zero character at index 1",
            "[1] at octet 24: array starts at index 7, not 0",
        ]
    );
}

#[test]
fn so_many_breaches_are_forgiven_and_no_more() {
    // A gap of 2 octets stands between them.
    let strings = |count| vec!["01000000 01000000 01000000 0000"; count].join("0000");
    let (read, told) = lenient(&strings(MAX_FORGIVEN)).unwrap();
    assert_eq!((read.len(), told.len()), (MAX_FORGIVEN, MAX_FORGIVEN));
    assert_eq!(lenient(&strings(MAX_FORGIVEN + 1)), Err(ErrorKind::NonZeroOffset { offset: 1 }));
}

#[test]
fn what_is_not_there_is_not_forgiven() {
    assert_eq!(lenient("02000000 01000000 02000000 6100"), Err(ErrorKind::Truncated { needed: 4, left: 2 }));
}

/// Data has a meaning if it is there, its counts are counts, and it says which arm of a union it is.
#[test]
fn a_breach_is_forgivable_if_the_data_has_a_meaning() {
    for (kind, is_forgivable) in [
        (ErrorKind::Truncated { needed: 8, left: 3 }, false),
        (ErrorKind::MissingAlignment { needed: 3, left: 1 }, true),
        (ErrorKind::CountTooLarge { count: 2_147_483_648 }, false),
        (ErrorKind::SizeMismatch { maximum: 3, size: 2 }, true),
        (ErrorKind::LengthMismatch { actual: 3, length: 2 }, true),
        (ErrorKind::NonZeroOffset { offset: 4 }, true),
        (ErrorKind::ActualExceedsMaximum { actual: 3, maximum: 2 }, true),
        (ErrorKind::MissingTerminator, true),
        (ErrorKind::EmbeddedTerminator { index: 4 }, true),
        (ErrorKind::OutOfRange { value: 0, low: 1, high: 9 }, true),
        (ErrorKind::NullRef, true),
        (ErrorKind::TagMismatch { tag: 1, switch: 2 }, false),
        (ErrorKind::InvalidTag { tag: 5 }, false),
        (ErrorKind::NullWithCount { count: 5 }, true),
        (ErrorKind::CountOutOfRange { count: 4, low: 1, high: 3 }, true),
        (ErrorKind::Limit(Limit::Memory), false),
        (ErrorKind::Limit(Limit::Depth), false),
        (ErrorKind::TrailingOctets { count: 4 }, true),
        (ErrorKind::UnknownOperation { opnum: 300 }, false),
        (ErrorKind::UnsupportedOperation { opnum: 62 }, false),
    ] {
        assert_eq!(kind.is_forgivable(), is_forgivable, "{kind}");
    }
}
