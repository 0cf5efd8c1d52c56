//! What the parsers read: a slice of tokens as an input of `nom`.

use std::cell::Cell;
use std::iter::Enumerate;
use std::slice::Iter;

use nom::Needed;

use crate::diagnostic::Diagnostic;
use crate::lexer::{Token, TokenKind};
use crate::source::Span;

use super::limits::Depth;

/// After so many errors the rest is not worth reading.
const MAX_PROBLEMS: usize = 100;

/// What all inputs of one file share.
pub(super) struct Text<'t> {
    tokens: &'t [Token],
    /// What is seen behind the last token.
    end: Token,
    problems: Cell<Vec<Diagnostic>>,
}

impl<'t> Text<'t> {
    pub(super) fn new(tokens: &'t [Token], end: Span) -> Self {
        let end = Token { kind: TokenKind::End, span: end, doc: None, starts_line: true };
        Self { tokens, end, problems: Cell::default() }
    }

    /// The input that parsers start with.
    pub(super) fn start(&self) -> Input<'_> {
        Input { text: self, at: 0, end: count(self.tokens.len()), depth: Depth::default() }
    }

    /// Takes note of a problem and tells how many there are.
    pub(super) fn report(&self, problem: Diagnostic) -> usize {
        let mut problems = self.problems.take();
        problems.push(problem);
        let count = problems.len();
        self.problems.set(problems);
        count
    }

    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }
}

/// Fits: a compilation has fewer tokens.
fn count(tokens: usize) -> u32 {
    u32::try_from(tokens).unwrap_or(u32::MAX)
}

fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The tokens that are still to be read, with what was read before them. Small, since every combinator on the stack
/// holds some.
#[derive(Clone, Copy)]
pub(super) struct Input<'t> {
    text: &'t Text<'t>,
    at: u32,
    end: u32,
    pub(super) depth: Depth,
}

impl<'t> Input<'t> {
    fn tokens(self) -> &'t [Token] {
        self.text.tokens.get(index(self.at)..index(self.end)).unwrap_or_default()
    }

    pub(super) fn at_end(self) -> bool {
        self.at >= self.end
    }

    /// The next token; the end mark behind the last.
    pub(super) fn first(self) -> &'t Token {
        if self.at_end() {
            return &self.text.end;
        }
        self.text.tokens.get(index(self.at)).unwrap_or(&self.text.end)
    }

    pub(super) fn is(self, symbol: &str) -> bool {
        self.first().is(symbol)
    }

    /// Where the last token that was taken ends.
    fn last(self) -> Option<Span> {
        let before = index(self.at).checked_sub(1)?;
        self.text.tokens.get(before).map(|token| token.span)
    }

    /// From the first token of this input to the last one that was taken before `rest`.
    pub(super) fn span_to(self, rest: Self) -> Span {
        self.first().span.to(rest.last().unwrap_or_default())
    }

    /// The place behind the last token: what is missing at the end of a line is missed there.
    pub(super) fn behind_last(self) -> Option<Span> {
        self.last().map(|last| Span { start: last.end, ..last })
    }

    /// The same place as if it lay at another depth.
    pub(super) fn at_depth(self, depth: Depth) -> Self {
        Self { depth, ..self }
    }

    /// Takes note of a problem and gives the input to go on with: none when there were too many.
    #[must_use]
    pub(super) fn report(self, problem: Diagnostic) -> Self {
        let count = self.text.report(problem);
        if count >= MAX_PROBLEMS { Self { end: self.at, ..self } } else { self }
    }
}

/// Counts beyond the end mean the end.
impl<'t> nom::Input for Input<'t> {
    type Item = &'t Token;
    type Iter = Iter<'t, Token>;
    type IterIndices = Enumerate<Iter<'t, Token>>;

    fn input_len(&self) -> usize {
        index(self.end.saturating_sub(self.at))
    }

    fn take(&self, wanted: usize) -> Self {
        Self { end: self.take_from(wanted).at, ..*self }
    }

    fn take_from(&self, taken: usize) -> Self {
        Self { at: self.at.saturating_add(count(taken)).min(self.end), ..*self }
    }

    fn take_split(&self, wanted: usize) -> (Self, Self) {
        (self.take_from(wanted), self.take(wanted))
    }

    fn position<P: Fn(Self::Item) -> bool>(&self, predicate: P) -> Option<usize> {
        self.tokens().iter().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.tokens().iter()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.tokens().iter().enumerate()
    }

    fn slice_index(&self, wanted: usize) -> Result<usize, Needed> {
        match wanted.checked_sub(self.input_len()) {
            None | Some(0) => Ok(wanted),
            Some(missing) => Err(Needed::new(missing)),
        }
    }
}
