//! Constants, macros that stand for a value, and enumerators: each becomes a number.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, code};
use crate::model::{BaseType, BinaryOp, Constant, ConstantValue, UnaryOp};
use crate::syntax::{
    AbstractType, Body, ConstantItem, Declaration, EnumValue, Expr, ExprKind, Item, Member, Name, Tagged,
    TypeKind, TypeSpec,
};

use super::collect::text;
use super::{Resolver, Unit};

/// Folds all constants, in the order of the text; macros last, since they only take effect where they are used.
pub(super) fn fold(resolver: &mut Resolver, units: &[Unit]) {
    for unit in units {
        let mut walk = Walk { resolver, file: unit.file, own: BTreeMap::new() };
        walk.items(&unit.syntax.items);
        for constant in &unit.syntax.constants {
            walk.constant(constant);
        }
    }
}

/// The value of an expression without names; `None` when it has none.
pub(crate) fn evaluate(expression: &Expr) -> Option<i128> {
    value(expression, &|_| None).ok()
}

/// Why an expression has no value.
pub(super) enum NoValue {
    /// Something that is not constant, or not known, at this place.
    NotConstant,
    /// Overflow, or division by zero.
    Arithmetic,
}

type Known<'k> = &'k dyn Fn(&str) -> Option<i128>;

/// The value of an expression, with the values of names that are constants.
pub(super) fn value(expression: &Expr, known: Known<'_>) -> Result<i128, NoValue> {
    match &expression.kind {
        ExprKind::Integer(value) => Ok(*value),
        ExprKind::Name(name) => known(name).or_else(|| builtin(name)).ok_or(NoValue::NotConstant),
        ExprKind::Unary(operator, operand) => {
            unary(*operator, value(operand, known)?).ok_or(NoValue::Arithmetic)
        }
        ExprKind::Binary(operator, left, right) => {
            binary(*operator, value(left, known)?, value(right, known)?).ok_or(NoValue::Arithmetic)
        }
        ExprKind::Conditional(condition, then, otherwise) => {
            if value(condition, known)? != 0 {
                value(then, known)
            } else {
                value(otherwise, known)
            }
        }
        ExprKind::Cast(ty, operand) => Ok(cast(ty, value(operand, known)?)),
        ExprKind::Text(_) | ExprKind::Deref(_) | ExprKind::SizeOf(_) => Err(NoValue::NotConstant),
    }
}

/// Names of values that C headers define.
pub(super) fn builtin(name: &str) -> Option<i128> {
    match name {
        "TRUE" => Some(1),
        "FALSE" | "NULL" => Some(0),
        _ => None,
    }
}

pub(super) fn unary(operator: UnaryOp, operand: i128) -> Option<i128> {
    match operator {
        UnaryOp::Negate => operand.checked_neg(),
        UnaryOp::Complement => Some(!operand),
        UnaryOp::Not => Some(i128::from(operand == 0)),
    }
}

pub(super) fn binary(operator: BinaryOp, left: i128, right: i128) -> Option<i128> {
    let shift = || u32::try_from(right).ok().filter(|count| *count < 64);
    match operator {
        BinaryOp::Add => left.checked_add(right),
        BinaryOp::Subtract => left.checked_sub(right),
        BinaryOp::Multiply => left.checked_mul(right),
        BinaryOp::Divide => left.checked_div(right),
        BinaryOp::Remainder => left.checked_rem(right),
        BinaryOp::ShiftLeft => left.checked_mul(1_i128.checked_shl(shift()?)?),
        BinaryOp::ShiftRight => left.checked_shr(shift()?),
        BinaryOp::And => Some(left & right),
        BinaryOp::Or => Some(left | right),
        BinaryOp::Xor => Some(left ^ right),
        BinaryOp::LogicalAnd => Some(i128::from(left != 0 && right != 0)),
        BinaryOp::LogicalOr => Some(i128::from(left != 0 || right != 0)),
        BinaryOp::Equal => Some(i128::from(left == right)),
        BinaryOp::NotEqual => Some(i128::from(left != right)),
        BinaryOp::Less => Some(i128::from(left < right)),
        BinaryOp::LessOrEqual => Some(i128::from(left <= right)),
        BinaryOp::Greater => Some(i128::from(left > right)),
        BinaryOp::GreaterOrEqual => Some(i128::from(left >= right)),
    }
}

/// The value in a base type's range; casts to other types leave it.
fn cast(ty: &AbstractType, value: i128) -> i128 {
    match (&ty.ty.kind, ty.layers.as_slice()) {
        (TypeKind::Base(base), []) => wrap(*base, value),
        _ => value,
    }
}

/// The value modulo the range of a type (C 6.3.1.3).
pub(super) fn wrap(base: BaseType, value: i128) -> i128 {
    let Some((bits, signed)) = width(base) else { return value };
    let ones = 1_i128.checked_shl(bits).and_then(|power| power.checked_sub(1)).unwrap_or(i128::MAX);
    let sign = 1_i128.checked_shl(bits.saturating_sub(1)).unwrap_or_default();
    let kept = value & ones;
    if signed { (kept ^ sign).saturating_sub(sign) } else { kept }
}

/// Bits of an integer type, and whether it has a sign; `None` for types that are no fixed number of bits.
pub(super) fn width(base: BaseType) -> Option<(u32, bool)> {
    match base {
        BaseType::I8 => Some((8, true)),
        BaseType::Char | BaseType::Byte | BaseType::U8 | BaseType::Boolean => Some((8, false)),
        BaseType::I16 => Some((16, true)),
        BaseType::U16 | BaseType::WChar => Some((16, false)),
        BaseType::I32 => Some((32, true)),
        BaseType::U32 | BaseType::ErrorStatus => Some((32, false)),
        BaseType::I64 => Some((64, true)),
        BaseType::U64 => Some((64, false)),
        BaseType::I3264 | BaseType::U3264 | BaseType::F32 | BaseType::F64 | BaseType::Handle => None,
    }
}

struct Walk<'r> {
    resolver: &'r mut Resolver,
    file: u32,
    /// Names declared in this file so far, with their values.
    own: BTreeMap<Rc<str>, (i128, crate::source::Span)>,
}

impl Walk<'_> {
    fn items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Constant(constant) => self.constant(constant),
                Item::Types(declaration) => self.declaration(declaration),
                Item::Interface(interface) => self.items(&interface.items),
                Item::Operation(operation) => {
                    self.type_spec(&operation.returns);
                    operation.params.iter().for_each(|param| self.type_spec(&param.ty));
                }
                Item::Import(_) | Item::Forward(_) => {}
            }
        }
    }

    fn constant(&mut self, item: &ConstantItem) {
        let value = match (&item.value.kind, self.value(&item.value)) {
            (ExprKind::Text(text), _) => ConstantValue::Text(text.to_string()),
            (_, Ok(value)) => ConstantValue::Integer(value),
            (_, Err(_)) if item.is_macro => return,
            (_, Err(reason)) => {
                self.resolver.report(no_value(&item.value, &reason));
                return;
            }
        };
        if let ConstantValue::Integer(value) = &value {
            self.declare(&item.name, *value);
        }
        let name = item.name.text.to_string();
        if self.resolver.symbols.constants.insert(name.clone()) {
            self.resolver.constants.push(Constant { name, value, doc: text(item.doc.clone()) });
        }
    }

    fn value(&self, expression: &Expr) -> Result<i128, NoValue> {
        let values = &self.resolver.symbols.values;
        value(expression, &|name| values.get(name, self.file).map(|entry| entry.meaning))
    }

    /// A name gets a value: only once in a file, unless to the same effect.
    fn declare(&mut self, name: &Name, value: i128) {
        match self.own.get(&name.text) {
            Some((first_value, first)) if *first_value != value => {
                let message = format!("`{}` gets two values", name.text);
                let problem = Diagnostic::new(code::DUPLICATE, name.span, message)
                    .label("gets another value")
                    .also(*first, "first declared here");
                self.resolver.report(problem);
            }
            Some(_) => {}
            None => {
                self.own.insert(Rc::clone(&name.text), (value, name.span));
                self.resolver.symbols.values.add(&name.text, name.span, value);
            }
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        self.type_spec(&declaration.ty);
    }

    fn type_spec(&mut self, ty: &TypeSpec) {
        match &ty.kind {
            TypeKind::Tagged(tagged) => self.tagged(tagged),
            TypeKind::SafeArray(element) => self.type_spec(&element.ty),
            TypeKind::Pipe(element) => self.type_spec(element),
            _ => {}
        }
    }

    fn tagged(&mut self, tagged: &Tagged) {
        match &tagged.body {
            Some(Body::Enum(values)) => self.enumerators(values),
            Some(Body::Struct(members)) => members.iter().for_each(|member| self.member(member)),
            Some(Body::Union { arms, .. }) => {
                arms.iter().filter_map(|arm| arm.member.as_ref()).for_each(|member| self.member(member));
            }
            None => {}
        }
    }

    fn member(&mut self, member: &Member) {
        self.type_spec(&member.ty);
    }

    /// One more than the one before, where none is given (C706 4.2.14).
    fn enumerators(&mut self, values: &[EnumValue]) {
        let mut next = 0_i128;
        for item in values {
            let value = item.value.as_ref().map_or(Ok(next), |value| self.value(value));
            let value = value.unwrap_or_else(|reason| {
                self.resolver.problems.extend(item.value.as_ref().map(|at| no_value(at, &reason)));
                next
            });
            self.declare(&item.name, value);
            next = value.saturating_add(1);
        }
    }
}

/// The message for an expression that must be constant.
pub(super) fn no_value(expression: &Expr, reason: &NoValue) -> Diagnostic {
    match reason {
        NoValue::Arithmetic => {
            Diagnostic::new(code::ARITHMETIC, expression.span, "this overflows or divides by zero")
        }
        NoValue::NotConstant => {
            let message = match &expression.kind {
                ExprKind::Name(name) => format!("`{name}` is no constant declared before this place"),
                _ => "this has to be a constant".to_owned(),
            };
            Diagnostic::new(code::NOT_CONSTANT, expression.span, message).label("not constant")
        }
    }
}
