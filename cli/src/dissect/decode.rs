//! The generated codec: stubs in, named parameters out.

use cmrp::ndr::{self, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use dcerpc_proto::SyntaxId;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::interface::Interface;

/// Octets behind the last parameter that are not worth a word: padding up to what a security provider asks for.
const PADDING: usize = 15;

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
    decode(|limits| match interface {
        Interface::ClusApi2 => clusapi2::Request::decode(opnum, stub, format, limits).map(named),
        Interface::ClusApi3 => clusapi3::Request::decode(opnum, stub, format, limits).map(named),
    })
}

/// Decodes the stub of a response.
pub(super) fn response(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded {
    decode(|limits| match interface {
        Interface::ClusApi2 => clusapi2::Response::decode(opnum, stub, format, limits).map(named),
        Interface::ClusApi3 => clusapi3::Response::decode(opnum, stub, format, limits).map(named),
    })
}

/// Decodes strictly, and if that fails without a limit on what may follow: then the parameters can be read all the
/// same, but whoever looks at a capture wants to know that octets follow which no parameter holds.
fn decode(stub: impl Fn(&Limits) -> Result<Named, Error>) -> Decoded {
    let strict = Limits::default().with_trailing(PADDING);
    match stub(&strict) {
        Ok(Ok(fields)) => Decoded { fields: Some(fields), error: None },
        Ok(Err(error)) => Decoded { fields: None, error: Some(error.to_string()) },
        Err(error) => {
            let fields = stub(&Limits::default()).ok().and_then(Result::ok);
            Decoded { fields, error: Some(error.to_string()) }
        }
    }
}

/// Parameters by their names in the IDL.
type Named = Result<Map<String, Value>, serde_json::Error>;

fn named(stub: impl Serialize) -> Named {
    serde_json::to_value(stub).and_then(serde_json::from_value)
}
