//! Which parameters and members are counts of arrays, and so are derived instead of stored.

use crate::model::Expr;

use super::{Slot, Unsupported, Wire};
use crate::source::Span;

/// Where a size or length is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// By a slot of the same direction, which is derived from the array.
    Derived(String),
    /// By a parameter of the other direction only, so that the array alone tells.
    Elsewhere(String),
}

impl Measure {
    /// Whether the array alone tells.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Elsewhere(_))
    }
}

/// An array that a count slot belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountSource {
    /// Name of the array's slot.
    pub array: String,
    /// Whether the slot states `length_is`, not `size_is`.
    pub is_length: bool,
}

/// The parameter that an expression names, directly or through a pointer.
///
/// # Errors
/// The expression is more than that.
pub(super) fn named(expr: &Expr, span: Span) -> Result<&str, Unsupported> {
    match expr {
        Expr::Name(name) => Ok(name),
        Expr::Deref(inner) => named(inner, span),
        _ => Err(Unsupported { what: "a size expression other than the name of a count".into(), span }),
    }
}

/// Ties the arrays among `slots` to their counts. A count that is none of the slots travels in the other direction
/// only.
///
/// # Errors
/// A count is not an integer of at most 32 bits, so that the array could not be held against it.
pub(super) fn correlate(slots: &mut [Slot], span: Span) -> Result<(), Unsupported> {
    let known: Vec<(String, bool)> =
        slots.iter().map(|slot| (slot.name.clone(), is_count(&slot.wire))).collect();
    let mut sources = Vec::new();
    for slot in slots.iter_mut() {
        let name = slot.name.clone();
        let Some(array) = slot.wire.array_mut() else { continue };
        let measures = [(Some(&mut array.size), false), (array.length.as_mut(), true)];
        for (measure, is_length) in measures {
            let Some(measure) = measure else { continue };
            settle(measure, &known, span)?;
            if let Measure::Derived(count) = measure {
                sources.push((count.clone(), CountSource { array: name.clone(), is_length }));
            }
        }
    }
    refuse_half_derived_pointers(slots, span)?;
    for (count, source) in sources {
        if let Some(slot) = slots.iter_mut().find(|slot| slot.name == count) {
            slot.counts.push(source);
        }
    }
    Ok(())
}

fn is_count(wire: &Wire) -> bool {
    matches!(wire, Wire::Scalar(scalar) if scalar.is_small_integer())
}

fn settle(measure: &mut Measure, known: &[(String, bool)], span: Span) -> Result<(), Unsupported> {
    let Measure::Derived(name) = &*measure else { return Ok(()) };
    match known.iter().find(|(slot, _)| slot == name) {
        Some((_, true)) => Ok(()),
        Some((_, false)) => {
            let what = format!("the count `{name}`, which is not an integer of at most 32 bits");
            Err(Unsupported { what, span })
        }
        None => {
            *measure = Measure::Elsewhere(name.clone());
            Ok(())
        }
    }
}

fn refuse_half_derived_pointers(slots: &[Slot], span: Span) -> Result<(), Unsupported> {
    let half = |slot: &&Slot| match (&slot.wire, slot.wire.array()) {
        (Wire::Pointer(pointer), Some(array)) if pointer.nullable => match &array.length {
            Some(length) => length.is_elsewhere() != array.size.is_elsewhere(),
            None => false,
        },
        _ => false,
    };
    match slots.iter().find(half) {
        None => Ok(()),
        Some(slot) => Err(Unsupported {
            what: format!(
                "a nullable array whose size and length travel in different directions (`{}`)",
                slot.name
            ),
            span,
        }),
    }
}
