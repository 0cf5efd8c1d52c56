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
//! After each [`Connection::handle_input`] take all events, then all PDUs. When [`Connection::is_closing`] says so,
//! send the PDUs that are left and close the socket; whatever ended the connection, call [`Connection::close`]
//! exactly once.
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
pub use groups::{Associations, GroupId, PeerAddress};
