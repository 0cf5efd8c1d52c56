//! What to make.

use std::num::NonZeroU32;

use cmrp::ndr::Format;
use cmrp::ndr::arbitrary::Unstructured;
use thiserror::Error;

use crate::chance::Chance;
use crate::graph::Graph;
use crate::message::Protocol;
use crate::stub::StubError;

/// What to make.
#[derive(Clone, Debug)]
pub struct Options {
    /// The protocol version.
    pub protocol: Protocol,
    /// The operations; every one that is not reserved if empty.
    pub operations: Vec<u16>,
    /// The formats; all three if empty. The seed chooses one for each call that stands alone, and for each sequence.
    pub formats: Vec<Format>,
    /// The same seed makes the same calls.
    pub seed: u64,
    /// How many of the stubs are broken, from 0 to 1. In a sequence, calls that are only there for the handle that a
    /// later one needs stay whole.
    pub hostile: f64,
    /// How many calls follow each other with handles that earlier ones yield. `None`: each call stands alone, and what
    /// handles it needs are made up.
    pub sequence: Option<NonZeroU32>,
}

/// Why nothing can be made.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// The share is none.
    #[error("{0} is no share of hostile stubs: it is a number from 0 to 1")]
    Hostile(f64),
    /// The interface has no such operation.
    #[error("there is no operation {0}")]
    NoOperation(u16),
    /// There is no way to a handle that an operation needs.
    #[error("no operation yields the {kind} that operation {opnum} needs")]
    Unreachable {
        /// The operation.
        opnum: u16,
        /// The kind of the handle.
        kind: &'static str,
    },
    /// A stub could not be made.
    #[error("{0}")]
    Stub(Box<StubError>),
}

impl From<StubError> for GenerateError {
    fn from(error: StubError) -> Self {
        Self::Stub(Box::new(error))
    }
}

impl Options {
    /// Valid calls of every operation in every format, each alone, from the seed 0.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, operations: Vec::new(), formats: Vec::new(), seed: 0, hostile: 0.0, sequence: None }
    }

    /// The same with nothing left open.
    pub(super) fn checked(mut self, graph: &Graph) -> Result<Self, GenerateError> {
        if !(0.0..=1.0).contains(&self.hostile) {
            return Err(GenerateError::Hostile(self.hostile));
        }
        if self.operations.is_empty() {
            self.operations = self.protocol.callable().collect();
        }
        if self.formats.is_empty() {
            self.formats = Format::ALL.to_vec();
        }
        self.operations.iter().try_for_each(|opnum| self.check(*opnum, graph))?;
        Ok(self)
    }

    fn check(&self, opnum: u16, graph: &Graph) -> Result<(), GenerateError> {
        self.protocol.operation(opnum).ok_or(GenerateError::NoOperation(opnum))?;
        let mut needs = graph.use_of(opnum).needs.iter().copied();
        match needs.find(|need| graph.depth(need).is_none()) {
            Some(kind) => Err(GenerateError::Unreachable { opnum, kind }),
            None => Ok(()),
        }
    }

    /// The sequence that a call belongs to, and its place therein.
    pub(super) fn place(&self, number: u64) -> Option<(u64, u32)> {
        let length = u64::from(self.sequence?.get());
        let place = number.checked_rem(length)?;
        Some((number.checked_div(length)?, u32::try_from(place).ok()?))
    }

    /// The operation of a call that stands alone.
    pub(super) fn by_turn(&self, number: u64) -> u16 {
        let count = u64::try_from(self.operations.len()).unwrap_or(u64::MAX);
        let place = number.checked_rem(count).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.operations.get(place)).copied().unwrap_or_default()
    }

    /// The format of a sequence.
    pub(super) fn format_of(&self, sequence: u64) -> Result<Format, StubError> {
        let octets: [u8; 8] = Chance::of_sequence(self.seed, sequence).octets();
        Ok(*Unstructured::new(&octets).choose(&self.formats)?)
    }
}
