//! A request or response of either protocol version.

use cmrp::ndr::json::{Arena, JsonError, Value};
use cmrp::ndr::{EncodeError, EncodeStub, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use serde::{Serialize, Serializer};

/// Protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `clusapi2`.
    V2,
    /// `clusapi3`.
    V3,
}

/// Which way a stub travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From client to server.
    Request,
    /// From server to client.
    Response,
}

/// A request or response of either protocol version.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// A request of protocol version 2.
    Request2(clusapi2::Request<'a>),
    /// A response of protocol version 2.
    Response2(clusapi2::Response<'a>),
    /// A request of protocol version 3.
    Request3(clusapi3::Request<'a>),
    /// A response of protocol version 3.
    Response3(clusapi3::Response<'a>),
}

impl<'a> Message<'a> {
    /// Decodes the stub of an operation.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn decode(
        protocol: Protocol,
        direction: Direction,
        opnum: u16,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<Self, Error> {
        match (protocol, direction) {
            (Protocol::V2, Direction::Request) => {
                clusapi2::Request::decode(opnum, stub, format, limits).map(Self::Request2)
            }
            (Protocol::V2, Direction::Response) => {
                clusapi2::Response::decode(opnum, stub, format, limits).map(Self::Response2)
            }
            (Protocol::V3, Direction::Request) => {
                clusapi3::Request::decode(opnum, stub, format, limits).map(Self::Request3)
            }
            (Protocol::V3, Direction::Response) => {
                clusapi3::Response::decode(opnum, stub, format, limits).map(Self::Response3)
            }
        }
    }

    /// Decodes the stub of an operation as far as it has a meaning, and tells the rules that it breaks.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn decode_lenient(
        protocol: Protocol,
        direction: Direction,
        opnum: u16,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<(Self, Vec<Error>), Error> {
        fn as_message<T, M>(message: impl Fn(T) -> M) -> impl Fn((T, Vec<Error>)) -> (M, Vec<Error>) {
            move |(stub, forgiven)| (message(stub), forgiven)
        }
        match (protocol, direction) {
            (Protocol::V2, Direction::Request) => {
                clusapi2::Request::decode_lenient(opnum, stub, format, limits).map(as_message(Self::Request2))
            }
            (Protocol::V2, Direction::Response) => {
                clusapi2::Response::decode_lenient(opnum, stub, format, limits)
                    .map(as_message(Self::Response2))
            }
            (Protocol::V3, Direction::Request) => {
                clusapi3::Request::decode_lenient(opnum, stub, format, limits).map(as_message(Self::Request3))
            }
            (Protocol::V3, Direction::Response) => {
                clusapi3::Response::decode_lenient(opnum, stub, format, limits)
                    .map(as_message(Self::Response3))
            }
        }
    }

    /// Reads the JSON form of an operation.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn from_json(
        protocol: Protocol,
        direction: Direction,
        opnum: u16,
        value: &'a Value,
        arena: &'a Arena,
    ) -> Result<Self, JsonError> {
        match (protocol, direction) {
            (Protocol::V2, Direction::Request) => {
                clusapi2::Request::from_json(opnum, value, arena).map(Self::Request2)
            }
            (Protocol::V2, Direction::Response) => {
                clusapi2::Response::from_json(opnum, value, arena).map(Self::Response2)
            }
            (Protocol::V3, Direction::Request) => {
                clusapi3::Request::from_json(opnum, value, arena).map(Self::Request3)
            }
            (Protocol::V3, Direction::Response) => {
                clusapi3::Response::from_json(opnum, value, arena).map(Self::Response3)
            }
        }
    }

    /// Encodes the stub.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn encode(&self, format: Format) -> Result<Vec<u8>, EncodeError> {
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
