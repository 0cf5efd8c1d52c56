//! The checked model: what a set of IDL files declares, with every name resolved.
//!
//! A [`Model`] is what the later stages (layout, emission) and tests read. It holds no syntax, only meaning:
//! type names are [`DefId`]s, constants are numbers, size expressions name parameters or members that exist.
//! Equality compares meaning alone: spans and documentation are left out, so that two texts of one interface
//! can be held side by side.

mod attributes;
mod describe;
mod expr;

use crate::source::Span;

pub use attributes::{Attributes, Direction, PointerKind, Range};
pub use expr::{BinaryOp, Expr, UnaryOp};

/// Everything that the files of one compilation declare, in order of declaration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    definitions: Vec<Definition>,
    interfaces: Vec<Interface>,
    constants: Vec<Constant>,
}

/// Names one [`Definition`] of a [`Model`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefId(pub(crate) usize);

/// A documentation comment, without its comment marks; never part of an interface's meaning.
#[derive(Clone, Debug, Default)]
pub struct Doc(pub String);

impl PartialEq for Doc {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Where something stands in the source; never part of an interface's meaning.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin(pub Span);

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// A named type.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The name that other declarations use: the typedef name, or `struct TAG` for a bare tag.
    pub name: String,
    /// What the name stands for.
    pub kind: DefinitionKind,
    /// The comment before the declaration.
    pub doc: Doc,
    /// Where the name is declared.
    pub origin: Origin,
}

/// What a [`Definition`] stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum DefinitionKind {
    /// Another name for a type: `typedef [attributes] T NAME`.
    Alias {
        /// Attributes of the typedef, for example `string` or `unique`.
        attributes: Attributes,
        /// The type that the name stands for.
        ty: Type,
    },
    /// `typedef [context_handle] void *NAME` (C706 4.2.16.6).
    ContextHandle,
    /// A structure.
    Struct(Struct),
    /// A union.
    Union(Union),
    /// An enumeration.
    Enum(Enum),
}

/// A structure (C706 4.2.11).
#[derive(Clone, Debug, PartialEq)]
pub struct Struct {
    /// Members in order.
    pub fields: Vec<Field>,
}

/// A member of a structure, or an arm of a union.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Name as in the IDL; empty for an anonymous union or an empty arm.
    pub name: String,
    /// Attributes of the member.
    pub attributes: Attributes,
    /// Its type.
    pub ty: Type,
    /// The comment before the member.
    pub doc: Doc,
    /// Where the member is declared.
    pub origin: Origin,
}

/// A union (C706 4.2.12).
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// The member and type of the discriminant of an encapsulated union (`switch (long tag) name`).
    pub encapsulated: Option<Box<EncapsulatedSwitch>>,
    /// The type of the discriminant of a non-encapsulated union, from `switch_type`, if given.
    pub switch_type: Option<Type>,
    /// Attributes of the union itself, for example `ms_union`.
    pub attributes: Attributes,
    /// Arms in order.
    pub arms: Vec<Arm>,
}

/// The switch of an encapsulated union.
#[derive(Clone, Debug, PartialEq)]
pub struct EncapsulatedSwitch {
    /// Name of the discriminant.
    pub tag: String,
    /// Type of the discriminant.
    pub tag_type: Type,
    /// Name of the union member; `tagged_union` when the IDL gives none.
    pub name: String,
}

/// One arm of a [`Union`].
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Values that select the arm.
    pub cases: Vec<i128>,
    /// Whether `default` selects it.
    pub is_default: bool,
    /// The member; `None` for an arm without data.
    pub field: Option<Field>,
}

/// An enumeration (C706 4.2.14).
#[derive(Clone, Debug, PartialEq)]
pub struct Enum {
    /// Whether `v1_enum` makes it 32 bits wide in NDR (MS-RPCE 2.2.4.6).
    pub v1_enum: bool,
    /// Enumerators in order, each with its value.
    pub values: Vec<Enumerator>,
}

/// One name of an [`Enum`].
#[derive(Clone, Debug, PartialEq)]
pub struct Enumerator {
    /// The name.
    pub name: String,
    /// Its value.
    pub value: i128,
    /// The comment before it.
    pub doc: Doc,
}

/// A constant: `const`, or an object-like `#define` with a constant value.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The name.
    pub name: String,
    /// Its value.
    pub value: ConstantValue,
    /// The comment before it.
    pub doc: Doc,
}

/// The value of a [`Constant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstantValue {
    /// An integer or a character.
    Integer(i128),
    /// A string literal, without its quotes.
    Text(String),
}

/// A resolved type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// `void`: no result, or the target of an untyped pointer.
    Void,
    /// A type that IDL has a keyword for.
    Base(BaseType),
    /// A type with a name.
    Named(DefId),
    /// A pointer to another type.
    Pointer(Box<Type>),
    /// An array.
    Array(Box<Array>),
    /// `SAFEARRAY(type)`.
    SafeArray(Box<Type>),
    /// `pipe type` (C706 4.2.15).
    Pipe(Box<Type>),
}

/// One dimension of an array, with what it is an array of.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Type of an element; itself an array when there are more dimensions.
    pub element: Type,
    /// How long it is.
    pub bound: Bound,
}

/// The declared length of an array dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// `[n]`: as many elements.
    Fixed(u32),
    /// `[*]` or `[]`: as `size_is` or `max_is` say.
    Conformant,
}

/// Types that IDL has keywords for (C706 4.2.9, MS-RPCE 2.2.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BaseType {
    /// `boolean`, 1 octet.
    Boolean,
    /// `char` and `unsigned char`, 1 octet.
    Char,
    /// `byte`, 1 octet that is never converted.
    Byte,
    /// `wchar_t`, 2 octets.
    WChar,
    /// `small`, `__int8`, `signed char`.
    I8,
    /// `unsigned small`, `unsigned __int8`.
    U8,
    /// `short`, `__int16`.
    I16,
    /// `unsigned short`.
    U16,
    /// `long`, `int`, `__int32`.
    I32,
    /// `unsigned long`, `unsigned int`.
    U32,
    /// `hyper`, `__int64`.
    I64,
    /// `unsigned hyper`, `unsigned __int64`.
    U64,
    /// `__int3264`: 4 octets in NDR, 8 in NDR64 (MS-RPCE 2.2.4.1.2).
    I3264,
    /// `unsigned __int3264`.
    U3264,
    /// `float`, 4 octets.
    F32,
    /// `double`, 8 octets.
    F64,
    /// `error_status_t`: `unsigned long` with a meaning (C706 Appendix N).
    ErrorStatus,
    /// `handle_t`: a binding handle, not on the wire (C706 4.2.9.7).
    Handle,
}

/// An interface: a UUID, a version, and operations numbered from 0, or from where those of its base end.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    /// The name in the IDL.
    pub name: String,
    /// The UUID as 16 octets in the order of its text; `None` when the IDL gives none.
    pub uuid: Option<[u8; 16]>,
    /// Major and minor version.
    pub version: (u16, u16),
    /// How `pointer_default` reads embedded pointers; `unique` when absent (MS-RPCE 2.2.4.9).
    pub pointer_default: PointerKind,
    /// The interface that this one adds operations to: `interface NAME : BASE`.
    pub base: Option<String>,
    /// Whether `object` makes it an interface of MS-DCOM objects.
    pub object: bool,
    /// The opnum of the first operation: how many the base has, 0 without a base.
    pub first_opnum: u16,
    /// Operations in order; the opnum is the index, counted from `first_opnum`.
    pub operations: Vec<Operation>,
    /// The comment before the interface.
    pub doc: Doc,
    /// Where its name stands.
    pub origin: Origin,
}

/// One operation: a signature at an opnum.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The opnum, from the position in the interface.
    pub opnum: u16,
    /// The name in the IDL.
    pub name: String,
    /// Attributes before the signature, for example `callback`.
    pub attributes: Attributes,
    /// Type of the function result.
    pub returns: Type,
    /// Parameters in order; empty for `(void)` and `()`.
    pub params: Vec<Param>,
    /// The comment before the operation.
    pub doc: Doc,
    /// Where its name stands.
    pub origin: Origin,
}

/// A parameter of an [`Operation`].
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Name as in the IDL.
    pub name: String,
    /// `in`, `out` or both.
    pub direction: Direction,
    /// Its other attributes.
    pub attributes: Attributes,
    /// Its type.
    pub ty: Type,
    /// Where its name stands.
    pub origin: Origin,
}

impl Model {
    /// A model of declarations whose ids are their indices.
    pub(crate) fn new(
        definitions: Vec<Definition>,
        interfaces: Vec<Interface>,
        constants: Vec<Constant>,
    ) -> Self {
        Self { definitions, interfaces, constants }
    }

    /// All definitions in order of declaration.
    pub fn definitions(&self) -> impl Iterator<Item = (DefId, &Definition)> {
        self.definitions.iter().enumerate().map(|(index, definition)| (DefId(index), definition))
    }

    /// The definition that an id names.
    ///
    /// # Panics
    /// The id is that of another model.
    #[expect(clippy::indexing_slicing, reason = "a DefId is only ever made for a definition of its model")]
    pub fn definition(&self, id: DefId) -> &Definition {
        &self.definitions[id.0]
    }

    /// All interfaces in order of declaration.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// All constants in order of declaration.
    pub fn constants(&self) -> &[Constant] {
        &self.constants
    }

    /// The definition of a name.
    pub fn find(&self, name: &str) -> Option<(DefId, &Definition)> {
        self.definitions().find(|(_, definition)| definition.name == name)
    }
}

impl Interface {
    /// The opnum behind the last operation, where an interface that builds on this one starts.
    pub fn next_opnum(&self) -> u16 {
        let count = u16::try_from(self.operations.len()).unwrap_or(u16::MAX);
        self.first_opnum.saturating_add(count)
    }
}

impl Operation {
    /// Whether the slot is reserved: a signature that sends and returns nothing but a status.
    ///
    /// The specification spells the names of such slots in several ways (one is `Opnum149otUsedOnWire`), so the
    /// shape tells, not the name.
    pub fn is_reserved(&self) -> bool {
        self.params.is_empty()
    }
}
