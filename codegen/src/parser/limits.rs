//! Limits: keep the parsers, and all that walk the tree later, off the end of the stack.

use crate::diagnostic::{Diagnostic, code};

use super::input::Input;
use super::mismatch::Mismatch;
use super::{Parsed, Read, Step};

/// How deep types, expressions and parentheses may nest. Published interfaces need less than 10.
const MAX_NESTING: u8 = 32;

/// The most binary operators of one expression: each makes the tree one deeper. Also the most attributes and arguments
/// of one list, which are looked through for each other.
const MAX_CHAIN: usize = 256;

/// The most pointers and dimensions of one declarator: each makes the type one deeper.
const MAX_LAYERS: usize = 32;

/// How deep a place lies.
#[derive(Clone, Copy, Default)]
pub(super) struct Depth {
    nesting: u8,
    in_expression: bool,
    /// Binary operators so far in the outermost expression around the place.
    operators: u16,
}

/// Reads something one level deeper.
pub(super) fn nested<'t, O>(mut read: impl Step<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, O> {
    move |input| {
        let nesting = input.depth.nesting.saturating_add(1);
        if nesting > MAX_NESTING {
            let message = format!("nested more than {MAX_NESTING} deep");
            return Err(limit(input, message));
        }
        let deeper = Depth { nesting, ..input.depth };
        let (rest, output) = read(input.at_depth(deeper))?;
        let depth = Depth { operators: rest.depth.operators, ..input.depth };
        Ok((rest.at_depth(depth), output))
    }
}

/// Reads an expression; its operators are counted together with those of the expressions within it.
pub(super) fn within_expression<'t, O>(read: impl Step<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, O> {
    let mut read = nested(read);
    move |input| {
        let operators = if input.depth.in_expression { input.depth.operators } else { 0 };
        let within = Depth { in_expression: true, operators, ..input.depth };
        let (rest, output) = read(input.at_depth(within))?;
        let depth = Depth { in_expression: input.depth.in_expression, ..rest.depth };
        Ok((rest.at_depth(depth), output))
    }
}

/// Reads a binary operator, and counts it.
pub(super) fn counted<'t, O>(mut operator: impl Read<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, O> {
    move |input| {
        let (rest, output) = operator.parse(input)?;
        let operators = rest.depth.operators.saturating_add(1);
        at_most(rest, usize::from(operators), MAX_CHAIN)?;
        Ok((rest.at_depth(Depth { operators, ..rest.depth }), output))
    }
}

/// Reads the links of one chain, such as attributes, one with each call.
pub(super) fn link<'t, O>(read: impl Read<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, O> {
    limited(MAX_CHAIN, read)
}

/// Reads the layers of one declarator, one with each call.
pub(super) fn layer<'t, O>(read: impl Read<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, O> {
    limited(MAX_LAYERS, read)
}

/// Refuses a declarator of more layers than are read.
pub(super) fn layers(input: Input<'_>, length: usize) -> Parsed<'_, ()> {
    at_most(input, length, MAX_LAYERS).map(|()| (input, ()))
}

fn limited<'t, O>(most: usize, mut read: impl Read<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, O> {
    let mut length = 0_usize;
    move |input| {
        let outcome = read.parse(input)?;
        at_most(input, length, most)?;
        length = length.saturating_add(1);
        Ok(outcome)
    }
}

fn at_most(input: Input<'_>, length: usize, most: usize) -> Result<(), nom::Err<Mismatch<'_>>> {
    if length <= most { Ok(()) } else { Err(limit(input, format!("more than {most} of these in a row"))) }
}

fn limit(input: Input<'_>, message: String) -> nom::Err<Mismatch<'_>> {
    Mismatch::hard(input, Diagnostic::new(code::LIMIT, input.first().span, message))
}
