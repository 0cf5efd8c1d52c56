//! The checked-in list of known differences.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use super::finding::Finding;
use super::rule::{Explained, Rule};
use super::{Outcome, Stub};
use crate::message::Direction;

const FILE: &str = include_str!("../../differential-deviations.tsv");

/// One known difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The operation that has it; `None` if any may.
    pub operation: Option<String>,
    /// The direction that has it; `None` if both may.
    pub direction: Option<Direction>,
    /// What is different, and how to tell that nothing else is.
    pub rule: Rule,
    /// Who is right, and where that is written.
    pub reason: String,
}

/// All known differences. Their index here is what an [`Outcome`] holds.
#[expect(clippy::expect_used, reason = "the file is part of this crate, and a test reads it")]
pub static DEVIATIONS: LazyLock<Vec<Deviation>> =
    LazyLock::new(|| read(FILE).expect("differential-deviations.tsv"));

/// Reads a list. A line is an operation or `*`, `in`, `out` or `*`, a rule and a reason, with tabs between; `#` begins a
/// comment.
///
/// # Errors
/// The line that is something else.
pub fn read(text: &str) -> Result<Vec<Deviation>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| deviation(line).ok_or_else(|| format!("no deviation: {line}"))).collect()
}

fn deviation(line: &str) -> Option<Deviation> {
    let columns: Vec<&str> = line.split('\t').map(str::trim).filter(|column| !column.is_empty()).collect();
    let &[operation, direction, rule, reason] = columns.as_slice() else { return None };
    Some(Deviation {
        operation: (operation != "*").then(|| operation.to_owned()),
        direction: match direction {
            "in" => Some(Direction::Request),
            "out" => Some(Direction::Response),
            "*" => None,
            _ => return None,
        },
        rule: rule.parse().ok()?,
        reason: reason.to_owned(),
    })
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.as_deref().unwrap_or("*");
        let direction = match self.direction {
            Some(Direction::Request) => "in",
            Some(Direction::Response) => "out",
            None => "*",
        };
        write!(f, "{operation} {direction}: {}", self.reason)
    }
}

impl Deviation {
    fn concerns(&self, stub: &Stub<'_>) -> bool {
        self.operation.as_ref().is_none_or(|operation| operation == stub.operation())
            && self.direction.is_none_or(|direction| direction == stub.direction)
    }
}

/// The lines that together say why both differ; `None` if none do.
///
/// A rule that repairs the stub leaves a stub that may differ for another reason, but only for a reason that was not
/// given yet.
pub(super) fn explain(finding: &Finding<'_>) -> Option<BTreeSet<usize>> {
    explain_with(finding, &DEVIATIONS, &BTreeSet::new())
}

fn explain_with(
    finding: &Finding<'_>,
    deviations: &[Deviation],
    given: &BTreeSet<usize>,
) -> Option<BTreeSet<usize>> {
    let lines = deviations.iter().enumerate();
    let mut left =
        lines.filter(|(line, deviation)| !given.contains(line) && deviation.concerns(&finding.stub));
    left.find_map(|(line, deviation)| {
        let explained = deviation.rule.explain(finding)?;
        let mut given = given.clone();
        given.insert(line);
        match explained {
            Explained::Wholly => Some(given),
            Explained::Repaired(octets) => {
                let repaired = finding.with(&octets);
                if deviation.rule.keeps_their_value() && !finding.same_value_of_theirs(&repaired) {
                    return None;
                }
                match repaired.agreement() {
                    Some(Outcome::Accepted) => Some(given),
                    Some(Outcome::Refused | Outcome::NotCompared) if deviation.rule.may_be_refused() => {
                        Some(given)
                    }
                    Some(_) => None,
                    None => explain_with(&repaired, deviations, &given),
                }
            }
        }
    })
}
