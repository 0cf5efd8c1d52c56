//! MS-CMRP (ClusAPI) over TCP with tokio: the only room with sockets and clocks.
//!
//! - [`server`]: one node of a cluster behind a listening socket, with deadlines, limits and a shutdown that loses
//!   nothing.
//! - [`client`]: typed calls to a server, and watchers of a cluster that go from node to node.
//! - [`epm`]: the endpoint mapper, for servers without a port of their own, as client and as server.
//! - [`metrics`]: what a server does, and an HTTP listener for Prometheus that anything may use.
#![forbid(unsafe_code)]

/// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod client;
pub mod epm;
pub mod metrics;
pub mod server;
