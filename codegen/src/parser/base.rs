//! Base types: words such as `unsigned long int`.

use nom::Parser;
use nom::multi::many1_count;
use nom::sequence::terminated;

use crate::diagnostic::{Diagnostic, code};
use crate::model::BaseType;
use crate::syntax::TypeKind;

use super::Parsed;
use super::input::Input;
use super::mismatch::Mismatch;
use super::tokens::one;
use super::types::silent;

/// Whether a word belongs to base types.
pub(super) fn is_base(word: &str) -> bool {
    Part::of(word).is_some()
}

/// The words of a base type; one that can't belong to it is left, since it is the name that is declared.
pub(super) fn base(input: Input<'_>) -> Parsed<'_, TypeKind> {
    let mut words = Words::default();
    let part = one("a base type", |token| token.word().and_then(Part::of));
    let part = part.map_opt(|part| words.accept(part).then_some(()));
    let (rest, _) = many1_count(terminated(part, silent)).parse(input)?;
    match words.finish() {
        Some(base) => Ok((rest, TypeKind::Base(base))),
        None => Err(no_base(input, rest)),
    }
}

fn no_base<'t>(input: Input<'t>, rest: Input<'t>) -> nom::Err<Mismatch<'t>> {
    let message = "these words together are no type";
    Mismatch::hard(rest, Diagnostic::new(code::UNEXPECTED, input.span_to(rest), message))
}

/// A word of a base type such as `unsigned long int`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Signed,
    Unsigned,
    Int,
    Char,
    Size(BaseType),
    Other(BaseType),
}

impl Part {
    fn of(word: &str) -> Option<Part> {
        Some(match word {
            "signed" => Part::Signed,
            "unsigned" => Part::Unsigned,
            "int" => Part::Int,
            "char" => Part::Char,
            "small" | "__int8" | "_int8" => Part::Size(BaseType::I8),
            "short" | "__int16" | "_int16" => Part::Size(BaseType::I16),
            "long" | "__int32" | "_int32" => Part::Size(BaseType::I32),
            "hyper" | "__int64" | "_int64" => Part::Size(BaseType::I64),
            "__int3264" => Part::Size(BaseType::I3264),
            "boolean" => Part::Other(BaseType::Boolean),
            "byte" => Part::Other(BaseType::Byte),
            "wchar_t" => Part::Other(BaseType::WChar),
            "float" => Part::Other(BaseType::F32),
            "double" => Part::Other(BaseType::F64),
            "error_status_t" => Part::Other(BaseType::ErrorStatus),
            "handle_t" => Part::Other(BaseType::Handle),
            _ => return None,
        })
    }
}

/// The words of a base type read so far.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each word that may stand there")]
struct Words {
    is_unsigned: bool,
    is_signed: bool,
    is_char: bool,
    is_int: bool,
    size: Option<BaseType>,
    other: Option<BaseType>,
}

impl Words {
    /// Adds a word; `false` when it can't belong to the type, and so is the name that is declared.
    fn accept(&mut self, part: Part) -> bool {
        if self.other.is_some() {
            return false;
        }
        match part {
            Part::Signed => !std::mem::replace(&mut self.is_signed, true),
            Part::Unsigned => !std::mem::replace(&mut self.is_unsigned, true),
            Part::Int => !self.is_char && !std::mem::replace(&mut self.is_int, true),
            Part::Char => self.size.is_none() && !std::mem::replace(&mut self.is_char, true),
            Part::Size(size) => self.accept_size(size),
            Part::Other(other) => self.is_empty() && self.other.replace(other).is_none(),
        }
    }

    /// `long long` is `hyper`.
    fn accept_size(&mut self, size: BaseType) -> bool {
        let joined = match (self.size, size) {
            (None, size) => size,
            (Some(BaseType::I32), BaseType::I32) => BaseType::I64,
            _ => return false,
        };
        self.size = Some(joined);
        !self.is_char
    }

    fn is_empty(&self) -> bool {
        !(self.is_unsigned || self.is_signed || self.is_char || self.is_int || self.size.is_some())
    }

    fn finish(&self) -> Option<BaseType> {
        if self.is_signed && self.is_unsigned {
            return None;
        }
        if let Some(other) = self.other {
            return Some(other);
        }
        if self.is_char {
            return Some(if self.is_signed { BaseType::I8 } else { BaseType::Char });
        }
        let signed = self.size.unwrap_or(BaseType::I32);
        Some(if self.is_unsigned { unsigned(signed) } else { signed })
    }
}

fn unsigned(signed: BaseType) -> BaseType {
    match signed {
        BaseType::I8 => BaseType::U8,
        BaseType::I16 => BaseType::U16,
        BaseType::I64 => BaseType::U64,
        BaseType::I3264 => BaseType::U3264,
        _ => BaseType::U32,
    }
}
