//! Expressions, with the precedence of C.

use crate::lexer::TokenKind;
use crate::model::{BinaryOp, UnaryOp};
use crate::source::Span;
use crate::syntax::{Expr, ExprKind};

use super::cursor::Cursor;
use super::{Parsed, types};

/// Binary operators, weakest first; those of a row bind alike, from the left.
const PRECEDENCE: [&[(&str, BinaryOp)]; 10] = [
    &[("||", BinaryOp::LogicalOr)],
    &[("&&", BinaryOp::LogicalAnd)],
    &[("|", BinaryOp::Or)],
    &[("^", BinaryOp::Xor)],
    &[("&", BinaryOp::And)],
    &[("==", BinaryOp::Equal), ("!=", BinaryOp::NotEqual)],
    &[
        ("<", BinaryOp::Less),
        ("<=", BinaryOp::LessOrEqual),
        (">", BinaryOp::Greater),
        (">=", BinaryOp::GreaterOrEqual),
    ],
    &[("<<", BinaryOp::ShiftLeft), (">>", BinaryOp::ShiftRight)],
    &[("+", BinaryOp::Add), ("-", BinaryOp::Subtract)],
    &[("*", BinaryOp::Multiply), ("/", BinaryOp::Divide), ("%", BinaryOp::Remainder)],
];

/// `a ? b : c` and all that binds tighter.
pub(super) fn expression(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    cursor.within_expression(|cursor| {
        let start = cursor.peek().span;
        let condition = binary(cursor, 0)?;
        if !cursor.take("?") {
            return Ok(condition);
        }
        let then = expression(cursor)?;
        cursor.expect(":")?;
        let otherwise = expression(cursor)?;
        let kind = ExprKind::Conditional(Box::new(condition), Box::new(then), Box::new(otherwise));
        Ok(Expr { kind, span: cursor.span_from(start) })
    })
}

fn binary(cursor: &mut Cursor<'_>, level: usize) -> Parsed<Expr> {
    let Some(row) = PRECEDENCE.get(level) else { return unary(cursor) };
    let start = cursor.peek().span;
    let tighter = level.saturating_add(1);
    let mut left = binary(cursor, tighter)?;
    while let Some(operator) = operator(cursor, row) {
        cursor.count_operator()?;
        let right = binary(cursor, tighter)?;
        let kind = ExprKind::Binary(operator, Box::new(left), Box::new(right));
        left = Expr { kind, span: cursor.span_from(start) };
    }
    Ok(left)
}

fn operator(cursor: &mut Cursor<'_>, row: &[(&str, BinaryOp)]) -> Option<BinaryOp> {
    let (_, operator) = row.iter().find(|(symbol, _)| cursor.is(symbol))?;
    cursor.advance();
    Some(*operator)
}

fn unary(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    let start = cursor.peek().span;
    let make: fn(Box<Expr>) -> ExprKind = match &cursor.peek().kind {
        TokenKind::Symbol("-") => |operand| ExprKind::Unary(UnaryOp::Negate, operand),
        TokenKind::Symbol("~") => |operand| ExprKind::Unary(UnaryOp::Complement, operand),
        TokenKind::Symbol("!") => |operand| ExprKind::Unary(UnaryOp::Not, operand),
        TokenKind::Symbol("+") => |operand| operand.kind,
        TokenKind::Symbol("*") => ExprKind::Deref,
        TokenKind::Symbol("(") if is_cast(cursor) => return cast(cursor),
        _ => return primary(cursor),
    };
    cursor.advance();
    let operand = cursor.nested(unary)?;
    Ok(Expr { kind: make(Box::new(operand)), span: cursor.span_from(start) })
}

/// `(` starts a cast when a type keyword follows, or a name in parentheses before an operand.
fn is_cast(cursor: &Cursor<'_>) -> bool {
    let Some(word) = cursor.look(1).word() else { return false };
    if types::starts_type(word) {
        return true;
    }
    let behind = if cursor.look(2).is("*") { 3 } else { 2 };
    let closes = cursor.look(behind).is(")");
    closes && starts_operand(&cursor.look(behind.saturating_add(1)).kind)
}

/// Tokens that can't stand behind a value: what is before them in parentheses is a type.
fn starts_operand(kind: &TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Word(_)
            | TokenKind::Integer(_)
            | TokenKind::Character(_)
            | TokenKind::Symbol("(" | "~" | "!")
    )
}

fn cast(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    let start = cursor.peek().span;
    let ty = in_parentheses(cursor, types::abstract_type)?;
    let operand = cursor.nested(unary)?;
    let kind = ExprKind::Cast(Box::new(ty), Box::new(operand));
    Ok(Expr { kind, span: cursor.span_from(start) })
}

fn in_parentheses<T>(cursor: &mut Cursor<'_>, read: impl FnOnce(&mut Cursor<'_>) -> Parsed<T>) -> Parsed<T> {
    let opening = cursor.peek().span;
    cursor.expect("(")?;
    let content = cursor.nested(read)?;
    cursor.expect_closing(")", opening)?;
    Ok(content)
}

fn primary(cursor: &mut Cursor<'_>) -> Parsed<Expr> {
    let start = cursor.peek().span;
    let kind = match &cursor.peek().kind {
        TokenKind::Integer(value) | TokenKind::Character(value) => ExprKind::Integer(*value),
        TokenKind::Text(_) => return Ok(text(cursor, start)),
        TokenKind::Symbol("(") => return in_parentheses(cursor, expression),
        TokenKind::Word(word) if word.as_ref() == "sizeof" => {
            cursor.advance();
            let ty = in_parentheses(cursor, types::abstract_type)?;
            return Ok(Expr { kind: ExprKind::SizeOf(Box::new(ty)), span: cursor.span_from(start) });
        }
        TokenKind::Word(word) => ExprKind::Name(word.clone()),
        _ => return Err(cursor.unexpected("an expression")),
    };
    cursor.advance();
    Ok(Expr { kind, span: start })
}

/// String literals in a row are one.
fn text(cursor: &mut Cursor<'_>, start: Span) -> Expr {
    let mut whole = String::new();
    while let TokenKind::Text(part) = &cursor.peek().kind {
        whole.push_str(part);
        cursor.advance();
    }
    Expr { kind: ExprKind::Text(whole.into()), span: cursor.span_from(start) }
}
