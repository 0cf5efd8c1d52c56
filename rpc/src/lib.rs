//! Connection-oriented DCE/RPC: PDUs, presentation contexts, fragments, security trailers, and a passive observer.
//!
//! The crate holds no socket, clock or thread, and it knows no interface: octets go in, typed values come out, and
//! the other way round. From the wire upwards:
//!
//! 1. [`stream::PduReader`] cuts one direction of a connection into PDUs, however it was chunked;
//! 2. [`Pdu::decode`] and [`Pdu::encode`] turn one PDU into a value that borrows from it, and back;
//! 3. [`fragments::Assembler`] joins the fragments of a call;
//! 4. [`association::Association`] watches the PDUs of both directions of one connection and says which call of
//!    which interface each stub belongs to;
//! 5. [`verification::split`] takes the verification trailer off a request, and [`label::stub_format`] says how to
//!    decode what is left.
//!
//! ```
//! use dcerpc_proto::association::Association;
//! use dcerpc_proto::event::Event;
//! use dcerpc_proto::stream::PduReader;
//! use dcerpc_proto::{Body, Pdu, call::Request};
//!
//! let request = Request { alloc_hint: 4, context_id: 0, opnum: 3, object: None, stub: &[1, 2, 3, 4] };
//! let sent = Pdu::new(2, Body::Request(request)).encode()?;
//!
//! let (mut reader, mut association) = (PduReader::new(), Association::default());
//! for mut chunk in sent.chunks(10) {
//!     while let Some(framed) = reader.next(&mut chunk)? {
//!         for event in association.observe(Pdu::decode(framed.octets)?, ()) {
//!             let Event::Request(request) = event else { unreachable!() };
//!             assert_eq!((request.call_id, request.opnum), (2, 3));
//!             assert_eq!(*request.payload.stub, [1, 2, 3, 4]);
//!         }
//!     }
//! }
//! # Ok::<(), dcerpc_proto::PduError>(())
//! ```
//!
//! Sources: C706 chapter 12 (the PDUs) and MS-RPCE 2.2.2 (what Windows changed and added).
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod association;
pub mod auth;
pub mod bind;
pub mod call;
pub mod client;
pub mod error;
pub mod event;
pub mod fragments;
pub mod header;
pub mod label;
mod octets;
pub mod pdu;
mod queue;
pub mod server;
pub mod status;
pub mod stream;
pub mod syntax;
pub mod verification;

pub use error::{PduError, Reason};
pub use header::{Header, PacketType, PfcFlags};
pub use label::FormatLabel;
pub use pdu::{Body, Pdu};
pub use syntax::SyntaxId;
