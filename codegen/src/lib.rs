//! Compiles MIDL interface definitions to Rust code that marshals NDR and NDR64.
#![forbid(unsafe_code)]

pub mod model;
pub mod source;
