//! Compiles MIDL interface definitions to Rust code that marshals NDR and NDR64.
#![forbid(unsafe_code)]

pub mod model;
pub mod source;
mod compile;
pub mod diagnostic;
mod lexer;
mod parser;
mod preprocessor;
mod resolve;
mod session;
mod syntax;

pub use compile::{Compilation, ImportResolver, SearchPath, compile};
