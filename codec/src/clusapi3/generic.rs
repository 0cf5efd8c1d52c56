//! The one place where a handle changes its kind.
//!
//! A handle of any kind that MS-CMRP 3.1.4.2.137 lists opens the door:
//!
//! ```
//! use cmrp::clusapi3::{HGenericRpc, HNodeRpc};
//! fn name(node: HNodeRpc) -> HGenericRpc { node.into() }
//! ```
//!
//! A port does not, a batch port does not, and neither does a handle of the other protocol version:
//!
//! ```compile_fail,E0277
//! use cmrp::clusapi3::{HGenericRpc, HNotifyRpc};
//! fn name(port: HNotifyRpc) -> HGenericRpc { port.into() }
//! ```
//!
//! ```compile_fail,E0277
//! use cmrp::clusapi3::{HBatchPortRpc, HGenericRpc};
//! fn name(port: HBatchPortRpc) -> HGenericRpc { port.into() }
//! ```
//!
//! ```compile_fail,E0277
//! use cmrp::{clusapi2::HNodeRpc, clusapi3::HGenericRpc};
//! fn name(node: HNodeRpc) -> HGenericRpc { node.into() }
//! ```
//!
//! Nor does one kind stand for another, or one version for the other:
//!
//! ```compile_fail,E0308
//! use cmrp::clusapi3::{ApiGetNotifyRequest, HNodeRpc};
//! fn request(node: HNodeRpc) -> ApiGetNotifyRequest { ApiGetNotifyRequest { h_notify: Some(node) } }
//! ```
//!
//! ```compile_fail,E0308
//! use cmrp::{clusapi2::HNotifyRpc, clusapi3::ApiGetNotifyRequest};
//! fn request(port: HNotifyRpc) -> ApiGetNotifyRequest { ApiGetNotifyRequest { h_notify: Some(port) } }
//! ```

use super::{
    HClusterRpc, HGenericRpc, HGroupRpc, HGroupSetRpc, HKeyRpc, HNetInterfaceRpc, HNetworkRpc, HNodeRpc,
    HResRpc,
};

/// `ApiAddNotifyV2` takes the handle of any of these objects (MS-CMRP 3.1.4.2.137), and of no other.
macro_rules! opens {
    ($($handle:ident),+ $(,)?) => {$(
        impl From<$handle> for HGenericRpc {
            /// Names the object in an `ApiAddNotifyV2` request (MS-CMRP 3.1.4.2.137).
            fn from(handle: $handle) -> Self {
                Self(handle.0)
            }
        }
    )+};
}

opens!(HClusterRpc, HGroupRpc, HGroupSetRpc, HKeyRpc, HNetInterfaceRpc, HNetworkRpc, HNodeRpc, HResRpc);
