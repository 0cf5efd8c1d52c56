//! What must hold of any value that can be made of octets.

use cmrp::ndr::arbitrary::{Landmark, Unstructured, Vary as _};
use cmrp::ndr::{EncodeStub, ErrorKind, Format, Writer};
use cmrp::{clusapi2, clusapi3};

use super::{panic_with, refusal, runtime, stub};
use crate::constructs;
use crate::input::{Input, Strictness, cut_named};
use crate::message::Direction;
use crate::stubs::{InterfaceName, Stubs, Visit};

/// Changes of a value, at most.
const MOST_CHANGES: u8 = 4;

/// Makes a value of arbitrary octets, cut by [`cut_named`]: what would be the stub are choices, and any opnum stands for
/// one that the interface has. It is encoded, read again and encoded again, and so is what becomes of it by changes.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn values(octets: &[u8]) {
    let Some((interface, mut input)) = cut_named(octets) else { return };
    let slots = u16::try_from(interface.operations().len()).unwrap_or(u16::MAX);
    input.opnum = input.opnum.checked_rem(slots).unwrap_or(0);
    check_value(interface, input);
}

/// The same for an input that is cut already.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn check_value(interface: InterfaceName, input: Input<'_>) {
    interface.visit(input.direction, Values(input));
    match (interface, input.direction) {
        (_, Direction::Response) => {
            // Choices that end are zeros, so that there is no error.
            let choices = &mut Unstructured::new(input.stub);
            runtime::check(input.format, choices).unwrap_or_default();
            refusal::check(input.format, choices).unwrap_or_default();
        }
        (InterfaceName::Clusapi2, _) => answers_2(input),
        (InterfaceName::Clusapi3, _) => answers_3(input),
        (InterfaceName::Constructs, _) => answers_of_constructs(input),
    }
}

struct Values<'a>(Input<'a>);

impl Visit for Values<'_> {
    type Output = ();

    fn visit<S: Stubs>(self) {
        make::<S>(self.0);
    }
}

/// The same for stubs of any making, whose choices are in place of a stub.
///
/// # Panics
/// A law does not hold.
pub fn make<S: Stubs>(input: Input<'_>) {
    let mut choices = Unstructured::new(input.stub);
    let changes = choices.int_in_range(0..=MOST_CHANGES).unwrap_or(0);
    let Ok(Some(mut value)) = S::arbitrary_of(input.opnum, &mut choices) else { return };
    travels::<S>(&value, input);
    for _ in 0..changes {
        if value.vary(&mut choices).is_ok() {
            travels::<S>(&value, input);
        }
    }
}

macro_rules! answers {
    ($($name:ident $module:ident $what:literal),+ $(,)?) => {$(
        #[doc = $what]
        fn $name(input: Input<'_>) {
            let Input { format, opnum, .. } = input;
            let mut choices = Unstructured::new(input.stub);
            let request = $module::Request::arbitrary_of(opnum, &mut choices);
            let response = $module::Response::arbitrary_of(opnum, &mut choices);
            let (Ok(Some(request)), Ok(Some(response))) = (request, response) else { return };
            let Ok(stub) = response.encode(format) else { return };
            let limits = Strictness::Level5.limits();
            let alone = $module::Response::decode(opnum, &stub, format, &limits);
            assert_eq!(alone.as_ref(), Ok(&response), "a response is read as another");
            let answer = request.decode_response(&stub, format, &limits);
            match answer.as_ref().map_err(|error| error.kind()) {
                Ok(_) => assert_eq!(answer, alone, "{request:?} changes its answer"),
                Err(ErrorKind::SizeMismatch { .. } | ErrorKind::LengthMismatch { .. }) => {}
                Err(kind) => panic_with("a request refuses its answer", &kind),
            }
        }
    )+};
}

answers!(
    answers_2 clusapi2 "A response is the same to its request as it is alone, or is not of the sizes that this states.",
    answers_3 clusapi3 "The same for protocol version 3.",
    answers_of_constructs constructs "The same for constructs that ClusAPI does not have.",
);

/// A value is on the wire what it is in memory, and keeps all laws of stubs. Level 6.0 refuses nothing but a count beside
/// a null pointer, for a value that was made is within all ranges.
fn travels<S: Stubs>(value: &S::Stub<'_>, input: Input<'_>) {
    let Input { format, opnum, .. } = input;
    let stub = marked(value, format);
    match S::decode(opnum, &stub, format, &Strictness::Level5.limits().with_trailing(0)) {
        Ok(read) => assert!(S::are_equal(value, &read), "{value:?} is {read:?} on the wire"),
        Err(error) => panic_with("the encoding of a value does not decode", &error),
    }
    match S::decode(opnum, &stub, format, &Strictness::Level6.limits()) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NullWithCount { .. }) => {}
        Err(error) => panic_with("level 6.0 refuses a value", &error),
    }
    stub::check::<S>(Input { stub: &stub, ..input });
}

/// Encodes a value: a writer that remembers landmarks writes the same octets as one that does not, and landmarks lie
/// within them.
fn marked<T: EncodeStub>(value: &T, format: Format) -> Vec<u8> {
    let mut writer = Writer::marking(format);
    if let Err(error) = value.write(&mut writer) {
        panic_with("a value has no form on the wire", &error);
    }
    let (stub, landmarks) = writer.into_marked();
    let mut again = Writer::reusing(stub.clone(), format);
    assert!(
        value.write(&mut again).is_ok() && again.into_stub() == stub,
        "a buffer is used again with its content"
    );
    let plain = value.encode(format);
    let plain = plain.unwrap_or_else(|error| panic_with("a value has a form for one writer only", &error));
    assert_eq!(stub, plain, "a writer that marks writes something else");
    for Landmark { kind, offset, size } in landmarks {
        let end = offset.checked_add(size).filter(|end| *end <= stub.len());
        let name = kind.name();
        assert!(!name.is_empty() && end.is_some(), "{name} at {offset} is not in {} octets", stub.len());
    }
    stub
}
