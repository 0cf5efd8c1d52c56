//! What is read and written many units or elements at a time, against one at a time.

use cmrp::ndr::{EncodeErrorKind, Endian, ErrorKind, Format, Limits, Reader, WStr, Writer};
use cmrp_ndr_tests::random::Random;

use super::{BE, LE, NDR64};

/// The octets of a conformant varying string, unit by unit.
fn stub_of(units: &[u16], format: Format) -> Vec<u8> {
    let count = units.len() as u64;
    let counts = [count, 0, count].map(|count| match (format, format.endian()) {
        (Format::Ndr64, _) => count.to_le_bytes().to_vec(),
        (_, Endian::Little) => u32::try_from(count).unwrap().to_le_bytes().to_vec(),
        (_, Endian::Big) => u32::try_from(count).unwrap().to_be_bytes().to_vec(),
    });
    let units = units.iter().flat_map(|unit| match format.endian() {
        Endian::Little => unit.to_le_bytes(),
        Endian::Big => unit.to_be_bytes(),
    });
    counts.concat().into_iter().chain(units).collect()
}

/// Units that a careless scan for zeros confuses with one: zero octets, high bits, lone surrogates.
fn unit(random: &mut Random) -> u16 {
    const TRICKY: [u16; 12] =
        [1, 0x7F, 0x80, 0xFF, 0x100, 0x0180, 0x7FFF, 0x8000, 0x8001, 0xD800, 0xDFFF, 0xFFFF];
    match random.below(3) {
        0 => u16::try_from(random.bits() & 0xFFFF).unwrap().max(1),
        1 => b'a'.into(),
        _ => TRICKY[random.below(TRICKY.len())],
    }
}

#[test]
fn a_zero_is_found_wherever_it_is_and_nowhere_else() {
    let mut random = Random::new(7);
    for length in 0..=40 {
        for zero in 0..=length {
            let mut units: Vec<u16> = (0..length).map(|_| unit(&mut random)).collect();
            // `zero == length` is a string without one.
            units.iter_mut().skip(zero).take(1).for_each(|unit| *unit = 0);
            let expected = if zero == length { Ok(units.clone()) } else { Err(zero) };
            for format in [LE, BE, NDR64] {
                let stub = stub_of(&[units.as_slice(), &[0]].concat(), format);
                let read = Reader::new(&stub, format, &Limits::DEFAULT).wstr();
                let read = read.map(|text| text.units().collect::<Vec<_>>()).map_err(|error| error.kind());
                let expected = expected
                    .clone()
                    .map_err(|index| ErrorKind::EmbeddedTerminator { index: u32::try_from(index).unwrap() });
                assert_eq!(read, expected, "{format} {units:x?}");
            }
        }
    }
}

fn written(text: WStr<'_>, format: Format, start: usize) -> Result<Vec<u8>, EncodeErrorKind> {
    let mut writer = Writer::new(format);
    writer.octets(&vec![0xEE; start]).unwrap();
    writer.wstr(text).map_err(|error| error.kind())?;
    writer.u8(0xDD).unwrap();
    Ok(writer.into_stub())
}

/// Each source of a string gives the same octets: text, units, and octets of either order.
#[test]
fn a_string_is_written_as_its_units_from_whatever_source() {
    let mut random = Random::new(11);
    for length in 0..=40_usize {
        for round in 0..8 {
            let text: String = (0..length).map(|_| character(&mut random, round)).collect();
            let units: Vec<u16> = text.encode_utf16().collect();
            let sources = [LE, BE].map(|format| stub_of(&[units.as_slice(), &[0]].concat(), format));
            let [little, big] = [(&sources[0], LE), (&sources[1], BE)]
                .map(|(stub, format)| Reader::new(stub, format, &Limits::DEFAULT).wstr());
            for format in [LE, BE, NDR64] {
                let zero = units.iter().position(|unit| *unit == 0);
                let string = stub_of(&[units.as_slice(), &[0]].concat(), format);
                let stub = [&[0xEE; 8], string.as_slice(), &[0xDD]].concat();
                let expected =
                    zero.map_or(Ok(stub), |index| Err(EncodeErrorKind::EmbeddedTerminator { index }));
                assert_eq!(written(WStr::from(text.as_str()), format, 8), expected, "{format} {text:?}");
                assert_eq!(written(WStr::from(units.as_slice()), format, 8), expected, "{format} {text:?}");
                for wire in [little, big].into_iter().flatten() {
                    assert_eq!(written(wire, format, 8), expected, "{format} {text:?}");
                }
            }
        }
    }
}

/// What no unit of is plain text, for which the plain ones beside would stand in.
#[test]
fn a_string_of_one_kind_of_character_is_written_as_its_units() {
    for length in 1..=20 {
        for text in
            ["\u{7F}", "\u{80}", "ÿ", "ßé", "€", "\u{FFFF}", "😀", "\u{1}"].map(|text| text.repeat(length))
        {
            let units: Vec<u16> = text.encode_utf16().collect();
            for format in [LE, BE, NDR64] {
                let string = stub_of(&[units.as_slice(), &[0]].concat(), format);
                let stub = [&[0xEE; 8], string.as_slice(), &[0xDD]].concat();
                assert_eq!(written(text.as_str().into(), format, 8).as_ref(), Ok(&stub), "{format} {text:?}");
                assert_eq!(written(units.as_slice().into(), format, 8), Ok(stub), "{format} {text:?}");
            }
        }
        let zeros = vec![0_u16; length];
        let refused = Err(EncodeErrorKind::EmbeddedTerminator { index: 0 });
        assert_eq!(written(zeros.as_slice().into(), LE, 8), refused);
        assert_eq!(written("\0".repeat(length).as_str().into(), LE, 8), refused);
    }
}

/// Mostly plain text; in some rounds with one kind of character that is not.
fn character(random: &mut Random, round: usize) -> char {
    let special = ['\0', '\u{7F}', '\u{80}', 'ÿ', '€', '\u{FFFF}', '😀', 'a'][round];
    if random.below(12) == 0 { special } else { char::from(b' ' + u8::try_from(random.below(95)).unwrap()) }
}

/// The gap in front of the counts is as wide as where the string starts makes it.
#[test]
fn a_string_may_start_anywhere() {
    for format in [LE, BE, NDR64] {
        for start in 0..=16 {
            let stub = written(WStr::from("Cluster Group"), format, start).unwrap();
            let mut reader = Reader::new(&stub, format, &Limits::DEFAULT);
            assert_eq!(reader.octets(start).unwrap(), vec![0xEE; start]);
            assert_eq!(reader.wstr().unwrap(), "Cluster Group");
            assert_eq!(reader.u8(), Ok(0xDD));
            let aligned = start.next_multiple_of(format.word());
            assert!(stub[start..aligned].iter().all(|octet| *octet == 0), "{format} {start}");
        }
    }
}

/// A buffer of any room gives the same stub, so that each place where it may have to grow is passed.
#[test]
fn the_room_of_a_buffer_does_not_show() {
    let write = |room: usize| {
        let mut writer = Writer::reusing(Vec::with_capacity(room), BE);
        writer.u8(1).unwrap();
        writer.u64(2).unwrap();
        writer.u16(3).unwrap();
        writer.wstr(WStr::from("Cluster Group 1")).unwrap();
        writer.octets(&[4; 5]).unwrap();
        writer.align(16).unwrap();
        writer.u32(5).unwrap();
        writer.into_stub()
    };
    let expected = write(1000);
    (0..expected.len() + 8).for_each(|room| assert_eq!(write(room), expected, "{room}"));
}

/// An array whose elements are checked at once fails at the place at which a look at each would find the end.
#[test]
fn a_missing_element_is_found_at_its_own_field() {
    type Names<'a> = Option<WStr<'a>>;
    for (format, word) in [(LE, 4), (BE, 4), (NDR64, 8)] {
        let mut writer = Writer::new(format);
        writer.conformant::<Names<'_>>(&[None; 5]).unwrap();
        let stub = writer.into_stub();
        for end in word..stub.len() {
            let read = |stub| Reader::new(stub, format, &Limits::DEFAULT).conformant::<Names<'_>>();
            let error = read(&stub[..end]).unwrap_err();
            let needed = if end - word < 20 { 20 } else { 8 };
            let at = if end - word < 20 { word } else { end / word * word };
            let left = end - at;
            assert_eq!(error.kind(), ErrorKind::Truncated { needed, left }, "{format} cut at {end}");
            assert_eq!(error.offset(), at, "{format} cut at {end}");
        }
        let mut reader = Reader::new(&stub, format, &Limits::DEFAULT);
        assert_eq!(reader.conformant::<Names<'_>>(), Ok(vec![None; 5]));
        assert_eq!(reader.offset(), stub.len(), "{format}");
    }
}
