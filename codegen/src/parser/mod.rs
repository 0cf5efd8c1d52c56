//! Tokens to syntax tree, by recursive descent.
//!
//! MIDL can be read with one or two tokens of foresight, so the first function that fails is the one that got
//! furthest, and its message is the one to show. A declaration that fails is left out, and reading goes on
//! behind it: one run finds the errors of all declarations.

mod attributes;
mod cursor;
mod declarators;
mod expressions;
mod interfaces;
mod items;
mod tagged;
mod types;

use crate::diagnostic::Diagnostic;
use crate::lexer::Token;
use crate::preprocessor::{Define, Preprocessed};
use crate::source::Span;
use crate::syntax::{ConstantItem, Expr, File, Name};

use cursor::Cursor;

/// The outcome of reading one construct.
type Parsed<T> = Result<T, Box<Diagnostic>>;

/// Reads a file; what can't be read is reported and left out. `end` is where the file ends.
pub(crate) fn file(text: &Preprocessed, end: Span) -> (File, Vec<Diagnostic>) {
    let mut cursor = Cursor::new(&text.tokens, end);
    let items = items::items(&mut cursor, items::Place::File);
    let constants = text.defines.iter().filter_map(constant).collect();
    (File { items, constants }, cursor.into_problems())
}

/// A macro as a constant, when its body is an expression.
fn constant(define: &Define) -> Option<ConstantItem> {
    let value = constant_expression(&define.body, define.span).ok()?;
    let name = Name { text: define.name.clone(), span: define.span };
    Some(ConstantItem { name, value, is_macro: true, doc: define.doc.clone() })
}

/// Reads tokens that are one expression and nothing else.
pub(crate) fn constant_expression(tokens: &[Token], place: Span) -> Parsed<Expr> {
    let mut cursor = Cursor::new(tokens, place);
    let expression = expressions::expression(&mut cursor)?;
    if cursor.at_end() { Ok(expression) } else { Err(cursor.unexpected("the end of the expression")) }
}
