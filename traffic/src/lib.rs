//! Made-up traffic of the failover cluster management protocol, MS-CMRP ("ClusAPI").
#![forbid(unsafe_code)]

pub mod breakage;
pub mod landmark;
pub mod message;
