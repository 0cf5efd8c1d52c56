//! What is set for an embedded cluster.

use core::time::Duration;

use cmrp::ndr::FileTime;

/// What is set for an embedded cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long a resource takes to go online or offline; zero: no time. While it does, its state is pending, and
    /// methods that wait for it return `ERROR_IO_PENDING`.
    pub transition: Duration,
    /// How many objects of all kinds the cluster may have, registry keys and values aside.
    ///
    /// Stops a client from filling the memory with groups and resources.
    pub objects: usize,
    /// What time it is at [`Instant::ORIGIN`](cmrp_port::time::Instant::ORIGIN): what registry keys are stamped by.
    pub epoch: FileTime,
}

impl Default for Config {
    fn default() -> Self {
        Self { transition: Duration::ZERO, objects: 10_000, epoch: FileTime(0) }
    }
}
