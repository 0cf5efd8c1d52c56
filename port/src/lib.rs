//! Notification ports of MS-CMRP, the Failover Cluster management protocol ("ClusAPI"), as two engines without
//! input or output.
//!
//! A [`server::Server`] does what a node does between `ApiCreateNotify` and `ApiCloseNotify`: it registers filters,
//! queues events, answers calls that wait. A [`client::Client`] does what a program needs so that it misses none: it
//! makes ports and filters, fetches, and puts everything back when it has to go to another node. Both take and give
//! the typed requests and responses of [`cmrp`]; any RPC stack can carry them. Time is given, too.
//!
//! Here they meet in memory. What is not about ports, the program answers itself:
//!
//! ```
//! use cmrp::{clusapi3::*, cluster_change::ClusterChange, ndr::Handle};
//! use cmrp_port::client::{self, Action, Client, Indication, Target};
//! use cmrp_port::server::{AssociationId, CallId, Caller, Config, Handled, Limits, Output, Server};
//! use cmrp_port::{access::Access, event::EventV1, object::*, protocol::*, sequence::*, time::Instant};
//! const ME: Caller = Caller { association: AssociationId(1), access: Some(Access::All) };
//! fn answer(server: &mut Server, request: &Request<'_>) -> Response<'static> {
//!     match request {
//!         Request::ApiGetClusterName(_) => ApiGetClusterNameResponse {
//!             cluster_name: Some("C".into()), node_name: Some("node1".into()), return_value: 0 }.into(),
//!         Request::ApiOpenCluster(_) => ApiOpenClusterResponse { status: 0, return_value: Handle::new(
//!             server.open(ME.association, Protocol::V3, &Object::new(ObjectKind::Cluster, "C"), Access::All).unwrap()
//!         ) }.into(),
//!         _ => ApiCreateEnumResponse {
//!             return_enum: Some(EnumList { entry: vec![] }), rpc_status: 0, return_value: 0 }.into(),
//!     }
//! }
//! fn carry(client: &mut Client, server: &mut Server) {
//!     while let Some(Output::Response { call, response }) = server.poll_output() {
//!         client.handle_v3(Instant::ORIGIN, client::CallId(call.0), &response.to_v3().unwrap());
//!     }
//!     let Some(action) = client.poll_action() else { return };
//!     if let Action::Connect { binding, .. } = action {
//!         client.handle_connected(Instant::ORIGIN, binding);
//!     } else if let Action::Call { call, request, .. } = action {
//!         let request = request.to_v3().unwrap();
//!         if server.handle_v3(Instant::ORIGIN, ME, CallId(call.0), &request, &StateSequences::new()) == Handled::NotMine {
//!             client.handle_v3(Instant::ORIGIN, call, &answer(server, &request));
//!         }
//!     }
//!     carry(client, server);
//! }
//! let server = &mut Server::new(Config { limits: Limits::default(), seed: [7; 16], cluster_name: "C".into() });
//! let client = &mut Client::new(client::Config::new(Protocol::V3, ["node1"]));
//! let port = client.create_port(PortVersion::V1);
//! client.add_filter(port, Target::Cluster, ClusterChange::GROUP_STATE, false, 7).unwrap();
//! carry(client, server);
//! server.post_v1(&EventV1::new(ClusterChange::GROUP_STATE, "SQL", 1).unwrap());
//! carry(client, server);
//! assert!(matches!(client.next_indication(port), Some(Indication::V1 { name, context: 7, .. }) if name == "SQL"));
//! ```
//!
//! # What is where
//! - [`server`], [`client`]: the engines. Their docs are the contract with the program that embeds them.
//! - [`event`]: what a cluster posts; constructors for every event of version 2 ports, and a reader of their buffers.
//! - [`sequence`]: the state numbers of objects, which all nodes must count alike.
//! - [`object`], [`access`], [`protocol`], [`status`], [`time`]: what both sides speak of.
//!
//! What the specification leaves open is decided in
//! [DECISIONS.md](https://docs.rs/crate/cmrp-port/latest/source/DECISIONS.md). The crate needs `alloc`, not `std`, and
//! has no unsafe code.
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
