//! What the oracles, seeds and mutators ask of an interface, so that each is written once for all of them.

use std::fmt::Debug;

use cmrp::ndr::arbitrary::{self, Unstructured, Vary};
use cmrp::ndr::json::{Arena, JsonError, Value};
use cmrp::ndr::{EncodeStub, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use serde::Serialize;

use crate::constructs;
use crate::message::{Direction, Protocol};

/// The interfaces that stubs are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InterfaceName {
    /// Protocol version 2.
    Clusapi2,
    /// Protocol version 3.
    Clusapi3,
    /// Constructs that ClusAPI does not have.
    Constructs,
}

impl InterfaceName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Clusapi2, Self::Clusapi3, Self::Constructs];

    /// The name in the IDL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clusapi2 => "clusapi2",
            Self::Clusapi3 => "clusapi3",
            Self::Constructs => "constructs",
        }
    }

    /// The names of its operations, by opnum.
    pub const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Clusapi2 => &clusapi2::OPERATION_NAMES,
            Self::Clusapi3 => &clusapi3::OPERATION_NAMES,
            Self::Constructs => &constructs::OPERATION_NAMES,
        }
    }

    /// Does something with the stubs of one direction.
    pub fn visit<V: Visit>(self, direction: Direction, visitor: V) -> V::Output {
        match (self, direction) {
            (Self::Clusapi2, Direction::Request) => visitor.visit::<Clusapi2Requests>(),
            (Self::Clusapi2, Direction::Response) => visitor.visit::<Clusapi2Responses>(),
            (Self::Clusapi3, Direction::Request) => visitor.visit::<Clusapi3Requests>(),
            (Self::Clusapi3, Direction::Response) => visitor.visit::<Clusapi3Responses>(),
            (Self::Constructs, Direction::Request) => visitor.visit::<ConstructsRequests>(),
            (Self::Constructs, Direction::Response) => visitor.visit::<ConstructsResponses>(),
        }
    }
}

impl From<Protocol> for InterfaceName {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::V2 => Self::Clusapi2,
            Protocol::V3 => Self::Clusapi3,
        }
    }
}

/// Something to do with the stubs of any interface.
pub trait Visit {
    /// What comes out.
    type Output;

    /// Does it.
    fn visit<S: Stubs>(self) -> Self::Output;
}

/// The requests or the responses of an interface.
pub trait Stubs {
    /// Any of them, as a value.
    type Stub<'a>: Clone + Debug + EncodeStub + Serialize + Vary<'a>;

    /// Decodes the stub of an operation.
    ///
    /// # Errors
    /// Those of the codec.
    fn decode<'a>(
        opnum: u16,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<Self::Stub<'a>, Error>;

    /// Decodes the stub of an operation as far as it has a meaning, and tells the rules that it breaks.
    ///
    /// # Errors
    /// Those of the codec.
    fn decode_lenient<'a>(
        opnum: u16,
        stub: &'a [u8],
        format: Format,
        limits: &Limits,
    ) -> Result<(Self::Stub<'a>, Vec<Error>), Error>;

    /// Reads the JSON form of an operation.
    ///
    /// # Errors
    /// Those of the codec.
    fn from_json<'a>(opnum: u16, value: &'a Value, arena: &'a Arena) -> Result<Self::Stub<'a>, JsonError>;

    /// Makes a value of an operation; `None` if the interface has no such operation.
    ///
    /// # Errors
    /// Those of the codec.
    fn arbitrary_of<'a>(
        opnum: u16,
        choices: &mut Unstructured<'a>,
    ) -> arbitrary::Result<Option<Self::Stub<'a>>>;

    /// Whether two values are equal, whatever they borrow from.
    fn are_equal(left: &Self::Stub<'_>, right: &Self::Stub<'_>) -> bool;
}

macro_rules! stubs {
    ($($name:ident $module:ident $message:ident $what:literal),+ $(,)?) => {$(
        #[doc = $what]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Stubs for $name {
            type Stub<'a> = $module::$message<'a>;

            fn decode<'a>(
                opnum: u16,
                stub: &'a [u8],
                format: Format,
                limits: &Limits,
            ) -> Result<Self::Stub<'a>, Error> {
                $module::$message::decode(opnum, stub, format, limits)
            }

            fn decode_lenient<'a>(
                opnum: u16,
                stub: &'a [u8],
                format: Format,
                limits: &Limits,
            ) -> Result<(Self::Stub<'a>, Vec<Error>), Error> {
                $module::$message::decode_lenient(opnum, stub, format, limits)
            }

            fn from_json<'a>(
                opnum: u16,
                value: &'a Value,
                arena: &'a Arena,
            ) -> Result<Self::Stub<'a>, JsonError> {
                $module::$message::from_json(opnum, value, arena)
            }

            fn arbitrary_of<'a>(
                opnum: u16,
                choices: &mut Unstructured<'a>,
            ) -> arbitrary::Result<Option<Self::Stub<'a>>> {
                $module::$message::arbitrary_of(opnum, choices)
            }

            fn are_equal(left: &Self::Stub<'_>, right: &Self::Stub<'_>) -> bool {
                left == right
            }
        }
    )+};
}

stubs!(
    Clusapi2Requests clusapi2 Request "Requests of protocol version 2.",
    Clusapi2Responses clusapi2 Response "Responses of protocol version 2.",
    Clusapi3Requests clusapi3 Request "Requests of protocol version 3.",
    Clusapi3Responses clusapi3 Response "Responses of protocol version 3.",
    ConstructsRequests constructs Request "Requests with constructs that ClusAPI does not have.",
    ConstructsResponses constructs Response "Responses with constructs that ClusAPI does not have.",
);
