//! A place in the tokens, and the elementary steps: look, take, expect, recover.

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{Token, TokenKind};
use crate::source::Span;
use crate::syntax::{DocText, Name};

use super::Parsed;

/// How deep types, expressions and parentheses may nest: keeps the parser, and all that walk the tree later, off
/// the end of the stack. Published interfaces need less than 10.
const MAX_NESTING: u32 = 64;

/// The most binary operators of one expression, for the same reason: each makes the tree one deeper. Also the most
/// attributes and arguments of one list, which are looked through for each other.
const MAX_CHAIN: usize = 256;

/// The most pointers and dimensions of one declarator, for the same reason.
const MAX_LAYERS: usize = 32;

/// After so many errors the rest is not worth reading.
const MAX_PROBLEMS: usize = 100;

pub(super) struct Cursor<'t> {
    tokens: &'t [Token],
    /// What is seen behind the last token.
    end: Token,
    /// Where the last token taken ends.
    last: Span,
    nesting: u32,
    /// How many expressions are being read, one within the other.
    expressions: u32,
    /// Binary operators in the outermost of them.
    operators: usize,
    problems: Vec<Diagnostic>,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(tokens: &'t [Token], end: Span) -> Self {
        let end = Token { kind: TokenKind::End, span: end, doc: None, starts_line: true };
        Self {
            tokens,
            end,
            last: Span::default(),
            nesting: 0,
            expressions: 0,
            operators: 0,
            problems: Vec::new(),
        }
    }

    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems
    }

    pub(super) fn report(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
        if self.problems.len() >= MAX_PROBLEMS {
            self.tokens = &[];
        }
    }

    pub(super) fn at_end(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn peek(&self) -> &Token {
        self.look(0)
    }

    /// The token `distance` places ahead; the end mark behind the last.
    pub(super) fn look(&self, distance: usize) -> &Token {
        self.tokens.get(distance).unwrap_or(&self.end)
    }

    pub(super) fn advance(&mut self) {
        if let Some((first, rest)) = self.tokens.split_first() {
            self.last = first.span;
            self.tokens = rest;
        }
    }

    /// From the start of `start` to the end of the last token taken.
    pub(super) fn span_from(&self, start: Span) -> Span {
        start.to(self.last)
    }

    pub(super) fn is(&self, symbol: &str) -> bool {
        self.peek().is(symbol)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.peek().is_word(word)
    }

    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Parsed<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    /// Expects the `;` that ends a declaration. One that is missing at the end of a line is reported, and reading goes
    /// on as if it were there, so that the next declaration isn't lost with it.
    pub(super) fn expect_end(&mut self) -> Parsed<()> {
        let next = self.peek();
        let starts_next = next.word().is_some() || next.is("[") || next.is("}");
        if next.starts_line && starts_next {
            let problem = self.unexpected("`;`");
            self.report(*problem);
            return Ok(());
        }
        self.expect(";")
    }

    /// Expects the partner of the bracket at `opening`.
    pub(super) fn expect_closing(&mut self, symbol: &str, opening: Span) -> Parsed<()> {
        if self.at_end() {
            let message = format!("the closing `{symbol}` is missing");
            let problem = Diagnostic::new(code::UNCLOSED, opening, message).label("opened here");
            return Err(Box::new(problem));
        }
        self.expect(symbol).map_err(|problem| Box::new(problem.also(opening, "to close what is opened here")))
    }

    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        match self.optional_name() {
            Some(name) => Ok(name),
            None => Err(self.unexpected(what)),
        }
    }

    pub(super) fn optional_name(&mut self) -> Option<Name> {
        let TokenKind::Word(text) = &self.peek().kind else { return None };
        let name = Name { text: text.clone(), span: self.peek().span };
        self.advance();
        Some(name)
    }

    /// The documentation before the next token.
    pub(super) fn doc(&self) -> DocText {
        self.peek().doc.clone()
    }

    pub(super) fn unexpected(&self, expected: &str) -> Box<Diagnostic> {
        let found = self.peek();
        if let TokenKind::Bad(kind, reason) = &found.kind {
            return Box::new(Diagnostic::new(*kind, found.span, reason.as_ref()));
        }
        let message = format!("expected {expected}, found {}", found.describe());
        let place = if found.starts_line { self.behind_last().unwrap_or(found.span) } else { found.span };
        Box::new(Diagnostic::new(code::UNEXPECTED, place, message).label(format!("expected {expected}")))
    }

    /// The place behind the last token: what is missing at the end of a line is missed there.
    fn behind_last(&self) -> Option<Span> {
        (self.last != Span::default()).then_some(Span { start: self.last.end, ..self.last })
    }

    /// Reads something one level deeper.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= MAX_NESTING {
            let message = format!("nested more than {MAX_NESTING} deep");
            return Err(Box::new(Diagnostic::new(code::LIMIT, self.peek().span, message)));
        }
        self.nesting = self.nesting.saturating_add(1);
        let outcome = read(self);
        self.nesting = self.nesting.saturating_sub(1);
        outcome
    }

    /// Reads an expression; its operators are counted together with those of the expressions within it.
    pub(super) fn within_expression<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.expressions == 0 {
            self.operators = 0;
        }
        self.expressions = self.expressions.saturating_add(1);
        let outcome = self.nested(read);
        self.expressions = self.expressions.saturating_sub(1);
        outcome
    }

    /// Counts a binary operator.
    pub(super) fn count_operator(&mut self) -> Parsed<()> {
        self.operators = self.operators.saturating_add(1);
        self.chain(self.operators)
    }

    /// Refuses the next link of a chain that is `length` long already.
    pub(super) fn chain(&self, length: usize) -> Parsed<()> {
        self.at_most(length, MAX_CHAIN)
    }

    /// Refuses the next pointer or dimension behind `length` others.
    pub(super) fn layer(&self, length: usize) -> Parsed<()> {
        self.at_most(length, MAX_LAYERS)
    }

    fn at_most(&self, length: usize, most: usize) -> Parsed<()> {
        if length <= most {
            return Ok(());
        }
        let message = format!("more than {most} of these in a row");
        Err(Box::new(Diagnostic::new(code::LIMIT, self.peek().span, message)))
    }

    /// Skips what stands in brackets up to the partner of the bracket at hand, which is taken too.
    pub(super) fn skip_group(&mut self) {
        let mut depth = 0_usize;
        while !self.at_end() {
            let step = bracket(self.peek());
            self.advance();
            match step {
                Bracket::Open => depth = depth.saturating_add(1),
                Bracket::Close => depth = depth.saturating_sub(1),
                Bracket::None => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Moves behind a declaration that can't be read: behind its `;`, or before the `}` of what holds it.
    ///
    /// The failure may lie within brackets; those are left through their closing partner. A `}` that ends a
    /// declaration without `;`, as that of an interface does, ends it here too.
    pub(super) fn recover(&mut self) {
        while !self.at_end() && !self.is("}") {
            if self.take(";") {
                return;
            }
            if self.is("{") {
                self.skip_group();
                self.take(";");
                return;
            }
            self.advance();
        }
    }
}

enum Bracket {
    Open,
    Close,
    None,
}

fn bracket(token: &Token) -> Bracket {
    match token.kind {
        TokenKind::Symbol("(" | "[" | "{") => Bracket::Open,
        TokenKind::Symbol(")" | "]" | "}") => Bracket::Close,
        _ => Bracket::None,
    }
}
