//! The cluster that is simulated: its objects, what happens to them, and the methods that are not about ports.

mod cluster;
mod happening;
mod service;
mod told;

pub use cluster::{Cluster, Thing};
pub use happening::Happening;
pub use service::{Reply, Service};
pub use told::{Event, Told};
