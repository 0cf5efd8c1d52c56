//! What is reported: one message for each request, response and fault.

use std::net::SocketAddr;
use std::time::Duration;

use cmrp_traffic::message::Message as Parameters;
use dcerpc_proto::auth::Protection;
use serde::Serialize;

use crate::interface::Interface;
use crate::time::Time;

/// Which part of a call a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Request,
    Response,
    /// The answer of a call that failed below the interface; it has no parameters.
    Fault,
}

impl Direction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Fault => "fault",
        }
    }
}

/// Status of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u32,
    pub(crate) name: Option<&'static str>,
}

/// All of a message but its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Number of the frame that completes it.
    pub(crate) frame: u64,
    pub(crate) time: Option<Time>,
    pub(crate) stream: u64,
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) call_id: u32,
    pub(crate) interface: Interface,
    /// `None` in an answer whose request is not in the capture.
    pub(crate) opnum: Option<u16>,
    /// `None` where the interface has no operation of this number.
    pub(crate) operation: Option<&'static str>,
    pub(crate) direction: Direction,
    /// `None` where the transfer syntax is not known.
    pub(crate) format: Option<&'static str>,
    /// Whether the parameters can be read.
    pub(crate) is_readable: bool,
    /// Why the parameters can't be read: they are encrypted.
    pub(crate) sealed: Option<Protection>,
    /// Why the parameters can't be read, or what is wrong with the message.
    pub(crate) error: Option<String>,
    /// Time since the request.
    pub(crate) latency: Option<Duration>,
    pub(crate) fault: Option<Fault>,
}

impl Head {
    /// The error of a message whose parameters are readable or sealed all the same.
    pub(crate) fn complaint(&self) -> Option<&str> {
        self.error.as_deref().filter(|_| self.is_readable || self.sealed.is_some())
    }

    /// Whether the parameters of both can't be read for the same reason.
    pub(crate) fn is_unreadable_as(&self, other: &Self) -> bool {
        let kind = |sealed: Option<Protection>| sealed.map(|sealed| (sealed.auth_type, sealed.level));
        kind(self.sealed) == kind(other.sealed) && self.error == other.error
    }
}

/// A request, response or fault.
#[derive(Clone, Debug)]
pub(crate) struct Message<'a> {
    pub(crate) head: Head,
    /// The parameters; `None` where they can't be read.
    pub(crate) fields: Option<Parameters<'a>>,
}

/// What is kept of a request until its answer comes.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: Head,
    /// What the output form keeps of the parameters.
    pub(crate) text: String,
    /// Whether it satisfies the filter, as far as a request can.
    pub(crate) is_shown: bool,
}
