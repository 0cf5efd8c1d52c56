//! Expressions of attributes: over the members or parameters that stand beside the attributed one.

use crate::diagnostic::{Diagnostic, code};
use crate::model::{self, BinaryOp, Type, UnaryOp};
use crate::source::Span;
use crate::syntax::{self, AbstractType, ExprKind, TypeKind};

use super::Resolver;
use super::constants::{self, NoValue};
use super::suggest;

/// What the expressions of one attribute list can name.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    pub(super) file: u32,
    pub(super) siblings: &'s [Sibling],
}

/// A member or parameter.
pub(super) struct Sibling {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) span: Span,
}

impl<'s> Scope<'s> {
    fn sibling(&self, name: &str) -> Option<&'s Sibling> {
        self.siblings.iter().find(|sibling| sibling.name == name)
    }
}

/// A resolved expression, with its type where it is a place rather than a computed number.
struct Operand {
    expression: model::Expr,
    ty: Option<Type>,
}

impl Resolver {
    /// An expression with an integer value; `None` after a report.
    pub(super) fn integer(&mut self, expression: &syntax::Expr, scope: Scope<'_>) -> Option<model::Expr> {
        let operand = self.operand(expression, scope)?;
        match &operand.ty {
            Some(ty) if !self.is_integer(ty) => {
                let problem = self.no_integer(expression, ty, scope);
                self.report(problem);
                None
            }
            _ => Some(operand.expression),
        }
    }

    /// An integer, or a pointer that is asked whether it is null.
    fn truth(&mut self, expression: &syntax::Expr, scope: Scope<'_>) -> Option<model::Expr> {
        if let ExprKind::Name(name) = &expression.kind {
            if scope.sibling(name).is_some_and(|sibling| self.is_pointer(&sibling.ty)) {
                return Some(model::Expr::Name(name.to_string()));
            }
        }
        self.integer(expression, scope)
    }

    fn no_integer(&self, expression: &syntax::Expr, ty: &Type, scope: Scope<'_>) -> Diagnostic {
        let message = "a size, length or switch has to be an integer";
        let mut problem = Diagnostic::new(code::NOT_INTEGER, expression.span, message);
        if let ExprKind::Name(name) = &expression.kind {
            if let Some(sibling) = scope.sibling(name) {
                problem = problem.also(sibling.span, "declared here");
            }
            if self.target(ty).is_some_and(|target| self.is_integer(target)) {
                problem = problem.label("this is a pointer").help(format!("write `*{name}`"));
            }
        }
        problem
    }

    fn operand(&mut self, expression: &syntax::Expr, scope: Scope<'_>) -> Option<Operand> {
        match self.folded(expression, scope) {
            Ok(value) => return Some(number(model::Expr::Integer(value))),
            Err(NoValue::Arithmetic) => {
                self.report(constants::no_value(expression, &NoValue::Arithmetic));
                return None;
            }
            Err(NoValue::NotConstant) => {}
        }
        match &expression.kind {
            ExprKind::Name(name) => self.name(name, expression.span, scope),
            ExprKind::Deref(inner) => self.deref(inner, expression.span, scope),
            ExprKind::SizeOf(ty) => self.size(ty, expression.span, scope.file),
            ExprKind::Cast(ty, inner) => self.cast(ty, inner, scope),
            _ => self.computed(expression, scope).map(number),
        }
    }

    fn folded(&self, expression: &syntax::Expr, scope: Scope<'_>) -> Result<i128, NoValue> {
        let values = &self.symbols.values;
        constants::value(expression, &|name| match scope.sibling(name) {
            Some(_) => None,
            None => values.get(name, scope.file).map(|entry| entry.meaning),
        })
    }

    fn computed(&mut self, expression: &syntax::Expr, scope: Scope<'_>) -> Option<model::Expr> {
        match &expression.kind {
            ExprKind::Unary(UnaryOp::Not, operand) => {
                Some(model::Expr::Unary(UnaryOp::Not, Box::new(self.truth(operand, scope)?)))
            }
            ExprKind::Unary(operator, operand) => {
                let operand = self.integer(operand, scope)?;
                Some(fold_unary(*operator, operand))
            }
            ExprKind::Binary(operator, left, right) => {
                let read = if compares(*operator) { Self::truth } else { Self::integer };
                let left = read(self, left, scope);
                let right = read(self, right, scope);
                Some(fold_binary(*operator, left?, right?))
            }
            ExprKind::Conditional(condition, then, otherwise) => {
                let condition = self.truth(condition, scope);
                let then = self.integer(then, scope);
                let otherwise = self.integer(otherwise, scope);
                Some(model::Expr::Conditional(Box::new(condition?), Box::new(then?), Box::new(otherwise?)))
            }
            _ => {
                let message = "this can't stand in a size, length or switch";
                self.report(Diagnostic::new(code::NOT_INTEGER, expression.span, message));
                None
            }
        }
    }

    fn name(&mut self, name: &str, span: Span, scope: Scope<'_>) -> Option<Operand> {
        if let Some(sibling) = scope.sibling(name) {
            return Some(Operand {
                expression: model::Expr::Name(name.to_owned()),
                ty: Some(sibling.ty.clone()),
            });
        }
        let message = format!("`{name}` is neither declared beside this nor a constant");
        let mut problem = Diagnostic::new(code::UNKNOWN_NAME, span, message).label("not declared");
        let names = scope.siblings.iter().map(|sibling| sibling.name.as_str());
        if let Some(near) = suggest::nearest(name, names.chain(self.symbols.values.names())) {
            problem = problem.help(format!("did you mean `{near}`?"));
        }
        self.report(problem);
        None
    }

    fn deref(&mut self, inner: &syntax::Expr, span: Span, scope: Scope<'_>) -> Option<Operand> {
        let operand = self.operand(inner, scope)?;
        let target = operand.ty.as_ref().and_then(|ty| self.target(ty)).cloned();
        if target.is_none() {
            let message = "`*` needs a pointer";
            self.report(Diagnostic::new(code::NOT_INTEGER, span, message));
            return None;
        }
        Some(Operand { expression: model::Expr::Deref(Box::new(operand.expression)), ty: target })
    }

    fn size(&mut self, ty: &AbstractType, span: Span, file: u32) -> Option<Operand> {
        let resolved = self.declared_type(&ty.ty, &ty.layers, file);
        let size = self.size_of(&resolved);
        if size.is_none() {
            let message = "the size of this type is not the same on every machine";
            self.report(Diagnostic::new(code::NOT_CONSTANT, span, message));
        }
        size.map(|size| number(model::Expr::Integer(i128::from(size))))
    }

    /// A cast to an integer type keeps the low bits; it is written with `&`, `^` and `-`, which say the same.
    fn cast(&mut self, ty: &AbstractType, inner: &syntax::Expr, scope: Scope<'_>) -> Option<Operand> {
        let operand = self.integer(inner, scope)?;
        let resolved = match &ty.ty.kind {
            TypeKind::Void => return Some(number(operand)),
            _ => self.declared_type(&ty.ty, &ty.layers, scope.file),
        };
        let Type::Base(base) = self.strip(&resolved) else { return Some(number(operand)) };
        let Some((bits, signed)) = constants::width(*base) else { return Some(number(operand)) };
        if self.fits(&operand, bits, signed, scope) {
            return Some(number(operand));
        }
        Some(number(narrowed(operand, bits, signed)))
    }

    /// Whether every value of a name fits the type of a cast.
    fn fits(&self, operand: &model::Expr, bits: u32, signed: bool, scope: Scope<'_>) -> bool {
        let model::Expr::Name(name) = operand else { return false };
        let ty = scope.sibling(name).map(|sibling| self.strip(&sibling.ty));
        match ty {
            Some(Type::Base(base)) => constants::width(*base).is_some_and(|(own, own_signed)| {
                (own == bits && own_signed == signed) || (own < bits && (signed || !own_signed))
            }),
            _ => false,
        }
    }
}

/// `sizeof` makes constants that were none before.
fn fold_unary(operator: UnaryOp, operand: model::Expr) -> model::Expr {
    let value = match &operand {
        model::Expr::Integer(value) => constants::unary(operator, *value),
        _ => None,
    };
    value.map_or_else(|| model::Expr::Unary(operator, Box::new(operand)), model::Expr::Integer)
}

fn fold_binary(operator: BinaryOp, left: model::Expr, right: model::Expr) -> model::Expr {
    let value = match (&left, &right) {
        (model::Expr::Integer(left), model::Expr::Integer(right)) => {
            constants::binary(operator, *left, *right)
        }
        _ => None,
    };
    value.map_or_else(|| model::Expr::Binary(operator, Box::new(left), Box::new(right)), model::Expr::Integer)
}

/// Operators that a null pointer makes sense with.
fn compares(operator: BinaryOp) -> bool {
    matches!(operator, BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::LogicalAnd | BinaryOp::LogicalOr)
}

fn number(expression: model::Expr) -> Operand {
    Operand { expression, ty: None }
}

fn narrowed(operand: model::Expr, bits: u32, signed: bool) -> model::Expr {
    let ones = 1_i128.checked_shl(bits).and_then(|power| power.checked_sub(1)).unwrap_or(i128::MAX);
    let masked = binary(BinaryOp::And, operand, ones);
    if !signed {
        return masked;
    }
    let sign = 1_i128.checked_shl(bits.saturating_sub(1)).unwrap_or_default();
    binary(BinaryOp::Subtract, binary(BinaryOp::Xor, masked, sign), sign)
}

fn binary(operator: BinaryOp, left: model::Expr, right: i128) -> model::Expr {
    model::Expr::Binary(operator, Box::new(left), Box::new(model::Expr::Integer(right)))
}
