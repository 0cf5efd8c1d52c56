//! Tests of the public interface, against vectors and captured PDUs with what another dissector says about them.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that overflows, indexes badly or panics has failed, which is all that it has to do"
)]

mod association;
mod client;
mod flows;
mod fragments;
mod hostile;
mod label;
mod meeting;
mod pdu;
mod samples;
mod server;
mod status;
mod stream;
mod verification;
