//! The client engine against a scripted server. Tests are named after the sections of
//! `requirements-client.tsv`, which lists what they have to prove.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that overflows, indexes badly or panics has failed, which is all that it has to do"
)]

mod answer;
mod closing;
mod codes;
mod events;
mod hostile;
mod laws;
mod made;
mod pending;
mod ports;
mod requirements;
mod rig;
mod start;
mod steps;
mod telling;
