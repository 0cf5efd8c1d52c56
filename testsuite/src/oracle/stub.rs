//! What must hold of any octets that are read as a stub.
//!
//! Each law is held against one input; what it reads is chosen by the header of the [`Input`]. The laws about prefixes
//! let a single good stub reach every place where its operation can find an octet missing.

use std::marker::PhantomData;

use cmrp::ndr::json::Arena;
use cmrp::ndr::{EncodeErrorKind, EncodeStub, Error, ErrorKind, Limits, MAX_FORGIVEN, Path, TargetLevel};

use super::account::Account;
use super::panic_with;
use super::runtime::hash;
use crate::input::{self, Input, Strictness};
use crate::stubs::{InterfaceName, Stubs, Visit};

/// Prefixes of a stub that are read, at most; those of a longer one are evenly spaced.
const MOST_PREFIXES: usize = 256;

/// Prefixes of a stub that are read leniently, at most. Each may be read several times, so they are fewer.
const MOST_LENIENT_PREFIXES: usize = 16;

/// Octets of a stub whose JSON form is looked at, at most: it costs many times what octets do.
const MOST_JSON: usize = 256;

/// Holds arbitrary octets, cut as an [`Input`], against the laws of stubs.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn stub(interface: InterfaceName, octets: &[u8]) {
    if let Some(input) = Input::cut(octets) {
        check_stub(interface, input);
    }
}

/// The same for an input that is cut already. Returns whether it could be decoded.
///
/// # Panics
/// A law does not hold, which is a defect of the codec.
pub fn check_stub(interface: InterfaceName, input: Input<'_>) -> bool {
    interface.visit(input.direction, Laws(input))
}

/// The same for stubs of any making.
///
/// # Panics
/// A law does not hold.
pub fn check<S: Stubs>(input: Input<'_>) -> bool {
    let case = Case::<S>::new(input);
    match input.strictness {
        Strictness::Lenient => case.check_lenient(),
        strictness => case.check_strict(&strictness.limits()),
    }
}

/// Reads a stub strictly, at both levels, and leniently.
///
/// # Panics
/// The two do not agree.
pub fn agree<S: Stubs>(input: Input<'_>) {
    let case = Case::<S>::new(input);
    for strictness in [Strictness::Level5, Strictness::Level6] {
        case.agree(&strictness.limits());
        case.agree(&strictness.limits().with_trailing(0));
    }
}

/// Reads arbitrary octets, cut by [`cut_named`](input::cut_named), strictly and leniently, at both levels whatever their
/// strictness.
///
/// # Panics
/// The two do not agree, which is a defect of the codec.
pub fn lenient(octets: &[u8]) {
    if let Some((interface, input)) = input::cut_named(octets) {
        interface.visit(input.direction, Agreement(input));
    }
}

struct Laws<'a>(Input<'a>);

impl Visit for Laws<'_> {
    type Output = bool;

    fn visit<S: Stubs>(self) -> bool {
        check::<S>(self.0)
    }
}

struct Agreement<'a>(Input<'a>);

impl Visit for Agreement<'_> {
    type Output = ();

    fn visit<S: Stubs>(self) {
        agree::<S>(self.0);
    }
}

/// An input as a stub of one direction of an interface.
struct Case<'a, S> {
    input: Input<'a>,
    stubs: PhantomData<S>,
}

impl<'a, S: Stubs> Case<'a, S> {
    fn new(input: Input<'a>) -> Self {
        Self { input, stubs: PhantomData }
    }

    fn decode<'s>(&self, stub: &'s [u8], limits: &Limits) -> Result<S::Stub<'s>, Error> {
        S::decode(self.input.opnum, stub, self.input.format, limits)
    }

    fn decode_lenient<'s>(
        &self,
        stub: &'s [u8],
        limits: &Limits,
    ) -> Result<(S::Stub<'s>, Vec<Error>), Error> {
        S::decode_lenient(self.input.opnum, stub, self.input.format, limits)
    }

    fn check_strict(&self, limits: &Limits) -> bool {
        match self.decode(self.input.stub, limits) {
            Err(error) => {
                is_sound(&error, self.input.stub);
                false
            }
            Ok(value) => {
                if !self.is_beyond_range(&value) {
                    self.check_value(&value, limits);
                }
                true
            }
        }
    }

    fn check_value(&self, value: &S::Stub<'_>, limits: &Limits) {
        self.check_leniently(value, limits);
        self.check_levels(value);
        self.check_limits(value, limits);
        let read = self.check_end(value, limits);
        let account = Account::of(value, self.input.format, read);
        account.check();
        account.check_depth(&self.decode(read, &limits.with_depth(0)));
        let encoded = self.check_encoding(value, limits);
        self.check_prefixes(read, limits);
        // Unless it is what was read: gaps, referents and lengths beyond need may differ.
        if encoded != read {
            self.check_prefixes(&encoded, limits);
        }
        if read.len() <= MOST_JSON {
            self.check_json(value);
            assert!(!format!("{value:?}").is_empty(), "a value cannot be shown");
        }
    }

    /// The encoder refuses a count that is not in its range, which level 5.0 reads (MS-RPCE 3.1.1.5.3.3.1.2): such a
    /// value is not to be sent on.
    fn is_beyond_range(&self, value: &S::Stub<'_>) -> bool {
        let refusal = value.encode(self.input.format).map_err(|error| error.kind());
        if !matches!(refusal, Err(EncodeErrorKind::OutsideRange { .. })) {
            return false;
        }
        let is_count = |error: &Error| matches!(error.kind(), ErrorKind::CountOutOfRange { .. });
        let level_6 = Limits::DEFAULT.with_level(TargetLevel::Level6);
        let read = self.decode_lenient(self.input.stub, &level_6);
        read.is_ok_and(|(_, forgiven)| forgiven.iter().any(is_count))
    }

    /// A lenient decode forgives nothing where there is nothing to forgive, or captures would be shown differently from
    /// what programs read.
    fn check_leniently(&self, value: &S::Stub<'_>, limits: &Limits) {
        match self.decode_lenient(self.input.stub, limits) {
            Ok((lenient, forgiven)) => {
                are_same::<S>(value, &lenient, "a lenient decode reads something else");
                assert!(
                    forgiven.is_empty(),
                    "strict decoding took what lenient decoding forgives: {forgiven:?}"
                );
            }
            Err(error) => panic_with("a lenient decode refuses what a strict one takes", &error),
        }
    }

    /// Level 6.0 adds checks to level 5.0 and changes the meaning of nothing (MS-RPCE 3.1.1.5.3.3).
    fn check_levels(&self, value: &S::Stub<'_>) {
        let level = |level| self.decode(self.input.stub, &Limits::DEFAULT.with_level(level));
        match level(TargetLevel::Level5) {
            Ok(other) => are_same::<S>(value, &other, "level 5.0 reads something else"),
            Err(error) => panic_with("level 5.0 refuses what level 6.0 takes", &error),
        }
        if let Ok(other) = level(TargetLevel::Level6) {
            are_same::<S>(value, &other, "level 6.0 reads something else");
        }
    }

    /// A limit stops a decode, and does nothing else to it: what is good is read, or refused for the limit's sake.
    fn check_limits(&self, value: &S::Stub<'_>, limits: &Limits) {
        for limits in
            [limits.with_depth(0), limits.with_depth(1), limits.with_memory(0), limits.with_memory(64)]
        {
            match self.decode(self.input.stub, &limits) {
                Ok(other) => are_same::<S>(value, &other, "a limit changes the value"),
                Err(error) if matches!(error.kind(), ErrorKind::Limit(_)) => {
                    is_sound(&error, self.input.stub);
                }
                Err(error) => panic_with("a limit finds something else", &error),
            }
        }
    }

    /// No octets are accepted that no parameter holds, where they are not to be: a sender could hide data there. Returns
    /// the stub without what is behind the last parameter.
    fn check_end(&self, value: &S::Stub<'_>, limits: &Limits) -> &'a [u8] {
        let (stub, limits) = (self.input.stub, limits.with_trailing(0));
        let Err(error) = self.decode(stub, &limits) else { return stub };
        let ErrorKind::TrailingOctets { count } = error.kind() else {
            panic_with("a limit of trailing octets finds something else", &error)
        };
        assert_eq!(error.offset().checked_add(count), Some(stub.len()), "{error}");
        let read = stub.get(..error.offset()).unwrap_or_default();
        match self.decode(read, &limits) {
            Ok(other) => are_same::<S>(value, &other, "octets behind the last parameter change the value"),
            Err(error) => panic_with("octets behind the last parameter are needed", &error),
        }
        read
    }

    /// What is written means what was read, and is written the same way again: there is one encoding of a value.
    fn check_encoding(&self, value: &S::Stub<'_>, limits: &Limits) -> Vec<u8> {
        let format = self.input.format;
        let encoded = value.encode(format);
        let encoded = encoded.unwrap_or_else(|error| panic_with("a decoded value does not encode", &error));
        match self.decode(&encoded, &limits.with_trailing(0)) {
            Ok(again) => {
                are_same::<S>(value, &again, "encoding changes the value");
                assert_eq!(again.encode(format).as_ref(), Ok(&encoded), "encoding is not stable");
            }
            Err(error) => panic_with("an encoding does not decode", &error),
        }
        encoded
    }

    /// Every octet of a stub is needed, and one more is refused. With fewer, what is missing is told.
    fn check_prefixes(&self, stub: &[u8], limits: &Limits) {
        let limits = limits.with_trailing(0);
        for prefix in prefixes(stub, MOST_PREFIXES) {
            match self.decode(prefix, &limits).map(drop) {
                Ok(()) => panic_with("octets are not needed", &format_args!("{} of them", prefix.len())),
                Err(error) => is_of_missing(&error, prefix),
            }
        }
        let more = [stub, &[0]].concat();
        let error = self.decode(&more, &limits).map(drop).map_err(|error| (error.kind(), error.offset()));
        assert_eq!(error, Err((ErrorKind::TrailingOctets { count: 1 }, stub.len())), "one octet more");
    }

    /// The JSON form holds the whole value, which people read and send.
    fn check_json(&self, value: &S::Stub<'_>) {
        let json = serde_json::to_value(value);
        let json = json.unwrap_or_else(|error| panic_with("a value has no JSON form", &error));
        let arena = Arena::new();
        match S::from_json(self.input.opnum, &json, &arena) {
            Ok(read) => {
                are_same::<S>(value, &read, "JSON changes the value");
                assert_eq!(hash(value), hash(&read), "{value:?} has two hashes");
            }
            Err(error) => panic_with("the JSON form of a value is not read", &error),
        }
    }

    /// What is forgiven is told, and what comes out is a value: it is refused by the encoder, or means the same to a
    /// strict reader. Level 5.0, since a null pointer keeps the count that level 6.0 refuses.
    fn check_lenient(&self) -> bool {
        let (stub, limits) = (self.input.stub, Strictness::Lenient.limits());
        for prefix in prefixes(stub, MOST_LENIENT_PREFIXES) {
            if let Err(error) = self.decode_lenient(prefix, &limits) {
                is_sound(&error, prefix);
            }
        }
        let (value, forgiven) = match self.decode_lenient(stub, &limits) {
            Ok(read) => read,
            Err(error) => {
                is_sound(&error, stub);
                return false;
            }
        };
        are_breaches(&forgiven, stub);
        if self.is_beyond_range(&value) {
            return true;
        }
        match value.encode(self.input.format) {
            Ok(_) => drop(self.check_encoding(&value, &Strictness::Level5.limits())),
            Err(error) if forgiven.is_empty() => panic_with("a decoded value does not encode", &error),
            Err(error) => assert!(!error.to_string().is_empty(), "a refusal without a reason"),
        }
        true
    }

    /// Strict and lenient decoding differ in what they forgive, and in nothing else.
    fn agree(&self, limits: &Limits) {
        let stub = self.input.stub;
        match (self.decode(stub, limits), self.decode_lenient(stub, limits)) {
            (Ok(_), Err(error)) => panic_with("a lenient decode refuses what a strict one takes", &error),
            (Ok(value), Ok((lenient, forgiven))) => {
                are_same::<S>(&value, &lenient, "a lenient decode reads something else");
                assert!(
                    forgiven.is_empty(),
                    "strict decoding took what lenient decoding forgives: {forgiven:?}"
                );
            }
            (Err(error), Ok((_, forgiven))) => {
                are_breaches(&forgiven, stub);
                assert_eq!(forgiven.first(), Some(&error), "another breach is forgiven first");
            }
            (Err(error), Err(lenient)) if !error.kind().is_forgivable() => {
                assert_eq!(lenient, error, "a lenient decode finds another first fault");
            }
            (Err(_), Err(lenient)) => is_sound(&lenient, stub),
        }
    }
}

/// Strict prefixes, all or so many that are evenly spaced.
fn prefixes(stub: &[u8], most: usize) -> impl Iterator<Item = &[u8]> {
    let step = stub.len().div_ceil(most).max(1);
    (0..stub.len()).step_by(step).filter_map(|end| stub.get(..end))
}

fn are_same<S: Stubs>(left: &S::Stub<'_>, right: &S::Stub<'_>, what: &str) {
    assert!(S::are_equal(left, right), "{what}: {left:?} is {right:?}");
}

/// Errors that a lenient decode forgave.
fn are_breaches(forgiven: &[Error], stub: &[u8]) {
    assert!(forgiven.len() <= MAX_FORGIVEN, "{} breaches are forgiven", forgiven.len());
    for error in forgiven {
        is_sound(error, stub);
        assert!(error.kind().is_forgivable(), "{error} is forgiven");
    }
}

/// An error is at a place of the stub, in a field whose path has no more names than it is to have, and can be shown.
fn is_sound(error: &Error, stub: &[u8]) {
    assert!(error.offset() <= stub.len(), "{error} is beyond {} octets", stub.len());
    // An ellipsis stands for names that were left out.
    let names = error.path().to_string().split('.').count();
    assert!(names <= Path::CAPACITY.saturating_add(1), "{names} names in the path of {error}");
    let (shown, detailed) = (error.to_string(), format!("{error:?}"));
    assert!(!shown.is_empty() && !detailed.is_empty(), "a refusal without a reason");
}

/// An error says that octets are missing, from within the stub to its end.
fn is_of_missing(error: &Error, stub: &[u8]) {
    let (needed, left) = match error.kind() {
        ErrorKind::Truncated { needed, left } => (needed, left),
        ErrorKind::MissingAlignment { needed, left } => (needed as u64, left),
        _ => panic_with("a prefix is refused for another reason", error),
    };
    assert!(needed > left as u64, "{error}");
    assert_eq!(error.offset().checked_add(left), Some(stub.len()), "{error}");
}
