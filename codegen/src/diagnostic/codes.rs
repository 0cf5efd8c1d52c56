//! The kinds of diagnostics and their codes.
//!
//! `E00xx` characters and tokens, `E01xx` the preprocessor, files and limits, `E02xx` grammar,
//! `E03xx` names and types, `E04xx` attributes and expressions, `E05xx` what no code is generated for. A warning has the letter `W`.

use super::Severity;

/// A kind of diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(&'static str);

impl Code {
    /// The code's text, such as `E0301`.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// Errors have the letter E, warnings the letter W.
    pub fn severity(self) -> Severity {
        if self.0.starts_with('E') { Severity::Error } else { Severity::Warning }
    }
}

/// One constant for each kind.
pub(crate) mod catalogue {
    use super::Code;

    /// A character that no token starts with.
    pub(crate) const STRAY_CHARACTER: Code = Code("E0001");
    /// A comment, string or character literal without its end.
    pub(crate) const UNTERMINATED: Code = Code("E0002");
    /// A number that is none, or is too large.
    pub(crate) const BAD_NUMBER: Code = Code("E0003");

    /// A preprocessor line that can't be followed.
    pub(crate) const BAD_DIRECTIVE: Code = Code("E0101");
    /// `#if` without `#endif` and the like.
    pub(crate) const UNBALANCED_CONDITIONAL: Code = Code("E0102");
    /// A macro with parameters is used.
    pub(crate) const FUNCTION_MACRO: Code = Code("E0103");
    /// A file that the resolver can't find.
    pub(crate) const FILE_NOT_FOUND: Code = Code("E0104");
    /// More tokens, files or nesting than the compiler is willing to read.
    pub(crate) const LIMIT: Code = Code("E0105");
    /// `#error`.
    pub(crate) const ERROR_DIRECTIVE: Code = Code("E0106");

    /// Something else is expected.
    pub(crate) const UNEXPECTED: Code = Code("E0201");
    /// An attribute with arguments of the wrong kind.
    pub(crate) const BAD_ATTRIBUTE: Code = Code("E0202");
    /// A declaration that is recognised and left out.
    pub(crate) const SKIPPED: Code = Code("W0203");
    /// A bracket or brace without its partner.
    pub(crate) const UNCLOSED: Code = Code("E0204");
    /// `T name : width`.
    pub(crate) const BIT_FIELD: Code = Code("E0205");

    /// A type name that is not declared.
    pub(crate) const UNKNOWN_TYPE: Code = Code("E0301");
    /// One name for two things.
    pub(crate) const DUPLICATE: Code = Code("E0302");
    /// A type that contains itself.
    pub(crate) const RECURSIVE_TYPE: Code = Code("E0303");
    /// A conformant array, or a structure with one, before other members.
    pub(crate) const CONFORMANT_NOT_LAST: Code = Code("E0304");
    /// A type in a place where it can't stand.
    pub(crate) const MISPLACED_TYPE: Code = Code("E0305");
    /// A struct, union or enum that is named but has no members.
    pub(crate) const INCOMPLETE_TYPE: Code = Code("E0306");
    /// One name with two meanings in two files.
    pub(crate) const REDEFINED: Code = Code("W0307");
    /// An interface whose base is not declared.
    pub(crate) const UNKNOWN_BASE: Code = Code("E0308");
    /// An operation without an opnum of its own.
    pub(crate) const CALLBACK: Code = Code("W0309");
    /// A union without a switch: C can say it, the wire can't.
    pub(crate) const UNSWITCHED_UNION: Code = Code("W0310");
    /// An array whose length nothing tells.
    pub(crate) const UNSIZED_ARRAY: Code = Code("W0311");
    /// A size of `[0]`, or one that is no `u32`.
    pub(crate) const BAD_ARRAY_SIZE: Code = Code("E0312");
    /// More operations than an opnum can count.
    pub(crate) const TOO_MANY_OPERATIONS: Code = Code("E0313");

    /// A name in an expression that is not declared.
    pub(crate) const UNKNOWN_NAME: Code = Code("E0401");
    /// Attributes that exclude each other.
    pub(crate) const CONFLICT: Code = Code("E0402");
    /// An expression that must be constant and isn't.
    pub(crate) const NOT_CONSTANT: Code = Code("E0403");
    /// An expression over something that is no integer.
    pub(crate) const NOT_INTEGER: Code = Code("E0404");
    /// `range` with its low end above its high end.
    pub(crate) const EMPTY_RANGE: Code = Code("E0405");
    /// Division by zero, overflow.
    pub(crate) const ARITHMETIC: Code = Code("E0406");
    /// A parameter that is neither `in` nor `out`.
    pub(crate) const NO_DIRECTION: Code = Code("W0407");
    /// An attribute without meaning to this compiler.
    pub(crate) const UNKNOWN_ATTRIBUTE: Code = Code("W0408");
    /// An attribute that fits other types.
    pub(crate) const INAPPLICABLE: Code = Code("E0409");
    /// An `out` parameter that nothing can be written to.
    pub(crate) const OUT_BY_VALUE: Code = Code("E0410");
    /// Two arms of a union, or two enumerators, with one value.
    pub(crate) const DUPLICATE_CASE: Code = Code("E0411");
    /// An enumerator that its form on the wire has no room for.
    pub(crate) const ENUM_VALUE: Code = Code("W0413");
    /// An attribute that stands twice.
    pub(crate) const REPEATED_ATTRIBUTE: Code = Code("W0412");

    /// A construct, or an operation, that no code can be generated for.
    pub(crate) const UNSUPPORTED: Code = Code("E0501");
}
