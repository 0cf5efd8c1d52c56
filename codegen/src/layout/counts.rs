//! Which parameters and members are counts of arrays, and so are derived instead of stored.

use crate::model::Expr;

use super::{SMALL_INTEGER, Slot, Unsupported, Wire};
use crate::source::Span;

/// Where a size or length is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// By a slot of the same direction, which is derived from the array.
    Derived(String),
    /// By a parameter of the other direction only, so that the array alone tells.
    Elsewhere,
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

/// Ties the arrays among `slots` to their counts. `Measure::Derived` names are dropped where no slot of this
/// direction has the name.
pub(super) fn correlate(slots: &mut [Slot], span: Span) -> Result<(), Unsupported> {
    refuse_other_counts(slots, span)?;
    let counts: Vec<String> = slots.iter().map(|slot| slot.name.clone()).collect();
    let mut sources = Vec::new();
    for slot in slots.iter_mut() {
        let name = slot.name.clone();
        let Some(array) = slot.wire.array_mut() else { continue };
        settle(&mut array.size, &counts);
        if let Measure::Derived(count) = &array.size {
            sources.push((count.clone(), CountSource { array: name.clone(), is_length: false }));
        }
        if let Some(length) = &mut array.length {
            settle(length, &counts);
            if let Measure::Derived(count) = length {
                sources.push((count.clone(), CountSource { array: name, is_length: true }));
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

/// A count that cannot be compared would leave its array unchecked.
fn refuse_other_counts(slots: &[Slot], span: Span) -> Result<(), Unsupported> {
    let arrays = slots.iter().filter_map(|slot| slot.wire.array());
    let mut measures = arrays.flat_map(|array| [Some(&array.size), array.length.as_ref()]).flatten();
    let states = |measure: &Measure, slot: &Slot| *measure == Measure::Derived(slot.name.clone());
    let other = measures
        .find_map(|measure| slots.iter().find(|slot| states(measure, slot) && !slot.wire.is_small_integer()));
    match other {
        None => Ok(()),
        Some(slot) => {
            let what = format!("a count other than {SMALL_INTEGER} (`{}`)", slot.name);
            Err(Unsupported { what, span })
        }
    }
}

fn settle(measure: &mut Measure, counts: &[String]) {
    if let Measure::Derived(name) = measure {
        if !counts.contains(name) {
            *measure = Measure::Elsewhere;
        }
    }
}

fn refuse_half_derived_pointers(slots: &[Slot], span: Span) -> Result<(), Unsupported> {
    let half = |slot: &&Slot| match (&slot.wire, slot.wire.array()) {
        (Wire::Pointer(pointer), Some(array)) if pointer.nullable => match &array.length {
            Some(length) => (*length == Measure::Elsewhere) != (array.size == Measure::Elsewhere),
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
