//! What has no form on the wire is refused with a reason, and not written as something else.

use cmrp::ndr::arbitrary::{Result, Unstructured, between, number, octets};
use cmrp::ndr::{
    Counted, Counts, Elements, Encode, EncodeErrorKind, EncodeStub, Format, SizedPtr, Varying, VaryingPtr,
    WStr, Writer, check_requested_length, check_requested_size,
};

use super::panic_with;
use crate::constructs::{
    Bounded, Choice, Colour, InPlace, SendBoundedRequest, SendChoiceRequest, SendEnumsRequest,
    SendInPlaceRequest, SendIntegersRequest, SendPairsRequest, SendVaryingRequest, Wide,
};

/// Makes values that break one rule each, and has them refused.
///
/// # Errors
/// Those of the choices.
pub(super) fn check(format: Format, choices: &mut Unstructured<'_>) -> Result<()> {
    check_strings(format, choices)?;
    check_numbers(format, choices)?;
    check_arrays(format, choices)?;
    check_counts(octets(choices, 0, 9)?, number(choices)?);
    Ok(())
}

/// A string with a zero in it would end there, whatever it is made of; one that is too long has no place.
fn check_strings(format: Format, choices: &mut Unstructured<'_>) -> Result<()> {
    let index = choices.int_in_range(0_usize..=30)?;
    let units: Vec<u16> = (0_u16..31).map(|at| if usize::from(at) == index { 0 } else { 0xE9 }).collect();
    let text: String = units.iter().filter_map(|unit| char::from_u32(u32::from(*unit))).collect();
    for name in [WStr::from(text.as_str()), WStr::from(units.as_slice())] {
        let kind = EncodeErrorKind::EmbeddedTerminator { index };
        let pointer = Some(name);
        assert_refused(
            Encode::encode(&pointer, &mut Writer::new(format)).err().map(|error| error.kind()),
            kind,
        );
    }
    let length = choices.int_in_range(8_usize..=20)?;
    let long = "x".repeat(length);
    let in_place = InPlace { name: long.as_str().into(), ..InPlace::default() };
    let kind = EncodeErrorKind::LengthExceedsSize { length: length.saturating_add(1), size: 8 };
    refuses(&SendInPlaceRequest { value: in_place }, format, "value.name", kind);
    let request = SendBoundedRequest { member: Bounded { name: Some(long.as_str().into()) }, ..bounded() };
    let value = i64::try_from(length).unwrap_or(0).saturating_add(1);
    refuses(&request, format, "member.name", EncodeErrorKind::OutsideRange { value, low: 1, high: 3 });
    Ok(())
}

fn bounded() -> SendBoundedRequest<'static> {
    SendBoundedRequest { name: "a".into(), ..SendBoundedRequest::default() }
}

/// Numbers that their range, their type or their union has no place for.
fn check_numbers(format: Format, choices: &mut Unstructured<'_>) -> Result<()> {
    let few: i16 = between(choices, 10, i64::from(i16::MAX))?;
    let request = SendIntegersRequest { word: 0, huge: 0, few };
    refuses(&request, format, "few", EncodeErrorKind::OutsideRange { value: few.into(), low: 1, high: 9 });
    let tag: i32 = between(choices, 7, i64::from(i32::MAX))?;
    let choice = SendChoiceRequest { choice: Some(Choice::Few { tag, value: 0 }), behind: 0 };
    refuses(&choice, format, "choice", EncodeErrorKind::InvalidTag { tag: tag.into() });
    let colour: i32 = between(choices, 0x1_0000, i64::from(i32::MAX))?;
    let request = SendEnumsRequest { colour: Colour(colour), wide: Wide(0) };
    if format.is_ndr64() {
        assert!(request.encode(format).is_ok(), "an enumeration has 32 bits in NDR64");
    } else {
        refuses(&request, format, "colour", EncodeErrorKind::OutOfRange { value: colour.into() });
    }
    Ok(())
}

/// Arrays that contradict each other or their room.
fn check_arrays(format: Format, choices: &mut Unstructured<'_>) -> Result<()> {
    let length = choices.int_in_range(1_u32..=9)?;
    let data = vec![7; usize::try_from(length).unwrap_or(0)];
    let (len, size) = (data.len(), choices.int_in_range(0..=length.saturating_sub(1))?);
    let items = VaryingPtr::Array(Varying { size, data });
    let kind = EncodeErrorKind::LengthExceedsSize { length: len, size };
    refuses(&SendVaryingRequest { items }, format, "items", kind);
    let pairs = SendPairsRequest { keys: vec![1; len], values: Vec::new() };
    let expected = i64::from(length);
    refuses(&pairs, format, "count", EncodeErrorKind::CountMismatch { len: 0, expected });
    Ok(())
}

/// A count is that of its array, whatever the array stands in; another is not agreed to.
fn check_counts(data: &[u8], other: i64) {
    let len = i64::try_from(data.len()).unwrap_or(0);
    let (pointer, vector) = (SizedPtr::Array(data), data.to_vec());
    assert_eq!((data.size(), data.length(), vector.length(), pointer.length()), (len, len, len, len));
    assert_eq!((data.counted(), vector.counted(), pointer.counted()), (Some(len), Some(len), Some(len)));
    assert_eq!(VaryingPtr::Array(Varying::full(data)).counted(), Some(len));
    assert_eq!(SizedPtr::<&[u8]>::NULL.counted(), None, "a null pointer has a count");
    assert_eq!(Elements::is_empty(&data), data.is_empty());
    assert_eq!(check_requested_size(&data, other).is_ok(), other == len, "{other} for {len}");
    assert_eq!(check_requested_length(&data, other).is_ok(), other == len, "{other} for {len}");
}

/// The encoder refuses a stub, and says what is wrong and where.
fn refuses(stub: &impl EncodeStub, format: Format, path: &str, kind: EncodeErrorKind) {
    let Err(error) = stub.encode(format) else {
        panic_with("something without a form on the wire is written", &path)
    };
    assert_eq!(error.path().to_string(), path, "{error}");
    assert_refused(Some(error.kind()), kind);
    let shown = (error.to_string(), format!("{error:?}"), error.kind().to_string());
    assert!(shown.0.contains(path) && shown.0.contains(&shown.2) && shown.1.contains("kind"), "{shown:?}");
}

fn assert_refused(refusal: Option<EncodeErrorKind>, kind: EncodeErrorKind) {
    assert_eq!(refusal, Some(kind), "another reason, or none");
}
