//! The syntax tree: what the text says, before names are looked up.

use std::rc::Rc;

use crate::model::{BaseType, BinaryOp, UnaryOp};
use crate::source::Span;

/// A name with its place.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) text: Rc<str>,
    pub(crate) span: Span,
}

/// A documentation comment.
pub(crate) type DocText = Option<Rc<str>>;

/// The declarations of one file.
#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) items: Vec<Item>,
    pub(crate) constants: Vec<ConstantItem>,
}

/// A declaration of a file or an interface.
#[derive(Debug)]
pub(crate) enum Item {
    /// `import "file", "file";`
    Import(Vec<Name>),
    Types(Declaration),
    Constant(ConstantItem),
    Interface(Interface),
    /// `interface NAME;`
    Forward(Name),
    Operation(Operation),
}

/// `typedef ...`, or a struct, union or enum by itself.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) ty: TypeSpec,
    pub(crate) declarators: Vec<Declarator>,
    pub(crate) doc: DocText,
}

/// `const T NAME = value;`, or a macro that stands for a value.
#[derive(Debug)]
pub(crate) struct ConstantItem {
    pub(crate) name: Name,
    pub(crate) value: Expr,
    /// A macro need not stand for a constant; a `const` must.
    pub(crate) is_macro: bool,
    pub(crate) doc: DocText,
}

#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Name,
    pub(crate) base: Option<Name>,
    pub(crate) items: Vec<Item>,
    pub(crate) doc: DocText,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) returns: TypeSpec,
    /// Name, and the pointers of the result.
    pub(crate) declarator: Declarator,
    pub(crate) params: Vec<Member>,
    pub(crate) doc: DocText,
}

/// A type and the declarators that build on it: a member, a parameter, an arm of a union.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) ty: TypeSpec,
    /// Empty for an anonymous struct or union.
    pub(crate) declarators: Vec<Declarator>,
    pub(crate) doc: DocText,
    pub(crate) span: Span,
}

/// A name with `*`, `[]` and parentheses around it.
#[derive(Clone, Debug)]
pub(crate) struct Declarator {
    /// Absent in the declarator of an unnamed parameter.
    pub(crate) name: Option<Name>,
    /// From the base type outwards.
    pub(crate) layers: Vec<Layer>,
    pub(crate) span: Span,
}

/// One step from a type to the type of the declared name.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    Pointer,
    Array(ArrayBound),
    /// A pointer to a function has this layer below; nothing can be made of it on the wire.
    Function,
}

/// What stands between the brackets of an array.
#[derive(Clone, Debug)]
pub(crate) enum ArrayBound {
    /// `[]` and `[*]`.
    Open,
    /// `[n]`.
    Length(Expr),
    /// `[low..high]`, which holds `high - low + 1` elements; `*` may stand for `high`.
    Bounds(Expr, Option<Expr>),
}

#[derive(Clone, Debug)]
pub(crate) struct TypeSpec {
    pub(crate) kind: TypeKind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum TypeKind {
    Void,
    Base(BaseType),
    Named(Rc<str>),
    /// `interface NAME`, a pointer's target.
    Interface(Rc<str>),
    Tagged(Rc<Tagged>),
    /// `SAFEARRAY(T)`.
    SafeArray(Box<AbstractType>),
    /// `pipe T`.
    Pipe(Box<TypeSpec>),
}

/// A type without a name: in a cast, `sizeof`, `switch_type`.
#[derive(Clone, Debug)]
pub(crate) struct AbstractType {
    pub(crate) ty: TypeSpec,
    pub(crate) layers: Vec<Layer>,
}

/// A struct, union or enum.
#[derive(Debug)]
pub(crate) struct Tagged {
    pub(crate) keyword: TagKeyword,
    pub(crate) tag: Option<Name>,
    /// `None` when the text only refers to the tag.
    pub(crate) body: Option<Body>,
    pub(crate) doc: DocText,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TagKeyword {
    Struct,
    Union,
    Enum,
}

impl TagKeyword {
    pub(crate) fn word(self) -> &'static str {
        match self {
            TagKeyword::Struct => "struct",
            TagKeyword::Union => "union",
            TagKeyword::Enum => "enum",
        }
    }
}

#[derive(Debug)]
pub(crate) enum Body {
    Struct(Vec<Member>),
    Union { switch: Option<Switch>, arms: Vec<Arm> },
    Enum(Vec<EnumValue>),
}

/// `switch (T tag) name` of an encapsulated union.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) ty: TypeSpec,
    pub(crate) tag: Name,
    pub(crate) name: Option<Name>,
}

#[derive(Debug)]
pub(crate) struct Arm {
    pub(crate) cases: Vec<Expr>,
    pub(crate) is_default: bool,
    /// `None` for `[default];`.
    pub(crate) member: Option<Member>,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub(crate) name: Name,
    pub(crate) value: Option<Expr>,
    pub(crate) doc: DocText,
}

#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Name,
    pub(crate) arguments: Arguments,
}

/// What stands in the parentheses of an attribute.
#[derive(Clone, Debug)]
pub(crate) enum Arguments {
    None,
    /// Expressions; `None` where one is left out, as in `size_is(,*n)`.
    Exprs(Vec<Option<Expr>>),
    Type(Box<AbstractType>),
    Word(Name),
    Uuid([u8; 16]),
    Version(u16, u16),
    /// Something that this compiler has no use for.
    Other,
}

#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Integer(i128),
    Text(Rc<str>),
    Name(Rc<str>),
    Deref(Box<Expr>),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    Cast(Box<AbstractType>, Box<Expr>),
    SizeOf(Box<AbstractType>),
}
