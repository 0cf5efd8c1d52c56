//! What the writer writes, and what it refuses to write.

use cmrp::ndr::{
    ContextHandle, Encode, EncodeError, EncodeErrorKind, EncodeStub, FileTime, Format, Limits, Reader, Uuid,
    Varying, WStr, Writer,
};
use cmrp_ndr_tests::hex;

use super::{BE, LE, NDR64, Open};

type Write = fn(&mut Writer) -> Result<(), EncodeError>;

#[track_caller]
fn assert_written(format: Format, write: Write, digits: &str) {
    let mut writer = Writer::new(format);
    write(&mut writer).unwrap();
    assert_eq!(hex::encode(&writer.into_stub()), digits.replace(' ', ""), "{format}");
}

fn refusal(format: Format, write: Write) -> Option<(EncodeErrorKind, String)> {
    let error = write(&mut Writer::new(format)).err()?;
    Some((error.kind(), error.path().to_string()))
}

/// MS-RPCE 2.2.4.1.2: a 64-bit sender cuts an `__int3264` to 32 bits for NDR.
#[test]
fn pointer_sized_integers_are_cut_to_the_format() {
    let unsigned: Write = |w| w.u3264(0x1122_3344_5566_7788);
    assert_written(LE, unsigned, "88776655");
    assert_written(BE, unsigned, "55667788");
    assert_written(NDR64, unsigned, "8877665544332211");
    let signed: Write = |w| w.i3264(-2);
    assert_written(LE, signed, "feffffff");
    assert_written(NDR64, signed, "feffffffffffffff");
}

#[test]
fn gaps_are_zeros_counted_from_the_first_octet() {
    let uuid: Write = |w| {
        w.u8(0xAA)?;
        w.uuid(Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]))
    };
    assert_written(LE, uuid, "aa 000000 33221100 5544 7766 8899aabbccddeeff");
    assert_written(BE, uuid, "aa 000000 00112233 4455 6677 8899aabbccddeeff");
    let structure: Write = |w| w.u8(0xAA).and_then(|()| w.align_by_format(4, 8)).and_then(|()| w.u8(0xBB));
    assert_written(LE, structure, "aa 000000 bb");
    assert_written(NDR64, structure, "aa 00000000000000 bb");
    let end: Write = |w| w.u8(0xAA).and_then(|()| w.end_struct(4));
    assert_written(LE, end, "aa");
    assert_written(NDR64, end, "aa 000000");
    assert_written(LE, |w| w.i8(-2).and_then(|()| w.i16(-2)), "fe 00 feff");
}

/// Referent ids are 0x00020000, 0x00020004 and so on; null takes none.
#[test]
fn referent_ids_count_the_pointers_that_are_not_null() {
    let pointers: Write =
        |w| [true, false, true, true].into_iter().try_for_each(|present| w.referent(present));
    assert_written(LE, pointers, "00000200 00000000 04000200 08000200");
    assert_written(BE, pointers, "00020000 00000000 00020004 00020008");
}

#[test]
fn a_buffer_is_used_again_without_its_content() {
    let buffer = vec![1; 100];
    let room = buffer.capacity();
    let mut writer = Writer::reusing(buffer, LE);
    writer.referent(true).unwrap();
    let stub = writer.into_stub();
    assert_eq!((stub.as_slice(), stub.capacity()), ([0, 0, 2, 0].as_slice(), room));
}

/// What an earlier stub left in the room must not get into this one.
#[test]
fn gaps_in_a_buffer_that_was_used_are_zeros() {
    for room in 0..100 {
        let mut writer = Writer::reusing(vec![0xEE; room], LE);
        writer.u8(1).unwrap();
        writer.align(16).unwrap();
        writer.u8(2).unwrap();
        writer.align(8).unwrap();
        writer.u8(3).unwrap();
        writer.align(4).unwrap();
        writer.u8(4).unwrap();
        writer.u16(5).unwrap();
        let stub = "01 000000000000000000000000000000 02 00000000000000 03 000000 04 00 0500";
        assert_eq!(hex::encode(&writer.into_stub()), stub.replace(' ', ""), "{room}");
    }
}

/// A stub of usual size is written into memory that is had once.
#[test]
fn a_new_buffer_has_room_for_a_usual_stub() {
    struct Octets(usize);

    impl EncodeStub for Octets {
        fn write(&self, writer: &mut Writer) -> Result<(), EncodeError> {
            (0..self.0).try_for_each(|_| writer.u8(1))
        }
    }

    let room = |size| Octets(size).encode(LE).unwrap().capacity();
    assert_eq!(room(1), room(200));
}

#[test]
fn octets_have_their_number_in_front() {
    let conformant: Write = |w| w.conformant_octets(&[7, 8]);
    assert_written(LE, conformant, "02000000 0708");
    assert_written(NDR64, conformant, "0200000000000000 0708");
}

#[test]
fn a_pointer_to_a_string_is_followed_by_the_string() {
    let text: Write = |w| w.pointer_wstr(Some("a".into()));
    let digits = "00000200 02000000 00000000 02000000 6100 0000";
    assert_written(LE, text, digits);
    assert_written(LE, |w| w.pointer_wstr(None), "00000000");
    let stub = super::octets(digits);
    let mut reader = Reader::new(&stub, LE, &Limits::DEFAULT);
    assert_eq!((reader.pointer_wstr(), reader.remaining()), (Ok(Some("a".into())), 0));
}

/// MS-DTYP 2.3.3: two integers aligned to 4, the low one first.
#[test]
fn a_file_time_is_two_integers() {
    let time: Write = |w| w.u32(0).and_then(|()| FileTime(0x89AB_CDEF_1234_5678).encode(w));
    assert_written(LE, time, "00000000 78563412 efcdab89");
    assert_written(BE, time, "00000000 12345678 89abcdef");
    assert_written(NDR64, time, "00000000 78563412 efcdab89");
}

/// C706 Appendix N: 4 octets of attributes and a UUID, aligned to 4; all zeros for none.
#[test]
fn a_context_handle_is_20_octets() {
    let uuid = Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
    for (handle, digits) in [
        (
            Some(Open(ContextHandle { attributes: 1, uuid })),
            "07 000000 01000000 33221100 5544 7766 8899aabbccddeeff",
        ),
        (None, "07 000000 00000000 00000000 0000 0000 0000000000000000"),
    ] {
        let mut writer = Writer::new(NDR64);
        writer.u8(7).unwrap();
        writer.handle(handle).unwrap();
        let stub = writer.into_stub();
        assert_eq!(hex::encode(&stub), digits.replace(' ', ""));
        let mut reader = Reader::new(&stub, NDR64, &Limits::DEFAULT);
        assert_eq!((reader.u8(), reader.handle()), (Ok(7), Ok(handle)));
    }
}

/// MS-RPCE 3.1.1.5.3.2.
#[test]
fn counts_have_at_most_31_bits() {
    assert_written(LE, |w| w.count(0x7FFF_FFFF), "ffffff7f");
    let refused = refusal(LE, |w| w.count(0x8000_0000));
    assert_eq!(refused, Some((EncodeErrorKind::TooLong { len: 0x8000_0000 }, String::new())));
}

#[test]
fn a_length_must_equal_the_one_that_is_stated() {
    let writer = Writer::new(LE);
    assert_eq!(writer.check_count(2, 2), Ok(()));
    for len in [1, 3] {
        let error = writer.check_count(len, 2).unwrap_err();
        assert_eq!(error.kind(), EncodeErrorKind::CountMismatch { len, expected: 2 });
    }
}

#[test]
fn a_derived_count_must_fit_its_type() {
    let mut writer = Writer::new(LE);
    assert_eq!(writer.narrow::<u16>(0xFFFF), Ok(0xFFFF));
    for value in [-1, 0x1_0000] {
        let error = writer.narrow::<u16>(value).unwrap_err();
        assert_eq!(error.kind(), EncodeErrorKind::OutOfRange { value });
    }
}

#[test]
fn enumerations_have_16_bits_in_ndr() {
    assert_written(LE, |w| w.enumeration(0x7FFF), "ff7f");
    assert_written(NDR64, |w| w.enumeration(-1), "ffffffff");
    for write in [(|w| w.enumeration(-1)) as Write, |w| w.enumeration(0x1_0000)] {
        assert!(matches!(refusal(BE, write), Some((EncodeErrorKind::OutOfRange { .. }, _))));
    }
}

/// C706 14.3.4: the counts include the terminator; a zero character would end the string early.
#[test]
fn strings_are_counted_with_their_terminator() {
    assert_written(LE, |w| w.wstr("\u{1F600}".into()), "03000000 00000000 03000000 3dd8 00de 0000");
    assert_written(LE, |w| w.wstr(WStr::from(&[0xD800][..])), "02000000 00000000 02000000 00d8 0000");
    assert_written(LE, |w| w.varying_wstr("ab".into(), 3), "00000000 03000000 6100 6200 0000");
    let too_long = refusal(LE, |w| w.varying_wstr("ab".into(), 2));
    let kind = EncodeErrorKind::LengthExceedsSize { length: 3, size: 2 };
    assert_eq!(too_long, Some((kind, String::new())));
    let embedded = refusal(LE, |w| w.wstr("ab\0c".into()));
    assert_eq!(embedded, Some((EncodeErrorKind::EmbeddedTerminator { index: 2 }, String::new())));
    let embedded = refusal(LE, |w| w.varying_wstr("\0".into(), 8));
    assert_eq!(embedded, Some((EncodeErrorKind::EmbeddedTerminator { index: 0 }, String::new())));
}

#[test]
fn a_varying_array_holds_no_more_than_its_size() {
    assert_written(
        LE,
        |w| w.varying_octets(&Varying { size: 3, data: &[7, 8] }),
        "03000000 00000000 02000000 0708",
    );
    assert_written(
        LE,
        |w| w.varying(&Varying { size: 1, data: vec![7_u16] }),
        "01000000 00000000 01000000 0700",
    );
    let kind = EncodeErrorKind::LengthExceedsSize { length: 2, size: 1 };
    let octets: Write = |w| w.varying_octets(&Varying { size: 1, data: &[7, 8] });
    let integers: Write = |w| w.varying(&Varying { size: 1, data: vec![7_u16, 8] });
    assert_eq!(refusal(LE, octets), Some((kind, String::new())));
    assert_eq!(refusal(LE, integers), Some((kind, String::new())));
}

/// An error of either pass tells the element.
#[test]
fn an_error_in_an_array_tells_the_element() {
    let in_place = refusal(LE, |w| w.conformant(&[Level(0), Level(0x1_0000)]));
    assert_eq!(in_place, Some((EncodeErrorKind::OutOfRange { value: 0x1_0000 }, "[1]".to_owned())));
    let deferred = refusal(LE, |w| w.conformant(&[Some(WStr::from("a")), None, Some("\0".into())]));
    assert_eq!(deferred, Some((EncodeErrorKind::EmbeddedTerminator { index: 0 }, "[2]".to_owned())));
}

/// An enumeration, which has values without a form on the wire.
struct Level(i32);

impl Encode for Level {
    fn encode_fixed(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.enumeration(self.0)
    }

    fn encode_deferred(&self, _: &mut Writer) -> Result<(), EncodeError> {
        Ok(())
    }
}
