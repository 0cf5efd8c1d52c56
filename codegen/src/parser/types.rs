//! Type specifiers: keywords, names, `SAFEARRAY(T)`, `pipe T`.

use crate::model::BaseType;
use crate::source::Span;
use crate::syntax::{AbstractType, TagKeyword, TypeKind, TypeSpec};

use super::cursor::Cursor;
use super::{Parsed, declarators, tagged};

/// Words that say nothing about the wire and stand where types do.
const SILENT: [&str; 21] = [
    "const",
    "volatile",
    "extern",
    "static",
    "far",
    "near",
    "__far",
    "__near",
    "__ptr32",
    "__ptr64",
    "__unaligned",
    "__restrict",
    "__w64",
    "__stdcall",
    "__cdecl",
    "__fastcall",
    "_stdcall",
    "_cdecl",
    "__RPC_FAR",
    "STDMETHODCALLTYPE",
    "WINAPI",
];

/// Skips `const`, calling conventions and the like.
pub(super) fn skip_silent(cursor: &mut Cursor<'_>) {
    while cursor.peek().word().is_some_and(|word| SILENT.contains(&word)) {
        cursor.advance();
    }
}

/// Whether a keyword can start a type and nothing else.
pub(super) fn starts_type(word: &str) -> bool {
    Part::of(word).is_some() || matches!(word, "void" | "struct" | "union" | "enum" | "const" | "volatile")
}

/// A type without a name.
pub(super) fn abstract_type(cursor: &mut Cursor<'_>) -> Parsed<AbstractType> {
    let ty = type_spec(cursor)?;
    let declarator = declarators::abstract_declarator(cursor)?;
    Ok(AbstractType { ty, layers: declarator.layers })
}

/// The part of a declaration before its declarators.
pub(super) fn type_spec(cursor: &mut Cursor<'_>) -> Parsed<TypeSpec> {
    skip_silent(cursor);
    let start = cursor.peek().span;
    let kind = cursor.nested(type_kind)?;
    skip_silent(cursor);
    Ok(TypeSpec { kind, span: cursor.span_from(start) })
}

fn type_kind(cursor: &mut Cursor<'_>) -> Parsed<TypeKind> {
    let word = cursor.peek().word().unwrap_or_default();
    let kind = match word {
        "struct" => return tagged::tagged(cursor, TagKeyword::Struct),
        "union" => return tagged::tagged(cursor, TagKeyword::Union),
        "enum" => return tagged::tagged(cursor, TagKeyword::Enum),
        "pipe" => return pipe(cursor),
        "interface" => return interface_type(cursor),
        "SAFEARRAY" if cursor.look(1).is("(") => return safe_array(cursor),
        "void" => TypeKind::Void,
        _ if Part::of(word).is_some() => return base(cursor),
        _ => return named(cursor),
    };
    cursor.advance();
    Ok(kind)
}

fn named(cursor: &mut Cursor<'_>) -> Parsed<TypeKind> {
    Ok(TypeKind::Named(cursor.name("a type")?.text))
}

fn interface_type(cursor: &mut Cursor<'_>) -> Parsed<TypeKind> {
    cursor.advance();
    Ok(TypeKind::Interface(cursor.name("the name of an interface")?.text))
}

fn pipe(cursor: &mut Cursor<'_>) -> Parsed<TypeKind> {
    cursor.advance();
    Ok(TypeKind::Pipe(Box::new(type_spec(cursor)?)))
}

fn safe_array(cursor: &mut Cursor<'_>) -> Parsed<TypeKind> {
    cursor.advance();
    let opening = cursor.peek().span;
    cursor.expect("(")?;
    let element = abstract_type(cursor)?;
    cursor.expect_closing(")", opening)?;
    Ok(TypeKind::SafeArray(Box::new(element)))
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
struct BaseWords {
    is_unsigned: bool,
    is_signed: bool,
    is_char: bool,
    is_int: bool,
    size: Option<BaseType>,
    other: Option<BaseType>,
}

fn base(cursor: &mut Cursor<'_>) -> Parsed<TypeKind> {
    let start = cursor.peek().span;
    let mut words = BaseWords::default();
    while let Some(part) = cursor.peek().word().and_then(Part::of) {
        if !words.accept(part) {
            break;
        }
        cursor.advance();
        skip_silent(cursor);
    }
    words.finish().map(TypeKind::Base).ok_or_else(|| no_base(cursor, start))
}

fn no_base(cursor: &Cursor<'_>, start: Span) -> Box<crate::diagnostic::Diagnostic> {
    let message = "these words together are no type";
    Box::new(crate::diagnostic::Diagnostic::new(
        crate::diagnostic::code::UNEXPECTED,
        cursor.span_from(start),
        message,
    ))
}

impl BaseWords {
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
