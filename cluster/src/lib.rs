//! One node of a failover cluster, as MS-CMRP (ClusAPI) shows it, without sockets or clocks.
#![forbid(unsafe_code)]
