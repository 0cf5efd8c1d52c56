//! The value of an `#if` line.

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{Token, TokenKind};
use crate::parser;
use crate::resolve;
use crate::source::Span;

/// Evaluates the words of the line, in which macros are replaced; names that remain count as 0 (C 6.10.1).
pub(super) fn evaluate(words: &[Token], place: Span) -> Result<i128, Box<Diagnostic>> {
    let words: Vec<Token> = words.iter().map(zero_for_name).collect();
    let expression = parser::constant_expression(&words, place)?;
    resolve::evaluate(&expression)
        .ok_or_else(|| Box::new(Diagnostic::new(code::NOT_CONSTANT, place, "the condition has no value")))
}

fn zero_for_name(token: &Token) -> Token {
    match token.kind {
        TokenKind::Word(_) => Token { kind: TokenKind::Integer(0), ..token.clone() },
        _ => token.clone(),
    }
}
