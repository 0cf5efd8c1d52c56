//! The wire plan: what each parameter and member looks like in NDR and NDR64.
//!
//! Here the rules about pointers, sizes and strings are applied once (C706 14.3, MS-RPCE 2.2.4 and 2.2.5), so that
//! the emitter only writes down what a [`Wire`] says.

mod counts;
mod lower;
mod size;
mod unions;

use std::collections::BTreeSet;

use crate::model::{DefId, DefinitionKind, Interface, Model, Operation};
use crate::source::Span;

pub use counts::{CountSource, Measure};
pub use size::{Alignment, FixedSize};

/// How one value travels.
#[derive(Clone, Debug, PartialEq)]
pub enum Wire {
    /// An integer, an enumeration or a set of flags.
    Scalar(Scalar),
    /// A context handle: 20 octets.
    Handle(DefId),
    /// A structure or union, by value or as the target of a pointer.
    Struct(DefId),
    /// `T x[n]` with elements that hold no pointers.
    FixedArray(Scalar, u32),
    /// `[string] wchar_t x[n]`: a varying string in place.
    VaryingString(u32),
    /// A conformant varying string of `wchar_t`.
    String,
    /// A conformant array, which may vary.
    Array(Array),
    /// A pointer with an inline part: top-level `unique` or `ptr`, or any embedded one.
    Pointer(Pointer),
}

/// A scalar type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// An integer that Rust and the runtime know by this name: `u8`, `i32`, `u3264`, …
    Integer(&'static str),
    /// An enumeration, 16 bits in NDR and 32 in NDR64.
    Enum(DefId),
    /// An enumeration with `v1_enum`, 32 bits.
    Enum32(DefId),
}

impl Scalar {
    /// Whether it is an integer of at most 32 bits, as counts and values with a range are.
    pub fn is_small_integer(self) -> bool {
        matches!(self, Self::Integer("u8" | "i8" | "u16" | "i16" | "u32" | "i32"))
    }
}

/// A conformant array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// What it is an array of.
    pub element: Box<Wire>,
    /// `size_is`.
    pub size: Measure,
    /// `length_is`; `None` when the array does not vary.
    pub length: Option<Measure>,
}

/// A pointer that puts something in place.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointer {
    /// Whether it may be null: `unique` and `ptr` may, an embedded `ref` may not.
    pub nullable: bool,
    /// What it points to.
    pub target: Box<Wire>,
}

/// A parameter or member with its place on the wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The operation or structure that it belongs to.
    pub scope: String,
    /// Name in the IDL; `return` for the function result.
    pub name: String,
    /// How it travels.
    pub wire: Wire,
    /// `range`, of an integer or of the count of a string or array.
    pub range: Option<(i64, i64)>,
    /// The arrays whose size or length it states; empty for a slot that is a field of its own.
    pub counts: Vec<CountSource>,
    /// The member that states the tag of this one, a union with `switch_is`.
    pub switch: Option<String>,
    /// The union whose tag it states.
    pub tag_of: Option<String>,
    /// The declaration, for documentation: `[in] DWORD dwFilter`.
    pub declaration: String,
    /// Documentation of a structure's member.
    pub doc: String,
}

impl Slot {
    /// Whether the slot is derived from arrays or a union, and not a field.
    pub fn is_derived(&self) -> bool {
        !self.counts.is_empty() || self.tag_of.is_some()
    }
}

/// One direction of an operation: slots in wire order.
pub type StubPlan = Vec<Slot>;

/// An operation that can be emitted.
#[derive(Clone, Debug)]
pub struct OperationPlan<'m> {
    /// Name, opnum and documentation.
    pub operation: &'m Operation,
    /// What the client sends.
    pub request: StubPlan,
    /// What the server answers.
    pub response: StubPlan,
}

/// A structure that can be emitted.
#[derive(Clone, Debug)]
pub struct StructPlan {
    /// Members in order.
    pub slots: Vec<Slot>,
    /// Alignment of the whole.
    pub alignment: Alignment,
    /// Octets that its fixed part takes at least.
    pub min_size: usize,
    /// Octets that its fixed part always takes, unless that varies or some contents are refused.
    pub fixed_size: Option<FixedSize>,
}

/// A union that can be emitted.
#[derive(Clone, Debug)]
pub struct UnionPlan {
    /// The tag.
    pub tag: Scalar,
    /// Arms in order.
    pub arms: Vec<ArmPlan>,
    /// Alignment of the whole, which counts in what contains it.
    pub alignment: Alignment,
    /// Alignment of the tag: that of the whole, or less with `ms_union` (MS-RPCE 2.2.4.5).
    pub tag_alignment: Alignment,
    /// Alignment of whichever arm is selected.
    pub arm_alignment: Alignment,
    /// Octets that tag and arm take at least.
    pub min_size: usize,
}

/// An arm of a union.
#[derive(Clone, Debug)]
pub struct ArmPlan {
    /// Tags that select it.
    pub cases: Vec<i64>,
    /// Whether every tag selects it that selects no other.
    pub is_default: bool,
    /// What it holds; `None` for nothing.
    pub slot: Option<Slot>,
}

impl ArmPlan {
    /// Whether the arm alone does not tell the tag.
    pub fn keeps_tag(&self) -> bool {
        self.is_default || self.cases.len() != 1
    }
}

/// Why an operation cannot be emitted, and which part of the IDL is to blame.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsupported {
    /// The construct, for example "a union".
    pub what: String,
    /// Where it stands.
    pub span: Span,
}

/// The plan of an interface.
#[derive(Clone, Debug)]
pub struct InterfacePlan<'m> {
    /// The interface.
    pub interface: &'m Interface,
    /// Operations that can be emitted, by opnum.
    pub operations: Vec<OperationPlan<'m>>,
    /// Types that are emitted though no operation needs them.
    pub types: Vec<DefId>,
    /// Reserved slots, which answer with a status alone, by opnum.
    pub reserved: Vec<&'m Operation>,
    /// Operations that cannot, by opnum.
    pub unsupported: Vec<(&'m Operation, Unsupported)>,
}

/// What to do with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Emit it.
    Live,
    /// It is a reserved slot.
    Reserved,
    /// Leave it out.
    No,
}

/// Plans the operations of an interface. A reserved slot that answers with something other than a status is left
/// out.
pub fn plan<'m>(
    model: &'m Model,
    interface: &'m Interface,
    wanted: impl Fn(&Operation) -> Wanted,
) -> InterfacePlan<'m> {
    let (operations, reserved, unsupported) = (Vec::new(), Vec::new(), Vec::new());
    let mut plan = InterfacePlan { interface, operations, types: Vec::new(), reserved, unsupported };
    for operation in &interface.operations {
        match wanted(operation) {
            Wanted::No => {}
            Wanted::Reserved => {
                plan.reserved.extend(lower::returns_status(model, operation).then_some(operation));
            }
            Wanted::Live => match live(model, interface, operation) {
                Ok(planned) => plan.operations.push(planned),
                Err(unsupported) => plan.unsupported.push((operation, unsupported)),
            },
        }
    }
    plan
}

fn live<'m>(
    model: &'m Model,
    interface: &'m Interface,
    operation: &'m Operation,
) -> Result<OperationPlan<'m>, Unsupported> {
    let planned = lower::operation(model, interface, operation)?;
    structures_of(model, interface, &planned)?;
    Ok(planned)
}

/// Plans a structure.
///
/// # Errors
/// It holds something that cannot be emitted.
pub fn plan_struct(model: &Model, interface: &Interface, id: DefId) -> Result<StructPlan, Unsupported> {
    lower::structure(model, interface, id)
}

/// Plans a union.
///
/// # Errors
/// It holds something that cannot be emitted.
pub fn plan_union(model: &Model, interface: &Interface, id: DefId) -> Result<UnionPlan, Unsupported> {
    unions::plan(model, interface, id)
}

/// What a structure or union is made of: its members, or what its arms hold.
///
/// # Errors
/// It holds something that cannot be emitted.
pub fn members(model: &Model, interface: &Interface, id: DefId) -> Result<Vec<Slot>, Unsupported> {
    if is_union(model, id) {
        let arms = unions::plan(model, interface, id)?.arms;
        return Ok(arms.into_iter().filter_map(|arm| arm.slot).collect());
    }
    lower::structure(model, interface, id).map(|plan| plan.slots)
}

/// Whether a definition is a union.
pub fn is_union(model: &Model, id: DefId) -> bool {
    matches!(model.definition(id).kind, DefinitionKind::Union(_))
}

fn is_constructed(model: &Model, id: DefId) -> bool {
    is_union(model, id) || matches!(model.definition(id).kind, DefinitionKind::Struct(_))
}

/// Every definition that the operations of a plan need, and the types asked for besides, in order of declaration.
pub fn reachable(model: &Model, plan: &InterfacePlan<'_>) -> BTreeSet<DefId> {
    let per_operation = plan.operations.iter().map(|planned| structures_of(model, plan.interface, planned));
    let besides = std::iter::once(needed_by(model, plan.interface, plan.types.clone()));
    per_operation.chain(besides).filter_map(Result::ok).flatten().collect()
}

/// Every definition that an operation needs.
fn structures_of(
    model: &Model,
    interface: &Interface,
    planned: &OperationPlan<'_>,
) -> Result<BTreeSet<DefId>, Unsupported> {
    let slots = planned.request.iter().chain(&planned.response);
    needed_by(model, interface, slots.flat_map(|slot| slot.wire.definitions()).collect())
}

/// These definitions, and every one that they need.
///
/// # Errors
/// One of them holds something that cannot be emitted.
pub fn needed_by(
    model: &Model,
    interface: &Interface,
    mut open: Vec<DefId>,
) -> Result<BTreeSet<DefId>, Unsupported> {
    let mut found = BTreeSet::new();
    while let Some(id) = open.pop() {
        if found.insert(id) && is_constructed(model, id) {
            refuse_recursion(model, interface, id)?;
            open.extend(held_by(model, interface, id)?);
        }
    }
    Ok(found)
}

/// The definitions that the members of a structure, or the arms and the tag of a union, name.
fn held_by(model: &Model, interface: &Interface, id: DefId) -> Result<Vec<DefId>, Unsupported> {
    let mut held: Vec<DefId> =
        members(model, interface, id)?.iter().flat_map(|slot| slot.wire.definitions()).collect();
    if is_union(model, id) {
        held.extend(Wire::Scalar(unions::plan(model, interface, id)?.tag).definitions());
    }
    Ok(held)
}

/// A structure that leads to itself through pointers would need a Rust type that is boxed there.
fn refuse_recursion(model: &Model, interface: &Interface, id: DefId) -> Result<(), Unsupported> {
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        if is_constructed(model, next) {
            let held = held_by(model, interface, next)?;
            if held.contains(&id) {
                let what = "a structure that contains itself".to_owned();
                return Err(Unsupported { what, span: model.definition(id).origin.0 });
            }
            open.extend(held.into_iter().filter(|id| seen.insert(*id)));
        }
    }
    Ok(())
}

impl Wire {
    /// The definitions that the value itself names, not those inside structures.
    fn definitions(&self) -> Vec<DefId> {
        match self {
            Self::Scalar(Scalar::Enum(id) | Scalar::Enum32(id)) | Self::Handle(id) | Self::Struct(id) => {
                vec![*id]
            }
            Self::Array(array) => array.element.definitions(),
            Self::Pointer(pointer) => pointer.target.definitions(),
            Self::Scalar(Scalar::Integer(_))
            | Self::FixedArray(..)
            | Self::VaryingString(_)
            | Self::String => Vec::new(),
        }
    }

    /// Whether the value is or points to a string or an array, whose count a `range` bounds.
    pub fn is_counted(&self) -> bool {
        match self {
            Self::String | Self::Array(_) => true,
            Self::Pointer(pointer) => matches!(*pointer.target, Self::String | Self::Array(_)),
            _ => false,
        }
    }

    /// The array that the value is or points to.
    pub fn array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            Self::Pointer(pointer) => pointer.target.array(),
            _ => None,
        }
    }

    fn array_mut(&mut self) -> Option<&mut Array> {
        match self {
            Self::Array(array) => Some(array),
            Self::Pointer(pointer) => pointer.target.array_mut(),
            _ => None,
        }
    }
}
