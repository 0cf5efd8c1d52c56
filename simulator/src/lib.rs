//! Clusters, networks and clients around the notification port engines, in simulated time and from one seed.
//!
//! ```text
//! cargo run --release -p cmrp-simulator -- run --seeds 0..1000000 --threads 2
//! cargo run --release -p cmrp-simulator -- replay 4711            # a readable trace
//! cargo run --release -p cmrp-simulator -- replay 4711 --shrink   # without the steps that don't matter
//! ```
//!
//! A seed is one of two kinds of run. Three in four simulate a whole cluster ([`network`]): nodes with a server engine
//! each, programs with client engines, connections that break, nodes that fail, things that happen, all planned by a
//! [`script`]. One in four does random [`operations`] on one server: requests good and bad, forged handles, limits of
//! zero. The [`oracle`]s of the fuzz targets make the same choices from octets, and add a client engine among hostile
//! servers.
//!
//! In every run, each server engine has a [`twin`]: a [`model`] of the same rules, written from the specification as
//! plain lists, which must give the same outputs at each step.
//!
//! # Laws, and where they are checked
//!
//! | law | where |
//! | --- | --- |
//! | engine and model do the same: outputs, timers, counts | [`twin`], after each step |
//! | each call completes exactly once: by a response, a fault, or as abandoned | [`audit`], each output; [`twin`], at the end |
//! | order on a port is the order of posting; nothing is delivered that no filter asked for | [`audit`], each indication |
//! | nothing is lost without a report, and no loss is reported that did not happen | [`audit`], each indication and drained queue |
//! | nothing is queued before the first filter | [`audit`]: without filter, nothing is owed |
//! | forbidden values never appear | [`audit`], each indication |
//! | each get call of protocol version 2 ends by its deadline | [`audit`], each timer |
//! | handles are new; all that a client held is freed with it | [`twin`], each handle; at the end of the run |
//! | programs read what servers delivered, in that order, with the contexts of their filters | `network::program`, each indication |
//! | a program knows the latest state of what it watches, or was told of a loss after it | `network::verdict`, when all is quiet |
//! | clients tell of reconnects, losses for good and closed handles | `network::verdict` |
//! | clients find a server when there is one; clients that shut down hold nothing | `network::verdict` |
//! | clients use handles of their own association alone, and call only where they are connected | `network`, each request; [`oracle::port_client`] |
//! | messages survive the codec | [`wire`], in one run of sixteen |
#![forbid(unsafe_code)]

pub mod audit;
pub mod describe;
pub mod dice;
pub mod model;
pub mod network;
pub mod operations;
pub mod oracle;
pub mod plain;
pub mod request;
pub mod run;
pub mod script;
pub mod tally;
pub mod twin;
pub mod violation;
pub mod wire;
pub mod world;
