//! What a stub is: of which operation, which way it travels, and in which format.

use std::fmt;

use clap::ValueEnum;
use cmrp::ndr::json::{Arena, JsonError};
use cmrp::ndr::{self, Format, Limits};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::message::Message;
use crate::interface::Interface;

/// Which way a stub travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    /// From client to server.
    Request,
    /// From server to client.
    Response,
}

/// All that the octets of a stub do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) interface: Interface,
    pub(crate) opnum: u16,
    pub(crate) direction: Direction,
    pub(crate) format: Format,
}

/// Which of two stubs was refused.
#[derive(Clone, Copy, Debug, Error)]
pub(crate) enum StubError {
    #[error("in the request: {0}")]
    Request(ndr::Error),
    #[error("{0}")]
    Stub(#[from] ndr::Error),
}

impl Kind {
    /// Decodes a stub. `request` is the stub of the request that a response belongs to, whose sizes it must have.
    pub(crate) fn decode<'a>(
        self,
        stub: &'a [u8],
        request: Option<&[u8]>,
        limits: &Limits,
    ) -> Result<Message<'a>, StubError> {
        let Some(request) = request else { return Ok(Message::decode(self, stub, limits)?) };
        let kind = Self { direction: Direction::Request, ..self };
        let request = Message::decode(kind, request, limits).map_err(StubError::Request)?;
        let answer = request.answer(stub, self.format, limits);
        Ok(answer.unwrap_or_else(|| Message::decode(self, stub, limits))?)
    }

    /// Reads the JSON form.
    pub(crate) fn read<'a>(self, value: &'a Value, arena: &'a Arena) -> Result<Message<'a>, JsonError> {
        Message::from_json(self, value, arena)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::Request => "request",
            Direction::Response => "response",
        };
        write!(f, "{} ", self.interface.name())?;
        match self.interface.operation(self.opnum) {
            Some(name) => write!(f, "{name} {direction} {}", self.format),
            None => write!(f, "opnum {} {direction} {}", self.opnum, self.format),
        }
    }
}
