//! What happens in a cluster, as notification ports tell it.
//!
//! One happening may be an event of version 1 ports, of version 2 ports, or several of both; the cluster that
//! reports it knows which. [`EventV1`] and [`EventV2`] are single events.

mod v1;
pub mod v2;

pub use v1::EventV1;
pub use v2::EventV2;
