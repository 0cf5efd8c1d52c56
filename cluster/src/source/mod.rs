//! What is wrong with text that people write, and where: definition files and changes.

mod document;
mod duration;
mod nearest;

use core::fmt;
use core::ops::Range;

pub(crate) use self::document::{Document, Step, index, key};
pub(crate) use self::duration::{parse_duration, show_duration};
pub(crate) use self::nearest::{help_for, nearest};

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1; 0 if the problem is not at one place.
    pub line: usize,
    /// The character in the line, from 1; 0 if the problem is not at one place.
    pub column: usize,
    /// The octets of the text that are meant; empty if the problem is not at one place.
    pub span: Range<usize>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What would mend it, if that can be guessed.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with these octets of the text.
    pub(crate) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let (line, column) = position(text, span.start);
        Self { line, column, span, message: message.into(), help: None }
    }

    /// A problem with the text as a whole.
    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self { line: 0, column: 0, span: 0..0, message: message.into(), help: None }
    }

    /// The same with advice.
    pub(crate) fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

impl fmt::Display for Problem {
    /// `line 3, column 7: message (help)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}, column {}: ", self.line, self.column)?;
        }
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " ({help})"))
    }
}

impl core::error::Error for Problem {}

/// Everything that is wrong with a text, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// `Ok` if there are none.
    pub(crate) fn none_of(mut problems: Vec<Problem>) -> Result<(), Self> {
        problems.sort_by_key(|problem| problem.span.start);
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// One after the other; there is at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    /// A line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(number, problem)| {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")
        })
    }
}

impl core::error::Error for Problems {}

/// Line and character of an octet of the text, both from 1.
fn position(text: &str, octet: usize) -> (usize, usize) {
    let before = text.get(..octet).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let column = before.get(line_start..).unwrap_or_default().chars().count();
    (before.matches('\n').count().saturating_add(1), column.saturating_add(1))
}

/// Where line and column, both from 1, are in the text, counting octets as `serde_json` does.
pub(crate) fn octet_at(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let octet = before.saturating_add(column.saturating_sub(1)).min(text.len());
    (0..=octet).rev().find(|&octet| text.is_char_boundary(octet)).unwrap_or(0)
}
