//! Clusters, networks and clients around the notification port engines, in simulated time and from one seed.
#![forbid(unsafe_code)]

pub mod dice;
pub mod model;
pub mod plain;
