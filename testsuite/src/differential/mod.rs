//! Our codec beside Samba's libndr: the same octets go to both, and both must come to the same end.
//!
//! The laws, for a stub of protocol version 3 in any format:
//! - *Verdict*: libndr can read it if and only if our codec accepts it at level 5.0. libndr knows nothing of level 6.0.
//! - *End*: both read the same number of octets. What follows them is compared by neither.
//! - *Value*: what libndr writes of what it read, and our encoding of what we decoded, are the same octets. Both write
//!   referents 0x00020000, 0x00020004, and so on, zeros into gaps, and a string with as many units as it has, so that
//!   nothing that carries no meaning is compared.
//!
//! Where the two differ and the specification says who is right, a line of `differential-deviations.tsv` says so
//! ([`DEVIATIONS`]). A line is no wider than it must be: its [`Rule`] tells what is different, and all else must agree.

mod deviation;
mod finding;
mod json;
mod repair;
mod request;
mod rule;

use std::collections::BTreeSet;
use std::fmt;

use cmrp::clusapi3::OPERATION_NAMES;
use cmrp::ndr::Format;

pub use cmrp_libndr::absence;
pub use deviation::{DEVIATIONS, Deviation, read};
pub use finding::{Decode, Ours, decode};
pub use rule::{NoRule, Rule};

use self::finding::Finding;
use crate::hex;
use crate::input::Input;
use crate::message::Direction;

/// The largest stub that is compared, in octets, so that libndr has memory for all that we accept.
pub const LARGEST: usize = 16 << 10;

/// A stub with what is needed to read it.
#[derive(Clone, Copy, Debug)]
pub struct Stub<'a> {
    /// Operation number.
    pub opnum: u16,
    /// Request or response.
    pub direction: Direction,
    /// Format of the octets.
    pub format: Format,
    /// The octets.
    pub octets: &'a [u8],
}

impl<'a> Stub<'a> {
    /// Cuts arbitrary octets as an [`Input`], whose strictness plays no part.
    pub fn cut(octets: &'a [u8]) -> Option<Self> {
        let Input { format, direction, opnum, stub, .. } = Input::cut(octets)?;
        Some(Self { opnum, direction, format, octets: stub })
    }

    /// The name of the operation.
    pub fn operation(&self) -> &'static str {
        OPERATION_NAMES.get(usize::from(self.opnum)).copied().unwrap_or("no operation")
    }
}

impl fmt::Display for Stub<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opnum, direction, format, octets } = self;
        write!(f, "{} {direction:?} {format}, opnum {opnum}: {}", self.operation(), hex::encode(octets))
    }
}

/// What became of a stub.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both read the same value.
    Accepted,
    /// Both refuse it.
    Refused,
    /// They differ as lines of the list say, which have these indices in [`DEVIATIONS`].
    Deviates(BTreeSet<usize>),
    /// They differ for no known reason: what both made of it, as text.
    Disagrees(String),
    /// libndr is not installed or may not have the memory that it wants, or the stub is larger than [`LARGEST`].
    NotCompared,
}

/// Sends arbitrary octets to both, where libndr is installed.
///
/// # Panics
/// They disagree for no known reason: one of them is wrong.
#[expect(clippy::panic, reason = "an oracle reports a defect by a panic, which is what fuzzers look for")]
pub fn differential(octets: &[u8]) {
    if let Some(Outcome::Disagrees(text)) = Stub::cut(octets).map(compare) {
        panic!("{text}");
    }
}

/// Sends a stub to both.
pub fn compare(stub: Stub<'_>) -> Outcome {
    compare_with(decode, stub)
}

/// Sends a stub to libndr and to another decoder than ours.
pub fn compare_with(decode: Decode, stub: Stub<'_>) -> Outcome {
    if stub.octets.len() > LARGEST || absence().is_some() {
        return Outcome::NotCompared;
    }
    let finding = Finding::of(stub, decode);
    finding.agreement().unwrap_or_else(|| match deviation::explain(&finding) {
        Some(lines) => Outcome::Deviates(lines),
        None => Outcome::Disagrees(finding.to_string()),
    })
}
