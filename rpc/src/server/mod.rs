//! The server's side of a connection: octets of a client in, calls out; answers in, octets for the client out.
//!
//! - [`Connection`] is one transport connection. It holds no socket and no clock: give it what was read
//!   ([`Connection::handle_input`]), take what happened ([`Connection::poll_event`]), send what it has to say
//!   ([`Connection::poll_transmit`]), answer calls when and in which order you like ([`Connection::respond`],
//!   [`Connection::fault`]).
//! - [`Associations`] are the association groups of one server: context handles made on one connection of a group may
//!   be used on the others (MS-RPCE 3.3.1.5.7), and are run down when the last one has gone ([`Connection::close`]).
//! - [`Config`] and [`Limits`] say what the server accepts; each limit names the attack that it stops.
//!
//! # What to do in which order
//! After each [`Connection::handle_input`] take all events, then all PDUs; while [`Connection::is_congested`], do not
//! read from the client. When [`Connection::is_closing`] says so, send the PDUs that are left and close the socket;
//! whatever ended the connection, call [`Connection::close`]. Time-outs are the program's: for a bind that does not
//! come, for a PDU or request that is not finished ([`Connection::receiving`]), for output that is not taken.
//!
//! # What becomes of clients that break rules
//!
//! | what | answer | connection |
//! |---|---|---|
//! | octets that are no PDU, or a PDU that clients do not send | none | ends |
//! | a bind that is malformed, fragmented, empty or repeated | `bind_nak` 4 | ends |
//! | a bind with a security token: there is no provider | `bind_nak` 8 | ends |
//! | a bind to a group that does not exist, or is another address's | `bind_nak` 0 | ends |
//! | a bind beyond [`Limits::max_contexts`], [`Limits::max_group`] or [`Limits::max_groups`] | `bind_nak` 2 | ends |
//! | a request or `alter_context` before the bind | fault `nca_proto_error` | ends |
//! | a `call_id` that does not rise (3.3.3.5.2) | fault `nca_proto_error` | ends |
//! | a request begun before the last one was finished (3.3.1.5.8), fragments that disagree or are too large or too many | fault `nca_proto_error` | ends |
//! | a second open call without multiplexing (3.3.1.5.8) | fault `nca_proto_error` | ends |
//! | a fragment without its first, less than 150 calls late (3.3.3.5.6) | none | stays |
//! | a protected PDU, where nothing was agreed on | fault 5, or none | ends |
//! | a call below [`Config::minimum_level`] | fault 5 | stays |
//! | a stub of more than [`Limits::max_stub`] octets (3.3.3.5.4) | fault 5 | stays |
//! | a verification trailer that contradicts the request, or demands what is not known (2.2.2.13) | fault 5 | stays |
//! | a context that was not accepted | fault `nca_invalid_pres_context_id` | stays |
//! | NDR64 under a big-endian label (2.2.5) | fault `nca_unsupported_type` | stays |
//! | calls beyond [`Limits::max_pending`] or [`Limits::max_requests`], or after a shutdown | fault `nca_server_too_busy` | stays |
//!
//! All these faults say that the call did not run. They answer the first fragment that gives a reason (3.3.3.5.8), and
//! the other fragments of the call are dropped. Sections are those of MS-RPCE. A connection that ends gives no event
//! but the reason, and answers no open call.
//!
//! # Security
//! There is no provider yet. When there is, it becomes a field of [`Config`], what it knows of a caller a field of
//! [`Call`]; both can grow.

mod calls;
mod config;
mod connection;
mod contexts;
mod event;
mod groups;
mod negotiation;
mod requests;

pub use config::{Config, Limits};
pub use connection::{Connection, UnknownCall};
pub use event::{Call, Event, Violation};
pub use groups::{Associations, GroupId, Join, JoinError, PeerAddress};
