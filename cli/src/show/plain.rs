//! Values as text for people, written while they are serialized: nothing is built in between.
//!
//! The rules: `name=value`, handles shortened, long strings, buffers and lists cut, numbers with a known meaning by
//! name, all of it within [`MAX_DEPTH`].

mod members;

use std::fmt::{self, Display, Write};

use serde::ser::{self, Impossible, Serialize, SerializeSeq, SerializeTuple, Serializer};

use members::{Members, Shape};

use super::quoted::quoted;
use super::{flags, win32};

/// Digits of a handle that are shown.
pub(crate) const SHORT_HANDLE: usize = 8;

/// Octets of a buffer that are shown.
const MAX_OCTETS: usize = 16;

/// Elements of an array that are shown.
const MAX_ELEMENTS: usize = 8;

/// Depth to which values within values are shown. The IDL's types are far flatter.
const MAX_DEPTH: usize = 8;

/// An operation that goes on after its call has returned; no failure.
const ERROR_IO_PENDING: u64 = 997;

/// Names that say how their value is shown, or what stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// The result of a call, which is not among its parameters.
    Result,
    /// A Win32 error code (MS-CMRP 3.1.4).
    Code,
    /// Bits with meanings of their own.
    Bits,
    /// Flags, or a kind of object.
    Flags(flags::Field),
    /// Of an array.
    Max,
    /// Of an array.
    Data,
    /// Of a context handle.
    Attributes,
    /// Of a context handle.
    Uuid,
    /// None: the value is itself a name.
    Key,
    Other,
}

impl Name {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "return" => Self::Result,
            "Status" | "rpc_status" | "rpc_error" => Self::Code,
            "dwControlCode" | "dwDesiredAccess" | "dwFlags" | "samDesired" => Self::Bits,
            "max" => Self::Max,
            "data" => Self::Data,
            "attributes" => Self::Attributes,
            "uuid" => Self::Uuid,
            name => flags::Field::of(name).map_or(Self::Other, Self::Flags),
        }
    }
}

/// The result of a call, which is shown apart from its parameters.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The result; empty if there is none.
    pub(crate) text: String,
    /// Whether the result or a status among the parameters is an error.
    pub(crate) is_failure: bool,
}

/// Appends the parameters of a message, without its result, which goes to `outcome`.
pub(crate) fn parameters(text: &mut String, message: &impl Serialize, outcome: &mut Outcome) {
    // Writing into a String cannot fail, and the types of the IDL serialize without errors of their own.
    let _ = message.serialize(Plain { outcome: Some(outcome), ..Plain::new(text, Name::Other) });
}

/// Appends a value under its name. `kind` is the kind of object beside it, if there is one.
pub(super) fn named(text: &mut String, name: Name, value: &impl Serialize, kind: Option<u64>) {
    let name = match name {
        Name::Result | Name::Code => Name::Code,
        Name::Bits | Name::Flags(_) => name,
        _ => Name::Other,
    };
    let _ = value.serialize(Plain { kind, ..Plain::new(text, name) });
}

/// A Win32 error: its name if it is known, and its number unless it is success.
fn win32_code(text: &mut String, code: u64) {
    let name = u32::try_from(code).ok().and_then(win32::name);
    let (before, after) = match (name, code) {
        (Some(name), 0) => return text.push_str(name),
        (Some(name), _) => {
            text.push_str(name);
            (" (", ")")
        }
        (None, _) => ("error ", ""),
    };
    text.push_str(before);
    text.push_str(itoa::Buffer::new().format(code));
    text.push_str(after);
}

/// Writes one value.
struct Plain<'t> {
    text: &'t mut String,
    /// Values that this one is in.
    depth: usize,
    name: Name,
    /// The kind of object in the same structure.
    kind: Option<u64>,
    /// The value is a whole message, whose result goes here.
    outcome: Option<&'t mut Outcome>,
}

/// What has been written.
enum Said {
    Number(u64),
    Handle,
    Name(Name),
    Other,
}

type Written = Result<Said, Unshown>;

impl<'t> Plain<'t> {
    fn new(text: &'t mut String, name: Name) -> Self {
        Self { text, depth: 0, name, kind: None, outcome: None }
    }

    /// Whether the value is too deep to be shown, and has been passed over.
    fn is_too_deep(&mut self) -> bool {
        let is_too_deep = self.depth >= MAX_DEPTH;
        if is_too_deep {
            self.text.push_str("...");
        }
        is_too_deep
    }

    #[expect(clippy::unnecessary_wraps, reason = "this is what the methods of a serializer give")]
    fn put(mut self, text: &str) -> Written {
        if !self.is_too_deep() {
            self.text.push_str(text);
        }
        Ok(Said::Other)
    }

    #[expect(clippy::unnecessary_wraps, reason = "this is what the methods of a serializer give")]
    fn number(mut self, number: u64) -> Written {
        let is_special = match self.name {
            Name::Code => {
                win32_code(self.text, number);
                true
            }
            Name::Bits => write!(self.text, "0x{number:08x}").is_ok(),
            Name::Flags(field) => field.meaning(self.text, number, self.kind),
            _ => false,
        };
        if !is_special && !self.is_too_deep() {
            self.text.push_str(itoa::Buffer::new().format(number));
        }
        Ok(Said::Number(number))
    }

    /// The first digits of a context handle's UUID; a nil handle is `null`. False for a string that is no UUID.
    fn handle(&mut self, uuid: &(impl Display + ?Sized)) -> bool {
        let mut digits = Digits { first: [0; SHORT_HANDLE], count: 0, is_nil: true };
        let _ = write!(digits, "{uuid}");
        let shown = if digits.is_nil { Some("null") } else { digits.short() };
        shown.inspect(|shown| self.text.push_str(shown)).is_some()
    }
}

/// A value that can't be shown: the IDL has no such types.
#[derive(Debug)]
struct Unshown;

impl Display for Unshown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that can't be shown")
    }
}

impl std::error::Error for Unshown {}

impl ser::Error for Unshown {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// The methods that no type of the IDL and no JSON value calls.
macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $result:ty;)+) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$result, Unshown> {
            Err(Unshown)
        }
    )+};
}

impl<'t> Serializer for Plain<'t> {
    type Ok = Said;
    type Error = Unshown;
    type SerializeSeq = List<'t>;
    type SerializeTuple = List<'t>;
    type SerializeTupleStruct = Impossible<Said, Unshown>;
    type SerializeTupleVariant = Impossible<Said, Unshown>;
    type SerializeMap = Members<'t>;
    type SerializeStruct = Impossible<Said, Unshown>;
    type SerializeStructVariant = Impossible<Said, Unshown>;

    fn serialize_bool(self, value: bool) -> Written {
        self.put(if value { "true" } else { "false" })
    }

    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Written {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Written {
        match u64::try_from(value) {
            Ok(number) => self.number(number),
            Err(_) => self.put(itoa::Buffer::new().format(value)),
        }
    }

    fn serialize_u8(self, value: u8) -> Written {
        self.number(value.into())
    }

    fn serialize_u16(self, value: u16) -> Written {
        self.number(value.into())
    }

    fn serialize_u32(self, value: u32) -> Written {
        self.number(value.into())
    }

    fn serialize_u64(self, value: u64) -> Written {
        self.number(value)
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.put(&serde_json::Value::from(value).to_string())
    }

    fn serialize_char(self, value: char) -> Written {
        self.collect_str(&value)
    }

    fn serialize_str(self, value: &str) -> Written {
        match self.name {
            Name::Key => {
                self.text.push_str(value);
                Ok(Said::Name(Name::of(value)))
            }
            Name::Data => {
                octets(self.text, value);
                Ok(Said::Other)
            }
            _ => self.collect_str(value),
        }
    }

    fn collect_str<T: ?Sized + Display>(mut self, value: &T) -> Written {
        if self.name == Name::Uuid && self.handle(value) {
            return Ok(Said::Handle);
        }
        if !self.is_too_deep() {
            quoted(self.text, value);
        }
        Ok(Said::Other)
    }

    fn serialize_none(self) -> Written {
        self.put("null")
    }

    fn serialize_unit(self) -> Written {
        self.put("null")
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.collect_str(variant)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_seq(mut self, _: Option<usize>) -> Result<List<'t>, Unshown> {
        let is_shown = !self.is_too_deep();
        self.text.push_str(if is_shown { "[" } else { "" });
        Ok(List { text: self.text, depth: self.depth, is_shown, elements: 0 })
    }

    fn serialize_tuple(self, elements: usize) -> Result<List<'t>, Unshown> {
        self.serialize_seq(Some(elements))
    }

    fn serialize_map(mut self, announced: Option<usize>) -> Result<Members<'t>, Unshown> {
        let shape = if self.is_too_deep() { Shape::Hidden } else { Shape::Structure };
        let Self { text, depth, outcome, .. } = self;
        let start = text.len();
        let is_message = outcome.is_some();
        text.push_str(if is_message || shape == Shape::Hidden { "" } else { "{" });
        Ok(Members {
            text,
            depth,
            announced,
            start,
            written: 0,
            shape,
            kind: None,
            outcome,
            name: Name::Other,
        })
    }

    refuse! {
        serialize_bytes(&[u8]) -> Said;
        serialize_unit_struct(&'static str) -> Said;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        Err(Unshown)
    }
}

/// A buffer: how many octets, and the first of them.
fn octets(text: &mut String, hex: &str) {
    let count = hex.len() / 2;
    let shown = hex.get(..MAX_OCTETS.saturating_mul(2)).unwrap_or(hex);
    let rest = if count > MAX_OCTETS { "..." } else { "" };
    let _ = write!(text, "<{count} octets{}{shown}{rest}>", if count > 0 { ": " } else { "" });
}

/// The first digits of a UUID.
struct Digits {
    first: [u8; SHORT_HANDLE],
    count: usize,
    is_nil: bool,
}

impl Digits {
    fn short(&self) -> Option<&str> {
        std::str::from_utf8(&self.first).ok().filter(|_| self.count >= SHORT_HANDLE)
    }
}

impl Write for Digits {
    fn write_str(&mut self, digits: &str) -> fmt::Result {
        self.is_nil &= digits.bytes().all(|digit| matches!(digit, b'0' | b'-'));
        let room = self.first.iter_mut().skip(self.count);
        room.zip(digits.bytes()).for_each(|(place, digit)| *place = digit);
        self.count = self.count.saturating_add(digits.len());
        // Nothing further will be shown.
        if self.is_nil || self.count < SHORT_HANDLE { Ok(()) } else { Err(fmt::Error) }
    }
}

/// Writes the elements of an array.
struct List<'t> {
    text: &'t mut String,
    depth: usize,
    is_shown: bool,
    elements: usize,
}

impl SerializeSeq for List<'_> {
    type Ok = Said;
    type Error = Unshown;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, element: &T) -> Result<(), Unshown> {
        if self.is_shown && self.elements < MAX_ELEMENTS {
            self.text.push_str(if self.elements > 0 { ", " } else { "" });
            let depth = self.depth.saturating_add(1);
            element.serialize(Plain { depth, ..Plain::new(self.text, Name::Other) })?;
        }
        self.elements = self.elements.saturating_add(1);
        Ok(())
    }

    fn end(self) -> Written {
        if self.is_shown {
            if let Some(more) = self.elements.checked_sub(MAX_ELEMENTS).filter(|more| *more > 0) {
                let _ = write!(self.text, ", {more} more");
            }
            self.text.push(']');
        }
        Ok(Said::Other)
    }
}

impl SerializeTuple for List<'_> {
    type Ok = Said;
    type Error = Unshown;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, element: &T) -> Result<(), Unshown> {
        SerializeSeq::serialize_element(self, element)
    }

    fn end(self) -> Written {
        SerializeSeq::end(self)
    }
}

#[cfg(test)]
mod tests;
