//! A request or response of either protocol version.

use cmrp::ndr::arbitrary::{self, Landmark, Unstructured};
use cmrp::ndr::json::{Arena, JsonError, Value};
use cmrp::ndr::{EncodeError, EncodeStub, Error, Format, Limits, Writer};
use cmrp::{clusapi2, clusapi3};
use serde::{Serialize, Serializer};

/// Protocol version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `clusapi2`.
    V2,
    /// `clusapi3`.
    V3,
}

impl Protocol {
    /// Both versions.
    pub const ALL: [Self; 2] = [Self::V2, Self::V3];

    /// The name of the interface in the IDL.
    pub const fn interface(self) -> &'static str {
        match self {
            Self::V2 => "clusapi2",
            Self::V3 => "clusapi3",
        }
    }

    /// The names of all operations in the IDL, reserved ones included; the opnum is the index.
    pub const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::V2 => &clusapi2::OPERATION_NAMES,
            Self::V3 => &clusapi3::OPERATION_NAMES,
        }
    }

    /// The name of an operation; `None` if the interface has none of this number.
    pub fn operation(self, opnum: u16) -> Option<&'static str> {
        self.operations().get(usize::from(opnum)).copied()
    }

    /// The numbers of all operations that are not reserved.
    pub fn callable(self) -> impl Iterator<Item = u16> {
        let opnums = (0..=u16::MAX).take(self.operations().len());
        opnums.filter(move |opnum| {
            let request =
                Message::arbitrary_of(self, Direction::Request, *opnum, &mut Unstructured::new(&[]));
            request.is_ok_and(|request| request.is_some_and(|request| !request.is_reserved()))
        })
    }
}

/// Which way a stub travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From client to server.
    Request,
    /// From server to client.
    Response,
}

impl Direction {
    /// Both ways, in the order in which a call goes.
    pub const ALL: [Self; 2] = [Self::Request, Self::Response];

    /// The name on command lines and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
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

/// Calls a function of the type that a version and a direction ask for, and wraps what it makes.
macro_rules! of_type {
    ($protocol:expr, $direction:expr, $function:ident($($argument:expr),*), $wrap:expr) => {
        match ($protocol, $direction) {
            (Protocol::V2, Direction::Request) => {
                clusapi2::Request::$function($($argument),*).map($wrap(Message::Request2))
            }
            (Protocol::V2, Direction::Response) => {
                clusapi2::Response::$function($($argument),*).map($wrap(Message::Response2))
            }
            (Protocol::V3, Direction::Request) => {
                clusapi3::Request::$function($($argument),*).map($wrap(Message::Request3))
            }
            (Protocol::V3, Direction::Response) => {
                clusapi3::Response::$function($($argument),*).map($wrap(Message::Response3))
            }
        }
    };
}

fn plain<T, M>(message: impl Fn(T) -> M) -> impl Fn(T) -> M {
    message
}

fn within<T, M>(message: impl Fn(T) -> M) -> impl Fn(Option<T>) -> Option<M> {
    move |stub| stub.map(&message)
}

/// Keeps what was forgiven beside the message.
fn with_forgiven<T, M>(message: impl Fn(T) -> M) -> impl Fn((T, Vec<Error>)) -> (M, Vec<Error>) {
    move |(stub, forgiven)| (message(stub), forgiven)
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
        of_type!(protocol, direction, decode(opnum, stub, format, limits), plain)
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
        of_type!(protocol, direction, decode_lenient(opnum, stub, format, limits), with_forgiven)
    }

    /// A value of an operation, made of any octets; `None` if there is no such operation.
    ///
    /// # Errors
    /// None today: where choices end, they are zeros.
    pub fn arbitrary_of(
        protocol: Protocol,
        direction: Direction,
        opnum: u16,
        choices: &mut Unstructured<'a>,
    ) -> arbitrary::Result<Option<Self>> {
        of_type!(protocol, direction, arbitrary_of(opnum, choices), within)
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
        of_type!(protocol, direction, from_json(opnum, value, arena), plain)
    }
}

impl Message<'_> {
    /// Decodes a response and holds it against the request that this is (MS-RPCE 3.1.2.7.1). A response has none:
    /// `None`.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn answer<'r>(
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

    /// Whether this is of a reserved slot, which nobody may call.
    pub fn is_reserved(&self) -> bool {
        matches!(
            self,
            Self::Request2(clusapi2::Request::Reserved(_))
                | Self::Response2(clusapi2::Response::Reserved(_))
                | Self::Request3(clusapi3::Request::Reserved(_))
                | Self::Response3(clusapi3::Response::Reserved(_))
        )
    }

    /// What is encoded.
    fn stub(&self) -> &dyn EncodeStub {
        match self {
            Self::Request2(request) => request,
            Self::Response2(response) => response,
            Self::Request3(request) => request,
            Self::Response3(response) => response,
        }
    }

    /// Encodes the stub.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn encode(&self, format: Format) -> Result<Vec<u8>, EncodeError> {
        self.stub().encode(format)
    }

    /// Encodes the stub, and tells where in it there is something that means something to NDR.
    ///
    /// # Errors
    /// Those of the codec.
    pub fn encode_marked(&self, format: Format) -> Result<(Vec<u8>, Vec<Landmark>), EncodeError> {
        let mut writer = Writer::marking(format);
        self.stub().write(&mut writer)?;
        Ok(writer.into_marked())
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
