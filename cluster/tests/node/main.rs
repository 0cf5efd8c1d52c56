//! A node under typed requests of both protocol versions: what the specification says of its methods, what clients
//! expect, and laws that hold whatever happens.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod codes;
mod laws;
mod membership;
mod rig;
mod rules;
mod story;
mod suite;
mod undelivered;
mod version2;
mod watch;
