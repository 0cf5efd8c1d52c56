//! The generated codec: stubs in, named parameters out.

use cmrp::ndr::{self, Error, Format, Limits};
use cmrp::{clusapi2, clusapi3};
use cmrp_traffic::message::{Direction, Message};
use dcerpc_proto::SyntaxId;

use crate::interface::Interface;

/// Up to 15 octets behind the last parameter are not worth a word: padding up to what a security provider asks for.
const LIMITS: Limits = Limits::DEFAULT.with_trailing(15);

/// Parameters, and what is wrong with them or keeps them from being read.
#[derive(Debug, Default)]
pub(super) struct Decoded<'a> {
    pub(super) fields: Option<Message<'a>>,
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
    decoded(Message::decode_lenient(interface.protocol(), Direction::Request, opnum, stub, format, &LIMITS))
}

/// Decodes the stub of a response.
pub(super) fn response(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded<'_> {
    decoded(Message::decode_lenient(interface.protocol(), Direction::Response, opnum, stub, format, &LIMITS))
}

/// Whoever looks at a capture wants to see what can be read, and to know which rules it breaks.
fn decoded(stub: Result<(Message<'_>, Vec<Error>), Error>) -> Decoded<'_> {
    match stub {
        Ok((message, forgiven)) => Decoded { fields: Some(message), error: breaches(&forgiven) },
        Err(error) => Decoded { fields: None, error: Some(error.to_string()) },
    }
}

fn breaches(forgiven: &[Error]) -> Option<String> {
    let breaches: Vec<String> = forgiven.iter().map(ToString::to_string).collect();
    (!breaches.is_empty()).then(|| breaches.join("; "))
}
