//! Notification ports of MS-CMRP, the Failover Cluster management protocol ("ClusAPI"), as two engines without
//! input or output.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod access;
pub mod client;
pub mod event;
pub mod object;
pub mod protocol;
pub mod sequence;
pub mod server;
pub mod status;
pub mod time;
