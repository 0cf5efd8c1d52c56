//! The first pass: a definition for every declared type, in the order of the text, with its name.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, code};
use crate::model::{Attributes, DefId, Definition, DefinitionKind, Doc, Origin, Struct, Type};
use crate::source::Span;
use crate::syntax::{
    Attribute, Body, Declaration, DocText, Item, Layer, Member, Name, TagKeyword, Tagged, TypeKind, TypeSpec,
};

use super::symbols::{Entry, TypeSymbol};
use super::{Resolver, Unit};

/// A definition that waits for its content.
pub(super) struct Pending<'u> {
    pub(super) id: DefId,
    pub(super) file: u32,
    pub(super) content: Content<'u>,
    /// The attributes of the typedef, or of the member that declares the type.
    pub(super) attributes: &'u [Attribute],
    /// Whether an interface with `ms_union` holds the declaration.
    pub(super) ms_union: bool,
}

/// What a definition is to be made of.
pub(super) enum Content<'u> {
    Tagged(Rc<Tagged>),
    Alias { ty: &'u TypeSpec, layers: &'u [Layer] },
}

/// Gives each declared type its definition.
pub(super) fn collect<'u>(resolver: &mut Resolver, units: &'u [Unit]) -> Vec<Pending<'u>> {
    let mut collector = Collector {
        resolver,
        pending: Vec::new(),
        names_of_tags: names_of_tags(units),
        file: 0,
        ms_union: false,
    };
    for unit in units {
        collector.file = unit.file;
        collector.items(&unit.syntax.items);
    }
    collector.pending
}

type TagKey = (TagKeyword, Rc<str>);
type TagNames = BTreeMap<TagKey, Rc<str>>;

/// Names that typedefs give to tags whose body stands elsewhere: `typedef struct _A A;`.
fn names_of_tags(units: &[Unit]) -> TagNames {
    let mut names = TagNames::new();
    let mut lists: Vec<&[Item]> = units.iter().map(|unit| unit.syntax.items.as_slice()).collect();
    while let Some(items) = lists.pop() {
        for item in items {
            match item {
                Item::Interface(interface) => lists.push(&interface.items),
                Item::Types(declaration) => names.extend(name_of_tag(declaration)),
                _ => {}
            }
        }
    }
    names
}

fn name_of_tag(declaration: &Declaration) -> Option<(TagKey, Rc<str>)> {
    let TypeKind::Tagged(tagged) = &declaration.ty.kind else { return None };
    let tag = tagged.tag.as_ref().filter(|_| tagged.body.is_none())?;
    let plain = declaration.declarators.iter().find(|declarator| declarator.layers.is_empty())?;
    let name = plain.name.as_ref()?;
    Some(((tagged.keyword, Rc::clone(&tag.text)), Rc::clone(&name.text)))
}

struct Collector<'r, 'u> {
    resolver: &'r mut Resolver,
    pending: Vec<Pending<'u>>,
    names_of_tags: TagNames,
    file: u32,
    ms_union: bool,
}

impl<'u> Collector<'_, 'u> {
    fn items(&mut self, items: &'u [Item]) {
        for item in items {
            match item {
                Item::Types(declaration) => self.declaration(declaration),
                Item::Forward(name) => self.interface_name(name),
                Item::Interface(interface) => {
                    self.interface_name(&interface.name);
                    self.ms_union = interface.attributes.iter().any(|a| a.name.text.as_ref() == "ms_union");
                    self.items(&interface.items);
                    self.ms_union = false;
                }
                Item::Operation(operation) => {
                    self.nested(&operation.returns, &operation.attributes, "result");
                    for param in &operation.params {
                        self.nested(&param.ty, &param.attributes, "parameter");
                    }
                }
                Item::Import(_) | Item::Constant(_) => {}
            }
        }
    }

    fn interface_name(&mut self, name: &Name) {
        if self.resolver.symbols.types.own(&name.text, name.span.file).is_none() {
            self.resolver.symbols.types.add(&name.text, name.span, TypeSymbol::Interface);
        }
    }

    /// A typedef, or a bare struct, union or enum.
    fn declaration(&mut self, declaration: &'u Declaration) {
        let first = declaration.declarators.iter().find(|declarator| declarator.layers.is_empty());
        let name = first.and_then(|declarator| declarator.name.as_ref());
        let own = match &declaration.ty.kind {
            TypeKind::Tagged(tagged) if tagged.body.is_some() => {
                let doc = declaration.doc.clone().or_else(|| tagged.doc.clone());
                Some(self.body(tagged, name, &declaration.attributes, doc, declaration.ty.span))
            }
            _ => {
                self.nested(&declaration.ty, &declaration.attributes, "type");
                None
            }
        };
        for declarator in &declaration.declarators {
            let Some(declared) = &declarator.name else { continue };
            if is_keyword(&declared.text) {
                continue;
            }
            let is_own = name.is_some_and(|name| name.span == declared.span);
            let symbol = match (own, is_own) {
                (Some(id), true) => TypeSymbol::Definition(id),
                _ => self.alias(declaration, declared, &declarator.layers),
            };
            self.type_name(declared, symbol);
        }
    }

    fn alias(&mut self, declaration: &'u Declaration, name: &Name, layers: &'u [Layer]) -> TypeSymbol {
        if let TypeKind::Tagged(tagged) = &declaration.ty.kind {
            if let (Some(tag), None, []) = (&tagged.tag, &tagged.body, layers) {
                let key = (tagged.keyword, Rc::clone(&tag.text));
                if self.names_of_tags.get(&key).is_some_and(|chosen| *chosen == name.text) {
                    return TypeSymbol::Tag(tagged.keyword, Rc::clone(&tag.text));
                }
            }
        }
        let placeholder = DefinitionKind::Alias { attributes: Attributes::default(), ty: Type::Void };
        let id = self.define(name.text.to_string(), placeholder, declaration.doc.clone(), name.span);
        let content = Content::Alias { ty: &declaration.ty, layers };
        self.wait(id, content, &declaration.attributes);
        TypeSymbol::Definition(id)
    }

    fn wait(&mut self, id: DefId, content: Content<'u>, attributes: &'u [Attribute]) {
        let (file, ms_union) = (self.file, self.ms_union);
        self.pending.push(Pending { id, file, content, attributes, ms_union });
    }

    fn define(&mut self, name: String, kind: DefinitionKind, doc: DocText, span: Span) -> DefId {
        let id = DefId(self.resolver.definitions.len());
        self.resolver.symbols.taken.entry(name.clone()).or_insert(1);
        self.resolver.definitions.push(Definition { name, kind, doc: text(doc), origin: Origin(span) });
        id
    }

    /// A declared type name; a second one of a file has to mean the same, which a later pass sees.
    fn type_name(&mut self, name: &Name, symbol: TypeSymbol) {
        let known = self.resolver.symbols.types.own(&name.text, name.span.file).map(|entry| entry.span);
        if let Some(first) = known {
            let message = format!("the type `{}` is declared twice", name.text);
            self.resolver.report(
                Diagnostic::new(code::DUPLICATE, name.span, message)
                    .label("declared again")
                    .also(first, "first declared here"),
            );
            return;
        }
        self.resolver.symbols.types.add(&name.text, name.span, symbol);
    }

    /// A struct, union or enum with its members; types within it come first.
    fn body(
        &mut self,
        tagged: &'u Rc<Tagged>,
        name: Option<&Name>,
        attributes: &'u [Attribute],
        doc: DocText,
        span: Span,
    ) -> DefId {
        let chosen = name.map(|name| name.text.to_string()).or_else(|| self.tag_name(tagged));
        let chosen =
            chosen.unwrap_or_else(|| self.free_name(&format!("anonymous_{}", tagged.keyword.word())));
        self.bodies_within(tagged, &chosen);
        let place = name.or(tagged.tag.as_ref()).map_or(span, |name| name.span);
        let placeholder = DefinitionKind::Struct(Struct { fields: Vec::new() });
        let id = self.define(chosen, placeholder, doc, place);
        self.resolver.symbols.bodies.insert(Rc::as_ptr(tagged), id);
        self.tag(tagged, id, place);
        self.wait(id, Content::Tagged(Rc::clone(tagged)), attributes);
        id
    }

    fn tag_name(&self, tagged: &Tagged) -> Option<String> {
        let tag = tagged.tag.as_ref()?;
        let key = (tagged.keyword, Rc::clone(&tag.text));
        let given = self.names_of_tags.get(&key).map(ToString::to_string);
        Some(given.unwrap_or_else(|| format!("{} {}", tagged.keyword.word(), tag.text)))
    }

    fn tag(&mut self, tagged: &Tagged, id: DefId, span: Span) {
        let Some(tag) = &tagged.tag else { return };
        let key = (tagged.keyword, Rc::clone(&tag.text));
        let entries = self.resolver.symbols.tags.entry(key).or_default();
        let known = entries.iter().find(|entry| entry.span.file == tag.span.file).map(|entry| entry.span);
        entries.push(Entry { span, meaning: id });
        if let Some(first) = known {
            let message = format!("`{} {}` is declared twice", tagged.keyword.word(), tag.text);
            self.resolver.report(
                Diagnostic::new(code::DUPLICATE, tag.span, message)
                    .label("declared again")
                    .also(first, "first declared here"),
            );
        }
    }

    fn bodies_within(&mut self, tagged: &'u Rc<Tagged>, outer: &str) {
        match &tagged.body {
            Some(Body::Struct(members)) => members.iter().for_each(|member| self.member(member, outer)),
            Some(Body::Union { arms, .. }) => {
                arms.iter()
                    .filter_map(|arm| arm.member.as_ref())
                    .for_each(|member| self.member(member, outer));
            }
            Some(Body::Enum(_)) | None => {}
        }
    }

    fn member(&mut self, member: &'u Member, outer: &str) {
        let name = member.declarators.first().and_then(|declarator| declarator.name.as_ref());
        let suffix = match (&name, &member.ty.kind) {
            (Some(name), _) => name.text.to_string(),
            (None, TypeKind::Tagged(tagged)) => tagged.keyword.word().to_owned(),
            (None, _) => String::new(),
        };
        self.nested(&member.ty, &member.attributes, &format!("{outer}_{suffix}"));
    }

    /// A type within another declaration: defines its body, if it has one.
    fn nested(&mut self, ty: &'u TypeSpec, attributes: &'u [Attribute], name: &str) {
        match &ty.kind {
            TypeKind::Tagged(tagged) if tagged.body.is_some() => {
                let span = ty.span;
                if tagged.tag.is_some() {
                    self.body(tagged, None, attributes, tagged.doc.clone(), span);
                } else {
                    let free = Name { text: self.free_name(name).into(), span };
                    self.body(tagged, Some(&free), attributes, tagged.doc.clone(), span);
                }
            }
            TypeKind::SafeArray(element) => self.nested(&element.ty, attributes, name),
            TypeKind::Pipe(element) => self.nested(element, attributes, name),
            _ => {}
        }
    }

    /// The name, with a number behind it if it is taken.
    fn free_name(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        while let Some(count) = self.resolver.symbols.taken.get_mut(&free) {
            *count = count.saturating_add(1);
            free = format!("{free}_{count}");
        }
        free
    }
}

/// Type names that MIDL knows by itself; ms-dtyp declares them once more, to no effect.
fn is_keyword(name: &str) -> bool {
    matches!(name, "wchar_t" | "error_status_t" | "byte" | "boolean" | "handle_t" | "small" | "hyper")
}

pub(super) fn text(doc: DocText) -> Doc {
    Doc(doc.map(|doc| doc.to_string()).unwrap_or_default())
}
