//! The generated codec: stubs in, named parameters out.

use cmrp::ndr::{self, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use dcerpc_proto::SyntaxId;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::interface::Interface;

/// Up to 15 octets behind the last parameter are not worth a word: padding up to what a security provider asks for.
const LIMITS: Limits = Limits::DEFAULT.with_trailing(15);

/// Parameters by their names in the IDL, and what is wrong with them or keeps them from being read.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) fields: Option<Map<String, Value>>,
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
pub(super) fn request(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded {
    match interface {
        Interface::ClusApi2 => decoded(clusapi2::Request::decode_lenient(opnum, stub, format, &LIMITS)),
        Interface::ClusApi3 => decoded(clusapi3::Request::decode_lenient(opnum, stub, format, &LIMITS)),
    }
}

/// Decodes the stub of a response.
pub(super) fn response(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded {
    match interface {
        Interface::ClusApi2 => decoded(clusapi2::Response::decode_lenient(opnum, stub, format, &LIMITS)),
        Interface::ClusApi3 => decoded(clusapi3::Response::decode_lenient(opnum, stub, format, &LIMITS)),
    }
}

/// Whoever looks at a capture wants to see what can be read, and to know which rules it breaks.
fn decoded(stub: Result<(impl Serialize, Vec<Error>), Error>) -> Decoded {
    let (stub, forgiven) = match stub {
        Ok(read) => read,
        Err(error) => return Decoded { fields: None, error: Some(error.to_string()) },
    };
    match named(stub) {
        Err(error) => Decoded { fields: None, error: Some(error.to_string()) },
        Ok(fields) => {
            let breaches: Vec<String> = forgiven.iter().map(ToString::to_string).collect();
            Decoded { fields: Some(fields), error: (!breaches.is_empty()).then(|| breaches.join("; ")) }
        }
    }
}

/// Parameters by their names in the IDL.
type Named = Result<Map<String, Value>, serde_json::Error>;

fn named(stub: impl Serialize) -> Named {
    serde_json::to_value(stub).and_then(serde_json::from_value)
}
