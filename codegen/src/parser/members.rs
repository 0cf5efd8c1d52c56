//! Members of structures and arms of unions.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, value};
use nom::error::context;
use nom::multi::{many1, separated_list1};
use nom::sequence::{preceded, terminated};

use crate::diagnostic::{Diagnostic, code};
use crate::syntax::{Arguments, Arm, Attribute, DocText, Expr, Member, TypeKind};

use super::Parsed;
use super::attributes::attributes;
use super::declarators::declarators;
use super::expressions::expression;
use super::input::Input;
use super::mismatch::Mismatch;
use super::tokens::{doc, end, symbol, word};
use super::types::type_spec;

/// A member of a structure, with its `;`.
pub(super) fn member(input: Input<'_>) -> Parsed<'_, Member> {
    let (rest, (doc, attributes)) = (doc, attributes).parse(input)?;
    member_behind(rest, Head { start: input, doc, attributes })
}

/// What stands before the type of a member.
struct Head<'t> {
    start: Input<'t>,
    doc: DocText,
    attributes: Vec<Attribute>,
}

fn member_behind<'t>(input: Input<'t>, head: Head<'t>) -> Parsed<'t, Member> {
    let (rest, ty) = type_spec(input)?;
    let is_nameless = is_anonymous(&ty.kind) && rest.is(";");
    let (rest, declarators) = if is_nameless { (rest, Vec::new()) } else { declarators(rest)? };
    let span = head.start.span_to(rest);
    let (rest, _) = (opt(bit_field), end).parse(rest)?;
    let doc = head.doc.or_else(|| input.first().doc.clone());
    Ok((rest, Member { attributes: head.attributes, ty, declarators, doc, span }))
}

fn is_anonymous(kind: &TypeKind) -> bool {
    matches!(kind, TypeKind::Tagged(tagged) if tagged.body.is_some())
}

/// Reports a bit field and reads on behind its width.
fn bit_field(input: Input<'_>) -> Parsed<'_, ()> {
    let (rest, colon) = symbol(":")(input)?;
    let message = "a bit field has no form on the wire";
    let rest = rest.report(Diagnostic::new(code::BIT_FIELD, colon.span, message));
    value((), cut(expression)).parse(rest)
}

/// An arm of a union: `[case(1, 2)] T name;`, `[default];`, or a member as in C.
pub(super) fn arm(input: Input<'_>) -> Parsed<'_, Arm> {
    let (rest, (doc, attributes)) = (doc, attributes).parse(input)?;
    let (rest, (arm, attributes)) = told_apart(rest, attributes)?;
    arm_behind(rest, arm, Head { start: input, doc, attributes })
}

/// What the attributes say of the arm, and those that speak of its member.
fn told_apart(input: Input<'_>, list: Vec<Attribute>) -> Parsed<'_, (Arm, Vec<Attribute>)> {
    let mut arm = Arm { cases: Vec::new(), is_default: false, member: None };
    let mut others = Vec::new();
    for attribute in list {
        match (attribute.name.text.as_ref(), &attribute.arguments) {
            ("case", Arguments::Exprs(values)) => {
                arm.cases.extend(case_values(input, &attribute, values)?);
            }
            ("default", Arguments::None) => arm.is_default = true,
            _ => others.push(attribute),
        }
    }
    Ok((input, (arm, others)))
}

/// The member of an arm, or the lone `;` of one that has none.
fn arm_behind<'t>(input: Input<'t>, arm: Arm, head: Head<'t>) -> Parsed<'t, Arm> {
    if let Ok((rest, _)) = symbol(";")(input) {
        return Ok((rest, arm));
    }
    let (rest, member) = member_behind(input, head)?;
    Ok((rest, Arm { member: Some(member), ..arm }))
}

fn case_values<'t>(
    input: Input<'t>,
    attribute: &Attribute,
    values: &[Option<Expr>],
) -> Result<Vec<Expr>, nom::Err<Mismatch<'t>>> {
    let given: Vec<Expr> = values.iter().flatten().cloned().collect();
    if given.len() == values.len() {
        return Ok(given);
    }
    let message = "`case` needs a value between its commas";
    Err(Mismatch::hard(input, Diagnostic::new(code::BAD_ATTRIBUTE, attribute.name.span, message)))
}

/// An arm of an encapsulated union: `case 1: case 2: T name;`, `default: ;`.
pub(super) fn labelled_arm(input: Input<'_>) -> Parsed<'_, Arm> {
    let (rest, (doc, labels)) = (doc, context("`case` or `default`", many1(label))).parse(input)?;
    let is_default = labels.iter().any(Option::is_none);
    let cases = labels.into_iter().flatten().flatten().collect();
    let arm = Arm { cases, is_default, member: None };
    let (rest, attributes) = if rest.is(";") { (rest, Vec::new()) } else { attributes(rest)? };
    arm_behind(rest, arm, Head { start: input, doc, attributes })
}

/// The values of `case 1, 2:`; `None` for `default:`.
fn label(input: Input<'_>) -> Parsed<'_, Option<Vec<Expr>>> {
    let values = separated_list1(symbol(","), cut(expression));
    let case = preceded(word("case"), cut(values)).map(Some);
    let default = word("default").map(|_| None);
    terminated(alt((case, default)), cut(symbol(":"))).parse(input)
}
