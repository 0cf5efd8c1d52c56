//! What a stub is: of which operation, which way it travels, and in which format.

use std::fmt;

use clap::ValueEnum;
use cmrp::ndr::json::{Arena, JsonError};
use cmrp::ndr::{self, Format, Limits};
use cmrp_traffic::message::{self, Message};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

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

impl From<Direction> for message::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Request => Self::Request,
            Direction::Response => Self::Response,
        }
    }
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
        let Some(request) = request else { return Ok(self.decode_alone(stub, limits)?) };
        let kind = Self { direction: Direction::Request, ..self };
        let request = kind.decode_alone(request, limits).map_err(StubError::Request)?;
        let answer = request.answer(stub, self.format, limits);
        Ok(answer.unwrap_or_else(|| self.decode_alone(stub, limits))?)
    }

    /// Decodes a stub without a look at another.
    pub(crate) fn decode_alone<'a>(self, stub: &'a [u8], limits: &Limits) -> Result<Message<'a>, ndr::Error> {
        let Self { opnum, format, .. } = self;
        Message::decode(self.interface.protocol(), self.direction.into(), opnum, stub, format, limits)
    }

    /// Decodes a stub as far as it has a meaning, and tells the rules that it breaks.
    pub(crate) fn decode_lenient<'a>(
        self,
        stub: &'a [u8],
        limits: &Limits,
    ) -> Result<(Message<'a>, Vec<ndr::Error>), ndr::Error> {
        let Self { opnum, format, .. } = self;
        Message::decode_lenient(self.interface.protocol(), self.direction.into(), opnum, stub, format, limits)
    }

    /// Reads the JSON form.
    pub(crate) fn read<'a>(self, value: &'a Value, arena: &'a Arena) -> Result<Message<'a>, JsonError> {
        Message::from_json(self.interface.protocol(), self.direction.into(), self.opnum, value, arena)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = message::Direction::from(self.direction).name();
        write!(f, "{} ", self.interface.name())?;
        match self.interface.operation(self.opnum) {
            Some(name) => write!(f, "{name} {direction} {}", self.format),
            None => write!(f, "opnum {} {direction} {}", self.opnum, self.format),
        }
    }
}
