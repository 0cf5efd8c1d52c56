//! Structures, unions and enumerations.

use std::rc::Rc;

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cond, cut, eof, not, opt, peek, value};
use nom::sequence::preceded;

use crate::syntax::{Body, EnumValue, Name, Switch, TagKeyword, Tagged, TypeKind};

use super::Parsed;
use super::attributes::attributes;
use super::expressions::expression;
use super::input::Input;
use super::members::{arm, labelled_arm, member};
use super::mismatch::{Cause, Mismatch, committed};
use super::recovery::braces;
use super::tokens::{comma_list, doc, enclosed, name, symbol, word};
use super::types::{silent, type_spec};

/// From the keyword to the end of the body, if there is one.
pub(super) fn tagged(input: Input<'_>) -> Parsed<'_, TypeKind> {
    let (rest, (doc, keyword)) = (doc, keyword).parse(input)?;
    let (rest, (tag, body)) = tag_and_body(rest, keyword).map_err(committed)?;
    Ok((rest, TypeKind::Tagged(Rc::new(Tagged { keyword, tag, body, doc }))))
}

fn keyword(input: Input<'_>) -> Parsed<'_, TagKeyword> {
    let of = |keyword: TagKeyword| value(keyword, word(keyword.word()));
    alt((of(TagKeyword::Struct), of(TagKeyword::Union), of(TagKeyword::Enum))).parse(input)
}

fn tag_and_body(input: Input<'_>, keyword: TagKeyword) -> Parsed<'_, (Option<Name>, Option<Body>)> {
    let (rest, (tag, switch)) = tag(input, keyword)?;
    let (rest, body) = body(rest, keyword, switch)?;
    if tag.is_none() && body.is_none() {
        return Err(Mismatch::soft(rest, Cause::Thing(missing(keyword))));
    }
    Ok((rest, (tag, body)))
}

/// What stands before a body.
fn tag(input: Input<'_>, keyword: TagKeyword) -> Parsed<'_, (Option<Name>, Option<Switch>)> {
    let tag = opt(preceded(not(switch_start), name("a tag")));
    let switch = cond(keyword == TagKeyword::Union, opt(switch));
    preceded(silent, (tag, switch.map(Option::flatten))).parse(input)
}

fn missing(keyword: TagKeyword) -> &'static str {
    match keyword {
        TagKeyword::Struct => "a tag or a body behind `struct`",
        TagKeyword::Union => "a tag or a body behind `union`",
        TagKeyword::Enum => "a tag or a body behind `enum`",
    }
}

/// Whether there is a name for the discriminant in what follows.
fn switch_start(input: Input<'_>) -> Parsed<'_, bool> {
    let keyword = alt((value(true, word("switch")), value(false, word("switch_type"))));
    (keyword, peek(symbol("("))).map(|(has_tag, _)| has_tag).parse(input)
}

/// `switch (long tag) name` (C706 4.2.12.1). MS-OAUT 2.2.30.10 spells one as `switch_type(T) name`, without a name
/// for the discriminant.
fn switch(input: Input<'_>) -> Parsed<'_, Switch> {
    let (rest, has_tag) = switch_start(input)?;
    let discriminant = |input| (type_spec, cond(has_tag, name("the name of the discriminant"))).parse(input);
    let (rest, (ty, tag)) = enclosed("(", discriminant, ")")(rest)?;
    let (rest, name) = opt(name("a name")).parse(rest)?;
    let tag = tag.unwrap_or_else(|| Name { text: "tag".into(), span: ty.span });
    Ok((rest, Switch { ty, tag, name }))
}

/// The body, if there is one.
fn body(input: Input<'_>, keyword: TagKeyword, switch: Option<Switch>) -> Parsed<'_, Option<Body>> {
    if !input.is("{") {
        return Ok((input, None));
    }
    let (rest, body) = match keyword {
        TagKeyword::Struct => struct_body(input),
        TagKeyword::Union => union_body(input, switch),
        TagKeyword::Enum => enum_body(input),
    }?;
    Ok((rest, Some(body)))
}

fn struct_body(input: Input<'_>) -> Parsed<'_, Body> {
    braces(member)(input).map(|(rest, members)| (rest, Body::Struct(members)))
}

fn union_body(input: Input<'_>, switch: Option<Switch>) -> Parsed<'_, Body> {
    let arm = if switch.is_some() { labelled_arm } else { arm };
    braces(arm)(input).map(|(rest, arms)| (rest, Body::Union { switch, arms }))
}

fn enum_body(input: Input<'_>) -> Parsed<'_, Body> {
    enclosed("{", enum_values, "}").map(Body::Enum).parse(input)
}

fn enum_values(input: Input<'_>) -> Parsed<'_, Vec<EnumValue>> {
    let stop = alt((value((), symbol("}")), value((), eof)));
    comma_list(stop, enum_value).parse(input)
}

fn enum_value(input: Input<'_>) -> Parsed<'_, EnumValue> {
    let value = opt(preceded(symbol("="), cut(expression)));
    (doc, attributes, name("an enumerator"), value)
        .map(|(doc, _, name, value)| EnumValue { name, value, doc })
        .parse(input)
}
