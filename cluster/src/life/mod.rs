//! The plausible life of a cluster.

mod random;

pub use self::random::Random;
