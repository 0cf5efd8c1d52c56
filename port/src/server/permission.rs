//! What is checked before anything of a call is looked at: whether the client may call at all, the state of the server,
//! the level of the client (MS-CMRP 3.1.3, 3.1.4.1, 3.1.4.2).

use crate::access::{Access, ServerState};
use crate::protocol::Protocol;
use crate::status;

use super::method::Method;
use super::{Incoming, Server};

impl Server {
    /// Why a call must be refused before anything of it is looked at; `None` if it may go on. The methods of ports are
    /// checked by the server itself; this is for all others.
    ///
    /// A client without any access level is refused first and learns nothing of the server's state; its connection is
    /// to be ended (MS-CMRP 3.1.3). Then the state is looked at, which must be `needs` or better (MS-CMRP 3.1.4.1,
    /// 3.1.4.2; [`Stopped`](ServerState::Stopped) will do with any), then the level, which must be `level` or higher; protocol version 2 knows [`Access::All`] alone.
    pub fn refusal(
        &self,
        held: Option<Access>,
        protocol: Protocol,
        needs: ServerState,
        level: Access,
    ) -> Option<u32> {
        if held.is_none() {
            return Some(status::ERROR_ACCESS_DENIED);
        }
        let level = level.max(needed(protocol));
        let too_low = (held < Some(level)).then_some(status::ERROR_ACCESS_DENIED);
        self.refused_by_state(protocol, needs).or(too_low)
    }

    /// Why a call is refused before anything of it is looked at.
    ///
    /// What the least access level of protocol version 3 allows is all that these methods need, so that a client which
    /// has any passes (MS-CMRP 3.1.4.2); version 2 has the level "All" alone (MS-CMRP 3.1.4.1). A client without any
    /// access learns nothing of the server's state (MS-CMRP 3.1.3).
    pub(super) fn refused_caller(&self, incoming: &Incoming<'_>) -> Option<u32> {
        let creates = matches!(incoming.method, Method::Create(_));
        let needs = match incoming.protocol {
            Protocol::V2 if creates => ServerState::ReadWrite,
            _ => ServerState::ReadOnly,
        };
        self.refusal(incoming.caller.access, incoming.protocol, needs, Access::Read)
    }

    /// The code for a call that needs the server to be in this state or a better one (MS-CMRP 3.1.4.1, 3.1.4.2).
    pub(super) fn refused_by_state(&self, protocol: Protocol, needs: ServerState) -> Option<u32> {
        match self.state {
            ServerState::ReadWrite => None,
            ServerState::ReadOnly if needs == ServerState::ReadOnly => None,
            _ if needs == ServerState::Stopped => None,
            ServerState::ReadOnly | ServerState::None => Some(status::ERROR_SHARING_PAUSED),
            ServerState::ShuttingDown if protocol == Protocol::V2 => Some(status::ERROR_SHUTDOWN_IN_PROGRESS),
            ServerState::ShuttingDown => Some(status::ERROR_CLUSTER_NODE_SHUTTING_DOWN),
            ServerState::Stopped => Some(status::ERROR_CLUSTER_NODE_NOT_READY),
        }
    }
}

/// The access level that the methods of notification ports need.
pub(super) const fn needed(protocol: Protocol) -> Access {
    match protocol {
        Protocol::V2 => Access::All,
        Protocol::V3 => Access::Read,
    }
}
