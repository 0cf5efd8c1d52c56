//! Type specifiers: keywords, names, `SAFEARRAY(T)`, `pipe T`.

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::take_while;
use nom::combinator::{cut, peek, value};
use nom::sequence::{preceded, terminated};

use crate::lexer::Token;
use crate::syntax::{AbstractType, TypeKind, TypeSpec};

use super::Parsed;
use super::base::{base, is_base};
use super::declarators::abstract_declarator;
use super::input::Input;
use super::limits::nested;
use super::mismatch::committed;
use super::tagged::tagged;
use super::tokens::{enclosed, name, symbol, word};

/// Words that say nothing about the wire and stand where types do.
const SILENT: [&str; 21] = [
    "const",
    "volatile",
    "extern",
    "static",
    "far",
    "near",
    "__far",
    "__near",
    "__ptr32",
    "__ptr64",
    "__unaligned",
    "__restrict",
    "__w64",
    "__stdcall",
    "__cdecl",
    "__fastcall",
    "_stdcall",
    "_cdecl",
    "__RPC_FAR",
    "STDMETHODCALLTYPE",
    "WINAPI",
];

/// `const`, calling conventions and the like, or nothing.
pub(super) fn silent(input: Input<'_>) -> Parsed<'_, ()> {
    let is_silent = |token: &Token| token.word().is_some_and(|word| SILENT.contains(&word));
    value((), take_while(is_silent)).parse(input)
}

/// Whether a keyword can start a type and nothing else.
pub(super) fn starts_type(word: &str) -> bool {
    is_base(word) || matches!(word, "void" | "struct" | "union" | "enum" | "const" | "volatile")
}

/// A type without a name.
pub(super) fn abstract_type(input: Input<'_>) -> Parsed<'_, AbstractType> {
    let (rest, ty) = type_spec(input)?;
    let (rest, declarator) = abstract_declarator(rest)?;
    Ok((rest, AbstractType { ty, layers: declarator.layers }))
}

/// The part of a declaration before its declarators.
pub(super) fn type_spec(input: Input<'_>) -> Parsed<'_, TypeSpec> {
    let (start, ()) = silent(input)?;
    let (rest, kind) = nested(type_kind)(start)?;
    let (rest, ()) = silent(rest)?;
    Ok((rest, TypeSpec { kind, span: start.span_to(rest) }))
}

fn type_kind(input: Input<'_>) -> Parsed<'_, TypeKind> {
    match input.first().word() {
        Some("struct" | "union" | "enum") => tagged(input),
        Some("pipe") => pipe(input),
        Some("SAFEARRAY") if safe_array_start(input).is_ok() => safe_array(input),
        _ => simple(input),
    }
}

/// A type that holds no other.
fn simple(input: Input<'_>) -> Parsed<'_, TypeKind> {
    let void = value(TypeKind::Void, word("void"));
    let named = name("a type").map(|name| TypeKind::Named(name.text));
    alt((base, void, interface_type, named)).parse(input)
}

fn interface_type(input: Input<'_>) -> Parsed<'_, TypeKind> {
    preceded(word("interface"), cut(name("the name of an interface")))
        .map(|name| TypeKind::Interface(name.text))
        .parse(input)
}

fn pipe(input: Input<'_>) -> Parsed<'_, TypeKind> {
    let (rest, _) = word("pipe")(input)?;
    let (rest, element) = type_spec(rest).map_err(committed)?;
    Ok((rest, TypeKind::Pipe(Box::new(element))))
}

/// Without parentheses, this is a name like others.
fn safe_array_start(input: Input<'_>) -> Parsed<'_, ()> {
    value((), terminated(word("SAFEARRAY"), peek(symbol("(")))).parse(input)
}

fn safe_array(input: Input<'_>) -> Parsed<'_, TypeKind> {
    let (rest, ()) = safe_array_start(input)?;
    let (rest, element) = enclosed("(", abstract_type, ")")(rest)?;
    Ok((rest, TypeKind::SafeArray(Box::new(element))))
}
