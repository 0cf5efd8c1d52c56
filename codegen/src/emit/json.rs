//! Code that serializes, in the JSON form of the runtime's `json` module.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::layout::{Scalar, Slot, Wire};

use super::Emitter;
use super::types::field_ident;

impl Emitter<'_> {
    /// Implements `Serialize` for a structure, request or response, counts included.
    pub(super) fn serialize_slots(&self, ty: &TokenStream, slots: &[Slot]) -> Option<TokenStream> {
        let feature = self.options.serde_feature.as_ref()?;
        let entries = slots.iter().map(|slot| {
            let (name, value) = (&slot.name, self.json_value(slot));
            quote!(map.serialize_entry(#name, #value)?;)
        });
        let count = proc_macro2::Literal::usize_unsuffixed(slots.len());
        let binding = if slots.is_empty() { quote!(map) } else { quote!(mut map) };
        Some(quote! {
            #[cfg(feature = #feature)]
            impl ndr::serde::Serialize for #ty {
                fn serialize<S: ndr::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    use ndr::serde::ser::SerializeMap as _;
                    let #binding = serializer.serialize_map(Some(#count))?;
                    #(#entries)*
                    map.end()
                }
            }
        })
    }

    fn json_value(&self, slot: &Slot) -> TokenStream {
        if let Some(source) = slot.counts.first() {
            let array = super::names::snake(&source.array);
            let measure = if source.is_length { format_ident!("length") } else { format_ident!("size") };
            return quote!(&ndr::Counts::#measure(&self.#array));
        }
        let field = field_ident(slot);
        if self.flags_of(slot).is_some() {
            return quote!(&self.#field.bits());
        }
        match &slot.wire {
            Wire::Scalar(scalar) => {
                let value = scalar_value(*scalar, &quote!(self.#field));
                quote!(&#value)
            }
            Wire::FixedArray(scalar @ (Scalar::Enum(_) | Scalar::Enum32(_)), _) => {
                let value = scalar_value(*scalar, &quote!(value));
                quote!(self.#field.map(|value| #value).as_slice())
            }
            // As a slice, since arrays of more than 32 elements do not serialize.
            Wire::FixedArray(..) => quote!(self.#field.as_slice()),
            Wire::Handle(_) => quote!(&self.#field.map_or(ndr::ContextHandle::NULL, ndr::Handle::token)),
            Wire::Array(array) if array.length.is_none() => quote!(&ndr::json::Full(&self.#field)),
            Wire::Pointer(pointer) if pointer.nullable => match &*pointer.target {
                Wire::Array(array) if array.size.is_elsewhere() && array.length.is_none() => {
                    quote!(&self.#field.as_ref().map(ndr::json::Full))
                }
                Wire::Scalar(Scalar::Integer(name)) if name.starts_with('i') => {
                    quote!(&self.#field.map(ndr::json::Unsigned::unsigned))
                }
                Wire::Scalar(scalar @ (Scalar::Enum(_) | Scalar::Enum32(_))) => {
                    let value = scalar_value(*scalar, &quote!(value));
                    quote!(&self.#field.map(|value| #value))
                }
                _ => quote!(&self.#field),
            },
            Wire::Pointer(pointer) => match pointer.target.array() {
                Some(array) if array.length.is_none() => quote!(&ndr::json::Full(&self.#field)),
                _ => quote!(&self.#field),
            },
            _ => quote!(&self.#field),
        }
    }
}

/// A scalar, as the unsigned integer of its octets.
fn scalar_value(scalar: Scalar, value: &TokenStream) -> TokenStream {
    match scalar {
        Scalar::Integer(name) if name.starts_with('i') => quote!(ndr::json::Unsigned::unsigned(#value)),
        Scalar::Integer(_) => quote!(#value),
        Scalar::Enum(_) | Scalar::Enum32(_) => quote!(ndr::json::Unsigned::unsigned(#value.0)),
    }
}
