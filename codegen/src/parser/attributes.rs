//! Attribute lists: `[name, name(arguments)]`.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, not, opt, peek};
use nom::multi::{many, many0_count, many1_count, separated_list0, separated_list1};
use nom::sequence::{delimited, preceded, terminated};

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{self, Token, TokenKind};
use crate::syntax::{Arguments, Attribute};

use super::expressions::expression;
use super::input::Input;
use super::limits::{link, nested};
use super::tokens::{enclosed, group, name, next, symbol, token};
use super::types::abstract_type;
use super::{Parsed, Read, Step};

/// All lists in a row: `[a] [b, c,]` is one list of three.
pub(super) fn attributes(input: Input<'_>) -> Parsed<'_, Vec<Attribute>> {
    let mut attribute = link(preceded(not(symbol("]")), cut(attribute)));
    let lists = many(0.., |input| enclosed("[", |input| list(&mut attribute).parse(input), "]")(input));
    lists.map(|lists: Vec<Vec<Attribute>>| lists.into_iter().flatten().collect()).parse(input)
}

/// Attributes with commas between them, and perhaps more commas.
fn list<'t>(attribute: impl Read<'t, Attribute>) -> impl Read<'t, Vec<Attribute>> {
    let commas = || many0_count(symbol(","));
    delimited(commas(), separated_list0(many1_count(symbol(",")), attribute), commas())
}

fn attribute(input: Input<'_>) -> Parsed<'_, Attribute> {
    let (rest, name) = name("an attribute")(input)?;
    let (rest, arguments) = opt(arguments(&name.text)).parse(rest)?;
    Ok((rest, Attribute { name, arguments: arguments.unwrap_or(Arguments::None) }))
}

/// The parser for what stands in the parentheses of an attribute, and for them.
fn arguments<'t>(attribute: &str) -> impl Read<'t, Arguments> {
    let read: fn(Input<'t>) -> Parsed<'t, Arguments> = match attribute {
        "size_is" | "length_is" | "first_is" | "last_is" | "max_is" | "min_is" | "range" | "switch_is"
        | "case" => |input| in_parentheses(exprs).parse(input),
        "switch_type" => |input| in_parentheses(switch_type).parse(input),
        "pointer_default" => |input| in_parentheses(pointer_default).parse(input),
        "uuid" => |input| in_parentheses(uuid).parse(input),
        "version" => |input| in_parentheses(version).parse(input),
        _ => |input| group("(").map(|()| Arguments::Other).parse(input),
    };
    read
}

fn in_parentheses<'t>(read: impl Step<'t, Arguments>) -> impl Read<'t, Arguments> {
    enclosed("(", nested(read), ")")
}

/// Expressions with commas between them; any may be left out.
fn exprs(input: Input<'_>) -> Parsed<'_, Arguments> {
    let left_out = peek(alt((symbol(","), symbol(")"))));
    let expr = alt((left_out.map(|_| None), cut(expression).map(Some)));
    separated_list1(symbol(","), link(expr)).map(Arguments::Exprs).parse(input)
}

fn switch_type(input: Input<'_>) -> Parsed<'_, Arguments> {
    abstract_type.map(|ty| Arguments::Type(Box::new(ty))).parse(input)
}

fn pointer_default(input: Input<'_>) -> Parsed<'_, Arguments> {
    name("`ref`, `unique` or `ptr`").map(Arguments::Word).parse(input)
}

/// A UUID, as it is or in quotes.
fn uuid(input: Input<'_>) -> Parsed<'_, Arguments> {
    terminated(next.map_res(uuid_of), token).parse(input)
}

fn uuid_of(token: &Token) -> Result<Arguments, Box<Diagnostic>> {
    let octets = match &token.kind {
        TokenKind::Uuid(octets) => Some(*octets),
        TokenKind::Text(text) => lexer::parse_uuid(text.trim_matches(['{', '}'])),
        _ => None,
    };
    octets.map(Arguments::Uuid).ok_or_else(|| {
        let problem = Diagnostic::new(code::BAD_ATTRIBUTE, token.span, "this is no UUID");
        Box::new(problem.help("a UUID has 8, 4, 4, 4 and 12 hexadecimal digits with hyphens between them"))
    })
}

/// `major` or `major.minor`.
fn version(input: Input<'_>) -> Parsed<'_, Arguments> {
    terminated(next.map_res(version_of), token).parse(input)
}

fn version_of(token: &Token) -> Result<Arguments, Box<Diagnostic>> {
    let text = match &token.kind {
        TokenKind::Integer(major) => major.to_string(),
        TokenKind::Real(text) => text.to_string(),
        _ => String::new(),
    };
    let (major, minor) = text.split_once('.').unwrap_or((&text, "0"));
    let (Ok(major), Ok(minor)) = (major.parse(), minor.parse()) else {
        let message = "a version has the form `major.minor`, each from 0 to 65535";
        return Err(Box::new(Diagnostic::new(code::BAD_ATTRIBUTE, token.span, message)));
    };
    Ok(Arguments::Version(major, minor))
}
