//! What went wrong with a server, and what to do about it.

use std::io::ErrorKind;

use cmrp_net::client::{CallError, ConnectError, Refusal};

/// `nca_s_fault_access_denied`, and the Win32 code that servers send in its place (C706 appendix N, MS-RPCE 2.2.1.1.4).
const ACCESS_DENIED: [u32; 2] = [0x0000_0005, 0x1C00_000D];

/// Why there is no connection to a server.
pub(crate) fn connect_error(server: &str, error: &ConnectError) -> String {
    with_advice(format!("{server}: {error}"), connect_advice(error))
}

/// Why a call has no response.
pub(crate) fn call_error(operation: &str, error: &CallError) -> String {
    let advice = match error {
        CallError::Fault { status, .. } if ACCESS_DENIED.contains(status) => Some(
            "the server takes no calls without authentication, which cmrp does not have yet; `cmrp serve` takes them \
             with --allow-insecure",
        ),
        CallError::Deadline(_) => Some("--call-timeout gives it more time"),
        CallError::Connect(error) => connect_advice(error),
        _ => None,
    };
    with_advice(format!("{operation}: {error}"), advice)
}

fn connect_advice(error: &ConnectError) -> Option<&'static str> {
    Some(match error {
        ConnectError::Resolve { .. } => "say where it is with --resolve NAME=HOST:PORT, or give its address",
        ConnectError::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "nothing listens there: `cmrp serve` prints its port; servers without a port are looked up with their \
             endpoint mapper (--epm-port)"
        }
        ConnectError::Deadline(_) => {
            "is a firewall in between? --connect-timeout gives it more time"
        }
        ConnectError::NotRegistered | ConnectError::EndpointMapper(_) => {
            "give the port of the cluster service: HOST:PORT"
        }
        ConnectError::Refused(Refusal::Interface) => "try the other version of the protocol: --protocol",
        ConnectError::Refused(Refusal::TransferSyntax) => "try without --ndr64",
        _ => return None,
    })
}

fn with_advice(problem: String, advice: Option<&'static str>) -> String {
    match advice {
        Some(advice) => format!("{problem}\n      {advice}"),
        None => problem,
    }
}
