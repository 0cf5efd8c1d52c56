//! What there is to tell: events of the cluster, and how the watcher fares.

use std::time::Duration;

use cmrp_net::client::PortVersion;

use super::about::About;
use super::picture::Transition;
use crate::show::win32;
use crate::time::Time;

/// One thing to tell, and when it was seen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct News {
    pub(crate) time: Time,
    pub(crate) what: What,
}

/// What there is to tell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// Something happened in the cluster.
    Event(Box<Event>),
    /// The first connection is there.
    Connected { server: String, cluster: String },
    /// The filter of something that was asked for is in place.
    Watching { subject: String },
    /// Something that was asked for can't be watched, or no longer.
    NotWatching { subject: String, code: u32 },
    /// The connection is lost.
    Reconnecting { code: u32 },
    /// A server could not be used.
    AttemptFailed { server: String, code: u32 },
    /// Another connection is there.
    Reconnected { server: String },
    /// No server could be used; `retry` says when all are tried again.
    Lost { code: u32, retry: Option<Duration> },
    /// Things other than events were left out, since output was too slow.
    Skipped { count: u64 },
}

/// An event as a port told it, with what was found out about the object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) version: PortVersion,
    pub(crate) about: About,
    /// The name of the object; empty where there is none.
    pub(crate) name: String,
    /// What happened, by name.
    pub(crate) changes: Vec<String>,
    /// The bits that these names stand for.
    pub(crate) flags: u64,
    /// What was asked for, as text.
    pub(crate) watched: Option<String>,
    /// How the object changed; `None` for kinds without a state.
    pub(crate) transition: Option<Transition>,
    /// The state number of a version 1 event.
    pub(crate) sequence: Option<u32>,
    /// What a version 2 event has besides.
    pub(crate) details: Option<Details>,
}

/// What only events of version 2 ports have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Details {
    pub(crate) object_id: String,
    pub(crate) parent_id: String,
    pub(crate) type_name: String,
    pub(crate) buffer: Vec<u8>,
    /// The state that the buffer tells.
    pub(crate) state: Option<u32>,
    /// What the buffer says, as text; `None` if that is not known.
    pub(crate) payload: Option<String>,
}

impl What {
    /// The name in output for programs, where it never changes.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Event(_) => "event",
            Self::Connected { .. } => "connected",
            Self::Watching { .. } => "watching",
            Self::NotWatching { .. } => "not_watching",
            Self::Reconnecting { .. } => "reconnecting",
            Self::AttemptFailed { .. } => "attempt_failed",
            Self::Reconnected { .. } => "reconnected",
            Self::Lost { .. } => "lost",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// A Win32 code as people read it.
pub(crate) fn code_text(code: u32) -> String {
    match win32::name(code) {
        Some(name) => format!("{name} ({code})"),
        None => format!("error {code}"),
    }
}
