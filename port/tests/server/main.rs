//! The server engine against the specification: a requirement per row of `requirements-server.tsv`, tests named after
//! the sections of the fact sheet, and a test for each decision of `DECISIONS.md`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod access;
mod add;
mod add_v2;
mod calls;
mod close;
mod create;
mod decisions_calls;
mod decisions_events;
mod decisions_filters;
mod decisions_handles;
mod decisions_page;
mod decisions_queues;
mod foreign;
mod forged;
mod get;
mod get_batch;
mod harness;
mod keys;
mod keys_v2;
mod laws;
mod limits;
mod loss;
mod methods;
mod missed;
mod objects;
mod order;
mod readd;
mod reply;
mod rundown;
mod sequence;
mod timer;
mod unblock;
mod undelivered;
mod vectors;
mod wire;
mod wire_layout;
