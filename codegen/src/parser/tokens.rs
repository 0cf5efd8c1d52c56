//! Elementary parsers: single tokens, names, brackets, lists, the end of a declaration.

use nom::branch::alt;
use nom::combinator::{cut, not, opt, value};
use nom::multi::separated_list0;
use nom::sequence::{preceded, terminated};
use nom::{Input as _, Parser};

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{Token, TokenKind};
use crate::source::Span;
use crate::syntax::{DocText, Name};

use super::input::Input;
use super::mismatch::{self, Cause, Mismatch};
use super::{Parsed, Read, Step};

/// A token that `read` makes something of.
pub(super) fn one<'t, O>(
    what: &'static str,
    read: impl Fn(&'t Token) -> Option<O>,
) -> impl Fn(Input<'t>) -> Parsed<'t, O> {
    move |input| step(input, read(input.first()), Cause::Thing(what))
}

/// Takes a token when something could be made of it.
fn step<O>(input: Input<'_>, made: Option<O>, cause: Cause) -> Parsed<'_, O> {
    match made {
        Some(made) if !input.at_end() => Ok((input.take_from(1), made)),
        _ => Err(Mismatch::soft(input, cause)),
    }
}

/// Any token.
pub(super) fn token(input: Input<'_>) -> Parsed<'_, &Token> {
    step(input, Some(input.first()), Cause::Thing("more"))
}

/// The given punctuation.
pub(super) fn symbol<'t>(own: &'static str) -> impl Fn(Input<'t>) -> Parsed<'t, &'t Token> {
    move |input| {
        let token = input.first();
        step(input, token.is(own).then_some(token), Cause::Symbol(own))
    }
}

/// The given word.
pub(super) fn word<'t>(own: &'static str) -> impl Fn(Input<'t>) -> Parsed<'t, &'t Token> {
    move |input| {
        let token = input.first();
        step(input, token.is_word(own).then_some(token), Cause::Symbol(own))
    }
}

/// A word that passes a test.
pub(super) fn word_that<'t>(test: impl Fn(&str) -> bool) -> impl Fn(Input<'t>) -> Parsed<'t, &'t Token> {
    one("a word", move |token| token.word().is_some_and(&test).then_some(token))
}

/// A name; `what` tells what of.
pub(super) fn name<'t>(what: &'static str) -> impl Fn(Input<'t>) -> Parsed<'t, Name> {
    one(what, |token| match &token.kind {
        TokenKind::Word(text) => Some(Name { text: text.clone(), span: token.span }),
        _ => None,
    })
}

/// A string literal; `what` tells what of.
pub(super) fn text<'t>(what: &'static str) -> impl Fn(Input<'t>) -> Parsed<'t, Name> {
    one(what, |token| match &token.kind {
        TokenKind::Text(text) => Some(Name { text: text.clone(), span: token.span }),
        _ => None,
    })
}

/// The next token without taking it; the end mark behind the last.
#[expect(clippy::unnecessary_wraps, reason = "a parser that always succeeds")]
pub(super) fn next(input: Input<'_>) -> Parsed<'_, &Token> {
    Ok((input, input.first()))
}

/// The documentation before the next token, of which nothing is taken.
pub(super) fn doc(input: Input<'_>) -> Parsed<'_, DocText> {
    next.map(|token| token.doc.clone()).parse(input)
}

/// Looks ahead. A failure is one of this place, since nothing says that the text was meant to go on like that.
pub(super) fn ahead<'t, O>(mut read: impl Read<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, ()> {
    move |input| match read.parse(input) {
        Ok(_) => Ok((input, ())),
        Err(_) => Err(Mismatch::soft(input, Cause::Thing("something else"))),
    }
}

/// What a parser reads, and where it stands.
pub(super) fn spanned<'t, O>(mut read: impl Step<'t, O>) -> impl FnMut(Input<'t>) -> Parsed<'t, (O, Span)> {
    move |input| {
        let (rest, output) = read(input)?;
        Ok((rest, (output, input.span_to(rest))))
    }
}

/// What stands between two brackets; the opening one makes it certain.
pub(super) fn enclosed<'t, O>(
    open: &'static str,
    mut read: impl Step<'t, O>,
    close: &'static str,
) -> impl FnMut(Input<'t>) -> Parsed<'t, O> {
    move |input| {
        let (rest, opening) = symbol(open)(input)?;
        let (rest, output) = read(rest).map_err(mismatch::committed)?;
        let (rest, _) = closing(close, opening.span)(rest)?;
        Ok((rest, output))
    }
}

/// The partner of the bracket at `opening`, which has to be there.
pub(super) fn closing<'t>(close: &'static str, opening: Span) -> impl Fn(Input<'t>) -> Parsed<'t, &'t Token> {
    move |input| {
        if input.at_end() {
            let message = format!("the closing `{close}` is missing");
            let problem = Diagnostic::new(code::UNCLOSED, opening, message).label("opened here");
            return Err(Mismatch::hard(input, problem));
        }
        let told = |mismatch: Mismatch<'t>| mismatch.also(opening, "to close what is opened here");
        cut(symbol(close)).parse(input).map_err(|error| error.map(told))
    }
}

/// Items with commas between them, and perhaps behind the last, up to what `stop` finds.
pub(super) fn comma_list<'t, O, S>(stop: impl Read<'t, S>, item: impl Read<'t, O>) -> impl Read<'t, Vec<O>> {
    terminated(separated_list0(symbol(","), preceded(not(stop), cut(item))), opt(symbol(",")))
}

/// All tokens from the given bracket up to its partner, whatever they are.
pub(super) fn group<'t>(open: &'static str) -> impl Fn(Input<'t>) -> Parsed<'t, ()> {
    move |input| {
        symbol(open)(input)?;
        let mut depth = 0_usize;
        for (index, token) in input.iter_indices() {
            depth = match token.kind {
                TokenKind::Symbol("(" | "[" | "{") => depth.saturating_add(1),
                TokenKind::Symbol(")" | "]" | "}") => depth.saturating_sub(1),
                _ => depth,
            };
            if depth == 0 {
                return Ok((input.take_from(index.saturating_add(1)), ()));
            }
        }
        Ok((input.take_from(input.input_len()), ()))
    }
}

/// The `;` that ends a declaration. One that is missing at the end of a line is reported, and reading goes on as if it
/// were there, so that the next declaration isn't lost with it.
pub(super) fn end(input: Input<'_>) -> Parsed<'_, ()> {
    alt((value((), symbol(";")), missing_end)).parse(input)
}

fn missing_end(input: Input<'_>) -> Parsed<'_, ()> {
    let next = input.first();
    let starts_next = next.word().is_some() || next.is("[") || next.is("}");
    let missing = Mismatch::soft(input, Cause::Symbol(";"));
    if next.starts_line && starts_next {
        return Ok((input.report(mismatch::of(missing, input).into_problem()), ()));
    }
    Err(missing)
}
