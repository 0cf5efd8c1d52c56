//! Unions: their arms, the tag that selects one, and the member that repeats the tag (C706 14.3.8).

use crate::model::{BaseType, DefId, DefinitionKind, Expr, Interface, Model, Type, Union};

use super::lower::Context;
use super::{Alignment, ArmPlan, Scalar, Slot, UnionPlan, Unsupported, Wire, size};

/// The Rust name of a member that is a union without a name of its own.
pub(super) const ANONYMOUS: &str = "arm";

/// Plans a union.
///
/// # Errors
/// An arm holds something that cannot be emitted, or the tag does.
pub(super) fn plan(model: &Model, interface: &Interface, id: DefId) -> Result<UnionPlan, Unsupported> {
    let definition = model.definition(id);
    let context = Context { model, interface, scope: &definition.name, span: definition.origin.0 };
    let DefinitionKind::Union(union) = &definition.kind else {
        return Err(context.unsupported("something other than a union"));
    };
    let tag = tag(&context, id, union)?;
    let arms: Vec<ArmPlan> =
        union.arms.iter().map(|arm| lower_arm(&context, arm, tag)).collect::<Result<_, _>>()?;
    if arms.is_empty() {
        return Err(context.unsupported("a union without arms"));
    }
    let slots: Vec<Slot> = arms.iter().filter_map(|arm| arm.slot.clone()).collect();
    let arm_alignment = size::of_slots(model, interface, &slots)?;
    let alignment = arm_alignment.max(size::of_scalar(tag));
    let least = |slot: &Option<Slot>| size::least_of_slots(model, interface, slot.as_slice());
    let least: Vec<usize> = arms.iter().map(|arm| least(&arm.slot)).collect::<Result<_, _>>()?;
    let min_size = least.into_iter().min().unwrap_or(0).saturating_add(size::least_of_scalar(tag));
    // MS-RPCE 2.2.4.5: ignored for encapsulated unions, and in NDR64.
    let is_loose = union.attributes.ms_union && union.encapsulated.is_none();
    let tag_alignment =
        if is_loose { Alignment { ndr20: size::of_scalar(tag).ndr20, ..alignment } } else { alignment };
    Ok(UnionPlan { tag, arms, alignment, tag_alignment, arm_alignment, min_size })
}

/// Whether a union is a type of its own, with its tag inside.
pub(super) fn is_encapsulated(union: &Union) -> bool {
    union.encapsulated.is_some()
}

fn lower_arm(context: &Context<'_>, arm: &crate::model::Arm, tag: Scalar) -> Result<ArmPlan, Unsupported> {
    let at = Context { span: arm.field.as_ref().map_or(context.span, |field| field.origin.0), ..*context };
    if arm.cases.is_empty() && !arm.is_default {
        return Err(at.unsupported("an arm that no value selects"));
    }
    let (low, high) = bounds(tag);
    let in_range = |case: &i128| i64::try_from(*case).ok().filter(|case| (low..=high).contains(case));
    let cases: Option<Vec<i64>> = arm.cases.iter().map(in_range).collect();
    let cases = cases.ok_or_else(|| at.unsupported("a case that the type of its switch does not hold"))?;
    let slot = match &arm.field {
        Some(field) if field.name.is_empty() => return Err(at.unsupported("an arm without a name")),
        Some(field) => Some(arm_slot(&at, field)?),
        None => None,
    };
    Ok(ArmPlan { cases, is_default: arm.is_default, slot })
}

fn arm_slot(at: &Context<'_>, field: &crate::model::Field) -> Result<Slot, Unsupported> {
    if field.attributes.switch_is.is_some() {
        return Err(at.unsupported("a union with switch_is as an arm of another"));
    }
    let wire = at.member(&field.attributes, &field.ty)?;
    if wire.array().is_some() {
        return Err(at.unsupported("an array with size_is as an arm of a union"));
    }
    let declaration = at.model.declaration(&field.attributes, None, &field.ty, &field.name);
    at.slot(&field.name, wire, &field.attributes, declaration, field.doc.0.clone())
}

/// The type of the tag: stated by the union itself, or by the member that its first user switches on.
fn tag(context: &Context<'_>, id: DefId, union: &Union) -> Result<Scalar, Unsupported> {
    let stated = union.encapsulated.as_ref().map(|switch| &switch.tag_type).or(union.switch_type.as_ref());
    let ty = stated.or_else(|| switch_of(context.model, id));
    let scalar = ty.and_then(|ty| scalar(context.model, ty));
    scalar.ok_or_else(|| context.unsupported("a union whose switch is not an integer of at most 32 bits"))
}

fn switch_of(model: &Model, id: DefId) -> Option<&Type> {
    model.definitions().find_map(|(_, definition)| {
        let DefinitionKind::Struct(structure) = &definition.kind else { return None };
        let user = structure.fields.iter().find(|field| union_of(model, &field.ty) == Some(id))?;
        let Some(Expr::Name(switch)) = &user.attributes.switch_is else { return None };
        structure.fields.iter().find(|field| field.name == *switch).map(|field| &field.ty)
    })
}

/// The union that a type is by value.
pub(super) fn union_of(model: &Model, ty: &Type) -> Option<DefId> {
    let Type::Named(id) = ty else { return None };
    match &model.definition(*id).kind {
        DefinitionKind::Alias { ty, .. } => union_of(model, ty),
        DefinitionKind::Union(_) => Some(*id),
        _ => None,
    }
}

/// The scalar that a tag of a type is, unless no tag has such a type (C706 4.2.12).
fn scalar(model: &Model, ty: &Type) -> Option<Scalar> {
    Some(match ty {
        Type::Base(BaseType::Boolean | BaseType::Char | BaseType::Byte | BaseType::U8) => {
            Scalar::Integer("u8")
        }
        Type::Base(BaseType::I8) => Scalar::Integer("i8"),
        Type::Base(BaseType::WChar | BaseType::U16) => Scalar::Integer("u16"),
        Type::Base(BaseType::I16) => Scalar::Integer("i16"),
        Type::Base(BaseType::U32 | BaseType::ErrorStatus) => Scalar::Integer("u32"),
        Type::Base(BaseType::I32) => Scalar::Integer("i32"),
        Type::Named(id) => return named_scalar(model, *id),
        _ => return None,
    })
}

fn named_scalar(model: &Model, id: DefId) -> Option<Scalar> {
    match &model.definition(id).kind {
        DefinitionKind::Alias { ty, .. } => scalar(model, ty),
        DefinitionKind::Enum(declared) if declared.v1_enum => Some(Scalar::Enum32(id)),
        DefinitionKind::Enum(_) => Some(Scalar::Enum(id)),
        _ => None,
    }
}

fn bounds(tag: Scalar) -> (i64, i64) {
    match tag {
        Scalar::Integer("u8") => (0, u8::MAX.into()),
        Scalar::Integer("i8") => (i8::MIN.into(), i8::MAX.into()),
        Scalar::Integer("u16") => (0, u16::MAX.into()),
        Scalar::Integer("i16") => (i16::MIN.into(), i16::MAX.into()),
        Scalar::Integer("u32") => (0, u32::MAX.into()),
        Scalar::Integer(_) | Scalar::Enum(_) | Scalar::Enum32(_) => (i32::MIN.into(), i32::MAX.into()),
    }
}

/// The member that a union among the members of a structure switches on.
///
/// # Errors
/// It is an expression, not a name.
pub(super) fn switch_name(
    switch: Option<&Expr>,
    context: &Context<'_>,
) -> Result<Option<String>, Unsupported> {
    match switch {
        None => Ok(None),
        Some(Expr::Name(name)) => Ok(Some(name.clone())),
        Some(_) => Err(context.unsupported("a switch_is other than the name of a member")),
    }
}

/// Ties each union among the members of a structure to the member that it switches on, which is derived from it.
///
/// # Errors
/// That member comes later, has another type than the tag, or has another use.
pub(super) fn correlate(slots: &mut [Slot], context: &Context<'_>) -> Result<(), Unsupported> {
    let unions: Vec<(usize, String, String, DefId)> = slots
        .iter()
        .enumerate()
        .filter_map(|(index, slot)| match (&slot.switch, &slot.wire) {
            (Some(switch), Wire::Struct(id)) => Some((index, switch.clone(), slot.name.clone(), *id)),
            _ => None,
        })
        .collect();
    for (index, switch, union, id) in unions {
        let tag = plan(context.model, context.interface, id)?.tag;
        let before = slots.iter_mut().take(index).find(|slot| slot.name == switch);
        let slot =
            before.ok_or_else(|| context.unsupported("a union before the member that it switches on"))?;
        if slot.wire != Wire::Scalar(tag) {
            return Err(context.unsupported("a union whose switch has another type than its tag"));
        }
        if slot.is_derived() {
            return Err(context.unsupported("a switch that another member depends on too"));
        }
        slot.tag_of = Some(union);
    }
    Ok(())
}
