//! Errors as people read them.

use cmrp::ndr::{EncodeError, EncodeErrorKind, Error, ErrorKind, InField, Limit};

fn at(offset: usize) -> Result<(), Error> {
    Err(Error::new(offset, ErrorKind::NullRef))
}

fn path(result: Result<(), Error>) -> String {
    result.unwrap_err().path().to_string()
}

#[test]
fn an_error_tells_field_octet_and_reason() {
    assert_eq!(at(9).unwrap_err().to_string(), "octet 9: ref pointer is null");
    assert_eq!(at(9).field(&"Name").unwrap_err().to_string(), "Name at octet 9: ref pointer is null");
    assert_eq!(at(9).element(3).unwrap_err().to_string(), "[3] at octet 9: ref pointer is null");
    let encode = || Err::<(), _>(EncodeError::new(EncodeErrorKind::OutOfRange { value: -1 }));
    assert_eq!(encode().unwrap_err().to_string(), "value -1 does not fit its wire type");
    let named = encode().element(0).field(&"Name").unwrap_err();
    assert_eq!(named.to_string(), "Name[0]: value -1 does not fit its wire type");
}

/// For tests, which show errors so.
#[test]
fn an_error_shows_its_parts_to_programmers() {
    let error = at(9).field(&"Name").unwrap_err();
    assert_eq!(format!("{error:?}"), r#"Error { offset: 9, kind: NullRef, path: "Name" }"#);
    let error = EncodeError::new(EncodeErrorKind::OutOfRange { value: -1 });
    assert_eq!(format!("{error:?}"), r#"EncodeError { kind: OutOfRange { value: -1 }, path: "" }"#);
}

/// Segments are added from the inside out, and read from the outside in.
#[test]
fn a_path_names_fields_and_elements() {
    assert!(at(0).unwrap_err().path().is_empty());
    assert!(!at(0).element(0).unwrap_err().path().is_empty());
    assert!(!at(0).field(&"a").unwrap_err().path().is_empty());
    let nested = at(0).field(&"Name").field(&"Data").element(3).field(&"List").element(0).field(&"Lists");
    assert_eq!(path(nested), "Lists[0].List[3].Data.Name");
    assert_eq!(path(at(0).element(7).field(&"Name").field(&"Data")), "Data.Name[7]");
    assert_eq!(format!("{:?}", at(0).element(7).field(&"Name").unwrap_err().path()), "\"Name[7]\"");
}

/// Five names fit; behind the outermost an ellipsis stands for those that do not.
#[test]
fn a_path_that_is_too_long_keeps_its_ends() {
    let five = || at(0).field(&"e").field(&"d").element(1).field(&"c").field(&"b").field(&"a");
    assert_eq!(path(five()), "a.b.c[1].d.e");
    assert_eq!(path(five().field(&"z")), "z.….b.c[1].d.e");
    assert_eq!(path(five().element(2).field(&"z").element(4).field(&"y")), "y[4].….b.c[1].d.e");
}

#[test]
fn an_opnum_without_request_is_unknown_or_unsupported() {
    let names = ["Zero", "One"];
    let kind = |opnum| Error::no_operation(opnum, &names).kind();
    assert_eq!(kind(1), ErrorKind::UnsupportedOperation { opnum: 1 });
    assert_eq!(kind(2), ErrorKind::UnknownOperation { opnum: 2 });
}

#[test]
fn every_reason_to_refuse_a_stub_has_its_words() {
    for (kind, words) in [
        (ErrorKind::Truncated { needed: 8, left: 3 }, "needs 8 octets, 3 are left"),
        (ErrorKind::MissingAlignment { needed: 3, left: 1 }, "needs 3 octets of alignment, 1 are left"),
        (ErrorKind::CountTooLarge { count: 2_147_483_648 }, "count 2147483648 is above 2147483647"),
        (ErrorKind::SizeMismatch { maximum: 3, size: 2 }, "maximum count 3 differs from size_is, which is 2"),
        (
            ErrorKind::LengthMismatch { actual: 3, length: 2 },
            "actual count 3 differs from length_is, which is 2",
        ),
        (ErrorKind::NullRef, "ref pointer is null"),
        (ErrorKind::NullWithCount { count: -1 }, "pointer is null, but its array has -1 elements"),
        (ErrorKind::CountOutOfRange { count: 4, low: -3, high: 3 }, "count 4 is outside the range -3 to 3"),
        (ErrorKind::NonZeroOffset { offset: 4 }, "array starts at index 4, not 0"),
        (ErrorKind::ActualExceedsMaximum { actual: 3, maximum: 2 }, "actual count 3 exceeds maximum count 2"),
        (ErrorKind::MissingTerminator, "string does not end with a zero character"),
        (ErrorKind::EmbeddedTerminator { index: 4 }, "string has a zero character at index 4"),
        (ErrorKind::OutOfRange { value: 0, low: 1, high: 9 }, "value 0 is outside the range 1 to 9"),
        (ErrorKind::TagMismatch { tag: 1, switch: 2 }, "union tag 1 differs from switch_is, which is 2"),
        (ErrorKind::InvalidTag { tag: 5 }, "no arm of the union has tag 5"),
        (ErrorKind::Limit(Limit::Memory), "decoded value would exceed the memory limit"),
        (ErrorKind::Limit(Limit::Depth), "value is nested deeper than the limit"),
        (ErrorKind::TrailingOctets { count: 4 }, "4 octets follow the last parameter"),
        (ErrorKind::UnknownOperation { opnum: 300 }, "the interface has no operation 300"),
        (ErrorKind::UnsupportedOperation { opnum: 62 }, "operation 62 is reserved or not generated"),
    ] {
        assert_eq!(kind.to_string(), words);
        assert_eq!(Error::new(0, kind).kind(), kind);
    }
}

#[test]
fn every_reason_not_to_write_a_value_has_its_words() {
    for (kind, words) in [
        (EncodeErrorKind::TooLong { len: 2_147_483_648 }, "2147483648 elements are more than 2147483647"),
        (EncodeErrorKind::EmbeddedTerminator { index: 4 }, "string has a zero character at index 4"),
        (EncodeErrorKind::LengthExceedsSize { length: 9, size: 8 }, "9 elements exceed the stated size 8"),
        (EncodeErrorKind::CountMismatch { len: 1, expected: 2 }, "1 elements where 2 are stated"),
        (
            EncodeErrorKind::OutsideRange { value: 0, low: -1, high: -2 },
            "value 0 is outside the range -1 to -2",
        ),
        (EncodeErrorKind::InvalidTag { tag: -1 }, "tag -1 does not select this arm of the union"),
        (EncodeErrorKind::OutOfRange { value: 65536 }, "value 65536 does not fit its wire type"),
    ] {
        assert_eq!(kind.to_string(), words);
        assert_eq!(EncodeError::new(kind).kind(), kind);
    }
}
