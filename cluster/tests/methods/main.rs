//! The methods of the embedded cluster, called as a client calls them: by stubs, through a node.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod batch;
mod control;
mod group_set;
mod hostile;
mod properties;
mod registry;
mod resource;
mod rig;
mod security;
mod told;
