//! Requests and responses of both protocol versions in one plain, owned form, which the model and the invariants
//! speak.

mod answer;
mod request;

pub use answer::{Answer, Indication};
pub use request::{Get, Method, request_v2, request_v3};

/// A context handle as it stands on the wire.
pub type Token = cmrp::ndr::ContextHandle;

/// The token of a handle; null for `None`.
pub fn token<H: cmrp::ndr::Handle>(handle: Option<H>) -> Token {
    handle.map_or(Token::NULL, H::token)
}
