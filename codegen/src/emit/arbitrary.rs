//! Code that makes values of any octets, and changes them, with the runtime's `arbitrary` module.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{Array, Measure, Pointer, Scalar, Slot, Wire};

use super::types::field_ident;
use super::{Emitter, is_octet, literal};

/// An integer of at most 8 bits holds this count, signed or not.
const MOST_SHARED: i64 = 12;

/// The runtime writes no larger count beside a null pointer.
const MOST_BESIDE_NULL: i64 = 0x7F;

/// How many elements an array may have, at least and at most, as expressions.
type Bounds = (TokenStream, TokenStream);

impl Emitter<'_> {
    /// Implements `Arbitrary` and `Vary` for a structure, request or response.
    pub(super) fn arbitrary_slots(&self, name: &Ident, slots: &[Slot]) -> Option<TokenStream> {
        let feature = self.options.arbitrary_feature.as_ref()?;
        let lifetime = self.slots_borrow(slots).then(|| quote!(<'a>));
        let counts = SharedCounts::of(slots);
        let declarations = counts.declarations();
        let fields: Vec<&Slot> = slots.iter().filter(|slot| !slot.is_derived()).collect();
        let values = fields.iter().map(|slot| {
            let (field, value) = (field_ident(slot), self.make(slot, slots, &counts));
            quote!(#field: #value)
        });
        let value = quote!(Self { #(#values),* });
        let choices = if fields.is_empty() { format_ident!("_") } else { format_ident!("choices") };
        let vary = self.vary_fields(&fields, slots, &counts);
        Some(quote! {
            #[cfg(feature = #feature)]
            impl<'a> ndr::arbitrary::Arbitrary<'a> for #name #lifetime {
                fn arbitrary(
                    #choices: &mut ndr::arbitrary::Unstructured<'a>,
                ) -> ndr::arbitrary::Result<Self> {
                    #declarations
                    Ok(#value)
                }
            }

            #[cfg(feature = #feature)]
            impl<'a> ndr::arbitrary::Vary<'a> for #name #lifetime {
                fn vary(
                    &mut self,
                    #choices: &mut ndr::arbitrary::Unstructured<'a>,
                ) -> ndr::arbitrary::Result<()> {
                    #vary
                }
            }
        })
    }

    /// Picks a field and changes it.
    fn vary_fields(&self, fields: &[&Slot], slots: &[Slot], counts: &SharedCounts) -> TokenStream {
        let arms: Vec<TokenStream> = fields
            .iter()
            .map(|slot| {
                let field = field_ident(slot);
                self.vary(slot, &quote!(self.#field), slots, counts)
            })
            .collect();
        match arms.as_slice() {
            [] => quote!(Ok(())),
            [only] => only.clone(),
            [one, other] => quote!(if choices.arbitrary()? { #one } else { #other }),
            [first, others @ ..] => {
                let last = Literal::usize_unsuffixed(others.len());
                let numbers = (1..).map(Literal::u32_unsuffixed);
                let others = others.iter().zip(numbers).map(|(arm, number)| quote!(#number => #arm,));
                quote! {
                    match choices.int_in_range(0_u32..=#last)? {
                        #(#others)*
                        _ => #first,
                    }
                }
            }
        }
    }

    /// An expression that changes the value at `place`.
    pub(super) fn vary(
        &self,
        slot: &Slot,
        place: &TokenStream,
        slots: &[Slot],
        counts: &SharedCounts,
    ) -> TokenStream {
        if slot.wire.array().is_some_and(|array| counts.fix(array)) {
            return quote!(ndr::arbitrary::vary_inside(&mut #place, choices));
        }
        if self.has_inside(slot) {
            let made = self.make_wire(&slot.wire, &Maker { slot, slots, counts });
            let make = function(&made);
            return quote!(ndr::arbitrary::vary_field(&mut #place, choices, #make));
        }
        let value = self.make(slot, slots, counts);
        quote! {{
            #place = #value;
            Ok(())
        }}
    }

    /// Whether any other content than a wholly new one suits the value.
    fn has_inside(&self, slot: &Slot) -> bool {
        let is_free = |scalar: &Scalar| matches!(scalar, Scalar::Integer(name) if !name.ends_with("3264"));
        // The range of an array is that of its count, which stays.
        let is_bounded = slot.range.is_some() && slot.wire.array().is_none();
        let may = match innermost(&slot.wire) {
            Wire::Scalar(scalar) | Wire::FixedArray(scalar, _) => is_free(scalar),
            Wire::Handle(_) | Wire::VaryingString(_) => false,
            _ => true,
        };
        may && !is_bounded && self.flags_of(slot).is_none()
    }

    /// An expression for a value of a parameter, member or arm.
    pub(super) fn make(&self, slot: &Slot, slots: &[Slot], counts: &SharedCounts) -> TokenStream {
        if let Some(flags) = self.flags_of(slot) {
            return quote!(#flags::from_bits_retain(ndr::arbitrary::flags(choices)?));
        }
        let made = self.make_wire(&slot.wire, &Maker { slot, slots, counts });
        quote!(#made?)
    }

    /// An expression for a `Result` of a value.
    fn make_wire(&self, wire: &Wire, maker: &Maker<'_>) -> TokenStream {
        match wire {
            Wire::Scalar(scalar) => make_scalar(*scalar, maker.slot.range),
            Wire::Handle(_) => quote!(ndr::arbitrary::handle(choices)),
            Wire::Struct(_) => quote!(ndr::arbitrary::Arbitrary::arbitrary(choices)),
            Wire::FixedArray(scalar, _) => {
                let make = function(&make_scalar(*scalar, None));
                quote!(ndr::arbitrary::array(choices, #make))
            }
            Wire::VaryingString(room) => {
                let room = Literal::u32_unsuffixed(*room);
                quote!(ndr::arbitrary::text(choices, 1, #room))
            }
            Wire::String => {
                let (low, high) = maker.range().unwrap_or((quote!(1), quote!(usize::MAX)));
                quote!(ndr::arbitrary::text(choices, #low, #high))
            }
            Wire::Array(array) => self.make_array(array, maker),
            Wire::Pointer(pointer) => self.make_pointer(pointer, maker),
        }
    }

    fn make_array(&self, array: &Array, maker: &Maker<'_>) -> TokenStream {
        let (low, high) = maker.sent(array);
        let elements = if is_octet(&array.element) {
            quote!(ndr::arbitrary::octets(choices, #low, #high))
        } else {
            let element = self.make_wire(&array.element, &Maker { slot: &maker.element(), ..*maker });
            let make = function(&element);
            quote!(ndr::arbitrary::elements(choices, #low, #high, #make))
        };
        if array.length.is_none() {
            return elements;
        }
        let (low, high) = maker.room(array);
        quote!(#elements.and_then(|data| ndr::arbitrary::varying(choices, data, #low, #high)))
    }

    fn make_pointer(&self, pointer: &Pointer, maker: &Maker<'_>) -> TokenStream {
        let target = self.make_wire(&pointer.target, maker);
        let make = function(&target);
        match &*pointer.target {
            _ if !pointer.nullable => target,
            Wire::Array(array) if maker.counts.fix(array) || maker.refuses_null(array) => {
                // Null would go with a count that another array, or a range, does not have.
                let kind = if array.length.is_some() { quote!(VaryingPtr) } else { quote!(SizedPtr) };
                quote!(#target.map(ndr::#kind::Array))
            }
            Wire::Array(Array { size: Measure::Derived(_), length: None, .. }) => {
                quote!(ndr::arbitrary::sized(choices, #make))
            }
            Wire::Array(Array { size: Measure::Derived(_), length: Some(_), .. }) => {
                quote!(ndr::arbitrary::varying_sized(choices, #make))
            }
            _ => quote!(ndr::arbitrary::optional(choices, #make)),
        }
    }
}

/// A function that evaluates an expression: the one that it calls, if it does no more.
fn function(expression: &TokenStream) -> TokenStream {
    let call = syn::parse2::<syn::ExprCall>(expression.clone()).ok();
    let called = call.filter(|call| call.args.len() == 1).map(|call| call.func);
    called.map_or_else(|| quote!(|choices| #expression), |function| quote!(#function))
}

/// What pointers and arrays lead to.
fn innermost(wire: &Wire) -> &Wire {
    match wire {
        Wire::Pointer(pointer) => innermost(&pointer.target),
        Wire::Array(array) => innermost(&array.element),
        wire => wire,
    }
}

fn make_scalar(scalar: Scalar, range: Option<(i64, i64)>) -> TokenStream {
    match (scalar, range) {
        (Scalar::Integer(name), _) if name.ends_with("3264") => quote!(ndr::arbitrary::word(choices)),
        (Scalar::Integer(_), Some((low, high))) => {
            let (low, high) = (literal::decimal(low), literal::decimal(high));
            quote!(ndr::arbitrary::between(choices, #low, #high))
        }
        (Scalar::Integer(_), None) => quote!(ndr::arbitrary::number(choices)),
        (Scalar::Enum(_) | Scalar::Enum32(_), _) => {
            quote!(ndr::arbitrary::Arbitrary::arbitrary(choices))
        }
    }
}

/// What decides about the content of a slot.
#[derive(Clone, Copy)]
struct Maker<'s> {
    slot: &'s Slot,
    slots: &'s [Slot],
    counts: &'s SharedCounts,
}

impl Maker<'_> {
    /// The slot as its elements see it: they have no range.
    fn element(&self) -> Slot {
        Slot { range: None, ..self.slot.clone() }
    }

    /// The range of the slot's own count.
    fn range(&self) -> Option<Bounds> {
        self.slot.range.map(bounds)
    }

    /// How many elements are sent.
    fn sent(&self, array: &Array) -> Bounds {
        let measure = array.length.as_ref().unwrap_or(&array.size);
        if array.length.is_some() && !self.counts.contains(measure) {
            // What has a range is the room for them.
            let most = self.room(array).1;
            return self.stated(measure).unwrap_or((quote!(0), most));
        }
        self.measured(measure)
    }

    /// How many elements there is room for.
    fn room(&self, array: &Array) -> Bounds {
        self.measured(&array.size)
    }

    /// Whether the slot that states a count has a range which counts beside null pointers may leave.
    fn refuses_null(&self, array: &Array) -> bool {
        let measures = [Some(&array.size), array.length.as_ref()];
        let names = measures.into_iter().flatten().filter_map(|measure| match measure {
            Measure::Derived(name) => Some(name),
            Measure::Elsewhere(_) => None,
        });
        let mut ranges = names.filter_map(|name| self.slots.iter().find(|slot| slot.name == *name)?.range);
        ranges.any(|(low, high)| low > 0 || high < MOST_BESIDE_NULL)
    }

    fn measured(&self, measure: &Measure) -> Bounds {
        let own = self.slot.wire.is_counted().then(|| self.range()).flatten();
        let shared = self.counts.variable(measure).map(|count| (quote!(#count), quote!(#count)));
        shared.or(own).or_else(|| self.stated(measure)).unwrap_or((quote!(0), quote!(usize::MAX)))
    }

    /// The range of the slot that states a count.
    fn stated(&self, measure: &Measure) -> Option<Bounds> {
        let Measure::Derived(name) = measure else { return None };
        self.slots.iter().find(|slot| slot.name == *name)?.range.map(bounds)
    }
}

fn bounds((low, high): (i64, i64)) -> Bounds {
    (literal::decimal(low.max(0)), literal::decimal(high.max(0)))
}

/// Counts that more than one array has, which must agree.
pub(super) struct SharedCounts(BTreeMap<String, (i64, i64)>);

impl SharedCounts {
    /// Those among the parameters of a direction, or the members of a structure.
    pub(super) fn of(slots: &[Slot]) -> Self {
        let shared = slots.iter().filter(|slot| slot.counts.len() > 1);
        Self(shared.map(|slot| (slot.name.clone(), slot.range.unwrap_or((0, MOST_SHARED)))).collect())
    }

    /// None: an arm of a union has no count beside it.
    pub(super) fn none() -> Self {
        Self(BTreeMap::new())
    }

    fn contains(&self, measure: &Measure) -> bool {
        matches!(measure, Measure::Derived(name) if self.0.contains_key(name))
    }

    /// Whether they leave an array no choice of its counts.
    fn fix(&self, array: &Array) -> bool {
        self.contains(&array.size) || array.length.as_ref().is_some_and(|length| self.contains(length))
    }

    /// The variable that holds a count.
    fn variable(&self, measure: &Measure) -> Option<Ident> {
        let Measure::Derived(name) = measure else { return None };
        self.0.keys().position(|known| known == name).map(variable)
    }

    /// Statements that choose them.
    fn declarations(&self) -> TokenStream {
        let declarations = self.0.values().enumerate().map(|(index, range)| {
            let (variable, (low, high)) = (variable(index), bounds(*range));
            quote!(let #variable = ndr::arbitrary::count(choices, #low, #high)?;)
        });
        quote!(#(#declarations)*)
    }
}

fn variable(index: usize) -> Ident {
    format_ident!("count_{index}")
}
