//! The one place that knows the generated codec: stubs in, named parameters out.

use cmrp::ndr::{Format, Uuid};
use dcerpc_proto::SyntaxId;
use serde_json::{Map, Value};

use super::message::Interface;

/// UUID of both versions (MS-CMRP 1.9).
const CLUSAPI: Uuid =
    Uuid::new(0xb97d_b8b2, 0x4c63, 0x11cf, [0xbf, 0xf6, 0x08, 0x00, 0x2b, 0xe2, 0x3f, 0x2f]);

/// What a stub turned out to be.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) fields: Option<Map<String, Value>>,
    pub(super) error: Option<String>,
}

/// The interface, if it is one of the two versions of ClusAPI (MS-CMRP 2.1).
pub(super) fn interface(syntax: SyntaxId) -> Option<Interface> {
    match (syntax.uuid, syntax.major, syntax.minor) {
        (CLUSAPI, 2, 0) => Some(Interface::ClusApi2),
        (CLUSAPI, 3, 0) => Some(Interface::ClusApi3),
        _ => None,
    }
}

/// The name of an operation; `None` if the interface has none of this number.
pub(super) fn operation(interface: Interface, opnum: u16) -> Option<&'static str> {
    let _ = (interface, opnum);
    None
}

/// Decodes the stub of a request.
pub(super) fn request(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded {
    let _ = (interface, opnum, stub, format);
    Decoded::default()
}

/// Decodes the stub of a response.
pub(super) fn response(interface: Interface, opnum: u16, stub: &[u8], format: Format) -> Decoded {
    let _ = (interface, opnum, stub, format);
    Decoded::default()
}

/// The names of flags in a parameter that holds some.
pub(super) fn flags(operation: &str, parameter: &str, bits: u64) -> Option<String> {
    let _ = (operation, parameter, bits);
    None
}
