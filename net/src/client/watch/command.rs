//! What a program can ask a running watcher for.

use cmrp_port::client::{BindingId, FilterId, ObjectId, PortId, Statistics};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::PortVersion;
use tokio::sync::oneshot;

use super::{Bound, Interest, WatchError};

/// Where the answer to a command goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, WatchError>>;

#[derive(Debug)]
pub(super) enum Command {
    Open {
        kind: ObjectKind,
        name: String,
        reply: Reply<ObjectId>,
    },
    Close {
        object: ObjectId,
    },
    Renamed {
        object: ObjectId,
        name: String,
    },
    CreatePort {
        version: PortVersion,
        reply: Reply<PortId>,
    },
    ClosePort {
        port: PortId,
    },
    Add {
        port: Option<PortId>,
        interest: Interest,
        reply: Reply<FilterId>,
    },
    /// `None` stands for the cluster.
    Bound {
        object: Option<ObjectId>,
        reply: Reply<Bound>,
    },
    Failed {
        binding: BindingId,
        code: u32,
    },
    Reconnect,
    Statistics {
        reply: Reply<Statistics>,
    },
    ShutDown {
        reply: Reply<()>,
    },
}
