//! Types: every name looked up, every array length folded, every definition given its content.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, code};
use crate::model::{
    Arm, Array, Attributes, Bound, DefId, Definition, DefinitionKind, Doc, EncapsulatedSwitch, Enum,
    Enumerator, Field, Origin, Struct, Type, Union,
};
use crate::source::Span;
use crate::syntax;
use crate::syntax::{
    Arguments, ArrayBound, Attribute, Body, Declarator, EnumValue, Expr, Layer, Member, Switch, TagKeyword,
    Tagged, TypeKind, TypeSpec,
};

use super::Resolver;
use super::collect::{Content, Pending, text};
use super::constants;
use super::suggest;
use super::symbols::{self, TypeSymbol};
use super::targets;

/// Gives all definitions their content, attributes apart.
pub(super) fn shape(resolver: &mut Resolver, pending: &[Pending<'_>]) {
    for waiting in pending {
        let kind = match &waiting.content {
            Content::Alias { ty, layers } => alias(resolver, waiting, ty, layers),
            Content::Tagged(tagged) => tagged_kind(resolver, waiting, tagged),
        };
        if let Some(definition) = resolver.definitions.get_mut(waiting.id.0) {
            definition.kind = kind;
        }
    }
}

fn alias(resolver: &mut Resolver, waiting: &Pending<'_>, ty: &TypeSpec, layers: &[Layer]) -> DefinitionKind {
    let resolved = resolver.declared_type(ty, layers, waiting.file);
    let handle = waiting.attributes.iter().find(|attribute| attribute.name.text.as_ref() == "context_handle");
    match handle {
        Some(_) if resolver.is_pointer(&resolved) => DefinitionKind::ContextHandle,
        Some(attribute) => {
            let message = "a context handle has a pointer type, as a rule `void *`";
            resolver.report(Diagnostic::new(code::INAPPLICABLE, attribute.name.span, message));
            DefinitionKind::ContextHandle
        }
        None => DefinitionKind::Alias { attributes: Attributes::default(), ty: resolved },
    }
}

fn tagged_kind(resolver: &mut Resolver, waiting: &Pending<'_>, tagged: &Tagged) -> DefinitionKind {
    match &tagged.body {
        Some(Body::Union { switch, arms }) => {
            DefinitionKind::Union(union(resolver, waiting, switch.as_ref(), arms))
        }
        Some(Body::Enum(values)) => DefinitionKind::Enum(enumeration(resolver, waiting, values)),
        Some(Body::Struct(members)) => {
            DefinitionKind::Struct(Struct { fields: fields(resolver, members, waiting.file) })
        }
        None => DefinitionKind::Struct(Struct { fields: Vec::new() }),
    }
}

fn fields(resolver: &mut Resolver, members: &[Member], file: u32) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    let mut names = BTreeMap::new();
    for member in members {
        for field in member_fields(resolver, member, file) {
            let span = field.origin.0;
            let first = names.insert(field.name.clone(), span).filter(|_| !field.name.is_empty());
            if let Some(first) = first {
                resolver.report(twice("member", &field.name, span, first));
            }
            fields.push(field);
        }
    }
    fields
}

/// The message for a name that stands twice in one list.
pub(super) fn twice(what: &str, name: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::new(code::DUPLICATE, again, format!("the {what} `{name}` is declared twice"))
        .label("declared again")
        .also(first, "first declared here")
}

/// The fields of one member declaration: one for each declarator, or a single one without a name.
fn member_fields(resolver: &mut Resolver, member: &Member, file: u32) -> Vec<Field> {
    if member.declarators.is_empty() {
        let ty = resolver.declared_type(&member.ty, &[], file);
        return vec![field(String::new(), ty, member.doc.clone(), member.span)];
    }
    let make = |declarator: &Declarator| {
        let ty = resolver.value_type(&member.ty, &declarator.layers, file);
        let name = declarator.name.as_ref();
        let span = name.map_or(declarator.span, |name| name.span);
        let name = name.map(|name| name.text.to_string()).unwrap_or_default();
        field(name, ty, member.doc.clone(), span)
    };
    member.declarators.iter().map(make).collect()
}

fn field(name: String, ty: Type, doc: syntax::DocText, span: Span) -> Field {
    Field { name, attributes: Attributes::default(), ty, doc: text(doc), origin: Origin(span) }
}

fn union(
    resolver: &mut Resolver,
    waiting: &Pending<'_>,
    switch: Option<&Switch>,
    arms: &[syntax::Arm],
) -> Union {
    let file = waiting.file;
    let encapsulated = switch.map(|switch| {
        Box::new(EncapsulatedSwitch {
            tag: switch.tag.text.to_string(),
            tag_type: resolver.declared_type(&switch.ty, &[], file),
            name: switch.name.as_ref().map_or("tagged_union", |name| name.text.as_ref()).to_owned(),
        })
    });
    let switch_type = switch_type(resolver, waiting.attributes, file);
    let mut seen = BTreeMap::new();
    let arms: Vec<Arm> = arms.iter().map(|item| arm(resolver, item, file, &mut seen)).collect();
    Union { encapsulated, switch_type, attributes: Attributes::default(), arms }
}

fn switch_type(resolver: &mut Resolver, attributes: &[Attribute], file: u32) -> Option<Type> {
    attributes.iter().find_map(|attribute| match &attribute.arguments {
        Arguments::Type(ty) if attribute.name.text.as_ref() == "switch_type" => {
            Some(resolver.declared_type(&ty.ty, &ty.layers, file))
        }
        _ => None,
    })
}

/// Values that select an arm of the union at hand, with their places.
type SeenCases = BTreeMap<i128, Span>;

fn arm(resolver: &mut Resolver, item: &syntax::Arm, file: u32, seen: &mut SeenCases) -> Arm {
    let cases = cases(resolver, item, file, seen);
    let mut fields = item.member.iter().flat_map(|member| member_fields(resolver, member, file));
    let field = fields.next();
    let surplus = fields.next().map(|field| field.origin.0);
    drop(fields);
    if let Some(span) = surplus {
        let message = "an arm of a union has one member";
        resolver.report(Diagnostic::new(code::MISPLACED_TYPE, span, message));
    }
    Arm { cases, is_default: item.is_default, field }
}

/// The values that select an arm; each may select one arm only.
fn cases(resolver: &mut Resolver, item: &syntax::Arm, file: u32, seen: &mut SeenCases) -> Vec<i128> {
    let mut values = Vec::new();
    for case in &item.cases {
        let Some(value) = resolver.constant(case, file) else { continue };
        values.push(value);
        if let Some(first) = seen.insert(value, case.span) {
            let message = format!("two arms have the case {value}");
            let problem = Diagnostic::new(code::DUPLICATE_CASE, case.span, message);
            resolver.report(problem.also(first, "the first one"));
        }
    }
    values
}

fn enumeration(resolver: &mut Resolver, waiting: &Pending<'_>, values: &[EnumValue]) -> Enum {
    let v1_enum = waiting.attributes.iter().any(|attribute| attribute.name.text.as_ref() == "v1_enum");
    let values: Vec<Enumerator> = values
        .iter()
        .map(|item| Enumerator {
            name: item.name.text.to_string(),
            value: resolver
                .symbols
                .values
                .own(&item.name.text, item.name.span.file)
                .map_or(0, |entry| entry.meaning),
            doc: text(item.doc.clone()),
        })
        .collect();
    Enum { v1_enum, values }
}

impl Resolver {
    /// The type of a declared name, which may be `void`.
    pub(super) fn declared_type(&mut self, ty: &TypeSpec, layers: &[Layer], file: u32) -> Type {
        let mut built = self.type_spec(ty, file);
        for layer in layers {
            built = match layer {
                Layer::Pointer => Type::Pointer(Box::new(built)),
                Layer::Array(bound) => {
                    let bound = self.bound(bound, file);
                    Type::Array(Box::new(Array { element: built, bound }))
                }
                Layer::Function => self.function(ty.span),
            };
        }
        built
    }

    /// The type of a member or parameter: anything but `void`.
    pub(super) fn value_type(&mut self, ty: &TypeSpec, layers: &[Layer], file: u32) -> Type {
        let built = self.declared_type(ty, layers, file);
        if built != Type::Void {
            return built;
        }
        if !layers.iter().any(|layer| matches!(layer, Layer::Function)) {
            let message = "nothing can be of type `void`";
            self.report(Diagnostic::new(code::MISPLACED_TYPE, ty.span, message));
        }
        targets::UNKNOWN
    }

    fn function(&mut self, span: Span) -> Type {
        let message = "a function can't travel: function pointers have no form on the wire";
        self.report(Diagnostic::new(code::MISPLACED_TYPE, span, message));
        Type::Void
    }

    fn type_spec(&mut self, ty: &TypeSpec, file: u32) -> Type {
        match &ty.kind {
            TypeKind::Void => Type::Void,
            TypeKind::Base(base) => Type::Base(*base),
            TypeKind::Named(name) => self.named(name, ty.span, file),
            TypeKind::Interface(name) => Type::Named(self.interface_type(name, ty.span)),
            TypeKind::Tagged(tagged) => self.tagged(tagged, ty.span, file),
            TypeKind::SafeArray(element) => {
                Type::SafeArray(Box::new(self.declared_type(&element.ty, &element.layers, file)))
            }
            TypeKind::Pipe(element) => Type::Pipe(Box::new(self.type_spec(element, file))),
        }
    }

    fn named(&mut self, name: &Rc<str>, span: Span, file: u32) -> Type {
        match self.symbols.types.get(name, file).map(|entry| entry.meaning.clone()) {
            Some(TypeSymbol::Definition(id)) => Type::Named(id),
            Some(TypeSymbol::Tag(keyword, tag)) => self.tag((keyword, tag), span, file),
            Some(TypeSymbol::Interface) => Type::Named(self.interface_type(name, span)),
            None => self.bare_tag(name, file).unwrap_or_else(|| self.unknown_type(name, span)),
        }
    }

    /// A tag without its keyword, as C++ has it and MIDL lets pass.
    fn bare_tag(&self, tag: &Rc<str>, file: u32) -> Option<Type> {
        let keywords = [TagKeyword::Struct, TagKeyword::Union, TagKeyword::Enum];
        let mut tables = keywords.iter().filter_map(|word| self.symbols.tags.get(&(*word, Rc::clone(tag))));
        let entry = tables.find_map(|entries| symbols::pick(entries, file))?;
        Some(Type::Named(entry.meaning))
    }

    fn tagged(&mut self, tagged: &Rc<Tagged>, span: Span, file: u32) -> Type {
        if let Some(id) = self.symbols.bodies.get(&Rc::as_ptr(tagged)) {
            return Type::Named(*id);
        }
        match &tagged.tag {
            Some(tag) => self.tag((tagged.keyword, Rc::clone(&tag.text)), span, file),
            None => targets::UNKNOWN,
        }
    }

    fn tag(&mut self, key: (TagKeyword, Rc<str>), span: Span, file: u32) -> Type {
        let entries = self.symbols.tags.get(&key);
        if let Some(entry) = entries.and_then(|entries| symbols::pick(entries, file)) {
            return Type::Named(entry.meaning);
        }
        let (keyword, tag) = key;
        let message = format!("`{} {tag}` has no members anywhere", keyword.word());
        self.report_name_once(&tag, Diagnostic::new(code::INCOMPLETE_TYPE, span, message));
        targets::UNKNOWN
    }

    fn unknown_type(&mut self, name: &Rc<str>, span: Span) -> Type {
        let message = format!("the type `{name}` is not declared");
        let mut problem = Diagnostic::new(code::UNKNOWN_TYPE, span, message).label("not declared");
        if let Some(near) = suggest::nearest(name, self.symbols.types.names()) {
            problem = problem.help(format!("did you mean `{near}`?"));
        } else if self.symbols.types.names().next().is_none() {
            problem = problem.help("is an `import` missing?");
        }
        self.report_name_once(name, problem);
        targets::UNKNOWN
    }

    /// Reports a missing name for the first of its uses only.
    fn report_name_once(&mut self, name: &Rc<str>, problem: Diagnostic) {
        if self.missing.insert(Rc::clone(name)) {
            self.report(problem);
        }
    }

    /// An interface used as a type: an object whose form is not that of NDR data, so it is an alias of `void`.
    fn interface_type(&mut self, name: &Rc<str>, span: Span) -> DefId {
        if let Some(id) = self.symbols.interface_types.get(name) {
            return *id;
        }
        let id = DefId(self.definitions.len());
        let attributes = Attributes { others: vec!["interface".to_owned()], ..Attributes::default() };
        let kind = DefinitionKind::Alias { attributes, ty: Type::Void };
        let origin = Origin(span);
        self.definitions.push(Definition { name: name.to_string(), kind, doc: Doc::default(), origin });
        self.symbols.interface_types.insert(Rc::clone(name), id);
        id
    }

    fn bound(&mut self, bound: &ArrayBound, file: u32) -> Bound {
        let (length, at) = match bound {
            ArrayBound::Open | ArrayBound::Bounds(_, None) => return Bound::Conformant,
            ArrayBound::Length(length) => (self.constant(length, file), length),
            ArrayBound::Bounds(low, Some(high)) => {
                let (low, at) = (self.constant(low, file), high);
                let high = self.constant(high, file);
                let span = low.zip(high).and_then(|(low, high)| high.checked_sub(low)?.checked_add(1));
                (span, at)
            }
        };
        let Some(length) = length else { return Bound::Fixed(1) };
        match u32::try_from(length) {
            Ok(length) if length > 0 => Bound::Fixed(length),
            _ => {
                let message = format!("an array of {length} elements can't be");
                self.report(Diagnostic::new(code::BAD_ARRAY_SIZE, at.span, message));
                Bound::Fixed(1)
            }
        }
    }

    /// The value of an expression that must be constant; `None` after a report.
    pub(super) fn constant(&mut self, expression: &Expr, file: u32) -> Option<i128> {
        let values = &self.symbols.values;
        let outcome = constants::value(expression, &|name| values.get(name, file).map(|entry| entry.meaning));
        match outcome {
            Ok(value) => Some(value),
            Err(reason) => {
                self.report(constants::no_value(expression, &reason));
                None
            }
        }
    }
}
