//! What went wrong with a server, and what to do about it.

use std::io::ErrorKind;

use cmrp_net::client::{CallError, ConnectError, Refusal};
use cmrp_port::status::{
    EPT_S_NOT_REGISTERED, ERROR_ACCESS_DENIED, RPC_S_SERVER_UNAVAILABLE, RPC_S_UNKNOWN_IF,
};

/// No transfer syntax in common (MS-ERREF 2.2).
const RPC_S_UNSUPPORTED_TRANS_SYN: u32 = 1730;

/// `nca_s_fault_access_denied`, and the Win32 code that servers send in its place (C706 appendix N, MS-RPCE 2.2.1.1.4).
const ACCESS_DENIED: [u32; 2] = [0x0000_0005, 0x1C00_000D];

const NEEDS_AUTHENTICATION: &str = "the server takes no calls without authentication, which cmrp does not have yet; \
     `cmrp serve` takes them with --allow-insecure";
const NOTHING_LISTENS: &str = "`cmrp serve` prints its port; servers without a port are looked up with their endpoint \
     mapper (--epm-port); names of nodes that no DNS knows are told by --resolve NAME=HOST:PORT";
const NEEDS_PORT: &str = "give the port of the cluster service: HOST:PORT";
const OTHER_VERSION: &str = "try the other version of the protocol: --protocol";
const OTHER_SYNTAX: &str = "try without --ndr64";

/// What to do about a Win32 code that a watcher ended with.
pub(crate) fn code_advice(code: u32) -> Option<&'static str> {
    match code {
        ERROR_ACCESS_DENIED => Some(NEEDS_AUTHENTICATION),
        RPC_S_SERVER_UNAVAILABLE => Some(NOTHING_LISTENS),
        EPT_S_NOT_REGISTERED => Some(NEEDS_PORT),
        RPC_S_UNKNOWN_IF => Some(OTHER_VERSION),
        RPC_S_UNSUPPORTED_TRANS_SYN => Some(OTHER_SYNTAX),
        _ => None,
    }
}

/// Why there is no connection to a server.
pub(crate) fn connect_error(server: &str, error: &ConnectError) -> String {
    with_advice(format!("{server}: {error}"), connect_advice(error))
}

/// Why a call has no response.
pub(crate) fn call_error(operation: &str, error: &CallError) -> String {
    let advice = match error {
        CallError::Fault { status, .. } if ACCESS_DENIED.contains(status) => Some(NEEDS_AUTHENTICATION),
        CallError::Deadline(_) => Some("--call-timeout gives it more time"),
        CallError::Connect(error) => connect_advice(error),
        _ => None,
    };
    with_advice(format!("{operation}: {error}"), advice)
}

fn connect_advice(error: &ConnectError) -> Option<&'static str> {
    Some(match error {
        ConnectError::Resolve { .. } => "say where it is with --resolve NAME=HOST:PORT, or give its address",
        ConnectError::Io(error) if error.kind() == ErrorKind::ConnectionRefused => NOTHING_LISTENS,
        ConnectError::Deadline(_) => "is a firewall in between? --connect-timeout gives it more time",
        ConnectError::NotRegistered | ConnectError::EndpointMapper(_) => NEEDS_PORT,
        ConnectError::Refused(Refusal::Interface) => OTHER_VERSION,
        ConnectError::Refused(Refusal::TransferSyntax) => OTHER_SYNTAX,
        _ => return None,
    })
}

fn with_advice(problem: String, advice: Option<&'static str>) -> String {
    match advice {
        Some(advice) => format!("{problem}\n      {advice}"),
        None => problem,
    }
}
