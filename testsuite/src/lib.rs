//! What the tests and the fuzz targets share: vectors, oracles, seeds, dictionaries, mutation, and a value of any
//! operation.
#![forbid(unsafe_code)]

pub mod connection;
pub mod constructs;
pub mod dictionary;
#[cfg(feature = "libndr")]
pub mod differential;
#[cfg(feature = "net")]
pub mod endpoint;
pub mod hex;
pub mod input;
pub mod mutate;
pub mod node;
pub mod operations;
pub mod oracle;
pub mod random;
pub mod reading;
pub mod requirements;
pub mod seeds;
pub mod stubs;
pub mod variation;
pub mod vector;

pub use cmrp_traffic::message;
