//! What must hold of any value that can be made of octets.

use cmrp::ndr::arbitrary::{Landmark, Unstructured, Vary as _};
use cmrp::ndr::{EncodeStub, ErrorKind, Format, Writer};

use super::{panic_with, stub};
use crate::input::{Input, Strictness, cut_named};
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
    let plain = value.encode(format);
    let plain = plain.unwrap_or_else(|error| panic_with("a value has a form for one writer only", &error));
    assert_eq!(stub, plain, "a writer that marks writes something else");
    for Landmark { kind, offset, size } in landmarks {
        let end = offset.checked_add(size).filter(|end| *end <= stub.len());
        assert!(end.is_some(), "{kind:?} at {offset} is not in {} octets", stub.len());
    }
    stub
}
