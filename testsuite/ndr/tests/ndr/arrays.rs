//! Counts that travel beside an array, and the array.

use cmrp::ndr::{
    Counted, Counts, Elements, Error, ErrorKind, Limits, Reader, SizedPtr, TargetLevel, Uuid, Varying,
    VaryingPtr, WStr, Writer, check_requested_length, check_requested_size,
};

use super::{LE, octets};

const TWO: &[u8] = &[7, 8];

fn reason<T>(result: Result<T, Error>) -> Option<(ErrorKind, usize)> {
    result.err().map(|error| (error.kind(), error.offset()))
}

/// A reader that stands at octet 4, which is where a mismatch is told.
fn at_octet_4(stub: &[u8]) -> Reader<'_> {
    let mut reader = Reader::new(stub, LE, &Limits::DEFAULT);
    reader.u32().unwrap();
    reader
}

#[test]
fn a_nullable_array_must_be_as_long_as_its_count() {
    let reader = at_octet_4(&[0; 4]);
    assert_eq!(reader.sized(Some(TWO), 2), Ok(SizedPtr::Array(TWO)));
    for size in [1, 3] {
        let mismatch = ErrorKind::SizeMismatch { maximum: 2, size };
        assert_eq!(reason(reader.sized(Some(TWO), size)), Some((mismatch, 4)));
        assert_eq!(reason(reader.expect_size(&TWO, size)), Some((mismatch, 4)));
    }
}

/// C706 14.3.10 lets any count stand beside a null pointer, so each is kept.
#[test]
fn a_null_array_keeps_its_counts() {
    let reader = at_octet_4(&[0; 4]);
    assert_eq!(reader.sized::<&[u8]>(None, 5), Ok(SizedPtr::Null { size: 5 }));
    let null = VaryingPtr::<&[u8]>::Null { size: 5, length: 3 };
    assert_eq!(reader.varying_sized(None, 5, 3), Ok(null));
    assert_eq!((null.size(), null.length()), (5, 3));
    let most = i64::from(u32::MAX);
    assert_eq!(reader.sized::<&[u8]>(None, 0), Ok(SizedPtr::Null { size: 0 }));
    assert_eq!(reader.sized::<&[u8]>(None, most), Ok(SizedPtr::Null { size: u32::MAX }));
    for value in [-1, most + 1] {
        let range = ErrorKind::OutOfRange { value, low: 0, high: most };
        assert_eq!(reason(reader.sized::<&[u8]>(None, value)), Some((range, 4)));
        assert_eq!(reason(reader.varying_sized::<&[u8]>(None, value, 0)), Some((range, 4)));
        assert_eq!(reason(reader.varying_sized::<&[u8]>(None, 0, value)), Some((range, 4)));
    }
}

#[test]
fn a_varying_array_must_suit_both_its_counts() {
    let reader = at_octet_4(&[0; 4]);
    let array = Varying { size: 5, data: TWO };
    assert_eq!(reader.varying_sized(Some(array), 5, 2), Ok(VaryingPtr::Array(array)));
    for size in [4, 6] {
        let mismatch = ErrorKind::SizeMismatch { maximum: 5, size };
        assert_eq!(reason(reader.varying_sized(Some(array), size, 2)), Some((mismatch, 4)));
    }
    for length in [1, 3] {
        let mismatch = ErrorKind::LengthMismatch { actual: 2, length };
        assert_eq!(reason(reader.varying_sized(Some(array), 5, length)), Some((mismatch, 4)));
        assert_eq!(reason(reader.expect_length(&array, length)), Some((mismatch, 4)));
    }
}

#[test]
fn a_varying_array_keeps_the_size_that_exceeds_its_elements() {
    let stub = octets("05000000 00000000 02000000 0708 0000 02000000 00000000 01000000 0900");
    let mut reader = Reader::new(&stub, LE, &Limits::DEFAULT);
    assert_eq!(reader.varying_octets(), Ok(Varying { size: 5, data: TWO }));
    assert_eq!(reader.varying::<u16>(), Ok(Varying { size: 2, data: vec![9] }));
}

#[test]
fn arrays_know_their_counts() {
    let counts = |array: &dyn Counts| (array.size(), array.length());
    assert_eq!(counts(&TWO), (2, 2));
    assert_eq!(counts(&vec![1_u32, 2, 3]), (3, 3));
    assert_eq!(counts(&Varying { size: 5, data: TWO }), (5, 2));
    assert_eq!(counts(&Varying::full(TWO)), (2, 2));
    assert_eq!(counts(&SizedPtr::Array(TWO)), (2, 2));
    assert_eq!(counts(&SizedPtr::<&[u8]>::Null { size: 4 }), (4, 4));
    assert_eq!(counts(&VaryingPtr::Array(Varying { size: 5, data: TWO })), (5, 2));
    assert_eq!(counts(&SizedPtr::<&[u8]>::default()), (0, 0));
    assert_eq!(counts(&VaryingPtr::<&[u8]>::default()), (0, 0));
    assert!(Elements::is_empty(&Vec::<u8>::new()) && !Elements::is_empty(&vec![1_u8]));
}

#[test]
fn a_nullable_array_converts_from_and_to_an_option() {
    assert_eq!(SizedPtr::from(Some(TWO)), SizedPtr::Array(TWO));
    assert_eq!(SizedPtr::<&[u8]>::from(None), SizedPtr::NULL);
    assert_eq!(SizedPtr::Array(TWO).as_array(), Some(&TWO));
    assert_eq!(SizedPtr::Array(TWO).into_array(), Some(TWO));
    assert_eq!(SizedPtr::<&[u8]>::Null { size: 2 }.into_array(), None);
    let array = Varying { size: 5, data: TWO };
    assert_eq!(VaryingPtr::from(Some(array)), VaryingPtr::Array(array));
    assert_eq!(VaryingPtr::<&[u8]>::from(None), VaryingPtr::NULL);
    assert_eq!(VaryingPtr::Array(array).into_array(), Some(array));
    assert_eq!(VaryingPtr::<&[u8]>::NULL.into_array(), None);
}

/// MS-RPCE 3.1.1.5.3.3.1.2.
#[test]
fn a_null_array_has_counts_of_0_at_level_6() {
    let reader = Reader::new(&[0; 4], LE, &Limits::DEFAULT.with_level(TargetLevel::Level6));
    assert_eq!(reader.sized::<&[u8]>(None, 0), Ok(SizedPtr::NULL));
    assert_eq!(reader.varying_sized::<&[u8]>(None, 0, 0), Ok(VaryingPtr::NULL));
    let with_count = Some((ErrorKind::NullWithCount { count: 5 }, 0));
    assert_eq!(reason(reader.sized::<&[u8]>(None, 5)), with_count);
    assert_eq!(reason(reader.varying_sized::<&[u8]>(None, 5, 0)), with_count);
    assert_eq!(reason(reader.varying_sized::<&[u8]>(None, 0, 5)), with_count);
}

/// MS-RPCE 3.1.1.5.3.3: elements that an array can hold, or characters of a string with its terminator.
#[test]
fn what_a_range_bounds_is_the_count_of_an_array_that_is_there() {
    let array = Varying { size: 5, data: TWO };
    for (counted, count) in [
        (&WStr::from("ab") as &dyn Counted, Some(3)),
        (&TWO, Some(2)),
        (&vec![1_u32, 2, 3], Some(3)),
        (&array, Some(5)),
        (&Some(WStr::from("ab")), Some(3)),
        (&None::<WStr<'_>>, None),
        (&SizedPtr::Array(TWO), Some(2)),
        (&SizedPtr::<&[u8]>::Null { size: 9 }, None),
        (&VaryingPtr::Array(array), Some(5)),
        (&VaryingPtr::<&[u8]>::Null { size: 9, length: 9 }, None),
    ] {
        assert_eq!(counted.counted(), count);
    }
}

/// MS-RPCE 3.1.2.7.1.
#[test]
fn an_array_of_a_response_has_the_counts_of_the_request() {
    let array = Varying { size: 5, data: TWO };
    assert_eq!(check_requested_size(&array, 5), Ok(()));
    assert_eq!(check_requested_length(&array, 2), Ok(()));
    let size = ErrorKind::SizeMismatch { maximum: 5, size: 4 };
    assert_eq!(reason(check_requested_size(&array, 4)), Some((size, 0)));
    let length = ErrorKind::LengthMismatch { actual: 2, length: 3 };
    assert_eq!(reason(check_requested_length(&array, 3)), Some((length, 0)));
}

#[test]
fn elements_of_an_array_may_be_uuids() {
    let uuid = |data1| Uuid::new(data1, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
    let stub = octets("02000000 11000000 5544 7766 8899aabbccddeeff 12000000 5544 7766 8899aabbccddeeff");
    let uuids = vec![uuid(0x11), uuid(0x12)];
    let mut writer = Writer::new(LE);
    writer.conformant(&uuids).unwrap();
    assert_eq!(writer.into_stub(), stub);
    assert_eq!(Reader::new(&stub, LE, &Limits::DEFAULT).conformant(), Ok(uuids));
}
