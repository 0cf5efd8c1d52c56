//! Watchers of a small cluster: nodes that have the port engine and little else, over sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what is not as it should be fails the test"
)]

mod embedded;
mod events;
mod examples;
mod node;
mod own_calls;
mod reconnect;
mod rpcclient;
mod shut_down;
