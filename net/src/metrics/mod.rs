//! What a program does, for Prometheus: metrics of a [server](crate::server), and an HTTP listener for any registry.

mod http;
pub(crate) mod server;

pub use http::serve;
