//! Objects: structures, and the arrays and context handles that are objects too.

use serde::ser::{Serialize, SerializeMap};

use super::{ERROR_IO_PENDING, Name, Outcome, Plain, Said, Unshown, Written};
use crate::show::flags;

/// What an object has turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
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
pub(super) struct Members<'t> {
    pub(super) text: &'t mut String,
    pub(super) depth: usize,
    /// Members that were announced.
    pub(super) announced: Option<usize>,
    /// Where the text of the object begins.
    pub(super) start: usize,
    /// Members so far, without the result.
    pub(super) written: usize,
    pub(super) shape: Shape,
    pub(super) kind: Option<u64>,
    /// Where the result of a call goes.
    pub(super) outcome: Option<&'t mut Outcome>,
    /// The name whose value comes next.
    pub(super) name: Name,
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
