//! Values as text for people, written while they are serialized: nothing is built in between.
//!
//! The rules: `name=value`, handles shortened, long strings, buffers and lists cut, numbers with a known meaning by
//! name, all of it within [`MAX_DEPTH`].

use std::fmt::{self, Display, Write};

use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};

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

/// What an object has turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A structure, or nothing known yet.
    Structure,
    /// The first of two members was the size of an array.
    Sized,
    /// The first of two members was that of a context handle.
    Attributed,
    /// An array or a handle, which has been written.
    Whole,
    /// Nothing of it is shown.
    Hidden,
}

/// Writes the members of an object. Arrays and context handles are objects too, and are recognised by their members;
/// what was written until then is taken back.
struct Members<'t> {
    text: &'t mut String,
    depth: usize,
    /// Members that were announced.
    announced: Option<usize>,
    /// Where the text of the object begins.
    start: usize,
    /// Members so far, without the result.
    written: usize,
    shape: Shape,
    kind: Option<u64>,
    /// Where the result of a call goes.
    outcome: Option<&'t mut Outcome>,
    /// The name whose value comes next.
    name: Name,
}

impl Members<'_> {
    fn result(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Unshown> {
        let Some(outcome) = &mut self.outcome else { return Ok(()) };
        let said = value.serialize(Plain::new(&mut outcome.text, Name::Code))?;
        self.note_failure(&said);
        Ok(())
    }

    /// A status code of a message may tell of a failure.
    fn note_failure(&mut self, code: &Said) {
        let is_failure = matches!(code, Said::Number(code) if *code != 0 && *code != ERROR_IO_PENDING);
        if let Some(outcome) = &mut self.outcome {
            outcome.is_failure |= is_failure;
        }
    }

    fn member(&mut self, name: Name, value: &(impl Serialize + ?Sized)) -> Result<(), Unshown> {
        let (depth, kind) = (self.depth.saturating_add(1), self.kind);
        let end = self.text.len();
        let said = value.serialize(Plain { depth, kind, ..Plain::new(self.text, name) })?;
        match (name, said) {
            (Name::Code, said) => self.note_failure(&said),
            (Name::Flags(flags::Field::ObjectType), Said::Number(kind)) => self.kind = Some(kind),
            (Name::Data, _) | (_, Said::Handle) => {
                self.text.drain(self.start..end);
                self.shape = Shape::Whole;
            }
            _ => {}
        }
        Ok(())
    }
}

impl SerializeMap for Members<'_> {
    type Ok = Said;
    type Error = Unshown;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Unshown> {
        if self.shape == Shape::Hidden {
            return Ok(());
        }
        let end = self.text.len();
        self.text.push_str(if self.written > 0 { ", " } else { "" });
        let said = key.serialize(Plain::new(self.text, Name::Key))?;
        self.name = if let Said::Name(name) = said { name } else { Name::Other };
        match self.name {
            Name::Result => self.text.truncate(end),
            _ => self.text.push('='),
        }
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Unshown> {
        let is_first_of_two = self.written == 0 && self.announced == Some(2);
        match (self.name, self.shape) {
            (_, Shape::Hidden) => return Ok(()),
            (Name::Result, _) => return self.result(value),
            (Name::Data, Shape::Sized) => self.member(Name::Data, value)?,
            (Name::Uuid, Shape::Attributed) => self.member(Name::Uuid, value)?,
            (Name::Data | Name::Uuid, _) => self.member(Name::Other, value)?,
            (name, _) => self.member(name, value)?,
        }
        match self.name {
            Name::Max if is_first_of_two => self.shape = Shape::Sized,
            Name::Attributes if is_first_of_two => self.shape = Shape::Attributed,
            _ => {}
        }
        self.written = self.written.saturating_add(1);
        Ok(())
    }

    fn end(self) -> Written {
        let is_open = !matches!(self.shape, Shape::Whole | Shape::Hidden);
        if is_open && self.outcome.is_none() {
            self.text.push('}');
        }
        Ok(Said::Other)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(value: &Value) -> String {
        let mut text = String::new();
        named(&mut text, Name::Other, value, None);
        text
    }

    fn message(value: &Value) -> (String, Outcome) {
        let (mut text, mut outcome) = (String::new(), Outcome::default());
        parameters(&mut text, value, &mut outcome);
        (text, outcome)
    }

    #[test]
    fn values_are_short_and_harmless() {
        let uuid = "00112233-4455-6677-8899-aabbccddeeff";
        assert_eq!(shown(&json!({"attributes": 0, "uuid": uuid})), "00112233");
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(shown(&json!({"attributes": 0, "uuid": nil})), "null");
        assert_eq!(shown(&json!({"attributes": 0, "uuid": 1})), "{attributes=0, uuid=1}");
        assert_eq!(shown(&json!({"attributes": 0, "uuid": "é"})), r#"{attributes=0, uuid="é"}"#);
        assert_eq!(shown(&json!("a\u{1b}[31m\"\n")), r#""a\u{1b}[31m\"\n""#);
        assert_eq!(shown(&json!("'\u{7f}\u{9b}")), r#""\'\u{7f}\u{9b}""#);
        assert_eq!(shown(&json!("x".repeat(80))), format!("\"{}\"", "x".repeat(80)));
        assert_eq!(shown(&json!("x".repeat(81))), format!("\"{}\"...", "x".repeat(80)));
        assert_eq!(shown(&json!({"max": 3, "data": "0102ff"})), "<3 octets: 0102ff>");
        assert_eq!(shown(&json!({"max": 3, "data": ""})), "<0 octets>");
        let more = json!({"max": 3, "data": "0102ff", "more": 1});
        assert_eq!(shown(&more), r#"{max=3, data="0102ff", more=1}"#);
        assert_eq!(
            shown(&json!({"max": 9, "data": [1, 2, 3, 4, 5, 6, 7, 8, 9]})),
            "[1, 2, 3, 4, 5, 6, 7, 8, 1 more]"
        );
        assert_eq!(shown(&json!({"a": null, "b": {"c": 1}, "d": -1})), "{a=null, b={c=1}, d=-1}");
        let deep = (0..100).fold(json!(1), |value, _| json!([value]));
        assert_eq!(shown(&deep), "[[[[[[[[...]]]]]]]]");
        let deep = (0..100).fold(json!(1), |value, _| json!({"a": value, "Status": 5}));
        assert_eq!(shown(&deep).matches("Status=ERROR_ACCESS_DENIED (5)").count(), 8);
    }

    #[test]
    fn results_have_names() {
        let codes = [(0, "ERROR_SUCCESS"), (258, "WAIT_TIMEOUT (258)"), (123_456_789, "error 123456789")];
        for (code, text) in codes {
            assert_eq!(message(&json!({"return": code})).1.text, text);
        }
        let (text, outcome) = message(&json!({"Status": 5007, "return": null, "a": 1}));
        assert_eq!(text, "Status=ERROR_RESOURCE_NOT_FOUND (5007), a=1");
        assert_eq!(outcome.text, "null");
        assert!(outcome.is_failure);
        assert!(!message(&json!({"return": 997})).1.is_failure);
        assert!(!message(&json!({"dwNotifyKey": 7, "rpc_status": 0, "return": 0})).1.is_failure);
    }
}
