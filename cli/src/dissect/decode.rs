//! The generated codec: stubs in, named parameters out.

use cmrp::ndr::{self, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use dcerpc_proto::SyntaxId;
use serde::{Serialize, Serializer};

use crate::interface::Interface;

/// Up to 15 octets behind the last parameter are not worth a word: padding up to what a security provider asks for.
const LIMITS: Limits = Limits::DEFAULT.with_trailing(15);

/// Parameters. Serialised, they have their names in the IDL.
#[derive(Clone, Debug)]
pub(super) enum Fields<'a> {
    Request2(clusapi2::Request<'a>),
    Response2(clusapi2::Response<'a>),
    Request3(clusapi3::Request<'a>),
    Response3(clusapi3::Response<'a>),
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Request2(stub) => stub.serialize(serializer),
            Self::Response2(stub) => stub.serialize(serializer),
            Self::Request3(stub) => stub.serialize(serializer),
            Self::Response3(stub) => stub.serialize(serializer),
        }
    }
}

/// Parameters, and what is wrong with them or keeps them from being read.
#[derive(Debug, Default)]
pub(super) struct Decoded<'a> {
    pub(super) fields: Option<Fields<'a>>,
    pub(super) error: Option<String>,
}

/// The interface, if it is one of the two versions of ClusAPI (MS-CMRP 2.1).
pub(super) fn interface(syntax: SyntaxId) -> Option<Interface> {
    if is::<clusapi2::Clusapi2>(syntax) {
        return Some(Interface::ClusApi2);
    }
    is::<clusapi3::Clusapi3>(syntax).then_some(Interface::ClusApi3)
}

fn is<I: ndr::Interface>(syntax: SyntaxId) -> bool {
    syntax.uuid == I::UUID && (syntax.major, syntax.minor) == I::VERSION
}

/// Decodes the stub of a request.
pub(super) fn request(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded<'_> {
    match interface {
        Interface::ClusApi2 => {
            decoded(clusapi2::Request::decode_lenient(opnum, stub, format, &LIMITS), Fields::Request2)
        }
        Interface::ClusApi3 => {
            decoded(clusapi3::Request::decode_lenient(opnum, stub, format, &LIMITS), Fields::Request3)
        }
    }
}

/// Decodes the stub of a response.
pub(super) fn response(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded<'_> {
    match interface {
        Interface::ClusApi2 => {
            decoded(clusapi2::Response::decode_lenient(opnum, stub, format, &LIMITS), Fields::Response2)
        }
        Interface::ClusApi3 => {
            decoded(clusapi3::Response::decode_lenient(opnum, stub, format, &LIMITS), Fields::Response3)
        }
    }
}

/// Whoever looks at a capture wants to see what can be read, and to know which rules it breaks.
fn decoded<'a, T>(stub: Result<(T, Vec<Error>), Error>, wrap: impl FnOnce(T) -> Fields<'a>) -> Decoded<'a> {
    match stub {
        Ok((stub, forgiven)) => Decoded { fields: Some(wrap(stub)), error: breaches(&forgiven) },
        Err(error) => Decoded { fields: None, error: Some(error.to_string()) },
    }
}

fn breaches(forgiven: &[Error]) -> Option<String> {
    let breaches: Vec<String> = forgiven.iter().map(ToString::to_string).collect();
    (!breaches.is_empty()).then(|| breaches.join("; "))
}
