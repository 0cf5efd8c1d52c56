//! What must hold of values made of any octets, whatever the interface.

use std::fmt::Debug;

use cmrp::ndr::{EncodeStub, Error, Format, Limits, TargetLevel};

use crate::random::Random;

/// Values of each operation and direction.
pub const ROUNDS: usize = 60;

/// Octets to make values of, up to 399.
pub fn pool(random: &mut Random) -> Vec<u8> {
    let length = random.below(400);
    (0..length).map(|_| random.octet()).collect()
}

/// The encoding of a value decodes to the value itself and to nothing else.
///
/// # Panics
/// It does not.
pub fn assert_travels<M: EncodeStub + PartialEq + Debug>(
    message: &M,
    format: Format,
    decode: impl Fn(&'static [u8], &Limits) -> Result<M, Error>,
) {
    #[expect(clippy::expect_used, reason = "a test may panic")]
    let stub: &'static [u8] = message.encode(format).expect("a value that has a form on the wire").leak();
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5).with_trailing(0);
    assert_eq!(decode(stub, &limits).as_ref(), Ok(message), "{format}");
}

/// A test for each interface: whatever octets it is made of, a value travels, and goes on doing so when it is varied.
#[macro_export]
macro_rules! laws_of_arbitrary_values {
    ($($test:ident $interface:ident)+) => {$(
        #[test]
        fn $test() {
            use $crate::arbitrary::{ROUNDS, assert_travels, pool};
            use cmrp::ndr::Format;
            use cmrp::ndr::arbitrary::{Unstructured, Vary};

            let mut random = $crate::random::Random::new(20);
            let mut distinct = std::collections::BTreeSet::new();
            for opnum in 0..$interface::OPERATION_NAMES.len() {
                let opnum = u16::try_from(opnum).unwrap();
                for round in 0..ROUNDS {
                    let octets: &'static [u8] = pool(&mut random).leak();
                    let mut choices = Unstructured::new(octets);
                    let format = Format::ALL[round % 3];
                    if let Some(mut request) = $interface::Request::arbitrary_of(opnum, &mut choices).unwrap() {
                        let decode = |stub, limits: &_| $interface::Request::decode(opnum, stub, format, limits);
                        assert_eq!(request.opnum(), opnum);
                        assert_travels(&request, format, decode);
                        request.vary(&mut choices).unwrap();
                        assert_eq!(request.opnum(), opnum);
                        assert_travels(&request, format, decode);
                        distinct.insert(format!("{request:?}"));
                    }
                    if let Some(mut response) = $interface::Response::arbitrary_of(opnum, &mut choices).unwrap() {
                        let decode = |stub, limits: &_| $interface::Response::decode(opnum, stub, format, limits);
                        assert_travels(&response, format, decode);
                        response.vary(&mut choices).unwrap();
                        assert_travels(&response, format, decode);
                        distinct.insert(format!("{response:?}"));
                    }
                }
            }
            // Most operations have more values than rounds.
            assert!(distinct.len() > $interface::OPERATION_NAMES.len() * 10, "{} values", distinct.len());
            assert_eq!($interface::Request::arbitrary_of(9999, &mut Unstructured::new(&[])), Ok(None));
        }
    )+};
}
