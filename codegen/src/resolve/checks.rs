//! What only the whole can tell: types that contain themselves, conformant arrays before other members.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, code};
use crate::model::{Bound, DefId, DefinitionKind, Field, Type};
use crate::source::Span;

use super::Resolver;
use super::targets::MAX_TYPE_DEPTH;

/// Orders the definitions so that each comes after those it contains; cycles and towers are reported and cut.
///
/// Containment is by value, except that a typedef contains what it names in any way: `typedef A *A` has no end
/// either. A walk with its own stack, since the text decides how deep it goes.
pub(super) fn value_order(resolver: &mut Resolver) -> Vec<DefId> {
    let contained: Vec<Vec<DefId>> =
        resolver.definitions.iter().map(|definition| contained_in(resolver, &definition.kind)).collect();
    let mut walk = Walk {
        depths: vec![Depth::Unknown; contained.len()],
        contained,
        order: Vec::new(),
        too_deep: Vec::new(),
        cyclic: BTreeSet::new(),
    };
    for index in 0..walk.contained.len() {
        walk.visit(index);
    }
    let (cyclic, too_deep) = (walk.cyclic, walk.too_deep);
    for index in &cyclic {
        resolver.cut(*index, code::RECURSIVE_TYPE, "contains itself, so it would have no end");
    }
    for index in &too_deep {
        let message = format!("nests types more than {MAX_TYPE_DEPTH} deep");
        resolver.cut(*index, code::LIMIT, &message);
    }
    walk.order
}

fn contained_in(resolver: &Resolver, kind: &DefinitionKind) -> Vec<DefId> {
    match kind {
        DefinitionKind::Alias { ty, .. } => named_alias(resolver, ty),
        DefinitionKind::Struct(structure) => fields(structure.fields.iter()),
        DefinitionKind::Union(union) => fields(union.arms.iter().filter_map(|arm| arm.field.as_ref())),
        DefinitionKind::ContextHandle | DefinitionKind::Enum(_) => Vec::new(),
    }
}

fn fields<'f>(fields: impl Iterator<Item = &'f Field>) -> Vec<DefId> {
    fields.filter_map(|field| by_value(&field.ty)).collect()
}

/// The definition that a type holds by value.
fn by_value(ty: &Type) -> Option<DefId> {
    let mut at = ty;
    loop {
        match at {
            Type::Named(id) => return Some(*id),
            Type::Array(array) => at = &array.element,
            _ => return None,
        }
    }
}

/// By value any definition; through pointers only another alias.
fn named_alias(resolver: &Resolver, ty: &Type) -> Vec<DefId> {
    if let Some(id) = by_value(ty) {
        return vec![id];
    }
    let mut at = ty;
    loop {
        match at {
            Type::Named(id) => {
                let is_alias = matches!(resolver.kind_of(at), Some(DefinitionKind::Alias { .. }));
                return if is_alias { vec![*id] } else { Vec::new() };
            }
            Type::Array(array) => at = &array.element,
            Type::Pointer(target) | Type::SafeArray(target) | Type::Pipe(target) => at = target,
            Type::Void | Type::Base(_) => return Vec::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Unknown,
    Underway,
    Known(usize),
}

struct Walk {
    contained: Vec<Vec<DefId>>,
    depths: Vec<Depth>,
    order: Vec<DefId>,
    cyclic: BTreeSet<usize>,
    too_deep: Vec<usize>,
}

impl Walk {
    /// Depth-first from one definition, with a stack of (definition, children seen so far).
    fn visit(&mut self, root: usize) {
        if self.depth(root) != Depth::Unknown {
            return;
        }
        self.set(root, Depth::Underway);
        let mut stack = vec![(root, 0_usize)];
        while let Some((at, next)) = stack.pop() {
            let child = self.contained.get(at).and_then(|children| children.get(next)).copied();
            let Some(child) = child else {
                self.finish(at);
                continue;
            };
            stack.push((at, next.saturating_add(1)));
            match self.depth(child.0) {
                Depth::Unknown => {
                    self.set(child.0, Depth::Underway);
                    stack.push((child.0, 0));
                }
                Depth::Underway => {
                    self.cyclic.insert(child.0);
                }
                Depth::Known(_) => {}
            }
        }
    }

    /// All that a definition contains is known: so is the definition.
    fn finish(&mut self, at: usize) {
        let children = self.contained.get(at).into_iter().flatten();
        let below = children.map(|child| match self.depth(child.0) {
            Depth::Known(depth) => depth,
            Depth::Unknown | Depth::Underway => 0,
        });
        let depth = below.max().map_or(0, |depth| depth.saturating_add(1));
        if depth > MAX_TYPE_DEPTH {
            self.too_deep.push(at);
            self.set(at, Depth::Known(0));
        } else {
            self.set(at, Depth::Known(depth));
        }
        self.order.push(DefId(at));
    }

    fn depth(&self, at: usize) -> Depth {
        self.depths.get(at).copied().unwrap_or(Depth::Known(0))
    }

    fn set(&mut self, at: usize, depth: Depth) {
        if let Some(slot) = self.depths.get_mut(at) {
            *slot = depth;
        }
    }
}

impl Resolver {
    /// Reports a definition and empties it, so that later walks come to an end.
    fn cut(&mut self, index: usize, kind: Code, message: &str) {
        let Some(definition) = self.definitions.get_mut(index) else { return };
        definition.kind = DefinitionKind::ContextHandle;
        let message = format!("`{}` {message}", definition.name);
        let span = definition.origin.0;
        self.report(Diagnostic::new(kind, span, message));
    }
}

/// A conformant array, or a structure that ends with one, has to be the last member (C706 4.2.11.1); it can be
/// no element and no arm. `order` has contained types first.
pub(super) fn conformance(resolver: &mut Resolver, order: &[DefId]) {
    let mut conformant = vec![false; resolver.definitions.len()];
    let mut problems = Vec::new();
    for id in order {
        let Some(definition) = resolver.definitions.get(id.0) else { continue };
        let is_conformant = match &definition.kind {
            DefinitionKind::Alias { ty, .. } => is_conformant(ty, &conformant),
            DefinitionKind::Struct(structure) => {
                problems.extend(early_conformance(&structure.fields, &conformant));
                structure.fields.iter().any(|field| is_conformant(&field.ty, &conformant))
            }
            _ => false,
        };
        if let Some(slot) = conformant.get_mut(id.0) {
            *slot = is_conformant;
        }
    }
    problems.extend(unsized_arrays(resolver));
    problems.extend(unions(resolver));
    problems.extend(enumerations(resolver));
    resolver.problems.extend(problems);
}

fn is_conformant(ty: &Type, known: &[bool]) -> bool {
    match ty {
        Type::Named(id) => known.get(id.0).copied().unwrap_or(false),
        Type::Array(array) => array.bound == Bound::Conformant || is_conformant(&array.element, known),
        _ => false,
    }
}

fn early_conformance(fields: &[Field], known: &[bool]) -> Vec<Diagnostic> {
    let Some((last, before)) = fields.split_last() else { return Vec::new() };
    let early = before.iter().filter(|field| is_conformant(&field.ty, known));
    early
        .map(|field| {
            let message = format!("`{}` has no fixed length, so it has to be the last member", field.name);
            Diagnostic::new(code::CONFORMANT_NOT_LAST, field.origin.0, message)
                .also(last.origin.0, "the last member")
        })
        .collect()
}

/// Members that are arrays of open length with nothing that tells it.
fn unsized_arrays(resolver: &Resolver) -> Vec<Diagnostic> {
    let structures = resolver.definitions.iter().filter_map(|definition| match &definition.kind {
        DefinitionKind::Struct(structure) => Some(structure),
        _ => None,
    });
    let open = structures.flat_map(|structure| &structure.fields).filter(|field| {
        let is_open = matches!(&field.ty, Type::Array(array) if array.bound == Bound::Conformant);
        is_open && field.attributes.size_is.is_empty() && !field.attributes.string
    });
    open.map(|field| unsized_array(&field.name, field.origin.0)).collect()
}

fn unsized_array(name: &str, span: Span) -> Diagnostic {
    let message = format!("nothing tells the length of `{name}`: it can't be marshalled");
    Diagnostic::new(code::UNSIZED_ARRAY, span, message).help("say it with `size_is`")
}

/// Unions with an arm that no value selects.
fn unions(resolver: &Resolver) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for definition in &resolver.definitions {
        let DefinitionKind::Union(union) = &definition.kind else { continue };
        if union.arms.iter().any(|arm| arm.cases.is_empty() && !arm.is_default) {
            let message = format!("nothing selects an arm of `{}`: it can't be marshalled", definition.name);
            let warning = Diagnostic::new(code::UNSWITCHED_UNION, definition.origin.0, message);
            problems.push(warning.help("give each arm `case` or `default`"));
        }
    }
    problems
}

/// NDR has room for 0 to 32767 (C706 14.2.5.1), or for 32 bits with `v1_enum` (MS-RPCE 2.2.4.6). Published files break
/// the first rule, so it is a warning.
fn enumerations(resolver: &Resolver) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for definition in &resolver.definitions {
        let DefinitionKind::Enum(enumeration) = &definition.kind else { continue };
        let room = if enumeration.v1_enum { -0x8000_0000..=0xFFFF_FFFF } else { 0..=0x7FFF };
        let outside = enumeration.values.iter().find(|item| !room.contains(&item.value));
        if let Some(item) = outside {
            let bits = if enumeration.v1_enum { 32 } else { 15 };
            let message = format!("`{}` is {}, but travels in {bits} bits", item.name, item.value);
            let problem = Diagnostic::new(code::ENUM_VALUE, definition.origin.0, message);
            problems.push(if bits == 15 { problem.help("`v1_enum` makes them 32") } else { problem });
        }
    }
    problems
}
