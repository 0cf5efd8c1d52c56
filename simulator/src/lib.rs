//! Clusters, networks and clients around the notification port engines, in simulated time and from one seed.
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
