//! Alignment and least size of the fixed part of a value (C706 14.2.2, MS-RPCE 2.2.5.3.4.1).

use crate::model::{DefId, Interface, Model};

use super::{Scalar, Slot, Unsupported, Wire, is_union, lower, unions};

/// Alignment in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// In NDR.
    pub ndr20: usize,
    /// In NDR64.
    pub ndr64: usize,
}

impl Alignment {
    const OCTET: Self = Self::both(1);
    const WORD: Self = Self { ndr20: 4, ndr64: 8 };

    const fn both(octets: usize) -> Self {
        Self { ndr20: octets, ndr64: octets }
    }

    pub(super) fn max(self, other: Self) -> Self {
        Self { ndr20: self.ndr20.max(other.ndr20), ndr64: self.ndr64.max(other.ndr64) }
    }
}

/// The largest alignment of members.
pub(super) fn of_slots(
    model: &Model,
    interface: &Interface,
    slots: &[Slot],
) -> Result<Alignment, Unsupported> {
    slots.iter().try_fold(Alignment::OCTET, |largest, slot| {
        of_wire(model, interface, &slot.wire).map(|alignment| largest.max(alignment))
    })
}

fn of_wire(model: &Model, interface: &Interface, wire: &Wire) -> Result<Alignment, Unsupported> {
    Ok(match wire {
        Wire::Scalar(scalar) | Wire::FixedArray(scalar, _) => of_scalar(*scalar),
        Wire::Handle(_) => Alignment::both(4),
        Wire::Struct(id) => of_struct(model, interface, *id)?,
        // The elements of a conformant member follow its structure; the count is moved to the front.
        Wire::Array(array) => of_wire(model, interface, &array.element)?,
        Wire::VaryingString(_) | Wire::String | Wire::Pointer(_) => Alignment::WORD,
    })
}

fn of_struct(model: &Model, interface: &Interface, id: DefId) -> Result<Alignment, Unsupported> {
    if is_union(model, id) {
        return unions::plan(model, interface, id).map(|plan| plan.alignment);
    }
    lower::structure(model, interface, id).map(|plan| plan.alignment)
}

pub(super) fn of_scalar(scalar: Scalar) -> Alignment {
    match scalar {
        Scalar::Integer(name) => match name {
            "u8" | "i8" => Alignment::OCTET,
            "u16" | "i16" => Alignment::both(2),
            "u64" | "i64" => Alignment::both(8),
            "u3264" | "i3264" => Alignment::WORD,
            _ => Alignment::both(4),
        },
        Scalar::Enum(_) => Alignment { ndr20: 2, ndr64: 4 },
        Scalar::Enum32(_) => Alignment::both(4),
    }
}

/// Octets of a fixed part with its gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedSize {
    /// In NDR.
    pub ndr20: usize,
    /// In NDR64.
    pub ndr64: usize,
}

impl FixedSize {
    const EMPTY: Self = Self { ndr20: 0, ndr64: 0 };

    fn then(self, alignment: Alignment, size: Self) -> Option<Self> {
        Some(Self {
            ndr20: self.ndr20.checked_next_multiple_of(alignment.ndr20)?.checked_add(size.ndr20)?,
            ndr64: self.ndr64.checked_next_multiple_of(alignment.ndr64)?.checked_add(size.ndr64)?,
        })
    }

    fn times(self, count: u32) -> Option<Self> {
        let count = usize::try_from(count).ok()?;
        Some(Self { ndr20: self.ndr20.checked_mul(count)?, ndr64: self.ndr64.checked_mul(count)? })
    }
}

/// Octets that the fixed part of a structure takes, if that is always the same and no content of it is refused.
pub(super) fn fixed_of_slots(
    model: &Model,
    interface: &Interface,
    slots: &[Slot],
    whole: Alignment,
) -> Option<FixedSize> {
    let end = slots.iter().try_fold(FixedSize::EMPTY, |end, slot| {
        let size = fixed_of_slot(model, interface, slot)?;
        end.then(of_wire(model, interface, &slot.wire).ok()?, size)
    })?;
    // NDR has no gap behind the last member.
    end.then(Alignment { ndr20: 1, ..whole }, FixedSize::EMPTY)
}

fn fixed_of_slot(model: &Model, interface: &Interface, slot: &Slot) -> Option<FixedSize> {
    let of_scalar = |scalar| {
        let Alignment { ndr20, ndr64 } = of_scalar(scalar);
        FixedSize { ndr20, ndr64 }
    };
    match &slot.wire {
        Wire::Scalar(scalar) if slot.range.is_none() => Some(of_scalar(*scalar)),
        Wire::FixedArray(scalar, count) => of_scalar(*scalar).times(*count),
        Wire::Handle(_) => Some(FixedSize { ndr20: 20, ndr64: 20 }),
        Wire::Struct(id) if !is_union(model, *id) => {
            lower::structure(model, interface, *id).ok().and_then(|plan| plan.fixed_size)
        }
        Wire::Pointer(pointer) if pointer.nullable => Some(FixedSize { ndr20: 4, ndr64: 8 }),
        _ => None,
    }
}

/// Octets that the fixed parts of members take at least, in any format, without gaps.
pub(super) fn least_of_slots(
    model: &Model,
    interface: &Interface,
    slots: &[Slot],
) -> Result<usize, Unsupported> {
    slots.iter().try_fold(0_usize, |sum, slot| {
        least_of_wire(model, interface, &slot.wire).map(|size| sum.saturating_add(size))
    })
}

fn least_of_wire(model: &Model, interface: &Interface, wire: &Wire) -> Result<usize, Unsupported> {
    Ok(match wire {
        Wire::Scalar(scalar) => least_of_scalar(*scalar),
        Wire::FixedArray(scalar, count) => least_of_scalar(*scalar).saturating_mul(*count as usize),
        Wire::Handle(_) => 20,
        Wire::Struct(id) if is_union(model, *id) => unions::plan(model, interface, *id)?.min_size,
        Wire::Struct(id) => lower::structure(model, interface, *id)?.min_size,
        // The maximum count, which is moved to the front; or a referent id.
        Wire::Array(_) | Wire::Pointer(_) => 4,
        // Offset, actual count and terminator; a conformant string has its maximum count as well.
        Wire::VaryingString(_) => 10,
        Wire::String => 14,
    })
}

pub(super) fn least_of_scalar(scalar: Scalar) -> usize {
    of_scalar(scalar).ndr20
}
