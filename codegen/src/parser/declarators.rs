//! Declarators: a name with `*`, `[]`, `()` around it, as in C.

use crate::lexer::TokenKind;
use crate::syntax::{ArrayBound, Declarator, Layer};

use super::cursor::Cursor;
use super::{Parsed, expressions, types};

/// The declarators of one declaration, with commas between them.
pub(super) fn declarators(cursor: &mut Cursor<'_>) -> Parsed<Vec<Declarator>> {
    let mut list = vec![declarator(cursor)?];
    while cursor.take(",") {
        list.push(declarator(cursor)?);
    }
    Ok(list)
}

/// One declarator, with a name.
pub(super) fn declarator(cursor: &mut Cursor<'_>) -> Parsed<Declarator> {
    let declarator = abstract_declarator(cursor)?;
    if declarator.name.is_none() {
        return Err(cursor.unexpected("a name"));
    }
    Ok(declarator)
}

/// One declarator, with or without a name.
pub(super) fn abstract_declarator(cursor: &mut Cursor<'_>) -> Parsed<Declarator> {
    cursor.nested(|cursor| {
        let start = cursor.peek().span;
        let mut layers = pointers(cursor)?;
        let inner = if is_inner(cursor) { Some(inner(cursor)?) } else { None };
        let name = if inner.is_none() { cursor.optional_name() } else { None };
        layers.extend(suffixes(cursor)?);
        let name = match inner {
            Some(inner) => {
                layers.extend(inner.layers);
                inner.name
            }
            None => name,
        };
        cursor.layer(layers.len())?;
        Ok(Declarator { name, layers, span: cursor.span_from(start) })
    })
}

fn pointers(cursor: &mut Cursor<'_>) -> Parsed<Vec<Layer>> {
    let mut layers = Vec::new();
    types::skip_silent(cursor);
    while cursor.take("*") {
        cursor.layer(layers.len())?;
        layers.push(Layer::Pointer);
        types::skip_silent(cursor);
    }
    Ok(layers)
}

/// A declarator in parentheses starts like one; the parameters of a function don't.
fn is_inner(cursor: &Cursor<'_>) -> bool {
    let behind = cursor.look(1);
    let starts = behind.is("*") || behind.is("(") || matches!(behind.word(), Some("__stdcall" | "__cdecl"));
    let is_lone_name = behind.word().is_some() && cursor.look(2).is(")") && !types_only(behind.word());
    cursor.is("(") && (starts || is_lone_name)
}

fn types_only(word: Option<&str>) -> bool {
    word.is_some_and(types::starts_type)
}

fn inner(cursor: &mut Cursor<'_>) -> Parsed<Declarator> {
    let opening = cursor.peek().span;
    cursor.expect("(")?;
    let declarator = abstract_declarator(cursor)?;
    cursor.expect_closing(")", opening)?;
    Ok(declarator)
}

/// Dimensions, the last first since it is the innermost.
fn suffixes(cursor: &mut Cursor<'_>) -> Parsed<Vec<Layer>> {
    let mut layers = Vec::new();
    loop {
        cursor.layer(layers.len())?;
        if cursor.is("[") {
            layers.push(Layer::Array(dimension(cursor)?));
        } else if cursor.is("(") {
            cursor.skip_group();
            layers.push(Layer::Function);
        } else {
            layers.reverse();
            return Ok(layers);
        }
    }
}

fn dimension(cursor: &mut Cursor<'_>) -> Parsed<ArrayBound> {
    let opening = cursor.peek().span;
    cursor.expect("[")?;
    let bound = bound(cursor)?;
    cursor.expect_closing("]", opening)?;
    Ok(bound)
}

fn bound(cursor: &mut Cursor<'_>) -> Parsed<ArrayBound> {
    if cursor.is("]") {
        return Ok(ArrayBound::Open);
    }
    if cursor.is("*") && cursor.look(1).is("]") {
        cursor.advance();
        return Ok(ArrayBound::Open);
    }
    let low = expressions::expression(cursor)?;
    if !cursor.take("..") {
        return Ok(ArrayBound::Length(low));
    }
    if matches!(cursor.peek().kind, TokenKind::Symbol("*")) && cursor.look(1).is("]") {
        cursor.advance();
        return Ok(ArrayBound::Bounds(low, None));
    }
    Ok(ArrayBound::Bounds(low, Some(expressions::expression(cursor)?)))
}
