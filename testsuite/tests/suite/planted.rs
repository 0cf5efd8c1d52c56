//! The oracle of stubs, watched as it finds defects: each test plants one into the codec of a request.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cmrp::clusapi3::Request;
use cmrp::ndr::arbitrary::{self, Arbitrary, Unstructured, Vary};
use cmrp::ndr::json::{Arena, JsonError, Value};
use cmrp::ndr::{EncodeError, EncodeStub, Error, ErrorKind, Format, Limits, TargetLevel, Writer};
use cmrp_testsuite::input::{Input, Strictness};
use cmrp_testsuite::message::Direction;
use cmrp_testsuite::oracle::{agree, check, make};
use cmrp_testsuite::stubs::{Clusapi3Requests, Stubs};
use serde::{Serialize, Serializer};

const NONE: u8 = 0;
const TRAILING_OCTETS_PASS: u8 = 1;
const MISSING_OCTETS_PASS: u8 = 2;
const LENIENT_FORGIVES_NOTHING: u8 = 3;
const LENIENT_READS_ELSE: u8 = 4;
const LEVEL_6_READS_ELSE: u8 = 5;
const OFFSET_IS_BEYOND: u8 = 6;
const JSON_READS_ELSE: u8 = 7;
const ONE_OCTET_TOO_MANY_IS_WRITTEN: u8 = 8;
const ANOTHER_VALUE_IS_WRITTEN: u8 = 9;
const ENDS_WITH_THE_WRONG_ERROR: u8 = 10;
const LENIENT_REFUSES: u8 = 11;
const STRICT_FORGIVES: u8 = 12;

/// `ApiOpenNode` with the name "ab".
const STUB: [u8; 18] = [3, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, b'a', 0, b'b', 0, 0, 0];
/// The same with an offset of 1.
const BREACH: [u8; 18] = [3, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, b'a', 0, b'b', 0, 0, 0];
const OPNUM: u16 = 66;

/// A request whose codec has a defect.
#[derive(Clone, Debug, Hash)]
struct Planted<'a, const DEFECT: u8>(Request<'a>);

struct Requests<const DEFECT: u8>;

fn another() -> Request<'static> {
    Request::decode(1, &[7; 20], Format::NDR20_LE, &Limits::DEFAULT).unwrap()
}

impl<const DEFECT: u8> Stubs for Requests<DEFECT> {
    type Stub<'a> = Planted<'a, DEFECT>;

    fn decode<'a>(
        opnum: u16,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<Self::Stub<'a>, Error> {
        let limits = if DEFECT == TRAILING_OCTETS_PASS { limits.with_trailing(usize::MAX) } else { *limits };
        let read = Clusapi3Requests::decode(opnum, stub, format, &limits);
        let missing =
            |error: &Error| matches!(error.kind(), ErrorKind::Truncated { .. }) && error.offset() == 12;
        match read {
            Ok(_) if DEFECT == LEVEL_6_READS_ELSE && limits.level == Some(TargetLevel::Level6) => {
                Ok(another())
            }
            Err(_) if DEFECT == STRICT_FORGIVES => {
                Clusapi3Requests::decode_lenient(opnum, stub, format, &limits).map(|(read, _)| read)
            }
            Err(error) if DEFECT == MISSING_OCTETS_PASS && missing(&error) => Ok(another()),
            Err(error) if DEFECT == OFFSET_IS_BEYOND => Err(Error::new(stub.len() + 1, error.kind())),
            Err(error) if DEFECT == ENDS_WITH_THE_WRONG_ERROR && missing(&error) => {
                Err(Error::new(12, ErrorKind::MissingTerminator))
            }
            read => read,
        }
        .map(Planted)
    }

    fn decode_lenient<'a>(
        opnum: u16,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<(Self::Stub<'a>, Vec<Error>), Error> {
        let (mut read, mut forgiven) = Clusapi3Requests::decode_lenient(opnum, stub, format, limits)?;
        match DEFECT {
            LENIENT_FORGIVES_NOTHING => forgiven.clear(),
            LENIENT_READS_ELSE => read = another(),
            LENIENT_REFUSES => return Err(Error::new(0, ErrorKind::NullRef)),
            _ => {}
        }
        Ok((Planted(read), forgiven))
    }

    fn from_json<'a>(opnum: u16, value: &'a Value, arena: &'a Arena) -> Result<Self::Stub<'a>, JsonError> {
        let read = Clusapi3Requests::from_json(opnum, value, arena)?;
        Ok(Planted(if DEFECT == JSON_READS_ELSE { another() } else { read }))
    }

    fn arbitrary_of<'a>(
        opnum: u16,
        choices: &mut Unstructured<'a>,
    ) -> arbitrary::Result<Option<Self::Stub<'a>>> {
        Request::arbitrary_of(opnum, choices).map(|made| made.map(Planted))
    }

    fn are_equal(left: &Self::Stub<'_>, right: &Self::Stub<'_>) -> bool {
        Clusapi3Requests::are_equal(&left.0, &right.0)
    }
}

impl<const DEFECT: u8> EncodeStub for Planted<'_, DEFECT> {
    fn write(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        match DEFECT {
            ANOTHER_VALUE_IS_WRITTEN => writer.wstr("ac".into())?,
            _ => self.0.write(writer)?,
        }
        if DEFECT == ONE_OCTET_TOO_MANY_IS_WRITTEN { writer.u8(0) } else { Ok(()) }
    }
}

impl<'a, const DEFECT: u8> Arbitrary<'a> for Planted<'a, DEFECT> {
    fn arbitrary(choices: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Request::arbitrary(choices).map(Self)
    }
}

impl<'a, const DEFECT: u8> Vary<'a> for Planted<'a, DEFECT> {
    fn vary(&mut self, choices: &mut Unstructured<'a>) -> arbitrary::Result<()> {
        self.0.vary(choices)
    }
}

impl<const DEFECT: u8> Serialize for Planted<'_, DEFECT> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

fn input(stub: &[u8], strictness: Strictness) -> Input<'_> {
    Input { format: Format::NDR20_LE, direction: Direction::Request, strictness, opnum: OPNUM, stub }
}

/// What the oracle says of a stub, an empty text if all laws hold.
fn said(oracle: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(oracle)).err();
    panic.map_or(String::new(), |panic| panic.downcast_ref::<String>().expect("a formatted message").clone())
}

fn finds<const DEFECT: u8>(stub: &[u8], strictness: Strictness, what: &str) {
    let said = said(|| {
        check::<Requests<DEFECT>>(input(stub, strictness));
    });
    assert!(said.contains(what), "defect {DEFECT}: {said:?}");
}

fn finds_disagreement<const DEFECT: u8>(stub: &[u8], what: &str) {
    let said = said(|| agree::<Requests<DEFECT>>(input(stub, Strictness::Level5)));
    assert!(said.contains(what), "defect {DEFECT}: {said:?}");
}

#[test]
fn without_a_defect_nothing_is_said() {
    for strictness in Strictness::ALL {
        for (stub, is_read) in [(&STUB, true), (&BREACH, strictness == Strictness::Lenient)] {
            assert_eq!(check::<Requests<NONE>>(input(stub, strictness)), is_read);
            agree::<Requests<NONE>>(input(stub, strictness));
        }
    }
}

#[test]
fn defects_of_a_strict_decoder_are_found() {
    let level_5 = Strictness::Level5;
    finds::<TRAILING_OCTETS_PASS>(&STUB, level_5, "one octet more");
    finds::<MISSING_OCTETS_PASS>(&STUB, level_5, "octets are not needed: 12 of them");
    finds::<ENDS_WITH_THE_WRONG_ERROR>(&STUB, level_5, "refused for another reason");
    finds::<OFFSET_IS_BEYOND>(&BREACH, level_5, "is beyond 18 octets");
    finds::<STRICT_FORGIVES>(&BREACH, level_5, "strict decoding took what lenient decoding forgives");
    finds::<LEVEL_6_READS_ELSE>(&STUB, level_5, "level 6.0 reads something else");
}

#[test]
fn defects_of_an_encoder_are_found() {
    let what = "an encoding does not decode: octet 18: 1 octets follow";
    finds::<ONE_OCTET_TOO_MANY_IS_WRITTEN>(&STUB, Strictness::Lenient, what);
    finds::<ANOTHER_VALUE_IS_WRITTEN>(&STUB, Strictness::Lenient, "encoding changes the value");
    // A strict reader is held against what is written octet by octet, before that is read.
    for strictness in [Strictness::Level5, Strictness::Level6] {
        finds::<ONE_OCTET_TOO_MANY_IS_WRITTEN>(&STUB, strictness, "is as good as");
        finds::<ANOTHER_VALUE_IS_WRITTEN>(&STUB, strictness, "are as good as others");
    }
}

#[test]
fn defects_of_the_json_form_are_found() {
    finds::<JSON_READS_ELSE>(&STUB, Strictness::Level6, "JSON changes the value");
}

#[test]
fn defects_of_a_lenient_decoder_are_found() {
    finds::<LENIENT_READS_ELSE>(&STUB, Strictness::Level5, "a lenient decode reads something else");
    finds_disagreement::<LENIENT_READS_ELSE>(&STUB, "a lenient decode reads something else");
    finds_disagreement::<LENIENT_FORGIVES_NOTHING>(&BREACH, "another breach is forgiven first");
    finds_disagreement::<LENIENT_REFUSES>(&STUB, "a lenient decode refuses what a strict one takes");
}

fn finds_by_values<const DEFECT: u8>(what: &str) {
    let choices = [200; 100];
    let said = said(|| make::<Requests<DEFECT>>(input(&choices, Strictness::Level5)));
    assert!(said.contains(what) && said.is_empty() == what.is_empty(), "defect {DEFECT}: {said:?}");
}

#[test]
fn defects_are_found_by_values() {
    finds_by_values::<NONE>("");
    finds_by_values::<ONE_OCTET_TOO_MANY_IS_WRITTEN>("the encoding of a value does not decode");
    finds_by_values::<ANOTHER_VALUE_IS_WRITTEN>("on the wire");
    finds_by_values::<LENIENT_READS_ELSE>("a lenient decode reads something else");
}
