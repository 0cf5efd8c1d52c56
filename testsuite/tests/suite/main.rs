//! The codec against independent vectors, and against its own promises on hostile input.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod arbitrary;
mod bounds;
mod connection;
mod dictionary;
#[cfg(feature = "libndr")]
mod differential;
mod filters;
mod handles;
mod json;
mod mutate;
mod negative;
mod node;
mod operations;
mod planted;
mod reading;
mod replay;
mod requirements;
mod seeds;
mod specification;
mod strictness;
mod vectors;
