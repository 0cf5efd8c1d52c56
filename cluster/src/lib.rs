//! One node of a failover cluster, as MS-CMRP (ClusAPI) shows it, without sockets or clocks.
#![forbid(unsafe_code)]

pub mod change;
pub mod definition;
pub mod plain;
pub mod source;
