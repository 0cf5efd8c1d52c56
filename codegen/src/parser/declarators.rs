//! Declarators: a name with `*`, `[]`, `()` around it, as in C.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, peek, value};
use nom::multi::{many, separated_list1};
use nom::sequence::{preceded, terminated};

use crate::syntax::{ArrayBound, Declarator, Expr, Layer, Name};

use super::Parsed;
use super::expressions::expression;
use super::input::Input;
use super::limits::{self, layer, nested};
use super::mismatch::{Cause, Mismatch};
use super::tokens::{enclosed, group, name, symbol, word_that};
use super::types::{silent, starts_type};

/// The declarators of one declaration, with commas between them.
pub(super) fn declarators(input: Input<'_>) -> Parsed<'_, Vec<Declarator>> {
    separated_list1(symbol(","), cut(declarator)).parse(input)
}

/// One declarator, with a name.
pub(super) fn declarator(input: Input<'_>) -> Parsed<'_, Declarator> {
    let (rest, declarator) = abstract_declarator(input)?;
    match declarator.name {
        Some(_) => Ok((rest, declarator)),
        None => Err(Mismatch::soft(rest, Cause::Thing("a name"))),
    }
}

/// One declarator, with or without a name.
pub(super) fn abstract_declarator(input: Input<'_>) -> Parsed<'_, Declarator> {
    nested(parts)(input)
}

/// Pointers build on the type, dimensions on them; what is in parentheses comes last.
fn parts(input: Input<'_>) -> Parsed<'_, Declarator> {
    let (rest, mut layers) = pointers(input)?;
    let (rest, (name, inner)) = core(rest)?;
    let (rest, dimensions) = suffixes(rest)?;
    layers.extend(dimensions.into_iter().rev());
    layers.extend(inner);
    let (rest, ()) = limits::layers(rest, layers.len())?;
    Ok((rest, Declarator { name, layers, span: input.span_to(rest) }))
}

/// The `*` before a name.
pub(super) fn pointers(input: Input<'_>) -> Parsed<'_, Vec<Layer>> {
    let pointer = terminated(value(Layer::Pointer, symbol("*")), silent);
    preceded(silent, many(0.., layer(pointer))).parse(input)
}

/// The name, or a declarator in parentheses, or nothing.
fn core(input: Input<'_>) -> Parsed<'_, (Option<Name>, Vec<Layer>)> {
    if inner_start(input).is_err() {
        return opt(name("a name")).map(|name| (name, Vec::new())).parse(input);
    }
    let (rest, inner) = enclosed("(", abstract_declarator, ")")(input)?;
    Ok((rest, (inner.name, inner.layers)))
}

/// A declarator in parentheses starts like one; the parameters of a function don't.
fn inner_start(input: Input<'_>) -> Parsed<'_, ()> {
    let convention = word_that(|word| matches!(word, "__stdcall" | "__cdecl"));
    let lone_name = terminated(word_that(|word| !starts_type(word)), symbol(")"));
    value((), (symbol("("), alt((symbol("*"), symbol("("), convention, lone_name)))).parse(input)
}

/// Dimensions and the parameters of functions.
fn suffixes(input: Input<'_>) -> Parsed<'_, Vec<Layer>> {
    let dimension = enclosed("[", bound, "]").map(Layer::Array);
    let function = value(Layer::Function, group("("));
    many(0.., layer(alt((dimension, function)))).parse(input)
}

fn bound(input: Input<'_>) -> Parsed<'_, ArrayBound> {
    let open = (opt(symbol("*")), peek(symbol("]"))).map(|_| ArrayBound::Open);
    alt((open, closed)).parse(input)
}

/// `n`, `low..high` or `low..*`.
fn closed(input: Input<'_>) -> Parsed<'_, ArrayBound> {
    (expression, opt(preceded(symbol(".."), high)))
        .map(|(low, high)| match high {
            Some(high) => ArrayBound::Bounds(low, high),
            None => ArrayBound::Length(low),
        })
        .parse(input)
}

fn high(input: Input<'_>) -> Parsed<'_, Option<Expr>> {
    let open = (symbol("*"), peek(symbol("]"))).map(|_| None);
    alt((open, cut(expression).map(Some))).parse(input)
}
