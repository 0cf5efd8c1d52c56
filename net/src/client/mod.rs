//! Clients: associations with typed calls, and watchers that never lose a cluster.
//!
//! An [`Association`] is what a program needs to call one server. A [`Watcher`] keeps notification ports over all
//! servers of a cluster, by the procedure of MS-CMRP 3.2.4.6, and gives a stream of what happens.
//!
//! ```no_run
//! use cmrp::clusapi3::{ApiGetResourceStateRequest, ApiOpenResourceRequest};
//! use cmrp_net::client::{Association, Options, Protocol};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let association = Association::connect("node1", &Options::new(Protocol::V3)).await?;
//! let opened = association.call(&ApiOpenResourceRequest { lpsz_resource_name: "Disk 1".into() }).await?;
//! let h_resource = opened.get()?.return_value;
//! let state = association.call(&ApiGetResourceStateRequest { h_resource }).await?;
//! println!("{:?}", state.get()?);
//! # Ok(()) }
//! ```

pub(crate) mod address;
mod answer;
mod association;
mod clock;
mod error;
mod link;
mod options;
mod pool;
mod watch;

pub use answer::{Answer, AnyAnswer, AnyRequest, ClusApi, RawAnswer};
pub use association::{Association, CallOptions};
pub use cmrp_port::protocol::{PortVersion, Protocol};
pub use error::{CallError, ConnectError, Refusal};
pub use options::{KeepAlive, Limits, Options, Transfer};
pub use watch::{
    Bound, Builder, Change, Events, Interest, Retry, Subject, WatchError, WatchEvent, WatchEvents, Watcher,
};
