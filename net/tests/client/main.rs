//! Associations against the server machine of `dcerpc_proto`, over sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what is not as it should be fails the test"
)]

mod calls;
mod cancel;
mod connect;
mod deadlines;
mod rig;
