//! Code that holds a response against its request.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::layout::{Measure, OperationPlan, Slot, Wire};

use super::Emitter;
use super::types::field_ident;

impl Emitter<'_> {
    /// The method that compares the arrays of a response with the sizes that the request states, if there are any.
    pub(super) fn check_response(&self, planned: &OperationPlan<'_>) -> Option<TokenStream> {
        let checks: Vec<TokenStream> =
            planned.response.iter().flat_map(|slot| checks(slot, &planned.request)).collect();
        if checks.is_empty() {
            return None;
        }
        let response = self.variant(planned, "Response").type_with(&quote!('_));
        Some(quote! {
            fn check_response(&self, response: &#response) -> Result<(), ndr::Error> {
                #(#checks)*
                Ok(())
            }
        })
    }
}

fn checks(slot: &Slot, request: &[Slot]) -> Vec<TokenStream> {
    let Some(array) = slot.wire.array() else { return Vec::new() };
    let measures = [(Some(&array.size), "size"), (array.length.as_ref(), "length")];
    let stated = measures.into_iter().filter_map(|(measure, what)| match measure {
        Some(Measure::Elsewhere(name)) => Some((value(request, name)?, what)),
        _ => None,
    });
    let (field, name) = (field_ident(slot), &slot.name);
    let is_nullable = matches!(&slot.wire, Wire::Pointer(pointer) if pointer.nullable);
    stated
        .map(|(value, what)| {
            let check = format_ident!("check_requested_{what}");
            if is_nullable {
                quote! {
                    if let Some(array) = &response.#field {
                        ndr::#check(array, #value).field(&#name)?;
                    }
                }
            } else {
                quote!(ndr::#check(&response.#field, #value).field(&#name)?;)
            }
        })
        .collect()
}

/// The value of a count in the request: a field, or derived from an array there.
fn value(request: &[Slot], name: &str) -> Option<TokenStream> {
    let slot = request.iter().find(|slot| slot.name == name)?;
    let Some(source) = slot.counts.first() else {
        let field = field_ident(slot);
        return Some(quote!(i64::from(self.#field)));
    };
    let array = super::names::snake(&source.array);
    let measure = if source.is_length { format_ident!("length") } else { format_ident!("size") };
    Some(quote!(ndr::Counts::#measure(&self.#array)))
}
