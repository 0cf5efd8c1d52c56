//! The checked-in list of places where libndr and the specification differ.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};

use super::{Disagreements, Place, direction_name};
use cmrp_testsuite::message::Direction;

const FILE: &str = "xtask/ndrdump-deviations.tsv";

/// Places that may disagree, and that must.
pub(super) struct Deviations(BTreeSet<Place>);

impl Deviations {
    /// Reads the list. A line is an operation, a direction and a reason, with tabs between; `#` begins a comment.
    pub(super) fn read() -> Result<Self> {
        let text = fs::read_to_string(FILE).with_context(|| format!("reading {FILE}"))?;
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let places: Result<BTreeSet<Place>> = lines.map(place).collect();
        Ok(Self(places?))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether libndr is known to differ at a place.
    pub(super) fn contains(&self, place: &Place) -> bool {
        self.0.contains(place)
    }

    /// Disagreements that are not listed, and listed ones that are none.
    pub(super) fn hold_against(&self, disagreements: &Disagreements) -> Vec<String> {
        let unknown = (disagreements.iter().filter(|(place, _)| !self.0.contains(*place)))
            .map(|((name, direction), text)| format!("{name} {direction}: {text}"));
        let stale =
            (self.0.iter().filter(|place| !disagreements.contains_key(*place))).map(|(name, direction)| {
                format!("{name} {direction}: listed in {FILE}, but there is no disagreement")
            });
        unknown.chain(stale).collect()
    }
}

fn place(line: &str) -> Result<Place> {
    let mut columns = line.split('\t');
    let mut column = || columns.next().map(str::trim).filter(|column| !column.is_empty());
    let (name, direction, reason) = (column(), column(), column());
    let known = [Direction::Request, Direction::Response].map(direction_name);
    let direction = known.into_iter().find(|known| Some(*known) == direction);
    let place = name.zip(direction).zip(reason).map(|((name, direction), _)| (name.to_owned(), direction));
    place.with_context(|| format!("{FILE}: not an operation, in or out, and a reason: {line}"))
}
