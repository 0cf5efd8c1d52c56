//! Attribute lists: `[name, name(arguments)]`.

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{self, TokenKind};
use crate::syntax::{Arguments, Attribute, Name};

use super::cursor::Cursor;
use super::{Parsed, expressions, types};

/// All lists in a row: `[a] [b, c,]` is one list of three.
pub(super) fn attributes(cursor: &mut Cursor<'_>) -> Parsed<Vec<Attribute>> {
    let mut list = Vec::new();
    while cursor.is("[") {
        let opening = cursor.peek().span;
        cursor.advance();
        while !cursor.is("]") {
            if cursor.take(",") {
                continue;
            }
            cursor.chain(list.len())?;
            list.push(attribute(cursor)?);
            if !cursor.is(",") {
                break;
            }
        }
        cursor.expect_closing("]", opening)?;
    }
    Ok(list)
}

fn attribute(cursor: &mut Cursor<'_>) -> Parsed<Attribute> {
    let name = cursor.name("an attribute")?;
    let arguments = if cursor.is("(") { arguments(cursor, &name)? } else { Arguments::None };
    Ok(Attribute { name, arguments })
}

fn arguments(cursor: &mut Cursor<'_>, name: &Name) -> Parsed<Arguments> {
    let read: fn(&mut Cursor<'_>) -> Parsed<Arguments> = match name.text.as_ref() {
        "size_is" | "length_is" | "first_is" | "last_is" | "max_is" | "min_is" | "range" | "switch_is"
        | "case" => exprs,
        "switch_type" => |cursor| Ok(Arguments::Type(Box::new(types::abstract_type(cursor)?))),
        "pointer_default" => |cursor| Ok(Arguments::Word(cursor.name("`ref`, `unique` or `ptr`")?)),
        "uuid" => uuid,
        "version" => version,
        _ => {
            cursor.skip_group();
            return Ok(Arguments::Other);
        }
    };
    let opening = cursor.peek().span;
    cursor.expect("(")?;
    let arguments = cursor.nested(read)?;
    cursor.expect_closing(")", opening)?;
    Ok(arguments)
}

fn exprs(cursor: &mut Cursor<'_>) -> Parsed<Arguments> {
    let mut list = Vec::new();
    loop {
        cursor.chain(list.len())?;
        let left_out = cursor.is(",") || cursor.is(")");
        list.push(if left_out { None } else { Some(expressions::expression(cursor)?) });
        if !cursor.take(",") {
            return Ok(Arguments::Exprs(list));
        }
    }
}

/// A UUID, as it is or in quotes.
fn uuid(cursor: &mut Cursor<'_>) -> Parsed<Arguments> {
    let octets = match &cursor.peek().kind {
        TokenKind::Uuid(octets) => Some(*octets),
        TokenKind::Text(text) => lexer::parse_uuid(text.trim_matches(['{', '}'])),
        _ => None,
    };
    let Some(octets) = octets else { return Err(no_uuid(cursor)) };
    cursor.advance();
    Ok(Arguments::Uuid(octets))
}

fn no_uuid(cursor: &Cursor<'_>) -> Box<Diagnostic> {
    let span = cursor.peek().span;
    Box::new(
        Diagnostic::new(code::BAD_ATTRIBUTE, span, "this is no UUID")
            .help("a UUID has 8, 4, 4, 4 and 12 hexadecimal digits with hyphens between them"),
    )
}

/// `major` or `major.minor`.
fn version(cursor: &mut Cursor<'_>) -> Parsed<Arguments> {
    let text = match &cursor.peek().kind {
        TokenKind::Integer(major) => major.to_string(),
        TokenKind::Real(text) => text.to_string(),
        _ => String::new(),
    };
    let (major, minor) = text.split_once('.').unwrap_or((&text, "0"));
    let (Ok(major), Ok(minor)) = (major.parse(), minor.parse()) else {
        let message = "a version has the form `major.minor`, each from 0 to 65535";
        return Err(Box::new(Diagnostic::new(code::BAD_ATTRIBUTE, cursor.peek().span, message)));
    };
    cursor.advance();
    Ok(Arguments::Version(major, minor))
}
