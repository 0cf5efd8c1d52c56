//! The NDR runtime, and what is generated from constructs that ClusAPI does not have, against octets worked out by hand.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod arbitrary;
mod arrays;
mod bulk;
mod constructs;
mod errors;
mod json;
mod lenient;
mod reader;
mod reserved;
mod text;
mod unions;
mod writer;

use cmrp::ndr::{ContextHandle, Format, Handle};
use cmrp_ndr_tests::hex;

const LE: Format = Format::NDR20_LE;
const BE: Format = Format::NDR20_BE;
const NDR64: Format = Format::Ndr64;

/// A kind of context handle.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Open(ContextHandle);

impl Handle for Open {
    fn new(token: ContextHandle) -> Option<Self> {
        (!token.is_null()).then_some(Self(token))
    }

    fn token(self) -> ContextHandle {
        self.0
    }
}

fn octets(digits: &str) -> Vec<u8> {
    hex::decode(&digits.split_whitespace().collect::<String>()).expect("hexadecimal digits")
}
