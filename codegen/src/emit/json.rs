//! Code that serializes, in the JSON form of the runtime's `json` module.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::layout::{Scalar, Slot, Wire};

use super::Emitter;
use super::encode::Place;
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
        if let Some(union) = &slot.tag_of {
            let (union, Wire::Scalar(scalar)) = (super::names::snake(union), &slot.wire) else {
                return TokenStream::new();
            };
            let tag = scalar_value(*scalar, &quote!(self.#union.tag()));
            return quote!(&#tag);
        }
        let field = field_ident(slot);
        self.json_of(slot, &Place::Value(quote!(self.#field)))
    }

    /// A reference to what serializes as a field or arm, which is at `place`.
    pub(super) fn json_of(&self, slot: &Slot, place: &Place) -> TokenStream {
        let (place, value, reference) = (place.receiver(), place.value(), place.reference());
        if self.flags_of(slot).is_some() {
            return quote!(&#place.bits());
        }
        // A `ref` pointer is what it points to.
        let wire = match &slot.wire {
            Wire::Pointer(pointer) if !pointer.nullable => &*pointer.target,
            wire => wire,
        };
        match wire {
            Wire::Scalar(Scalar::Integer(name)) if name.starts_with('u') => reference,
            Wire::Scalar(scalar) => {
                let inner = if matches!(scalar, Scalar::Integer(_)) { &value } else { place };
                let value = scalar_value(*scalar, inner);
                quote!(&#value)
            }
            // As a slice, since arrays of more than 32 elements do not serialize.
            Wire::FixedArray(..) => quote!(#place.as_slice()),
            Wire::Handle(_) => quote!(&#place.map_or(ndr::ContextHandle::NULL, ndr::Handle::token)),
            Wire::Array(array) if array.length.is_none() => quote!(&ndr::json::Full(&#place)),
            Wire::Pointer(pointer) => match &*pointer.target {
                Wire::Array(array) if array.size.is_elsewhere() && array.length.is_none() => {
                    quote!(&#place.as_ref().map(ndr::json::Full))
                }
                Wire::Scalar(Scalar::Integer(name)) if name.starts_with('i') => {
                    quote!(&#place.map(ndr::json::Unsigned::unsigned))
                }
                Wire::Scalar(scalar @ (Scalar::Enum(_) | Scalar::Enum32(_))) => {
                    let value = scalar_value(*scalar, &quote!(value));
                    quote!(&#place.map(|value| #value))
                }
                _ => reference,
            },
            _ => reference,
        }
    }
}

/// A scalar, as the unsigned integer of its octets.
pub(super) fn scalar_value(scalar: Scalar, value: &TokenStream) -> TokenStream {
    match scalar {
        Scalar::Integer(name) if name.starts_with('i') => quote!(ndr::json::Unsigned::unsigned(#value)),
        Scalar::Integer(_) => quote!(#value),
        Scalar::Enum(_) | Scalar::Enum32(_) => quote!(ndr::json::Unsigned::unsigned(#value.0)),
    }
}
