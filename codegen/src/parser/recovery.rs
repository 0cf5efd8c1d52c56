//! Declarations in a row: one that can't be read is reported and left out.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_till;
use nom::combinator::{cond, opt, success, value};
use nom::sequence::terminated;

use crate::lexer::Token;

use super::input::Input;
use super::mismatch::{self, Mismatch};
use super::tokens::{enclosed, group, symbol};
use super::{Parsed, Step};

/// Where declarations stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// They go on to the end of the file.
    File,
    /// They go on to a closing brace.
    Braces,
}

impl Place {
    fn ends_at(self, input: Input<'_>) -> bool {
        input.at_end() || (self == Place::Braces && input.is("}"))
    }
}

/// Declarations between braces.
pub(super) fn braces<'t, T>(mut part: impl Step<'t, T>) -> impl FnMut(Input<'t>) -> Parsed<'t, Vec<T>> {
    let kept = move |input: Input<'t>| part(input).map(|(rest, part)| (rest, Some(part)));
    enclosed("{", parts(Place::Braces, kept), "}")
}

/// Declarations up to the end of their place, and stray `;` between them. A part may be read and left out: `None`.
pub(super) fn parts<'t, T>(
    place: Place,
    mut part: impl Step<'t, Option<T>>,
) -> impl FnMut(Input<'t>) -> Parsed<'t, Vec<T>> {
    move |mut input| {
        let mut parts = Vec::new();
        while !place.ends_at(input) {
            if let Ok((rest, _)) = symbol(";")(input) {
                input = rest;
                continue;
            }
            input = match part(input) {
                Ok((rest, found)) => {
                    parts.extend(found);
                    rest
                }
                Err(error) => recovered(place, input, mismatch::of(error, input))?,
            };
        }
        Ok((input, parts))
    }
}

/// Reports a failure and moves behind the declaration that it lies in.
fn recovered<'t>(
    place: Place,
    input: Input<'t>,
    failure: Mismatch<'t>,
) -> Result<Input<'t>, nom::Err<Mismatch<'t>>> {
    let stopped = failure.at.at_depth(input.depth).report(failure.into_problem());
    let (rest, _) = (remains, cond(place == Place::File, opt(symbol("}")))).parse(stopped)?;
    Ok(rest)
}

/// What remains of a declaration: up to its `;`, or to the `}` of what holds it, which is not taken.
///
/// The failure may lie within brackets; those are left through their closing partner. A `}` that ends a declaration
/// without `;`, as that of an interface does, ends it here too.
fn remains(input: Input<'_>) -> Parsed<'_, ()> {
    let body = terminated(group("{"), opt(symbol(";")));
    let end = alt((value((), symbol(";")), body, success(())));
    (take_till(is_edge), end).map(|_| ()).parse(input)
}

fn is_edge(token: &Token) -> bool {
    token.is(";") || token.is("{") || token.is("}")
}
