//! Structures, unions and enumerations.

use std::rc::Rc;

use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use crate::syntax::{
    Arguments, Arm, Attribute, Body, EnumValue, Expr, Member, Name, Switch, TagKeyword, Tagged, TypeKind,
};

use super::cursor::Cursor;
use super::{Parsed, attributes, declarators, expressions, types};

/// From the keyword to the end of the body, if there is one.
pub(super) fn tagged(cursor: &mut Cursor<'_>, keyword: TagKeyword) -> Parsed<TypeKind> {
    let doc = cursor.doc();
    cursor.advance();
    types::skip_silent(cursor);
    let tag = if is_switch(cursor) { None } else { cursor.optional_name() };
    let switch = if keyword == TagKeyword::Union && is_switch(cursor) { Some(switch(cursor)?) } else { None };
    let body = if cursor.is("{") { Some(body(cursor, keyword, switch)?) } else { None };
    if tag.is_none() && body.is_none() {
        return Err(cursor.unexpected(&format!("a tag or a body behind `{}`", keyword.word())));
    }
    Ok(TypeKind::Tagged(Rc::new(Tagged { keyword, tag, body, doc })))
}

fn is_switch(cursor: &Cursor<'_>) -> bool {
    (cursor.is_word("switch") || cursor.is_word("switch_type")) && cursor.look(1).is("(")
}

/// `switch (long tag) name` (C706 4.2.12.1). MS-OAUT 2.2.30.10 spells one as `switch_type(T) name`, without a name
/// for the discriminant.
fn switch(cursor: &mut Cursor<'_>) -> Parsed<Switch> {
    let has_tag = cursor.is_word("switch");
    cursor.advance();
    let opening = cursor.peek().span;
    cursor.expect("(")?;
    let ty = types::type_spec(cursor)?;
    let unnamed = Name { text: "tag".into(), span: ty.span };
    let tag = if has_tag { cursor.name("the name of the discriminant")? } else { unnamed };
    cursor.expect_closing(")", opening)?;
    Ok(Switch { ty, tag, name: cursor.optional_name() })
}

fn body(cursor: &mut Cursor<'_>, keyword: TagKeyword, switch: Option<Switch>) -> Parsed<Body> {
    match keyword {
        TagKeyword::Struct => Ok(Body::Struct(in_braces(cursor, member)?)),
        TagKeyword::Union if switch.is_some() => {
            Ok(Body::Union { switch, arms: in_braces(cursor, labelled_arm)? })
        }
        TagKeyword::Union => Ok(Body::Union { switch, arms: in_braces(cursor, arm)? }),
        TagKeyword::Enum => Ok(Body::Enum(enum_values(cursor)?)),
    }
}

/// Parts up to the closing brace; one that can't be read is reported and left out.
fn in_braces<T>(cursor: &mut Cursor<'_>, read: fn(&mut Cursor<'_>) -> Parsed<T>) -> Parsed<Vec<T>> {
    let opening = cursor.peek().span;
    cursor.expect("{")?;
    let mut parts = Vec::new();
    while !cursor.is("}") && !cursor.at_end() {
        if cursor.take(";") {
            continue;
        }
        match read(cursor) {
            Ok(part) => parts.push(part),
            Err(problem) => {
                cursor.report(*problem);
                cursor.recover();
            }
        }
    }
    cursor.expect_closing("}", opening)?;
    Ok(parts)
}

/// A member of a structure, with its `;`.
fn member(cursor: &mut Cursor<'_>) -> Parsed<Member> {
    let doc = cursor.doc();
    let start = cursor.peek().span;
    let attributes = attributes::attributes(cursor)?;
    member_behind(cursor, attributes, doc, start)
}

fn member_behind(
    cursor: &mut Cursor<'_>,
    attributes: Vec<Attribute>,
    doc: Option<Rc<str>>,
    start: Span,
) -> Parsed<Member> {
    let doc = doc.or_else(|| cursor.doc());
    let ty = types::type_spec(cursor)?;
    let declarators =
        if cursor.is(";") && is_anonymous(&ty.kind) { Vec::new() } else { declarators::declarators(cursor)? };
    let span = cursor.span_from(start);
    if cursor.is(":") {
        bit_field(cursor)?;
    }
    cursor.expect_end()?;
    Ok(Member { attributes, ty, declarators, doc, span })
}

/// Reports a bit field and reads on behind its width.
fn bit_field(cursor: &mut Cursor<'_>) -> Parsed<()> {
    let message = "a bit field has no form on the wire";
    cursor.report(Diagnostic::new(code::BIT_FIELD, cursor.peek().span, message));
    cursor.advance();
    expressions::expression(cursor).map(|_| ())
}

fn is_anonymous(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Tagged(tagged) if tagged.body.is_some())
}

/// An arm of a union: `[case(1, 2)] T name;`, `[default];`, or a member as in C.
fn arm(cursor: &mut Cursor<'_>) -> Parsed<Arm> {
    let doc = cursor.doc();
    let start = cursor.peek().span;
    let mut cases = Vec::new();
    let mut is_default = false;
    let mut others = Vec::new();
    for attribute in attributes::attributes(cursor)? {
        match (attribute.name.text.as_ref(), &attribute.arguments) {
            ("case", Arguments::Exprs(values)) => cases.extend(case_values(&attribute, values)?),
            ("default", Arguments::None) => is_default = true,
            _ => others.push(attribute),
        }
    }
    let member = if cursor.take(";") { None } else { Some(member_behind(cursor, others, doc, start)?) };
    Ok(Arm { cases, is_default, member })
}

fn case_values(attribute: &Attribute, values: &[Option<Expr>]) -> Parsed<Vec<Expr>> {
    let given: Vec<Expr> = values.iter().flatten().cloned().collect();
    if given.len() == values.len() {
        return Ok(given);
    }
    let message = "`case` needs a value between its commas";
    Err(Box::new(Diagnostic::new(code::BAD_ATTRIBUTE, attribute.name.span, message)))
}

/// An arm of an encapsulated union: `case 1: case 2: T name;`, `default: ;`.
fn labelled_arm(cursor: &mut Cursor<'_>) -> Parsed<Arm> {
    let doc = cursor.doc();
    let start = cursor.peek().span;
    let mut cases = Vec::new();
    let mut is_default = false;
    loop {
        if cursor.take_word("case") {
            cases.push(expressions::expression(cursor)?);
            while cursor.take(",") {
                cases.push(expressions::expression(cursor)?);
            }
        } else if cursor.take_word("default") {
            is_default = true;
        } else {
            break;
        }
        cursor.expect(":")?;
    }
    if cases.is_empty() && !is_default {
        return Err(cursor.unexpected("`case` or `default`"));
    }
    let member = if cursor.take(";") {
        None
    } else {
        let attributes = attributes::attributes(cursor)?;
        Some(member_behind(cursor, attributes, doc, start)?)
    };
    Ok(Arm { cases, is_default, member })
}

fn enum_values(cursor: &mut Cursor<'_>) -> Parsed<Vec<EnumValue>> {
    let opening = cursor.peek().span;
    cursor.expect("{")?;
    let mut values = Vec::new();
    while !cursor.is("}") && !cursor.at_end() {
        values.push(enum_value(cursor)?);
        if !cursor.take(",") {
            break;
        }
    }
    cursor.expect_closing("}", opening)?;
    Ok(values)
}

fn enum_value(cursor: &mut Cursor<'_>) -> Parsed<EnumValue> {
    let doc = cursor.doc();
    attributes::attributes(cursor)?;
    let name = cursor.name("an enumerator")?;
    let value = if cursor.take("=") { Some(expressions::expression(cursor)?) } else { None };
    Ok(EnumValue { name, value, doc })
}
