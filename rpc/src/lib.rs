//! Connection-oriented DCE/RPC: a server's and a client's side of a connection, the PDUs underneath, and a passive
//! observer.
//!
//! The crate holds no socket, clock or thread, and it knows no interface: octets go in, typed values come out, and
//! the other way round. From the wire upwards:
//!
//! 1. [`stream::PduReader`] cuts one direction of a connection into PDUs, however it was chunked;
//! 2. [`Pdu::decode`] and [`Pdu::encode`] turn one PDU into a value that borrows from it, and back;
//! 3. [`fragments::Assembler`] joins the fragments of a call;
//! 4. [`server::Connection`] and [`client::Connection`] are the two sides of one connection: they bind, negotiate,
//!    fragment, and match answers with calls; [`server::Associations`] are the connections that share context handles;
//! 5. [`association::Association`] watches the PDUs of both directions of one connection and says which call of
//!    which interface each stub belongs to;
//! 6. [`verification::split`] takes the verification trailer off a request, and [`label::stub_format`] says how to
//!    decode what is left.
//!
//! # A server and a client
//! They meet in memory here; sockets and time-outs are the program's.
//!
//! ```
//! use std::sync::Arc;
//! use dcerpc_proto::auth::AuthLevel;
//! use dcerpc_proto::server::{self, Associations, PeerAddress};
//! use dcerpc_proto::{SyntaxId, client, status};
//!
//! # let uuid = cmrp::ndr::Uuid::new(0x1234_5678, 0, 0, [0; 8]);
//! let interface = SyntaxId::new(uuid, 1, 0);
//! let mut config = server::Config::new(vec![interface]);
//! config.minimum_level = AuthLevel::NONE; // otherwise anonymous calls are refused
//!
//! let mut associations = Associations::new(&config);
//! let peer = PeerAddress::from(std::net::IpAddr::from([127, 0, 0, 1]));
//! let mut server = server::Connection::new(Arc::new(config), peer, "49664");
//! let mut client = client::Connection::new(client::Config::new(interface));
//!
//! let mut results = None;
//! while results.is_none() {
//!     while let Some(pdu) = client.poll_transmit() {
//!         server.handle_input(&pdu, &mut associations);
//!     }
//!     while let Some(event) = server.poll_event() {
//!         if let server::Event::Call(call) = event {
//!             match call.opnum {
//!                 3 => server.respond(call.id, &[call.stub, vec![5, 6, 7, 8]].concat())?,
//!                 _ => server.fault(call.id, status::NCA_OP_RNG_ERROR, status::Executed::No)?,
//!             }
//!         }
//!     }
//!     while let Some(pdu) = server.poll_transmit() {
//!         client.handle_input(&pdu);
//!     }
//!     while let Some(event) = client.poll_event() {
//!         match event {
//!             client::Event::Bound { .. } => { client.call(3, &[1, 2, 3, 4])?; }
//!             client::Event::Response { stub, .. } => results = Some(stub),
//!             other => panic!("{other:?}"),
//!         }
//!     }
//! }
//! assert_eq!(results.unwrap(), [1, 2, 3, 4, 5, 6, 7, 8]);
//!
//! // The socket is closed: this was the last connection of its group, whose context handles are run down.
//! assert!(server.close(&mut associations).is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # An observer
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
//! # Security
//! There is no security provider yet: a bind with a security token is refused, and so is, unless
//! [`server::Config::minimum_level`] says otherwise, every call without one.
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
