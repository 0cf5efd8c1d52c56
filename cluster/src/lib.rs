//! A failover cluster that speaks MS-CMRP ("ClusAPI"): one node's protocol server, without input or output.
//!
//! A [`node::Node`] decodes requests, checks who may do what, hands the methods of notification ports to
//! [`cmrp_port::server::Server`] and all others to a [`cluster::Cluster`], posts the events of that cluster, and
//! encodes the answers. [`embedded::Embedded`] is a cluster that lives in memory; others plug in by the trait.
#![forbid(unsafe_code)]

pub mod change;
pub mod cluster;
pub mod control;
pub mod definition;
pub mod dependency;
pub mod embedded;
pub mod event;
pub mod life;
pub mod node;
pub mod plain;
pub mod registry;
pub mod session;
pub mod source;
pub mod status;
pub mod store;

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
