//! From declarations to wire plans: the rules for pointers, arrays and strings.

use crate::model::{
    Array as ModelArray, Attributes, BaseType, Bound, DefId, DefinitionKind, Expr, Interface, Model,
    Operation, Param, PointerKind, Range, Type,
};
use crate::source::Span;

use super::{Array, Measure, OperationPlan, Pointer, Scalar, Slot, StructPlan, StubPlan, Unsupported, Wire};
use super::{counts, size, unions};

/// Attributes that put something else on the wire than the declared type, or more (MS-RPCE 2.2.4, C706 4.2.13).
const WIRE_CHANGING: [&str; 10] = [
    "call_as",
    "cs_char",
    "iid_is",
    "min_is",
    "represent_as",
    "byte_count",
    "transmit_as",
    "user_marshal",
    "wire_marshal",
    "partial_ignore",
];

/// Plans both directions of an operation.
pub(super) fn operation<'m>(
    model: &'m Model,
    interface: &'m Interface,
    operation: &'m Operation,
) -> Result<OperationPlan<'m>, Unsupported> {
    let span = operation.origin.0;
    let context = Context { model, interface, scope: &operation.name, span };
    let mut request = context.params(operation, |param| param.direction.input)?;
    let mut response = context.params(operation, |param| param.direction.output)?;
    response.extend(context.function_result(operation)?);
    counts::correlate(&mut request, span)?;
    counts::correlate(&mut response, span)?;
    Ok(OperationPlan { operation, request, response })
}

/// Whether the function result is a 32-bit status.
pub(super) fn returns_status(model: &Model, operation: &Operation) -> bool {
    let mut ty = &operation.returns;
    while let Type::Named(id) = ty {
        match &model.definition(*id).kind {
            DefinitionKind::Alias { ty: target, .. } => ty = target,
            _ => return false,
        }
    }
    matches!(ty, Type::Base(BaseType::U32 | BaseType::ErrorStatus))
}

/// Plans a structure.
pub(super) fn structure(model: &Model, interface: &Interface, id: DefId) -> Result<StructPlan, Unsupported> {
    let definition = model.definition(id);
    let context = Context { model, interface, scope: &definition.name, span: definition.origin.0 };
    let DefinitionKind::Struct(structure) = &definition.kind else {
        return Err(context.unsupported("something other than a structure"));
    };
    let mut slots = Vec::new();
    for field in &structure.fields {
        let at = Context { span: field.origin.0, ..context };
        if field.name.is_empty() && unions::union_of(model, &field.ty).is_none() {
            return Err(at.unsupported("an anonymous structure"));
        }
        let wire = at.member(&field.attributes, &field.ty)?;
        let declaration = model.declaration(&field.attributes, None, &field.ty, &field.name);
        let name = if field.name.is_empty() { unions::ANONYMOUS } else { &field.name };
        let slot = at.slot(name, wire, &field.attributes, declaration, field.doc.0.clone())?;
        let switch = unions::switch_name(field.attributes.switch_is.as_ref(), &at)?;
        slots.push(Slot { switch, ..slot });
    }
    counts::correlate(&mut slots, context.span)?;
    unions::correlate(&mut slots, &context)?;
    let alignment = size::of_slots(model, interface, &slots)?;
    let min_size = size::least_of_slots(model, interface, &slots)?;
    let fixed_size = size::fixed_of_slots(model, interface, &slots, alignment);
    Ok(StructPlan { slots, alignment, min_size, fixed_size })
}

#[derive(Clone, Copy)]
pub(super) struct Context<'m> {
    pub(super) model: &'m Model,
    pub(super) interface: &'m Interface,
    /// The operation, structure or union in hand.
    pub(super) scope: &'m str,
    /// Where what is looked at stands.
    pub(super) span: Span,
}

/// What the walk through a declaration's type has seen so far.
#[derive(Clone, Copy)]
struct Walk<'m> {
    attributes: &'m Attributes,
    /// Arrays and pointers passed: the position in `size_is`.
    level: usize,
    /// The pointer kind that a typedef gave to the next pointer.
    kind: Option<PointerKind>,
    /// Whether `string` was seen, here or at a typedef.
    string: bool,
    top_level: bool,
}

impl<'m> Context<'m> {
    pub(super) fn unsupported(&self, what: &str) -> Unsupported {
        Unsupported { what: what.to_owned(), span: self.span }
    }

    fn refuse_wire_changing(&self, attributes: &Attributes) -> Result<(), Unsupported> {
        let named = |attribute: &&String| WIRE_CHANGING.contains(&attribute.as_str());
        match attributes.others.iter().find(named) {
            None => Ok(()),
            Some(attribute) => Err(self.unsupported(&format!("the attribute {attribute}"))),
        }
    }

    fn params(
        &self,
        operation: &'m Operation,
        wanted: impl Fn(&Param) -> bool,
    ) -> Result<StubPlan, Unsupported> {
        let mut slots = Vec::new();
        for param in operation.params.iter().filter(|param| wanted(param)) {
            let at = Context { span: param.origin.0, ..*self };
            if at.is_binding_handle(&param.ty) {
                continue;
            }
            let wire = at.top_level(&param.attributes, &param.ty)?;
            let direction = Some(param.direction);
            let declaration = self.model.declaration(&param.attributes, direction, &param.ty, &param.name);
            slots.push(at.slot(&param.name, wire, &param.attributes, declaration, String::new())?);
        }
        Ok(slots)
    }

    fn function_result(&self, operation: &'m Operation) -> Result<Option<Slot>, Unsupported> {
        if operation.returns == Type::Void {
            return Ok(None);
        }
        let wire = self.top_level(&operation.attributes, &operation.returns)?;
        let declaration = self.model.type_text(&operation.returns);
        self.slot("return", wire, &operation.attributes, declaration, String::new()).map(Some)
    }

    pub(super) fn slot(
        &self,
        name: &str,
        wire: Wire,
        attributes: &Attributes,
        declaration: String,
        doc: String,
    ) -> Result<Slot, Unsupported> {
        let range = attributes.range.map(|range| self.range(range, &wire)).transpose()?;
        Ok(Slot {
            scope: self.scope.to_owned(),
            name: name.to_owned(),
            wire,
            range,
            counts: Vec::new(),
            switch: None,
            tag_of: None,
            declaration,
            doc,
        })
    }

    fn range(&self, range: Range, wire: &Wire) -> Result<(i64, i64), Unsupported> {
        let has_range = match wire {
            Wire::Scalar(scalar) => scalar.is_small_integer(),
            wire => wire.is_counted(),
        };
        match (i64::try_from(range.low), i64::try_from(range.high)) {
            (Ok(low), Ok(high)) if has_range => Ok((low, high)),
            _ => {
                Err(self.unsupported("a range of something other than a small integer, a string or an array"))
            }
        }
    }

    fn is_binding_handle(&self, ty: &Type) -> bool {
        match ty {
            Type::Base(BaseType::Handle) => true,
            Type::Named(id) => match &self.model.definition(*id).kind {
                DefinitionKind::Alias { ty, .. } => self.is_binding_handle(ty),
                _ => false,
            },
            _ => false,
        }
    }

    fn top_level(&self, attributes: &'m Attributes, ty: &'m Type) -> Result<Wire, Unsupported> {
        self.lower(ty, Walk::new(attributes, true))
    }

    pub(super) fn member(&self, attributes: &'m Attributes, ty: &'m Type) -> Result<Wire, Unsupported> {
        self.lower(ty, Walk::new(attributes, false))
    }

    /// Recurses as deep as the type nests, which the model bounds.
    fn lower(&self, ty: &'m Type, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        self.refuse_wire_changing(walk.attributes)?;
        match ty {
            Type::Base(_) if walk.string => Err(self.unsupported("a string of something other than wchar_t")),
            Type::Base(base) => self.scalar(*base).map(Wire::Scalar),
            Type::Named(id) => self.named(*id, walk),
            Type::Pointer(target) => self.pointer(target, walk),
            Type::Array(array) => self.array(array, walk),
            Type::Void => Err(self.unsupported("a value of type void")),
            Type::SafeArray(_) => Err(self.unsupported("a SAFEARRAY")),
            Type::Pipe(_) => Err(self.unsupported("a pipe")),
        }
    }

    fn named(&self, id: DefId, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        match &self.model.definition(id).kind {
            DefinitionKind::Alias { attributes, ty } => {
                self.refuse_wire_changing(attributes)?;
                let kind = walk.kind.or(attributes.pointer);
                let string = walk.string || attributes.string;
                self.lower(ty, Walk { kind, string, ..walk })
            }
            // MS-RPCE 2.2.4.3.
            DefinitionKind::ContextHandle if !walk.top_level => {
                Err(self.unsupported("a context handle inside another type"))
            }
            DefinitionKind::ContextHandle => Ok(Wire::Handle(id)),
            DefinitionKind::Struct(_) => self.structure(id, walk),
            DefinitionKind::Enum(declared) if declared.v1_enum => Ok(Wire::Scalar(Scalar::Enum32(id))),
            DefinitionKind::Enum(_) => Ok(Wire::Scalar(Scalar::Enum(id))),
            DefinitionKind::Union(union) => self.union(id, unions::is_encapsulated(union), walk),
        }
    }

    /// A union whose tag is not its own needs a member beside it that states the tag.
    fn union(&self, id: DefId, is_encapsulated: bool, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        let is_switched = walk.attributes.switch_is.is_some() && walk.level == 0 && !walk.top_level;
        if is_encapsulated == walk.attributes.switch_is.is_some() || !(is_encapsulated || is_switched) {
            return Err(self.unsupported("a union other than one inside a structure with switch_is"));
        }
        Ok(Wire::Struct(id))
    }

    fn structure(&self, id: DefId, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        if walk.level == 0 && self.is_conformant(id) {
            return Err(self.unsupported("a conformant structure that is not behind a pointer"));
        }
        Ok(Wire::Struct(id))
    }

    /// Whether the last member is a conformant array. Looks at the declaration alone, since structures may point to
    /// themselves.
    fn is_conformant(&self, id: DefId) -> bool {
        let DefinitionKind::Struct(structure) = &self.model.definition(id).kind else { return false };
        let bound = structure.fields.last().map(|field| &field.ty);
        matches!(bound, Some(Type::Array(array)) if array.bound == Bound::Conformant)
    }

    fn pointer(&self, target: &'m Type, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        if walk.attributes.context_handle {
            return Err(self.unsupported("context_handle at a parameter instead of a typedef"));
        }
        let kind = self.pointer_kind(walk);
        if kind == PointerKind::Full {
            return Err(self.unsupported("a full pointer, which may be an alias of another"));
        }
        let target = Box::new(self.pointee(target, walk)?);
        let inline = !(walk.top_level && walk.level == 0 && kind == PointerKind::Ref);
        Ok(if inline {
            Wire::Pointer(Pointer { nullable: kind != PointerKind::Ref, target })
        } else {
            *target
        })
    }

    /// A top-level pointer without attribute is `ref`; any other follows `pointer_default` (MS-RPCE 2.2.4.9).
    fn pointer_kind(&self, walk: Walk<'m>) -> PointerKind {
        let declared = if walk.level == 0 { walk.attributes.pointer } else { None };
        let top_level = walk.top_level && walk.level == 0;
        declared.or(walk.kind).unwrap_or(if top_level {
            PointerKind::Ref
        } else {
            self.interface.pointer_default
        })
    }

    fn pointee(&self, target: &'m Type, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        let inner = Walk { level: walk.level.saturating_add(1), kind: None, ..walk };
        let has = |list: &[Option<Expr>]| list.get(walk.level).is_some_and(Option::is_some);
        let sized = has(&walk.attributes.size_is);
        if !sized && has(&walk.attributes.length_is) {
            return Err(self.unsupported("length_is without size_is"));
        }
        if walk.string && self.is_wide_character(target) {
            return if sized { Err(self.unsupported("a string with size_is")) } else { Ok(Wire::String) };
        }
        let element = self.lower(target, inner)?;
        if sized { self.conformant(element, walk) } else { Ok(element) }
    }

    fn is_wide_character(&self, ty: &Type) -> bool {
        match ty {
            Type::Base(BaseType::WChar) => true,
            Type::Named(id) => match &self.model.definition(*id).kind {
                DefinitionKind::Alias { ty, .. } => self.is_wide_character(ty),
                _ => false,
            },
            _ => false,
        }
    }

    fn array(&self, array: &'m ModelArray, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        if let Bound::Fixed(count) = array.bound {
            return self.fixed_array(array, count, walk);
        }
        let inner = Walk { level: walk.level.saturating_add(1), kind: None, ..walk };
        let element = self.lower(&array.element, inner)?;
        self.conformant(element, walk)
    }

    fn fixed_array(&self, array: &'m ModelArray, count: u32, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        let attributes = walk.attributes;
        if !attributes.size_is.is_empty() || !attributes.length_is.is_empty() {
            return Err(self.unsupported("a fixed array that varies"));
        }
        if walk.string && self.is_wide_character(&array.element) {
            return Ok(Wire::VaryingString(count));
        }
        match self.lower(&array.element, walk)? {
            Wire::Scalar(scalar @ Scalar::Integer(name)) if !name.ends_with("3264") => {
                Ok(Wire::FixedArray(scalar, count))
            }
            _ => Err(self.unsupported("a fixed array of something other than integers")),
        }
    }

    fn conformant(&self, element: Wire, walk: Walk<'m>) -> Result<Wire, Unsupported> {
        let attributes = walk.attributes;
        if attributes.first_is.iter().any(Option::is_some) {
            return Err(self.unsupported("first_is"));
        }
        let element = match element {
            Wire::Scalar(Scalar::Integer(name)) if !name.ends_with("3264") => element,
            Wire::Struct(_) => element,
            Wire::Pointer(ref pointer) if pointer.nullable && *pointer.target == Wire::String => element,
            _ => {
                return Err(
                    self.unsupported("an array of something other than integers, structures and strings")
                );
            }
        };
        let measure = |list: &'m [Option<Expr>]| {
            let expr = list.get(walk.level).and_then(Option::as_ref);
            expr.map(|expr| counts::named(expr, self.span).map(|name| Measure::Derived(name.to_owned())))
        };
        let size = measure(&attributes.size_is).transpose()?;
        let size = size.ok_or_else(|| self.unsupported("an array without size_is"))?;
        let length = measure(&attributes.length_is).transpose()?;
        Ok(Wire::Array(Array { element: Box::new(element), size, length }))
    }

    fn scalar(&self, base: BaseType) -> Result<Scalar, Unsupported> {
        Ok(Scalar::Integer(match base {
            BaseType::Boolean | BaseType::Char | BaseType::Byte | BaseType::U8 => "u8",
            BaseType::I8 => "i8",
            BaseType::WChar | BaseType::U16 => "u16",
            BaseType::I16 => "i16",
            BaseType::I32 => "i32",
            BaseType::U32 | BaseType::ErrorStatus => "u32",
            BaseType::I64 => "i64",
            BaseType::U64 => "u64",
            BaseType::I3264 => "i3264",
            BaseType::U3264 => "u3264",
            BaseType::F32 | BaseType::F64 => return Err(self.unsupported("a floating-point number")),
            BaseType::Handle => return Err(self.unsupported("a binding handle inside another type")),
        }))
    }
}

impl<'m> Walk<'m> {
    fn new(attributes: &'m Attributes, top_level: bool) -> Self {
        Self { attributes, level: 0, kind: None, string: attributes.string, top_level }
    }
}
