//! The client's side of a connection: calls in, octets for the server out; octets of the server in, answers out.
//!
//! [`Connection`] holds no socket and no clock: send what it has to say ([`Connection::poll_transmit`]; the first PDU
//! is its bind), give it what was read ([`Connection::handle_input`]), take what happened
//! ([`Connection::poll_event`]). After [`Event::Bound`] calls can be made ([`Connection::call`]).
mod answers;
mod config;
mod connection;
mod event;
mod negotiation;

pub use config::{Config, Limits};
pub use connection::{CallError, Connection};
pub use event::{Context, Event, Failure, Refusal};
