//! What is set for an embedded cluster.

use core::time::Duration;

use cmrp::ndr::FileTime;
use cmrp_port::time::Instant;

/// What is set for an embedded cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long things take.
    pub timings: Timings,
    /// How many objects of all kinds the cluster may have, registry keys and values aside.
    ///
    /// Stops a client from filling the memory with groups and resources.
    pub objects: usize,
    /// The version of the cluster software that nodes report.
    pub version: Version,
    /// What time it is at [`Instant::ORIGIN`](cmrp_port::time::Instant::ORIGIN): what registry keys are stamped by.
    pub epoch: FileTime,
}

/// How long things take; zero: no time. While a resource is on its way its state is pending, and methods that wait for it
/// return `ERROR_IO_PENDING`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Until a resource is online.
    pub online: Duration,
    /// Until a resource is offline.
    pub offline: Duration,
    /// Until a resource that failed is brought online again.
    pub restart: Duration,
    /// Until a node that joins is up.
    pub join: Duration,
}

/// A version of the cluster software (MS-CMRP 3.1.4.2.102).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The major version. Clients take group sets for granted from 10 on.
    pub major: u16,
    /// The minor version.
    pub minor: u16,
    /// The build number.
    pub build: u16,
    /// Who made it.
    pub vendor: String,
    /// The name of the service pack, empty if there is none.
    pub service_pack: String,
}

impl Default for Version {
    /// That of Windows Server 2019, whose protocol is spoken here.
    fn default() -> Self {
        Self { major: 10, minor: 0, build: 17_763, vendor: "cmrp".to_owned(), service_pack: String::new() }
    }
}

impl Config {
    /// The time of the day at a point in time, in steps of 100 ns since 1601.
    pub fn file_time(&self, now: Instant) -> FileTime {
        let steps = now.since_origin().as_nanos().checked_div(100).unwrap_or_default();
        FileTime(self.epoch.0.saturating_add(u64::try_from(steps).unwrap_or(u64::MAX)))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self { timings: Timings::default(), objects: 10_000, version: Version::default(), epoch: FileTime(0) }
    }
}
