//! What both make of a stub.

use std::fmt;

use cmrp::ndr::{EncodeError, Error, ErrorKind, Limits, TargetLevel};
use cmrp_libndr::{Parameters, Refusal};

use super::{Outcome, Stub, request};
use crate::hex;
use crate::message::{Direction, Message, Protocol};

/// What libndr may allocate for one stub, in octets: far more than it needs for what a stub holds, far less than what
/// four octets of one can ask for.
const MEMORY: usize = 1 << 20;

/// What our codec makes of a stub.
#[derive(Debug)]
pub struct Ours<'a> {
    /// The value.
    pub message: Message<'a>,
    /// Octets that were read.
    pub end: usize,
    /// The encoding of the value.
    pub written: Result<Vec<u8>, EncodeError>,
}

/// A decoder of stubs.
pub type Decode = for<'a> fn(Stub<'a>) -> Result<Ours<'a>, Error>;

/// Our decoder, as it is compared.
///
/// # Errors
/// Those of the codec at level 5.0.
pub fn decode(stub: Stub<'_>) -> Result<Ours<'_>, Error> {
    let limits = Limits::DEFAULT.with_level(TargetLevel::Level5);
    let decode =
        |limits| Message::decode(Protocol::V3, stub.direction, stub.opnum, stub.octets, stub.format, &limits);
    let (message, trailing) = match decode(limits.with_trailing(0)) {
        Err(error) => match error.kind() {
            ErrorKind::TrailingOctets { count } => (decode(limits)?, count),
            _ => return Err(error),
        },
        Ok(message) => (message, 0),
    };
    let written = message.encode(stub.format);
    Ok(Ours { message, end: stub.octets.len().saturating_sub(trailing), written })
}

/// What libndr makes of a stub.
pub(super) struct Theirs {
    /// Octets that were read.
    end: usize,
    written: Result<Vec<u8>, cmrp_libndr::Error>,
}

/// That libndr refuses a stub.
pub(super) struct Refused {
    /// It is the request that it refuses: what a response has, no request can ask for.
    pub(super) request: bool,
    pub(super) error: cmrp_libndr::Error,
}

impl From<cmrp_libndr::Error> for Refused {
    fn from(error: cmrp_libndr::Error) -> Self {
        Self { request: false, error }
    }
}

fn theirs(stub: Stub<'_>) -> Result<Theirs, Refused> {
    let direction = match stub.direction {
        Direction::Request => cmrp_libndr::Direction::In,
        Direction::Response => cmrp_libndr::Direction::Out,
    };
    let mut parameters = Parameters::new(stub.opnum, stub.format)?.with_memory(MEMORY)?;
    if let Some(request) = request::answered_by(&stub) {
        let filled = parameters.fill(cmrp_libndr::Direction::In, &request);
        filled.map_err(|error| Refused { request: true, error })?;
    }
    let end = parameters.fill(direction, stub.octets)?;
    let mut writer = parameters.writer()?;
    let written = parameters.write(direction, &mut writer).map(|()| writer.octets().to_vec());
    Ok(Theirs { end, written })
}

/// What both make of a stub.
pub(super) struct Finding<'a> {
    pub(super) stub: Stub<'a>,
    pub(super) decode: Decode,
    pub(super) ours: Result<Ours<'a>, Error>,
    pub(super) theirs: Result<Theirs, Refused>,
}

impl<'a> Finding<'a> {
    pub(super) fn of(stub: Stub<'a>, decode: Decode) -> Self {
        Self { stub, decode, ours: decode(stub), theirs: theirs(stub) }
    }

    /// What both make of other octets in place of the stub.
    pub(super) fn with<'b>(&self, octets: &'b [u8]) -> Finding<'b> {
        let Stub { opnum, direction, format, .. } = self.stub;
        Finding::of(Stub { opnum, direction, format, octets }, self.decode)
    }

    /// That both accept or refuse the stub, if they do.
    pub(super) fn agreement(&self) -> Option<Outcome> {
        match (&self.ours, &self.theirs) {
            (Ok(ours), Ok(theirs)) => {
                let same = ours.end == theirs.end
                    && ours.written.as_ref().is_ok_and(|ours| theirs.written.as_ref() == Ok(ours));
                same.then_some(Outcome::Accepted)
            }
            (Err(ours), Err(theirs)) => refusal(ours, theirs),
            _ => None,
        }
    }

    pub(super) fn is_refused_with(&self, wanted: impl FnOnce(&cmrp_libndr::Error) -> bool) -> bool {
        self.theirs.as_ref().is_err_and(|refused| wanted(&refused.error))
    }

    /// What libndr writes of what it reads, if it does.
    pub(super) fn written_by_libndr(&self) -> Option<&[u8]> {
        self.theirs.as_ref().ok()?.written.as_deref().ok()
    }

    /// Whether libndr reads the same value in another stub, if it reads any in this one.
    pub(super) fn same_value_of_theirs(&self, other: &Finding<'_>) -> bool {
        self.theirs.is_err()
            || self.written_by_libndr().is_some() && self.written_by_libndr() == other.written_by_libndr()
    }
}

/// What it says that both refuse a stub: nothing, where libndr did not come to see it or had no memory for it.
fn refusal(ours: &Error, theirs: &Refused) -> Option<Outcome> {
    match &theirs.error {
        cmrp_libndr::Error::UnknownOperation(_) => {
            let unknown = matches!(ours.kind(), ErrorKind::UnknownOperation { .. });
            unknown.then_some(Outcome::Refused)
        }
        cmrp_libndr::Error::Read(Refusal::MEMORY) => Some(Outcome::NotCompared),
        _ if theirs.request => Some(Outcome::NotCompared),
        _ => Some(Outcome::Refused),
    }
}

impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  ours:   ", self.stub)?;
        match &self.ours {
            Ok(Ours { message, end, written }) => {
                write!(f, "{end} octets read, written {}\n  value:  {message:?}", show(written))?;
            }
            Err(error) => write!(f, "{error}")?,
        }
        match &self.theirs {
            Ok(Theirs { end, written }) => {
                write!(f, "\n  libndr: {end} octets read, written {}", show(written))
            }
            Err(Refused { request: false, error }) => write!(f, "\n  libndr: {error}"),
            Err(Refused { request: true, error }) => write!(f, "\n  libndr: of the request, {error}"),
        }
    }
}

fn show<E: fmt::Display>(written: &Result<Vec<u8>, E>) -> String {
    match written {
        Ok(octets) => hex::encode(octets),
        Err(error) => error.to_string(),
    }
}
