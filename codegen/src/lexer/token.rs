//! The words of the language.

use std::rc::Rc;

use crate::diagnostic::Code;
use crate::source::Span;

/// A token, with where it stands and the documentation before it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
    /// The text of a `/** */` comment directly before the token.
    pub(crate) doc: Option<Rc<str>>,
    /// Whether it is the first of its (logical) line, where the preprocessor looks for `#`.
    pub(crate) starts_line: bool,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name or a keyword: MIDL's keywords are only keywords where the grammar expects them.
    Word(Rc<str>),
    Integer(i128),
    /// A number with a point, as in `version(2.0)`.
    Real(Rc<str>),
    /// A string literal, escapes resolved.
    Text(Rc<str>),
    Character(i128),
    Uuid([u8; 16]),
    /// Punctuation and operators.
    Symbol(&'static str),
    /// Something that is no token; reported when the parser comes upon it, and not when conditional text or a group
    /// that is skipped hides it.
    Bad(Code, Rc<str>),
    /// The end of the text.
    End,
}

impl Token {
    /// Whether this is the given punctuation.
    pub(crate) fn is(&self, symbol: &str) -> bool {
        matches!(self.kind, TokenKind::Symbol(own) if own == symbol)
    }

    /// Whether this is the given word.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    /// The word, if this is one.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// How a message names the token.
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            TokenKind::Word(word) => format!("`{word}`"),
            TokenKind::Integer(value) => format!("`{value}`"),
            TokenKind::Real(text) => format!("`{text}`"),
            TokenKind::Text(_) => "a string".into(),
            TokenKind::Character(_) => "a character".into(),
            TokenKind::Uuid(_) => "a UUID".into(),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::Bad(..) => "something unreadable".into(),
            TokenKind::End => "the end of the file".into(),
        }
    }
}
