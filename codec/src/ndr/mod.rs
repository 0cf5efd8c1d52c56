//! The NDR runtime that generated code rests on, and any hand-written codec can.
//!
//! Octets become values through a [`Reader`], values become octets through a [`Writer`]. Types implement [`Decode`]
//! and [`Encode`], whole stubs [`DecodeStub`] and [`EncodeStub`]; [`Operation`] ties a request and a response to an
//! opnum. Rules and names are those of C706 chapter 14 and MS-RPCE 2.2.4, 2.2.5 and 3.1.1.5.3.
//!
//! What the reader guarantees on any input:
//! - no panic, no unchecked index, no overflow;
//! - no allocation before the count that asks for it was compared with the octets that remain and charged against
//!   [`Limits`];
//! - an [`Error`] with offset, field path and reason, or a complete value; never half of one.

#![allow(
    clippy::inline_always,
    reason = "generated code is long rows of calls that take a few instructions each; a compiler that is left to itself \
              stops halfway to inline them, and then keeps the reader or writer in memory, for several times the cost"
)]

#[cfg(feature = "arbitrary")]
pub mod arbitrary;
mod array;
mod buffer;
mod decode;
mod elements;
mod encode;
mod error;
mod file_time;
mod format;
mod handle;
#[cfg(feature = "serde")]
pub mod json;
mod landmark;
mod limits;
mod packed;
mod path;
mod reader;
mod string;
mod stub;
mod union;
mod units;
mod uuid;
mod writer;

/// The growable array of generated code.
pub use alloc::vec::Vec;
pub use array::{
    Counted, Counts, Elements, SizedPtr, Varying, VaryingPtr, check_requested_length, check_requested_size,
};
/// The crate that declares flag sets, for generated code.
pub use bitflags;
pub use decode::Decode;
pub use elements::{FixedElements, FixedPart};
pub use encode::Encode;
pub use error::{EncodeError, EncodeErrorKind, Error, ErrorKind, InField, Limit};
pub use file_time::FileTime;
pub use format::{Endian, Format, UnknownFormat};
pub use handle::{ContextHandle, Handle};
pub use limits::{Limits, TargetLevel};
pub use path::Path;
pub use reader::{Reader, Referent, VaryingCounts};
/// The crate that serializes values, for generated code.
#[cfg(feature = "serde")]
pub use serde;
pub use string::WStr;
pub use stub::{
    Call, DecodeStub, EncodeStub, Interface, MAX_FORGIVEN, Operation, ReservedRequest, ReservedResponse,
};
pub use union::{Union, UnionTag};
pub use uuid::Uuid;
pub use writer::Writer;
