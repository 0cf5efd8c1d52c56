//! The codes that the engines return and act on.

use crate::protocol::Protocol;

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $code:literal;)+) => {
        $($(#[$doc])+ pub const $name: u32 = $code;)+

        /// The name of a code that this module lists.
        pub fn name(code: u32) -> Option<&'static str> {
            match code {
                $($code => Some(stringify!($name)),)+
                _ => None,
            }
        }
    };
}

codes! {
    /// Success.
    ERROR_SUCCESS = 0x0000_0000;
    /// A waiting get call was ended by `ApiUnblockGetNotifyCall` or `ApiCloseNotify` (MS-CMRP 3.1.4.1.66).
    ERROR_INVALID_FUNCTION = 0x0000_0001;
    /// The client lacks the access level.
    ERROR_ACCESS_DENIED = 0x0000_0005;
    /// A handle is not valid for the method.
    ERROR_INVALID_HANDLE = 0x0000_0006;
    /// A limit of the server is reached.
    ERROR_NOT_ENOUGH_MEMORY = 0x0000_0008;
    /// The server's state does not allow the method (MS-CMRP 3.1.4.1).
    ERROR_SHARING_PAUSED = 0x0000_0046;
    /// Flags, an object type or `dwVersion` are not valid.
    ERROR_INVALID_PARAMETER = 0x0000_0057;
    /// The `Timeout` of `ApiGetNotify` of protocol version 2 ran out (MS-CMRP 3.1.4.1.66).
    WAIT_TIMEOUT = 0x0000_0102;
    /// The port has been closed (MS-CMRP 3.1.4.1.66).
    ERROR_NO_MORE_ITEMS = 0x0000_0103;
    /// The computer shuts down; protocol version 2 (MS-CMRP 3.1.4.1).
    ERROR_SHUTDOWN_IN_PROGRESS = 0x0000_045B;
    /// As [`ERROR_SHUTDOWN_IN_PROGRESS`].
    ERROR_SERVER_SHUTDOWN_IN_PROGRESS = 0x0000_04E7;
    /// The binding is not valid.
    RPC_S_INVALID_BINDING = 0x0000_06A6;
    /// The server has no such interface.
    RPC_S_UNKNOWN_IF = 0x0000_06B5;
    /// The server does not answer.
    RPC_S_SERVER_UNAVAILABLE = 0x0000_06BA;
    /// The server is too busy.
    RPC_S_SERVER_TOO_BUSY = 0x0000_06BB;
    /// The call failed; it may have been carried out.
    RPC_S_CALL_FAILED = 0x0000_06BE;
    /// The call failed and was not carried out.
    RPC_S_CALL_FAILED_DNE = 0x0000_06BF;
    /// The interface has no method of that number; older servers lack some.
    RPC_S_PROCNUM_OUT_OF_RANGE = 0x0000_06D1;
    /// The authentication service is not known.
    RPC_S_UNKNOWN_AUTHN_SERVICE = 0x0000_06D3;
    /// The endpoint mapper knows no endpoint.
    EPT_S_NOT_REGISTERED = 0x0000_06D9;
    /// A null handle was given where one must be.
    RPC_X_SS_IN_NULL_CONTEXT = 0x0000_06EF;
    /// The security package failed.
    RPC_S_SEC_PKG_ERROR = 0x0000_0721;
    /// The resource does not exist.
    ERROR_RESOURCE_NOT_FOUND = 0x0000_138F;
    /// The group does not exist.
    ERROR_GROUP_NOT_FOUND = 0x0000_1395;
    /// The node does not exist.
    ERROR_CLUSTER_NODE_NOT_FOUND = 0x0000_13B2;
    /// The network does not exist.
    ERROR_CLUSTER_NETWORK_NOT_FOUND = 0x0000_13B5;
    /// The network interface does not exist.
    ERROR_CLUSTER_NETINTERFACE_NOT_FOUND = 0x0000_13B7;
    /// The node is down.
    ERROR_CLUSTER_NODE_DOWN = 0x0000_13BA;
    /// The node is not an active one.
    ERROR_CLUSTER_NODE_NOT_READY = 0x0000_13D0;
    /// The node is about to stop being active.
    ERROR_CLUSTER_NODE_SHUTTING_DOWN = 0x0000_13D1;
    /// The group set does not exist.
    ERROR_GROUPSET_NOT_FOUND = 0x0000_1768;
    /// Fault: the server's RPC runtime does not know the context handle (MS-RPCE 3.1.1.5.5). A client sees
    /// [`ERROR_INVALID_HANDLE`].
    NCA_S_FAULT_CONTEXT_MISMATCH = 0x1C00_001A;
}

/// Whether a code that a method returned makes a client look for another server (MS-CMRP 3.2.4.6).
pub fn starts_reconnect(protocol: Protocol, code: u32) -> bool {
    match code {
        RPC_S_INVALID_BINDING
        | RPC_S_UNKNOWN_IF
        | RPC_S_SERVER_UNAVAILABLE
        | RPC_S_SERVER_TOO_BUSY
        | RPC_S_CALL_FAILED
        | RPC_S_CALL_FAILED_DNE
        | RPC_S_UNKNOWN_AUTHN_SERVICE
        | EPT_S_NOT_REGISTERED
        | RPC_X_SS_IN_NULL_CONTEXT
        | ERROR_CLUSTER_NODE_NOT_READY
        | ERROR_CLUSTER_NODE_SHUTTING_DOWN => true,
        ERROR_INVALID_HANDLE | ERROR_SHUTDOWN_IN_PROGRESS | ERROR_SERVER_SHUTDOWN_IN_PROGRESS => {
            protocol == Protocol::V2
        }
        RPC_S_SEC_PKG_ERROR | ERROR_CLUSTER_NODE_DOWN => protocol == Protocol::V3,
        _ => false,
    }
}
