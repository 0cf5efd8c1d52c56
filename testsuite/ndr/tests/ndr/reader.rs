//! What the reader accepts, what it refuses, and at which octet it says so.

use cmrp::ndr::{Decode, Error, ErrorKind, FileTime, Format, Limit, Limits, Reader, Uuid, WStr};

use super::{BE, LE, NDR64, octets};

type Read = fn(&mut Reader<'_>) -> Result<(), Error>;

/// Format, octets, what reads them, what is wrong and where.
type Refusal = (Format, &'static str, Read, ErrorKind, usize);

fn refusal(format: Format, digits: &str, limits: &Limits, read: Read) -> Option<(ErrorKind, usize)> {
    let stub = octets(digits);
    read(&mut Reader::new(&stub, format, limits)).err().map(|error| (error.kind(), error.offset()))
}

#[track_caller]
fn assert_refused(cases: &[Refusal]) {
    for (format, digits, read, kind, offset) in cases {
        let found = refusal(*format, digits, &Limits::DEFAULT, *read);
        assert_eq!(found, Some((*kind, *offset)), "{format} {digits}");
    }
}

/// C706 14.2.2: an item starts at a multiple of its size, and the gap before it must be there.
#[test]
fn too_few_octets_are_told_with_those_needed_and_left() {
    assert_refused(&[
        (
            LE,
            "aabb 01",
            |r| r.u16().and_then(|_| r.octets(2)).map(drop),
            ErrorKind::Truncated { needed: 2, left: 1 },
            2,
        ),
        (
            LE,
            "01000000 0203",
            |r| r.u32().and_then(|_| r.u32()).map(drop),
            ErrorKind::Truncated { needed: 4, left: 2 },
            4,
        ),
        (
            LE,
            "01 00",
            |r| r.u8().and_then(|_| r.u32()).map(drop),
            ErrorKind::MissingAlignment { needed: 3, left: 1 },
            1,
        ),
        (
            LE,
            "01 000000",
            |r| r.u8().and_then(|_| r.u32()).map(drop),
            ErrorKind::Truncated { needed: 4, left: 0 },
            4,
        ),
        (
            LE,
            "03000000 0100 0200",
            |r| r.conformant::<u16>().map(drop),
            ErrorKind::Truncated { needed: 6, left: 4 },
            4,
        ),
    ]);
}

/// MS-RPCE 3.1.1.5.3.2: at most 2³¹-1 elements, and the octets for them.
#[test]
fn counts_are_refused_above_31_bits_in_both_widths() {
    assert_refused(&[
        (
            LE,
            "00000000 00000080",
            |r| r.u32().and_then(|_| r.count()).map(drop),
            ErrorKind::CountTooLarge { count: 0x8000_0000 },
            4,
        ),
        (
            NDR64,
            "0000000000000000 0000000080000000",
            |r| r.u64().and_then(|_| r.count()).map(drop),
            ErrorKind::CountTooLarge { count: 0x80_0000_0000 },
            8,
        ),
        (
            NDR64,
            "0100000001000000",
            |r| r.count().map(drop),
            ErrorKind::CountTooLarge { count: 0x1_0000_0001 },
            0,
        ),
    ]);
    let largest = octets("ffffff7f");
    assert_eq!(Reader::new(&largest, LE, &Limits::DEFAULT).count(), Ok(0x7FFF_FFFF));
}

/// MS-RPCE 3.1.1.5.3.2: conformance, offset, and conformant varying.
#[test]
fn counts_that_contradict_each_other_are_refused() {
    let maximum_3: [Refusal; 2] = [
        (
            LE,
            "00000000 03000000",
            |r| r.u32().and_then(|_| r.count()).and_then(|maximum| r.check_size(maximum, 2)),
            ErrorKind::SizeMismatch { maximum: 3, size: 2 },
            4,
        ),
        (
            NDR64,
            "0300000000000000",
            |r| r.count().and_then(|maximum| r.check_size(maximum, 4)),
            ErrorKind::SizeMismatch { maximum: 3, size: 4 },
            0,
        ),
    ];
    assert_refused(&maximum_3);
    assert_refused(&[
        (
            LE,
            "02000000 01000000 01000000 6100",
            |r| r.varying_octets().map(drop),
            ErrorKind::NonZeroOffset { offset: 1 },
            4,
        ),
        (
            NDR64,
            "0200000000000000 0100000000000000 0100000000000000 6100",
            |r| r.varying::<u16>().map(drop),
            ErrorKind::NonZeroOffset { offset: 1 },
            8,
        ),
        (
            BE,
            "00000001 00000000 00000002 0061 0000",
            |r| r.wstr().map(drop),
            ErrorKind::ActualExceedsMaximum { actual: 2, maximum: 1 },
            8,
        ),
        (
            LE,
            "00000000 03000000 6100 6200 0000",
            |r| r.varying_wstr(2).map(drop),
            ErrorKind::ActualExceedsMaximum { actual: 3, maximum: 2 },
            4,
        ),
    ]);
}

#[test]
fn a_value_is_compared_with_both_ends_of_its_range() {
    let stub = octets("ffff 0500");
    let mut reader = Reader::new(&stub, LE, &Limits::DEFAULT);
    reader.u16().unwrap();
    let value = reader.u16().unwrap();
    for (low, high) in [(5, 5), (4, 5), (5, 6)] {
        assert_eq!(reader.check_range(value, low, high), Ok(()));
    }
    for (low, high) in [(6, 9), (1, 4)] {
        let error = reader.check_range(value, low, high).unwrap_err();
        let kind = ErrorKind::OutOfRange { value: value.into(), low, high };
        assert_eq!((error.kind(), error.offset()), (kind, 2));
    }
}

/// C706 14.3.10: only 0 is null.
#[test]
fn any_referent_id_but_zero_is_a_pointer() {
    for (format, digits, is_null) in [
        (LE, "00000000", true),
        (LE, "01000000", false),
        (LE, "ffffffff", false),
        (BE, "00000001", false),
        (NDR64, "0000000000000000", true),
        (NDR64, "0000000001000000", false),
        (NDR64, "ffffffffffffffff", false),
    ] {
        let stub = octets(digits);
        let referent = Reader::new(&stub, format, &Limits::DEFAULT).referent().unwrap();
        assert_eq!(referent.is_null(), is_null, "{format} {digits}");
    }
}

/// MS-RPCE 2.2.5.3.5.1: NDR ignores the value of an embedded `ref` pointer, NDR64 refuses 0.
#[test]
fn a_ref_pointer_may_be_zero_in_ndr_only() {
    let read: Read = |r| r.u32().and_then(|_| r.ref_pointer(Reader::u32)).map(drop);
    assert_eq!(refusal(LE, "00000000 00000000 07000000", &Limits::DEFAULT, read), None);
    assert_refused(&[(NDR64, "0000000000000000 0000000000000000 07000000", read, ErrorKind::NullRef, 8)]);
}

/// C706 14.3.4: one terminator, at the end.
#[test]
fn strings_end_with_their_only_zero_character() {
    let wstr: Read = |r| r.wstr().map(drop);
    assert_refused(&[
        (LE, "02000000 00000000 02000000 6100 6200", wstr, ErrorKind::MissingTerminator, 12),
        (LE, "00000000 00000000 00000000", wstr, ErrorKind::MissingTerminator, 12),
        (LE, "02000000 00000000 02000000 6100 0001", wstr, ErrorKind::MissingTerminator, 12),
        (
            LE,
            "04000000 00000000 04000000 6100 6200 0000 0000",
            wstr,
            ErrorKind::EmbeddedTerminator { index: 2 },
            12,
        ),
    ]);
    // U+0100 and U+0001 side by side hold two zero octets, but no zero character.
    let stub = octets("03000000 00000000 03000000 0100 0001 0000");
    let text = Reader::new(&stub, LE, &Limits::DEFAULT).wstr().map(|text| text.units().collect::<Vec<_>>());
    assert_eq!(text, Ok(vec![0x0001, 0x0100]));
    let stub = octets("02000000 00000000 02000000 0061 0000");
    let text = Reader::new(&stub, LE, &Limits::DEFAULT).wstr().map(|text| text.units().collect::<Vec<_>>());
    assert_eq!(text, Ok(vec![0x6100]));
}

/// The counts in front of a string, of which each may be wrong alone.
#[test]
fn a_string_is_refused_for_each_of_its_counts() {
    let wstr: Read = |r| r.wstr().map(drop);
    assert_refused(&[
        (LE, "00000080 00000000 01000000 0000", wstr, ErrorKind::CountTooLarge { count: 0x8000_0000 }, 0),
        (LE, "01000000 02000000 01000000 0000", wstr, ErrorKind::NonZeroOffset { offset: 2 }, 4),
        (LE, "02000000 03000000 01000000 0000", wstr, ErrorKind::NonZeroOffset { offset: 3 }, 4),
        (
            LE,
            "01000000 00000000 02000000 6100 0000",
            wstr,
            ErrorKind::ActualExceedsMaximum { actual: 2, maximum: 1 },
            8,
        ),
        (
            NDR64,
            "0100000001000000 0000000000000000 0100000000000000 0000",
            wstr,
            ErrorKind::CountTooLarge { count: 0x1_0000_0001 },
            0,
        ),
    ]);
    // The largest maximum count that there may be, and more than the string takes.
    let stub = octets("ffffff7f 00000000 02000000 6100 0000");
    assert_eq!(Reader::new(&stub, LE, &Limits::DEFAULT).wstr(), Ok("a".into()));
}

/// MS-RPCE 2.2.4.1.2: receivers extend a 32-bit `__int3264`, the signed one by its sign.
#[test]
fn pointer_sized_integers_are_extended() {
    let stub = octets("feffffff ffffffff");
    let reader = |format| Reader::new(&stub, format, &Limits::DEFAULT);
    assert_eq!(reader(LE).u3264(), Ok(0xFFFF_FFFE));
    assert_eq!(reader(LE).i3264(), Ok(-2));
    assert_eq!(reader(NDR64).u3264(), Ok(0xFFFF_FFFF_FFFF_FFFE));
    assert_eq!(reader(NDR64).i3264(), Ok(-2));
    let stub = octets("feffffff 01000000");
    assert_eq!(Reader::new(&stub, NDR64, &Limits::DEFAULT).i3264(), Ok(0x1_FFFF_FFFE));
    assert_eq!(Reader::new(&stub, LE, &Limits::DEFAULT).i3264(), Ok(-2));
}

#[test]
fn alignment_counts_from_the_first_octet_of_the_stub() {
    let stub = octets("01 000000 33221100 5544 7766 8899aabbccddeeff");
    let mut reader = Reader::new(&stub, LE, &Limits::DEFAULT);
    reader.u8().unwrap();
    let uuid = Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
    assert_eq!((reader.uuid(), reader.offset(), reader.remaining()), (Ok(uuid), 20, 0));
}

/// What differs between the formats: alignment of a structure with a pointer, and the gap behind it.
#[test]
fn alignment_by_format_takes_the_one_of_the_format() {
    for (format, aligned, ended) in [(LE, 4, 4), (BE, 4, 4), (NDR64, 8, 16)] {
        let stub = [0; 16];
        let mut reader = Reader::new(&stub, format, &Limits::DEFAULT);
        reader.u8().unwrap();
        reader.align_by_format(4, 8).unwrap();
        assert_eq!(reader.offset(), aligned, "{format}");
        let mut reader = Reader::new(&stub, format, &Limits::DEFAULT);
        reader.octets(if format == NDR64 { 9 } else { 4 }).unwrap();
        reader.end_struct(8).unwrap();
        assert_eq!(reader.offset(), ended, "{format}");
    }
}

#[test]
fn the_depth_limit_counts_pointers_that_are_open() {
    let limits = Limits::DEFAULT.with_depth(1);
    let twice_in_a_row: Read = |r| r.pointer(Reader::u8).and_then(|_| r.pointer(Reader::u8)).map(drop);
    assert_eq!(refusal(LE, "01000000 07 000000 01000000 07", &limits, twice_in_a_row), None);
    let too_deep = Some((ErrorKind::Limit(Limit::Depth), 8));
    let nested: Read = |r| r.pointer(|r| r.pointer(Reader::u8)).map(drop);
    assert_eq!(refusal(LE, "01000000 01000000 07", &limits, nested), too_deep);
    let nested_ref: Read = |r| r.ref_pointer(|r| r.ref_pointer(Reader::u8)).map(drop);
    assert_eq!(refusal(LE, "01000000 01000000 07", &limits, nested_ref), too_deep);
    let after_failure: Read = |r| {
        let failed = r.pointer(|r| r.check_range(1, 2, 3));
        assert!(failed.is_err());
        r.pointer(Reader::u8).map(drop)
    };
    assert_eq!(refusal(LE, "01000000 01000000 07", &limits, after_failure), None);
}

/// The limit is for all arrays of a value together.
#[test]
fn the_memory_limit_counts_every_array() {
    let two_arrays: Read = |r| r.conformant::<u32>().and_then(|_| r.conformant::<u32>()).map(drop);
    let digits = "01000000 11000000 01000000 22000000";
    // Behind the first pass over each array.
    assert_eq!(refusal(LE, digits, &Limits::DEFAULT.with_memory(8), two_arrays), None);
    let over = Some((ErrorKind::Limit(Limit::Memory), 16));
    assert_eq!(refusal(LE, digits, &Limits::DEFAULT.with_memory(7), two_arrays), over);
    let over = Some((ErrorKind::Limit(Limit::Memory), 8));
    assert_eq!(refusal(LE, digits, &Limits::DEFAULT.with_memory(3), two_arrays), over);
}

#[test]
fn trailing_octets_are_counted_behind_the_last_item() {
    let stub = octets("01000000 aabb");
    for (limit, expected) in [(1, Err((ErrorKind::TrailingOctets { count: 2 }, 4))), (2, Ok(())), (3, Ok(()))]
    {
        let mut reader = Reader::new(&stub, LE, &Limits::DEFAULT.with_trailing(limit));
        reader.u32().unwrap();
        assert_eq!(reader.finish().map_err(|error| (error.kind(), error.offset())), expected);
    }
}

#[test]
fn the_default_limits_are_those_documented() {
    let expected = Limits::DEFAULT.with_memory(64 * 1024 * 1024).with_depth(32).with_trailing(usize::MAX);
    assert_eq!(Limits::DEFAULT, expected);
    assert_eq!(Limits::default(), expected);
}

/// MS-DTYP 2.3.3: two integers aligned to 4, the low one first.
#[test]
fn a_file_time_is_aligned_to_4_and_names_its_halves() {
    let stub = octets("00000000 78563412 efcdab89");
    let mut reader = Reader::new(&stub, LE, &Limits::DEFAULT);
    reader.u32().unwrap();
    assert_eq!(FileTime::decode(&mut reader), Ok(FileTime(0x89AB_CDEF_1234_5678)));
    for (end, half) in [(3, "dwLowDateTime"), (7, "dwHighDateTime")] {
        let error = FileTime::decode(&mut Reader::new(&stub[..end], LE, &Limits::DEFAULT)).unwrap_err();
        assert_eq!(error.path().to_string(), half);
    }
}

/// C706 14.3.12.3: all referent ids, then all strings. An element's index is told in either pass.
#[test]
fn an_error_in_an_array_tells_the_element() {
    let path = |digits: &str| {
        let stub = octets(digits);
        let read = Reader::new(&stub, LE, &Limits::DEFAULT).conformant::<Option<WStr<'_>>>();
        read.map(drop).map_err(|error| error.path().to_string())
    };
    assert_eq!(path("02000000 00000000 01000000 01000000 00000000 01000000 0000"), Ok(()));
    let unterminated = "02000000 00000000 01000000 01000000 00000000 01000000 6100";
    assert_eq!(path(unterminated), Err("[1]".to_owned()));
    let stub = octets("01000000 0200");
    let in_place = Reader::new(&stub, LE, &Limits::DEFAULT).fixed_array::<u32, 2>();
    assert_eq!(in_place.map_err(|error| error.path().to_string()), Err("[1]".to_owned()));
    // Only gaps can let the first pass fail, since the least size of all elements is compared in advance.
    let stub = octets("02000000 01 000000 02000000 03 000000 040000");
    let gaps = Reader::new(&stub, LE, &Limits::DEFAULT).conformant::<Gapped>();
    assert_eq!(gaps.map_err(|error| error.path().to_string()), Err("[1]".to_owned()));
}

/// What a count is multiplied by before memory is reserved must never exceed what the smaller format needs.
#[test]
fn the_least_sizes_are_those_of_the_smaller_format() {
    fn least<'de, T: Decode<'de>>() -> usize {
        T::MIN_WIRE_SIZE
    }
    assert_eq!([least::<u8>(), least::<u16>(), least::<u32>(), least::<u64>()], [1, 2, 4, 8]);
    assert_eq!([least::<i8>(), least::<i16>(), least::<i32>(), least::<i64>()], [1, 2, 4, 8]);
    assert_eq!((least::<Option<WStr<'_>>>(), least::<FileTime>()), (4, 8));
}

/// An octet and an aligned integer: 5 octets, or 8 with the gap.
#[derive(Debug, PartialEq)]
struct Gapped;

impl<'de> Decode<'de> for Gapped {
    type Fixed = Self;
    const MIN_WIRE_SIZE: usize = 5;

    fn decode_fixed(reader: &mut Reader<'de>) -> Result<Self, Error> {
        reader.u8()?;
        reader.u32().map(|_| Self)
    }

    fn decode_deferred(fixed: Self, _: &mut Reader<'de>) -> Result<Self, Error> {
        Ok(fixed)
    }
}
