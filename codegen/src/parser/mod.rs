//! Tokens to syntax tree, with parsers and combinators of `nom`.
//!
//! [`Input`] is a slice of tokens that carries spans and limits. MIDL can be read with a few tokens of foresight: a
//! parser that has seen what makes its construct certain commits with `cut`, so nothing is read twice, and the
//! failure that got furthest is the one to show ([`Mismatch`]). A declaration that fails is left out, and reading
//! goes on behind it ([`recovery`]): one run finds the errors of all declarations.

mod attributes;
mod base;
mod declarators;
mod expressions;
mod input;
mod interfaces;
mod items;
mod limits;
mod members;
mod mismatch;
mod recovery;
mod tagged;
mod tokens;
mod types;

use nom::Parser;
use nom::combinator::eof;
use nom::error::context;
use nom::sequence::terminated;

use crate::diagnostic::Diagnostic;
use crate::lexer::Token;
use crate::preprocessor::{Define, Preprocessed};
use crate::source::Span;
use crate::syntax::{ConstantItem, Expr, File, Name};

use input::{Input, Text};
use mismatch::Mismatch;
use recovery::Place;

/// The outcome of reading one construct: what remains, and the construct.
type Parsed<'t, O> = nom::IResult<Input<'t>, O, Mismatch<'t>>;

/// A parser of this grammar.
trait Read<'t, O>: Parser<Input<'t>, Output = O, Error = Mismatch<'t>> {}

impl<'t, O, P: Parser<Input<'t>, Output = O, Error = Mismatch<'t>>> Read<'t, O> for P {}

/// A parser that is called without the machinery of `nom` between: each turn of a recursive grammar goes through many
/// parsers, and unoptimised code, such as that of most build scripts, has several frames on the stack for each
/// combinator.
trait Step<'t, O>: FnMut(Input<'t>) -> Parsed<'t, O> {}

impl<'t, O, F: FnMut(Input<'t>) -> Parsed<'t, O>> Step<'t, O> for F {}

/// Reads a file; what can't be read is reported and left out. `end` is where the file ends.
pub(crate) fn file(text: &Preprocessed, end: Span) -> (File, Vec<Diagnostic>) {
    let tokens = Text::new(&text.tokens, end);
    let items = match items::items(Place::File).parse(tokens.start()) {
        Ok((_, items)) => items,
        Err(error) => {
            tokens.report(mismatch::of(error, tokens.start()).into_problem());
            Vec::new()
        }
    };
    let constants = text.defines.iter().filter_map(constant).collect();
    (File { items, constants }, tokens.into_problems())
}

/// A macro as a constant, when its body is an expression.
fn constant(define: &Define) -> Option<ConstantItem> {
    let value = constant_expression(&define.body, define.span).ok()?;
    let name = Name { text: define.name.clone(), span: define.span };
    Some(ConstantItem { name, value, is_macro: true, doc: define.doc.clone() })
}

/// Reads tokens that are one expression and nothing else.
pub(crate) fn constant_expression(tokens: &[Token], place: Span) -> Result<Expr, Box<Diagnostic>> {
    let text = Text::new(tokens, place);
    let input = text.start();
    let mut whole = terminated(expressions::expression, context("the end of the expression", eof));
    match whole.parse(input) {
        Ok((_, expression)) => Ok(expression),
        Err(error) => Err(Box::new(mismatch::of(error, input).into_problem())),
    }
}
