//! Compiles MIDL interface definitions to Rust code that marshals NDR and NDR64.
//!
//! A build script needs one call of [`Builder`]:
//!
//! ```no_run
//! fn main() -> Result<(), midl_codegen::BuildError> {
//!     midl_codegen::Builder::new().include("idl").compile("idl/calculator.idl").map(drop)
//! }
//! ```
//!
//! Behind it, text flows one way: tokens, syntax tree, checked [`model`], wire [`layout`], Rust. [`compile`] stops
//! at the model, [`generate`] goes all the way; neither touches a file. Whatever is wrong with the IDL comes back
//! at once, as [`diagnostic`]s with place, reason and help.
//!
//! Generated code rests on the `ndr` module of the crate `cmrp`, which works without that crate's own interfaces.
#![forbid(unsafe_code)]

mod builder;
mod compile;
pub mod diagnostic;
mod emit;
mod generate;
pub mod layout;
mod lexer;
pub mod model;
mod parser;
mod preprocessor;
mod resolve;
mod session;
pub mod source;
mod syntax;

pub use builder::{BuildError, Builder};
pub use compile::{Compilation, ImportResolver, SearchPath, compile};
pub use emit::{FlagBits, Options, TargetLevel};
pub use generate::{Generated, Target, generate};
