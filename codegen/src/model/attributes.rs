//! Attributes of types, members and parameters (C706 4.2, MS-RPCE 2.2.4).

use super::Expr;

/// What the attribute list of a declaration says, read and checked.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an attribute of the language, and all may be combined"
)]
pub struct Attributes {
    /// `ref`, `unique` or `ptr`, for the outermost pointer.
    pub pointer: Option<PointerKind>,
    /// `string`.
    pub string: bool,
    /// `context_handle` written at a parameter.
    pub context_handle: bool,
    /// `size_is`: one entry a level, `None` where a level is left out, as in `size_is(,*n)`.
    /// `max_is(n)` is kept as `size_is(n + 1)`.
    pub size_is: Vec<Option<Expr>>,
    /// `length_is`: one entry a level. `last_is(n)` is kept as `length_is(n - first_is + 1)`.
    pub length_is: Vec<Option<Expr>>,
    /// `first_is`: one entry a level.
    pub first_is: Vec<Option<Expr>>,
    /// `range(low, high)`, both inclusive.
    pub range: Option<Range>,
    /// `switch_is`.
    pub switch_is: Option<Expr>,
    /// `disable_consistency_check` (MS-RPCE 2.2.4.17).
    pub disable_consistency_check: bool,
    /// `ms_union` (MS-RPCE 2.2.4.5).
    pub ms_union: bool,
    /// Attributes that have no bearing on the wire, by name, in order.
    pub others: Vec<String>,
}

/// Which way a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    /// `in`.
    pub input: bool,
    /// `out`.
    pub output: bool,
}

/// The three kinds of pointer (C706 4.2.20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerKind {
    /// `ref`: never null, never an alias.
    Ref,
    /// `unique`: may be null.
    Unique,
    /// `ptr`: may be null, may be an alias.
    Full,
}

/// An inclusive range of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least value.
    pub low: i128,
    /// The greatest value.
    pub high: i128,
}
