//! MS-CMRP (ClusAPI) over TCP with tokio: the only room with sockets and clocks.
#![forbid(unsafe_code)]

pub mod client;
pub mod epm;
