//! The NDR runtime alone, without generated code: each of its checks, against octets worked out by hand.

mod arrays;
mod bulk;
mod errors;
mod reader;
mod text;
mod writer;

use cmrp::ndr::Format;
use cmrp_testsuite::hex;

const LE: Format = Format::NDR20_LE;
const BE: Format = Format::NDR20_BE;
const NDR64: Format = Format::Ndr64;

fn octets(digits: &str) -> Vec<u8> {
    hex::decode(&digits.split_whitespace().collect::<String>()).expect("hexadecimal digits")
}
