//! Expressions of `size_is` and its kin, with constants folded (MS-RPCE 2.2.4.7).

/// An expression over parameters or members of the same signature or structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A constant.
    Integer(i128),
    /// The value of a parameter or member. Where a truth is asked for (operand of `!`, `&&`, `||`, `==`, `!=`, or
    /// condition of `?:`) it may be a pointer, which is true when it is not null.
    Name(String),
    /// What a pointer parameter or member points to: `*name`.
    Deref(Box<Expr>),
    /// `-x`, `~x`, `!x`.
    Unary(UnaryOp, Box<Expr>),
    /// `x + y` and the like.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `c ? x : y`.
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the operators")]
pub enum UnaryOp {
    Negate,
    Complement,
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the operators")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
    LogicalAnd,
    LogicalOr,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
