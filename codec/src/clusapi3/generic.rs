//! The one place where a handle changes its kind.

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
