//! Expressions, with the precedence of C.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, value};
use nom::error::context;
use nom::multi::{many, many1};
use nom::sequence::preceded;

use crate::lexer::{Token, TokenKind};
use crate::model::{BinaryOp, UnaryOp};
use crate::source::Span;
use crate::syntax::{Expr, ExprKind, Name};

use super::input::Input;
use super::limits::{counted, nested, within_expression};
use super::mismatch::committed;
use super::tokens::{ahead, enclosed, name, one, spanned, symbol, text, word, word_that};
use super::types::{abstract_type, starts_type};
use super::{Parsed, Step};

/// Binary operators with their precedence: the higher, the tighter.
const OPERATORS: [(&str, u8, BinaryOp); 18] = [
    ("||", 1, BinaryOp::LogicalOr),
    ("&&", 2, BinaryOp::LogicalAnd),
    ("|", 3, BinaryOp::Or),
    ("^", 4, BinaryOp::Xor),
    ("&", 5, BinaryOp::And),
    ("==", 6, BinaryOp::Equal),
    ("!=", 6, BinaryOp::NotEqual),
    ("<", 7, BinaryOp::Less),
    ("<=", 7, BinaryOp::LessOrEqual),
    (">", 7, BinaryOp::Greater),
    (">=", 7, BinaryOp::GreaterOrEqual),
    ("<<", 8, BinaryOp::ShiftLeft),
    (">>", 8, BinaryOp::ShiftRight),
    ("+", 9, BinaryOp::Add),
    ("-", 9, BinaryOp::Subtract),
    ("*", 10, BinaryOp::Multiply),
    ("/", 10, BinaryOp::Divide),
    ("%", 10, BinaryOp::Remainder),
];

/// `a ? b : c` and all that binds tighter.
pub(super) fn expression(input: Input<'_>) -> Parsed<'_, Expr> {
    within_expression(conditional)(input)
}

fn conditional(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, condition) = binary(input)?;
    let (rest, branches) = opt(preceded(symbol("?"), cut(branches))).parse(rest)?;
    let Some((then, otherwise)) = branches else { return Ok((rest, condition)) };
    let kind = ExprKind::Conditional(Box::new(condition), Box::new(then), Box::new(otherwise));
    Ok((rest, Expr { kind, span: input.span_to(rest) }))
}

fn branches(input: Input<'_>) -> Parsed<'_, (Expr, Expr)> {
    (expression, preceded(symbol(":"), expression)).parse(input)
}

/// Operands with binary operators between them: a flat list first, so that the stack stays as deep as the text.
fn binary(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, first) = operand(input)?;
    let (rest, others) = many(0.., (counted(operator), cut(operand))).parse(rest)?;
    Ok((rest, joined(first, others).value))
}

/// A part of an expression, and the place of all its tokens, parentheses included.
struct Operand {
    value: Expr,
    place: Span,
}

#[derive(Clone, Copy)]
struct Operator {
    precedence: u8,
    kind: BinaryOp,
}

fn operand(input: Input<'_>) -> Parsed<'_, Operand> {
    let (rest, (value, place)) = spanned(unary)(input)?;
    Ok((rest, Operand { value, place }))
}

fn operator(input: Input<'_>) -> Parsed<'_, Operator> {
    one("an operator", |token| {
        let TokenKind::Symbol(own) = token.kind else { return None };
        let (_, precedence, kind) = OPERATORS.iter().find(|(symbol, ..)| *symbol == own)?;
        Some(Operator { precedence: *precedence, kind: *kind })
    })(input)
}

/// Makes a tree of a list: tighter operators first, those that bind alike from the left.
fn joined(first: Operand, others: Vec<(Operator, Operand)>) -> Operand {
    let mut waiting: Vec<(Operand, Operator)> = Vec::new();
    let mut last = first;
    for (operator, next) in others {
        let left = settled(&mut waiting, operator.precedence, last);
        waiting.push((left, operator));
        last = next;
    }
    settled(&mut waiting, 0, last)
}

/// Joins the last operand with those before it whose operators bind at least as tightly as what follows.
fn settled(waiting: &mut Vec<(Operand, Operator)>, precedence: u8, last: Operand) -> Operand {
    let mut right = last;
    while waiting.last().is_some_and(|(_, operator)| operator.precedence >= precedence) {
        let Some((left, operator)) = waiting.pop() else { break };
        let place = left.place.to(right.place);
        let kind = ExprKind::Binary(operator.kind, Box::new(left.value), Box::new(right.value));
        right = Operand { value: Expr { kind, span: place }, place };
    }
    right
}

fn unary(input: Input<'_>) -> Parsed<'_, Expr> {
    alt((signed, cast, primary)).parse(input)
}

fn signed(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, make) = one("an operator", sign)(input)?;
    let (rest, operand) = nested(unary)(rest).map_err(committed)?;
    Ok((rest, Expr { kind: make(Box::new(operand)), span: input.span_to(rest) }))
}

/// What an operator before an operand makes of it.
fn sign(token: &Token) -> Option<fn(Box<Expr>) -> ExprKind> {
    Some(match token.kind {
        TokenKind::Symbol("-") => |operand| ExprKind::Unary(UnaryOp::Negate, operand),
        TokenKind::Symbol("~") => |operand| ExprKind::Unary(UnaryOp::Complement, operand),
        TokenKind::Symbol("!") => |operand| ExprKind::Unary(UnaryOp::Not, operand),
        TokenKind::Symbol("+") => |operand| operand.kind,
        TokenKind::Symbol("*") => ExprKind::Deref,
        _ => return None,
    })
}

/// `(` starts a cast when a type keyword follows, or a name in parentheses before an operand.
fn cast_start(input: Input<'_>) -> Parsed<'_, ()> {
    let keyword = value((), word_that(starts_type));
    let named = (word_that(|_| true), opt(symbol("*")), symbol(")"), one("an operand", starts_operand));
    preceded(symbol("("), alt((keyword, named.map(|_| ())))).parse(input)
}

/// Tokens that can't stand behind a value: what is before them in parentheses is a type.
fn starts_operand(token: &Token) -> Option<()> {
    matches!(
        token.kind,
        TokenKind::Word(_)
            | TokenKind::Integer(_)
            | TokenKind::Character(_)
            | TokenKind::Symbol("(" | "~" | "!")
    )
    .then_some(())
}

fn cast(input: Input<'_>) -> Parsed<'_, Expr> {
    ahead(cast_start)(input)?;
    let (rest, ty) = in_parentheses(abstract_type)(input)?;
    let (rest, operand) = nested(unary)(rest).map_err(committed)?;
    let kind = ExprKind::Cast(Box::new(ty), Box::new(operand));
    Ok((rest, Expr { kind, span: input.span_to(rest) }))
}

fn in_parentheses<'t, O>(read: impl Step<'t, O>) -> impl Step<'t, O> {
    enclosed("(", nested(read), ")")
}

fn primary(input: Input<'_>) -> Parsed<'_, Expr> {
    match &input.first().kind {
        TokenKind::Symbol("(") => in_parentheses(expression)(input),
        TokenKind::Word(word) if word.as_ref() == "sizeof" => size(input),
        _ => simple(input),
    }
}

fn size(input: Input<'_>) -> Parsed<'_, Expr> {
    let (rest, _) = word("sizeof")(input)?;
    let (rest, ty) = in_parentheses(abstract_type)(rest).map_err(committed)?;
    Ok((rest, Expr { kind: ExprKind::SizeOf(Box::new(ty)), span: input.span_to(rest) }))
}

/// An operand of its own tokens only.
fn simple(input: Input<'_>) -> Parsed<'_, Expr> {
    let number = one("a number", number);
    let name = name("a name").map(|name| ExprKind::Name(name.text));
    let mut kind = context("an expression", alt((number, texts, name)));
    spanned(|input| kind.parse(input)).map(expr).parse(input)
}

fn number(token: &Token) -> Option<ExprKind> {
    match token.kind {
        TokenKind::Integer(value) | TokenKind::Character(value) => Some(ExprKind::Integer(value)),
        _ => None,
    }
}

/// String literals in a row are one.
fn texts(input: Input<'_>) -> Parsed<'_, ExprKind> {
    many1(text("a string")).map(|parts| ExprKind::Text(whole(&parts).into())).parse(input)
}

fn whole(parts: &[Name]) -> String {
    parts.iter().map(|part| part.text.as_ref()).collect()
}

fn expr((kind, span): (ExprKind, Span)) -> Expr {
    Expr { kind, span }
}
