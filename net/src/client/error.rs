//! Why connections and calls fail, and what a Windows client would call it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use cmrp::ndr;
use cmrp_port::status::{
    EPT_S_NOT_REGISTERED, RPC_S_CALL_FAILED, RPC_S_CALL_FAILED_DNE, RPC_S_PROCNUM_OUT_OF_RANGE,
    RPC_S_SERVER_TOO_BUSY, RPC_S_SERVER_UNAVAILABLE, RPC_S_UNKNOWN_IF,
};

/// `RPC_S_PROTOCOL_ERROR`: a peer does not keep to the rules.
pub(crate) const RPC_S_PROTOCOL_ERROR: u32 = 0x6C0;
/// `RPC_S_UNSUPPORTED_TRANS_SYN`: no transfer syntax in common.
const RPC_S_UNSUPPORTED_TRANS_SYN: u32 = 0x6C2;
/// `RPC_X_BAD_STUB_DATA`.
const RPC_X_BAD_STUB_DATA: u32 = 0x6F7;
/// `RPC_S_OUT_OF_RESOURCES`.
const RPC_S_OUT_OF_RESOURCES: u32 = 0x6B9;

/// Why there is no connection to a server.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name has no address.
    #[error("{name} has no address: {error}")]
    Resolve {
        /// The name.
        name: String,
        /// What the resolver said.
        error: Arc<io::Error>,
    },
    /// TCP could not connect, or the connection broke while it was bound.
    #[error("cannot connect: {0}")]
    Io(Arc<io::Error>),
    /// The server took longer than it may.
    #[error("no connection within {0:?}")]
    Deadline(Duration),
    /// The endpoint mapper knows no endpoint of the interface.
    #[error("the endpoint mapper knows no endpoint of the interface")]
    NotRegistered,
    /// The endpoint mapper failed, with this status.
    #[error("the endpoint mapper failed with status {0:#010x}")]
    EndpointMapper(u32),
    /// The server does not take the bind.
    #[error("the server refused: {0}")]
    Refused(Refusal),
    /// The server broke a rule of the protocol.
    #[error("the server does not speak the protocol: {0}")]
    Protocol(String),
    /// The program has dropped the association meanwhile.
    #[error("the association has ended")]
    Ended,
}

/// Why a server does not take a bind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It has no such interface.
    #[error("it has no such interface")]
    Interface,
    /// It knows none of the transfer syntaxes.
    #[error("it knows none of the transfer syntaxes")]
    TransferSyntax,
    /// It has no further connection join the association, whose other connections it goes on to serve.
    #[error("it did not let the connection join the association")]
    Association,
    /// It does not know the association that a further connection was to join: it has run it down, or was started
    /// again. The handles of the association are gone, whatever its other connections look like.
    #[error("it does not know the association any more")]
    UnknownAssociation,
    /// It has reached a limit of its own.
    #[error("it has reached a limit of its own")]
    Limit,
    /// Any other reason, as text.
    #[error("{0}")]
    Other(String),
}

/// Why a call has no response.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The request is of another interface than the one that is bound.
    #[error("the request is of another interface than the association")]
    WrongInterface,
    /// The request has no form on the wire.
    #[error("cannot encode the request: {0}")]
    Encode(ndr::EncodeError),
    /// The request is too long for the wire (MS-RPCE 3.3.3.5.4).
    #[error("a request of {0} octets is too long")]
    TooLong(usize),
    /// As many calls are under way as may be. The call was not sent.
    #[error("too many calls under way")]
    TooManyCalls,
    /// A further connection of the association was needed and could not be made. The call was not sent.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server answered with a fault.
    #[error("the server answered with fault {status:#010x}{}", fault_name(*status))]
    Fault {
        /// The status as it is on the wire; [`CallError::win32`] says what it is for Windows.
        status: u32,
        /// Whether the server says that the call was not carried out (`PFC_DID_NOT_EXECUTE`).
        did_not_execute: bool,
    },
    /// The octets are no response to the request.
    #[error("the response is malformed: {0}")]
    Response(ndr::Error),
    /// The server took longer than it may. The call was cancelled; it may have been carried out.
    #[error("no response within {0:?}")]
    Deadline(Duration),
    /// The connection broke. The call may have been carried out.
    #[error("the connection is lost: {0}")]
    Lost(String),
    /// The association has no connection left, so that its handles are gone.
    #[error("the association has ended")]
    Ended,
}

fn fault_name(status: u32) -> String {
    dcerpc_proto::status::name(status).map(|name| format!(" ({name})")).unwrap_or_default()
}

impl ConnectError {
    /// The Win32 code that a Windows client reports (MS-RPCE 3.1.1.5.5, MS-CMRP 3.2.4.6).
    pub fn win32(&self) -> u32 {
        match self {
            Self::Resolve { .. } | Self::Io(_) | Self::Deadline(_) | Self::Ended => RPC_S_SERVER_UNAVAILABLE,
            Self::NotRegistered => EPT_S_NOT_REGISTERED,
            Self::EndpointMapper(status) => dcerpc_proto::status::win32(*status),
            Self::Refused(Refusal::Interface) => RPC_S_UNKNOWN_IF,
            Self::Refused(Refusal::TransferSyntax) => RPC_S_UNSUPPORTED_TRANS_SYN,
            // Not a code that starts a reconnect: that would end the connections that there are.
            Self::Refused(Refusal::Association) => RPC_S_OUT_OF_RESOURCES,
            Self::Refused(Refusal::UnknownAssociation) => RPC_S_CALL_FAILED_DNE,
            Self::Refused(_) => RPC_S_SERVER_TOO_BUSY,
            Self::Protocol(_) => RPC_S_PROTOCOL_ERROR,
        }
    }

    /// Whether another try can end otherwise: the server may come, while its interface may not.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused(Refusal::TransferSyntax) | Self::Protocol(_))
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

impl CallError {
    /// The Win32 code that a Windows client reports (MS-RPCE 3.1.1.5.5).
    pub fn win32(&self) -> u32 {
        match self {
            Self::WrongInterface => RPC_S_PROCNUM_OUT_OF_RANGE,
            Self::Encode(_) | Self::Response(_) => RPC_X_BAD_STUB_DATA,
            Self::TooLong(_) | Self::TooManyCalls => RPC_S_OUT_OF_RESOURCES,
            Self::Connect(error) => error.win32(),
            Self::Fault { status, .. } => dcerpc_proto::status::win32(*status),
            Self::Deadline(_) | Self::Lost(_) | Self::Ended => RPC_S_CALL_FAILED,
        }
    }
}
