//! Counts that travel beside an array, and the array.

use cmrp::ndr::{Counts, Elements, Error, ErrorKind, Limits, Reader, SizedPtr, Varying, VaryingPtr};

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
}
