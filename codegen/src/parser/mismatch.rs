//! Why a parser could not read on: the error type of the grammar.

use nom::Input as _;
use nom::error::{ContextError, ErrorKind, FromExternalError, ParseError};

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::TokenKind;
use crate::source::Span;

use super::input::Input;

/// A failure, and the place where reading stopped.
///
/// Most are dropped again when another branch fits; so the message is only made up by [`Mismatch::into_problem`].
pub(super) struct Mismatch<'t> {
    pub(super) at: Input<'t>,
    cause: Cause,
}

/// What is wrong.
pub(super) enum Cause {
    /// This symbol or keyword is expected.
    Symbol(&'static str),
    /// What these words say is expected.
    Thing(&'static str),
    /// All is said already.
    Problem(Box<Diagnostic>),
}

impl<'t> Mismatch<'t> {
    /// A failure that lets other branches try.
    pub(super) fn soft(at: Input<'t>, cause: Cause) -> nom::Err<Self> {
        nom::Err::Error(Self { at, cause })
    }

    /// A failure that no other branch can mend.
    pub(super) fn hard(at: Input<'t>, problem: Diagnostic) -> nom::Err<Self> {
        nom::Err::Failure(Self { at, cause: Cause::Problem(Box::new(problem)) })
    }

    pub(super) fn into_problem(self) -> Diagnostic {
        match self.cause {
            Cause::Symbol(symbol) => unexpected(self.at, &format!("`{symbol}`")),
            Cause::Thing(what) => unexpected(self.at, what),
            Cause::Problem(problem) => *problem,
        }
    }

    /// Adds another place to the message.
    pub(super) fn also(self, span: Span, text: &str) -> Self {
        let at = self.at;
        Self { at, cause: Cause::Problem(Box::new(self.into_problem().also(span, text))) }
    }

    fn tokens_left(&self) -> usize {
        self.at.input_len()
    }
}

/// The failure within an error of `nom`. Tokens are all there from the start, so no parser waits for more of them.
pub(super) fn of<'t>(error: nom::Err<Mismatch<'t>>, input: Input<'t>) -> Mismatch<'t> {
    match error {
        nom::Err::Error(mismatch) | nom::Err::Failure(mismatch) => mismatch,
        nom::Err::Incomplete(_) => Mismatch::from_error_kind(input, ErrorKind::Complete),
    }
}

/// The failure of a parser that had to succeed, as `cut` makes it.
pub(super) fn committed(error: nom::Err<Mismatch<'_>>) -> nom::Err<Mismatch<'_>> {
    match error {
        nom::Err::Error(mismatch) => nom::Err::Failure(mismatch),
        other => other,
    }
}

fn unexpected(at: Input<'_>, expected: &str) -> Diagnostic {
    let found = at.first();
    if let TokenKind::Bad(kind, reason) = &found.kind {
        return Diagnostic::new(*kind, found.span, reason.as_ref());
    }
    let message = format!("expected {expected}, found {}", found.describe());
    let place = if found.starts_line { at.behind_last().unwrap_or(found.span) } else { found.span };
    Diagnostic::new(code::UNEXPECTED, place, message).label(format!("expected {expected}"))
}

impl<'t> ParseError<Input<'t>> for Mismatch<'t> {
    /// For combinators that look for nothing by name (`not`, `eof`); who uses them as more than a test gives the
    /// name with `context`.
    fn from_error_kind(at: Input<'t>, _kind: ErrorKind) -> Self {
        Self { at, cause: Cause::Thing("something else") }
    }

    fn append(_input: Input<'t>, _kind: ErrorKind, other: Self) -> Self {
        other
    }

    /// The branch that got further knows best what is missing; of those that got equally far, the last, which is the
    /// most general.
    fn or(self, other: Self) -> Self {
        if self.tokens_left() < other.tokens_left() { self } else { other }
    }
}

impl<'t> ContextError<Input<'t>> for Mismatch<'t> {
    /// What was expected at the start gets the name of the whole; failures further on keep theirs.
    fn add_context(input: Input<'t>, what: &'static str, other: Self) -> Self {
        let is_at_start = other.tokens_left() == input.input_len();
        match other.cause {
            Cause::Symbol(_) | Cause::Thing(_) if is_at_start => Self { cause: Cause::Thing(what), ..other },
            _ => other,
        }
    }
}

impl<'t> FromExternalError<Input<'t>, Box<Diagnostic>> for Mismatch<'t> {
    fn from_external_error(at: Input<'t>, _kind: ErrorKind, problem: Box<Diagnostic>) -> Self {
        Self { at, cause: Cause::Problem(problem) }
    }
}
