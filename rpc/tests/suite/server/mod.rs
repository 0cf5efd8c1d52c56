//! The server's side of a connection.

mod bind;
mod calls;
mod faults;
mod groups;
mod limits;
mod memory;
mod replay;
pub(crate) mod support;
