//! The endpoint mapper: which TCP port an interface is at (C706 Appendix O, MS-RPCE 2.2.1.2).
//!
//! [`map`] asks one, as a client that knows a host and no port does. A [`Server`] is one: it tells anybody the
//! endpoints that it was given. Both know `ncacn_ip_tcp` alone.

mod client;
pub mod interface;
mod map;
mod server;
pub mod tower;

pub(crate) use client::locate;
pub use client::map;
pub use map::{Endpoint, EndpointMap};
pub use server::Server;

/// The TCP port of endpoint mappers (MS-RPCE 2.1.1.1).
pub const PORT: u16 = 135;
