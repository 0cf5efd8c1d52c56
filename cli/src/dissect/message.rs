//! What is reported: one message for each request, response and fault.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::time::Time;
use crate::interface::Interface;

/// Which part of a call a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Request,
    Response,
    /// The answer of a call that failed below the interface; it has no parameters.
    Fault,
}

/// Why the parameters can't be read: they are encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sealed {
    pub(crate) provider: String,
    pub(crate) level: String,
}

/// Status of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fault {
    pub(crate) status: u32,
    pub(crate) name: Option<&'static str>,
}

/// A request, response or fault. Serialised, it is the object that `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Message {
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
    /// The parameters by their names in the IDL; `None` where they can't be read.
    pub(crate) fields: Option<Map<String, Value>>,
    #[serde(serialize_with = "sealed")]
    pub(crate) sealed: Option<Sealed>,
    /// Why the parameters can't be read, or what is wrong with the message.
    pub(crate) error: Option<String>,
    /// Time since the request.
    #[serde(serialize_with = "seconds", skip_serializing_if = "Option::is_none")]
    pub(crate) latency: Option<Duration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
}

impl Message {
    /// The error of a message whose parameters are readable or sealed all the same.
    pub(crate) fn complaint(&self) -> Option<&str> {
        self.error.as_deref().filter(|_| self.fields.is_some() || self.sealed.is_some())
    }
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn sealed<S: Serializer>(sealed: &Option<Sealed>, serializer: S) -> Result<S::Ok, S::Error> {
    match sealed {
        Some(sealed) => sealed.serialize(serializer),
        None => serializer.serialize_bool(false),
    }
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn seconds<S: Serializer>(latency: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match latency {
        Some(latency) => serializer.serialize_f64(latency.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}
