//! What a watcher tells, and what it is asked to watch.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeResourceTypeV2};
use cmrp_port::client::{FilterError, FilterId, Indication, ObjectId, PortId};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::PortVersion;

use crate::client::CallError;

/// What a filter is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Everything in the cluster.
    Cluster,
    /// One object, which is opened for the first filter on it and closed after the last. Of a registry key, the name is the path below the root.
    Object {
        /// The kind of object.
        kind: ObjectKind,
        /// Its name.
        name: String,
    },
    /// One resource type, by its name. For ports of version 2.
    ResourceType(String),
}

impl Subject {
    /// One object.
    pub fn object(kind: ObjectKind, name: impl Into<String>) -> Self {
        Self::Object { kind, name: name.into() }
    }
}

/// What a filter asks for. Its kind says which version of port it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Events {
    /// Of a version 1 port.
    V1 {
        /// The events.
        events: ClusterChange,
        /// For registry keys: keys below it, too.
        subtree: bool,
    },
    /// Of a version 2 port.
    V2(ObjectFilter),
    /// Of a version 2 port, on [`Subject::ResourceType`].
    ResourceType(ClusterChangeResourceTypeV2),
}

impl fmt::Display for Subject {
    /// As in `Group "SQL"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("Cluster"),
            Self::Object { kind, name } => write!(f, "{kind:?} {name:?}"),
            Self::ResourceType(name) => write!(f, "ResourceType {name:?}"),
        }
    }
}

impl Events {
    /// The version of the ports that can have such a filter.
    pub fn port_version(&self) -> PortVersion {
        match self {
            Self::V1 { .. } => PortVersion::V1,
            Self::V2(_) | Self::ResourceType(_) => PortVersion::V2,
        }
    }
}

/// A filter: what to watch, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    /// What to watch.
    pub subject: Subject,
    /// For what.
    pub events: Events,
}

impl Interest {
    /// A filter for a version 1 port, without what is below a key.
    pub fn v1(subject: Subject, events: ClusterChange) -> Self {
        Self { subject, events: Events::V1 { events, subtree: false } }
    }

    /// A filter for a version 2 port.
    pub fn v2(subject: Subject, filter: ObjectFilter) -> Self {
        Self { subject, events: Events::V2(filter) }
    }
}

/// Something that happened in the cluster, as a port told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The port.
    pub port: PortId,
    /// What it told: object, flags, state number or payload.
    pub indication: Indication,
    /// The filter that asked for it, if the server named one of ours. Events that the client makes itself, such as
    /// `CLUSTER_RECONNECT`, have none.
    pub interest: Option<Arc<Interest>>,
}

/// What the stream of a [`Watcher`](super::Watcher) brings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchEvent {
    /// Something happened in the cluster.
    Changed(Change),
    /// The first connection is there.
    Connected {
        /// The name of the node that serves.
        server: String,
        /// The name of the cluster.
        cluster: String,
    },
    /// No server could be used.
    ConnectFailed {
        /// Why the last one could not: a Win32 code.
        code: u32,
        /// When all are tried again; `None` if only [`reconnect`](super::Watcher::reconnect) will.
        retry: Option<Duration>,
    },
    /// The connection is lost; the servers of the cluster are tried.
    Reconnecting {
        /// The Win32 code that says so.
        code: u32,
    },
    /// One server could not be used.
    AttemptFailed {
        /// Its name.
        server: String,
        /// The Win32 code.
        code: u32,
        /// What it failed on, if that was an object.
        object: Option<ObjectId>,
    },
    /// Everything is as it was, at another node or the same. Version 1 ports tell what changed meanwhile; version 2
    /// ports do not, so that states should be read anew.
    Reconnected {
        /// The name of the node that serves.
        server: String,
    },
    /// All servers were tried in vain.
    Lost {
        /// The Win32 code that began it.
        code: u32,
        /// When all are tried again; `None` if only [`reconnect`](super::Watcher::reconnect) will.
        retry: Option<Duration>,
    },
    /// An object is open.
    Opened {
        /// What it is called in calls.
        object: ObjectId,
        /// What it is.
        subject: Arc<Subject>,
    },
    /// An object could not be opened, or not again. It is no more.
    OpenFailed {
        /// What it was called in calls.
        object: ObjectId,
        /// What it is.
        subject: Arc<Subject>,
        /// The Win32 code.
        code: u32,
    },
    /// A port exists on the server.
    PortCreated {
        /// The port.
        port: PortId,
    },
    /// A port could not be made; its filters are gone.
    PortFailed {
        /// The port.
        port: PortId,
        /// The Win32 code.
        code: u32,
    },
    /// A filter is registered: from now on, nothing is missed.
    FilterAdded {
        /// What the filter is called.
        filter: FilterId,
        /// What it asks for.
        interest: Arc<Interest>,
        /// The state number of its object, if that has one.
        state_sequence: Option<u32>,
    },
    /// A filter could not be registered, or not again. It is no more.
    FilterFailed {
        /// What the filter was called.
        filter: FilterId,
        /// What it asked for.
        interest: Arc<Interest>,
        /// The Win32 code.
        code: u32,
    },
    /// The server ended a port; it brings nothing more.
    PortEnded {
        /// The port.
        port: PortId,
        /// The Win32 code.
        code: u32,
    },
    /// A port is closed.
    PortClosed {
        /// The port.
        port: PortId,
    },
    /// So many events other than [`Changed`](Self::Changed) were dropped, the oldest first, since nobody read them.
    Skipped {
        /// How many.
        events: u64,
    },
    /// The watcher has shut down. The last item.
    Closed,
}

/// Why a watcher does not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// It has shut down.
    #[error("the watcher has shut down")]
    Closed,
    /// The filter makes no sense.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The server refused, with this Win32 code.
    #[error("the server refused with error {0}")]
    Refused(u32),
    /// There is no connection now, or the object is not open.
    #[error("the object is not open now")]
    NotOpen,
    /// The call of the program failed.
    #[error(transparent)]
    Call(#[from] CallError),
}
