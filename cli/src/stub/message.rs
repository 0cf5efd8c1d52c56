//! A request or response of either interface.

use cmrp::ndr::json::{Arena, JsonError};
use cmrp::ndr::{EncodeError, EncodeStub, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::kind::{Direction, Kind};
use crate::interface::Interface;

/// A request or response of either interface.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message<'a> {
    Request2(clusapi2::Request<'a>),
    Response2(clusapi2::Response<'a>),
    Request3(clusapi3::Request<'a>),
    Response3(clusapi3::Response<'a>),
}

/// Calls a function of the type that a kind asks for, and wraps what it makes.
macro_rules! by_kind {
    ($kind:expr, $function:ident($($argument:expr),*)) => {
        match ($kind.interface, $kind.direction) {
            (Interface::ClusApi2, Direction::Request) => {
                clusapi2::Request::$function($($argument),*).map(Self::Request2)
            }
            (Interface::ClusApi2, Direction::Response) => {
                clusapi2::Response::$function($($argument),*).map(Self::Response2)
            }
            (Interface::ClusApi3, Direction::Request) => {
                clusapi3::Request::$function($($argument),*).map(Self::Request3)
            }
            (Interface::ClusApi3, Direction::Response) => {
                clusapi3::Response::$function($($argument),*).map(Self::Response3)
            }
        }
    };
}

/// Wraps what a lenient decode made.
fn with<T, M>(
    decoded: Result<(T, Vec<Error>), Error>,
    wrap: impl FnOnce(T) -> M,
) -> Result<(M, Vec<Error>), Error> {
    decoded.map(|(stub, forgiven)| (wrap(stub), forgiven))
}

impl<'a> Message<'a> {
    pub(crate) fn decode(kind: Kind, stub: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        by_kind!(kind, decode(kind.opnum, stub, kind.format, limits))
    }

    /// Decodes as far as the stub has a meaning, and tells the rules that it breaks.
    pub(crate) fn decode_lenient(
        kind: Kind,
        stub: &'a [u8],
        limits: &Limits,
    ) -> Result<(Self, Vec<Error>), Error> {
        let (opnum, format) = (kind.opnum, kind.format);
        match (kind.interface, kind.direction) {
            (Interface::ClusApi2, Direction::Request) => {
                with(clusapi2::Request::decode_lenient(opnum, stub, format, limits), Self::Request2)
            }
            (Interface::ClusApi2, Direction::Response) => {
                with(clusapi2::Response::decode_lenient(opnum, stub, format, limits), Self::Response2)
            }
            (Interface::ClusApi3, Direction::Request) => {
                with(clusapi3::Request::decode_lenient(opnum, stub, format, limits), Self::Request3)
            }
            (Interface::ClusApi3, Direction::Response) => {
                with(clusapi3::Response::decode_lenient(opnum, stub, format, limits), Self::Response3)
            }
        }
    }

    /// Decodes a response and holds it against the request that this is. Anything else than a request has no
    /// response.
    pub(crate) fn answer<'r>(
        &self,
        stub: &'r [u8],
        format: Format,
        limits: &Limits,
    ) -> Option<Result<Message<'r>, Error>> {
        match self {
            Self::Request2(request) => {
                Some(request.decode_response(stub, format, limits).map(Message::Response2))
            }
            Self::Request3(request) => {
                Some(request.decode_response(stub, format, limits).map(Message::Response3))
            }
            Self::Response2(_) | Self::Response3(_) => None,
        }
    }

    pub(crate) fn from_json(kind: Kind, value: &'a Value, arena: &'a Arena) -> Result<Self, JsonError> {
        by_kind!(kind, from_json(kind.opnum, value, arena))
    }
}

impl Message<'_> {
    pub(crate) fn encode(&self, format: Format) -> Result<Vec<u8>, EncodeError> {
        let stub: &dyn EncodeStub = match self {
            Self::Request2(request) => request,
            Self::Response2(response) => response,
            Self::Request3(request) => request,
            Self::Response3(response) => response,
        };
        stub.encode(format)
    }
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Request2(request) => request.serialize(serializer),
            Self::Response2(response) => response.serialize(serializer),
            Self::Request3(request) => request.serialize(serializer),
            Self::Response3(response) => response.serialize(serializer),
        }
    }
}
