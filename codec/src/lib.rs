//! The wire codec of MS-CMRP, the Failover Cluster management protocol ("ClusAPI").
//!
//! [`clusapi2`] and [`clusapi3`] hold the operations of protocol versions 2 and 3, generated from their IDL: for
//! each a request and a response, which turn into stub data and back, in all three formats of [`ndr`]. Nothing here
//! knows a transport or a runtime: bytes go in and out, any RPC stack can carry them.
//!
//! ```
//! # #[cfg(feature = "clusapi")] {
//! use cmrp::clusapi3::{ApiOpenNodeRequest, ApiOpenNodeResponse};
//! use cmrp::ndr::{DecodeStub, EncodeStub, Format, Limits};
//!
//! // What a client sends to open a node:
//! let request = ApiOpenNodeRequest { lpsz_node_name: "node1".into() };
//! let stub = request.encode(Format::NDR20_LE).unwrap();
//! assert_eq!(stub.len(), 24);
//!
//! // What a server answers: Status, rpc_status, and a handle, or none.
//! let refused = [0xB2, 0x13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
//! let response = ApiOpenNodeResponse::decode(&refused, Format::NDR20_LE, &Limits::default()).unwrap();
//! assert_eq!(response.status, 5042); // ERROR_CLUSTER_NODE_NOT_FOUND
//! assert_eq!(response.return_value, None);
//! # }
//! ```
//!
//! # Features
//!
//! - `clusapi` (default): the interfaces. Without it the crate is a plain NDR runtime for code that `midl-codegen`
//!   generates from other IDL, and no build script runs a generator.
//! - `serde`: `Serialize` for every request and response, with the parameter names of the IDL.
//! - `json`: the same JSON form back into requests and responses ([`ndr::json`]).
//! - `arbitrary`: `Arbitrary` for every request and response, made of any octets, for fuzzing and property tests
//!   (`ndr::arbitrary`). This one needs `std`.
//!
//! Else the crate needs `alloc`, not `std`. It has no unsafe code.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(feature = "clusapi")]
pub mod clusapi2;
#[cfg(feature = "clusapi")]
pub mod clusapi3;
#[cfg(feature = "clusapi")]
pub mod cluster_change;
pub mod ndr;
