//! Attribute lists: read, checked against the type they stand at, and against each other.

use crate::diagnostic::{Diagnostic, code};
use crate::model::{Attributes, BinaryOp, DefinitionKind, Expr, PointerKind, Range, Type};
use crate::source::Span;
use crate::syntax::{Arguments, Attribute, Body, Layer, Member, TypeKind, TypeSpec};

use super::Resolver;
use super::collect::{Content, Pending};
use super::expressions::{Scope, Sibling};

/// Attributes that are known, are no business of the wire format, and so need no warning.
const SILENT: [&str; 62] = [
    "in",
    "out",
    "retval",
    "id",
    "propget",
    "propput",
    "propputref",
    "helpstring",
    "helpcontext",
    "object",
    "dual",
    "oleautomation",
    "nonextensible",
    "hidden",
    "odl",
    "endpoint",
    "idempotent",
    "broadcast",
    "maybe",
    "message",
    "callback",
    "async",
    "async_uuid",
    "optional",
    "defaultvalue",
    "public",
    "local",
    "explicit_handle",
    "implicit_handle",
    "auto_handle",
    "code",
    "nocode",
    "comm_status",
    "fault_status",
    "strict_context_handle",
    "context_handle_noserialize",
    "context_handle_serialize",
    "notify",
    "notify_flag",
    "enable_allocate",
    "annotation",
    "control",
    "source",
    "restricted",
    "lcid",
    "readonly",
    "requestedit",
    "bindable",
    "uuid",
    "version",
    "pointer_default",
    "switch_type",
    "v1_enum",
    "case",
    "default",
    "encode",
    "decode",
    "handle",
    "nonbrowsable",
    "displaybind",
    "defaultbind",
    "custom",
];

/// Where an attribute list stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) scope: Scope<'p>,
    /// The type of what is declared.
    pub(super) ty: &'p Type,
}

/// Reads the attributes of all definitions and their members.
pub(super) fn members(resolver: &mut Resolver, pending: &[Pending<'_>]) {
    for waiting in pending {
        let Some(mut kind) = resolver.definitions.get(waiting.id.0).map(|definition| definition.kind.clone())
        else {
            continue;
        };
        of_definition(resolver, waiting, &mut kind);
        if let Some(definition) = resolver.definitions.get_mut(waiting.id.0) {
            definition.kind = kind;
        }
    }
}

fn of_definition(resolver: &mut Resolver, waiting: &Pending<'_>, kind: &mut DefinitionKind) {
    match (&waiting.content, kind) {
        (Content::Alias { ty: spec, layers }, DefinitionKind::Alias { attributes, ty }) => {
            let list = alias_attributes(waiting.attributes, spec, layers);
            let scope = Scope { file: waiting.file, siblings: &[] };
            *attributes = resolver.attributes(&list, Place { scope, ty });
        }
        (Content::Tagged(tagged), DefinitionKind::Struct(structure)) => {
            let Some(Body::Struct(members)) = &tagged.body else { return };
            let siblings: Vec<Sibling> = structure
                .fields
                .iter()
                .map(|field| Sibling { name: field.name.clone(), ty: field.ty.clone(), span: field.origin.0 })
                .collect();
            let scope = Scope { file: waiting.file, siblings: &siblings };
            for (field, list) in structure.fields.iter_mut().zip(lists(members)) {
                let place = Place { scope, ty: &field.ty };
                field.attributes = resolver.attributes(list, place);
            }
        }
        (Content::Tagged(tagged), DefinitionKind::Union(union)) => {
            let is_ms_union = has(waiting.attributes, "ms_union");
            union.attributes.ms_union = waiting.ms_union || is_ms_union;
            let Some(Body::Union { arms, .. }) = &tagged.body else { return };
            let scope = Scope { file: waiting.file, siblings: &[] };
            for (arm, item) in union.arms.iter_mut().zip(arms) {
                if let (Some(field), Some(member)) = (&mut arm.field, &item.member) {
                    let place = Place { scope, ty: &field.ty };
                    field.attributes = resolver.attributes(&member.attributes, place);
                }
            }
        }
        _ => {}
    }
}

/// The attribute list of each field that the members declare.
fn lists(members: &[Member]) -> impl Iterator<Item = &[Attribute]> {
    members
        .iter()
        .flat_map(|member| std::iter::repeat_n(member.attributes.as_slice(), member.declarators.len().max(1)))
}

/// In `typedef [unique] struct S {...} S, T, *PS;` the pointer attribute is for the pointers among the names.
fn alias_attributes(list: &[Attribute], ty: &TypeSpec, layers: &[Layer]) -> Vec<Attribute> {
    let is_body = matches!(&ty.kind, TypeKind::Tagged(tagged) if tagged.body.is_some());
    let takes_pointer = matches!(layers.last(), Some(Layer::Pointer)) || (layers.is_empty() && !is_body);
    let keep = |attribute: &&Attribute| {
        let name = attribute.name.text.as_ref();
        name != "ms_union" && (takes_pointer || pointer_kind(name).is_none())
    };
    list.iter().filter(keep).cloned().collect()
}

pub(super) fn has(list: &[Attribute], name: &str) -> bool {
    list.iter().any(|attribute| attribute.name.text.as_ref() == name)
}

pub(super) fn pointer_kind(word: &str) -> Option<PointerKind> {
    match word {
        "ref" => Some(PointerKind::Ref),
        "unique" => Some(PointerKind::Unique),
        "ptr" => Some(PointerKind::Full),
        _ => None,
    }
}

/// What an attribute list says, while it is read.
#[derive(Default)]
struct Reading {
    attributes: Attributes,
    max_is: Vec<Option<Expr>>,
    last_is: Vec<Option<Expr>>,
    /// Names read so far, with their places.
    seen: Vec<(String, Span)>,
}

impl Resolver {
    /// Reads and checks one list.
    pub(super) fn attributes(&mut self, list: &[Attribute], place: Place<'_>) -> Attributes {
        let mut reading = Reading::default();
        for attribute in list {
            self.attribute(attribute, place, &mut reading);
        }
        self.check_conflicts(&reading);
        finish(reading)
    }

    fn attribute(&mut self, attribute: &Attribute, place: Place<'_>, reading: &mut Reading) {
        let name = attribute.name.text.as_ref();
        self.check_repetition(attribute, reading);
        if let Some(kind) = pointer_kind(name) {
            self.pointer(attribute, kind, place, reading);
            return;
        }
        match name {
            "string" => self.string(attribute, place, reading),
            "context_handle" => reading.attributes.context_handle = true,
            "disable_consistency_check" => reading.attributes.disable_consistency_check = true,
            "ms_union" => reading.attributes.ms_union = true,
            "size_is" => reading.attributes.size_is = self.levels_of(attribute, place),
            "length_is" => reading.attributes.length_is = self.levels_of(attribute, place),
            "first_is" => reading.attributes.first_is = self.levels_of(attribute, place),
            "max_is" => reading.max_is = self.levels_of(attribute, place),
            "last_is" => reading.last_is = self.levels_of(attribute, place),
            "range" => reading.attributes.range = self.range(attribute, place.scope.file),
            "switch_is" => reading.attributes.switch_is = self.switch_is(attribute, place),
            "in" | "out" | "switch_type" | "v1_enum" | "case" | "default" => {}
            _ => self.other(attribute, reading),
        }
    }

    fn other(&mut self, attribute: &Attribute, reading: &mut Reading) {
        let name = attribute.name.text.as_ref();
        reading.attributes.others.push(name.to_owned());
        if !SILENT.contains(&name) {
            let message = format!("the attribute `{name}` has no meaning here and is ignored");
            self.report(Diagnostic::new(code::UNKNOWN_ATTRIBUTE, attribute.name.span, message));
        }
    }

    fn check_repetition(&mut self, attribute: &Attribute, reading: &mut Reading) {
        let name = attribute.name.text.to_string();
        if let Some((_, first)) = reading.seen.iter().find(|(seen, _)| *seen == name) {
            let message = format!("the attribute `{name}` stands twice; the last one counts");
            let problem = Diagnostic::new(code::REPEATED_ATTRIBUTE, attribute.name.span, message);
            self.report(problem.also(*first, "the first one"));
        }
        reading.seen.push((name, attribute.name.span));
    }

    fn check_conflicts(&mut self, reading: &Reading) {
        const RIVALS: [(&str, &str); 5] = [
            ("ref", "unique"),
            ("ref", "ptr"),
            ("unique", "ptr"),
            ("size_is", "max_is"),
            ("length_is", "last_is"),
        ];
        for (left, right) in RIVALS {
            let place = |name| reading.seen.iter().find(|(seen, _)| seen == name).map(|(_, span)| *span);
            if let (Some(one), Some(other)) = (place(left), place(right)) {
                let (first, second) = if one <= other { (one, other) } else { (other, one) };
                let message = format!("`{left}` and `{right}` exclude each other");
                self.report(Diagnostic::new(code::CONFLICT, second, message).also(first, "the other one"));
            }
        }
    }

    fn pointer(&mut self, attribute: &Attribute, kind: PointerKind, place: Place<'_>, reading: &mut Reading) {
        reading.attributes.pointer = Some(kind);
        let fits = self.is_pointer(place.ty) || matches!(self.strip(place.ty), Type::Array(_));
        if !fits {
            let message = format!("`{}` stands at something that is no pointer", attribute.name.text);
            self.report(Diagnostic::new(code::INAPPLICABLE, attribute.name.span, message));
        }
    }

    fn string(&mut self, attribute: &Attribute, place: Place<'_>, reading: &mut Reading) {
        reading.attributes.string = true;
        if self.levels(place.ty) == 0 {
            let message = "`string` stands at something that is neither array nor pointer";
            self.report(Diagnostic::new(code::INAPPLICABLE, attribute.name.span, message));
        } else if !self.is_integer(self.innermost(place.ty)) {
            let message = "`string` needs characters or octets";
            self.report(Diagnostic::new(code::INAPPLICABLE, attribute.name.span, message));
        }
    }

    /// The expressions of `size_is` and its kin, one a level.
    fn levels_of(&mut self, attribute: &Attribute, place: Place<'_>) -> Vec<Option<Expr>> {
        let Arguments::Exprs(list) = &attribute.arguments else {
            self.wants(attribute, "an expression");
            return Vec::new();
        };
        let levels = self.levels(place.ty);
        if list.len() > levels {
            let message = format!(
                "`{}` has {} levels, but there are {levels} pointers and dimensions to size",
                attribute.name.text,
                list.len()
            );
            self.report(Diagnostic::new(code::INAPPLICABLE, attribute.name.span, message));
        }
        let expressions: Vec<Option<Expr>> = list
            .iter()
            .map(|level| level.as_ref().and_then(|level| self.integer(level, place.scope)))
            .collect();
        expressions
    }

    fn wants(&mut self, attribute: &Attribute, what: &str) {
        let message = format!("`{}` needs {what} in parentheses", attribute.name.text);
        self.report(Diagnostic::new(code::BAD_ATTRIBUTE, attribute.name.span, message));
    }

    fn range(&mut self, attribute: &Attribute, file: u32) -> Option<Range> {
        let Arguments::Exprs(list) = &attribute.arguments else {
            self.wants(attribute, "two values");
            return None;
        };
        let [Some(low), Some(high)] = list.as_slice() else {
            self.wants(attribute, "two values");
            return None;
        };
        let scope = Scope { file, siblings: &[] };
        let bounds = (self.integer(low, scope), self.integer(high, scope));
        let (Some(Expr::Integer(low)), Some(Expr::Integer(high))) = bounds else { return None };
        if low > high {
            let message = format!("no value lies between {low} and {high}");
            self.report(Diagnostic::new(code::EMPTY_RANGE, attribute.name.span, message));
        }
        Some(Range { low, high })
    }

    fn switch_is(&mut self, attribute: &Attribute, place: Place<'_>) -> Option<Expr> {
        let Arguments::Exprs(list) = &attribute.arguments else {
            self.wants(attribute, "an expression");
            return None;
        };
        let [Some(expression)] = list.as_slice() else {
            self.wants(attribute, "one expression");
            return None;
        };
        if !self.is_union(self.innermost(place.ty)) {
            let message = "`switch_is` stands at something that is no union";
            self.report(Diagnostic::new(code::INAPPLICABLE, attribute.name.span, message));
        }
        self.integer(expression, place.scope)
    }
}

/// Turns `max_is` and `last_is` into `size_is` and `length_is` (C706 4.2.18.4, 4.2.18.6).
fn finish(reading: Reading) -> Attributes {
    let mut attributes = reading.attributes;
    if !reading.max_is.is_empty() {
        attributes.size_is = reading.max_is.into_iter().map(|level| level.map(plus_one)).collect();
    }
    if !reading.last_is.is_empty() {
        let firsts = attributes.first_is.clone().into_iter().chain(std::iter::repeat(None));
        let pairs = reading.last_is.into_iter().zip(firsts);
        attributes.length_is = pairs.map(|(last, first)| last.map(|last| length(last, first))).collect();
    }
    attributes
}

fn length(last: Expr, first: Option<Expr>) -> Expr {
    match first {
        Some(first) => plus_one(Expr::Binary(BinaryOp::Subtract, Box::new(last), Box::new(first))),
        None => plus_one(last),
    }
}

fn plus_one(expression: Expr) -> Expr {
    match expression {
        Expr::Integer(value) => Expr::Integer(value.saturating_add(1)),
        other => Expr::Binary(BinaryOp::Add, Box::new(other), Box::new(Expr::Integer(1))),
    }
}
