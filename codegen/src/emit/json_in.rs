//! Code that reads the JSON form of the runtime's `json` module.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{Array, Measure, Pointer, Scalar, Slot, Wire};

use super::Emitter;
use super::names;
use super::sum::{Variant, long_match};
use super::types::field_ident;
use super::union_json::tag_check;

impl Emitter<'_> {
    /// Implements `FromJson` for a structure, request or response.
    pub(super) fn read_slots(&self, name: &Ident, slots: &[Slot]) -> Option<TokenStream> {
        let feature = self.options.json_feature.as_ref()?;
        let lifetime = self.slots_borrow(slots).then(|| quote!(<'a>));
        let names = slots.iter().map(|slot| &slot.name);
        let fields = slots.iter().filter(|slot| !slot.is_derived()).map(|slot| {
            let (field, read) = (field_ident(slot), self.read_member(slot));
            quote!(#field: #read)
        });
        let value = quote!(Self { #(#fields),* });
        let tags = slots.iter().filter_map(tag_check);
        let checks: Vec<TokenStream> = slots.iter().flat_map(count_checks).chain(tags).collect();
        let members = if slots.is_empty() { quote!(_) } else { quote!(members) };
        let result = if checks.is_empty() {
            quote!(Ok(#value))
        } else {
            quote!(let read = #value; #(#checks)* Ok(read))
        };
        Some(quote! {
            #[cfg(feature = #feature)]
            impl<'a> ndr::json::FromJson<'a> for #name #lifetime {
                fn from_json(
                    value: &'a ndr::json::Value,
                    arena: &'a ndr::json::Arena,
                ) -> Result<Self, ndr::json::JsonError> {
                    let #members = ndr::json::Members::new(value, arena, &[#(#names),*])?;
                    #result
                }
            }
        })
    }

    pub(super) fn read_member(&self, slot: &Slot) -> TokenStream {
        let name = &slot.name;
        match self.flags_of(slot) {
            Some(flags) => quote!(#flags::from_bits_retain(members.get(&#name)?)),
            None => self.read_value(name, &slot.wire),
        }
    }

    fn read_value(&self, name: &str, wire: &Wire) -> TokenStream {
        match wire {
            Wire::Scalar(Scalar::Enum(id) | Scalar::Enum32(id)) => {
                let path = self.type_path(*id);
                quote!(#path(members.get(&#name)?))
            }
            Wire::Handle(_) => quote!(members.handle(&#name)?),
            Wire::Pointer(pointer) if pointer.nullable => self.read_nullable(name, pointer),
            Wire::Pointer(pointer) => self.read_value(name, &pointer.target),
            _ => quote!(members.get(&#name)?),
        }
    }

    fn read_nullable(&self, name: &str, pointer: &Pointer) -> TokenStream {
        match &*pointer.target {
            Wire::Scalar(Scalar::Enum(id) | Scalar::Enum32(id)) => {
                let path = self.type_path(*id);
                quote!(members.get::<Option<_>>(&#name)?.map(#path))
            }
            Wire::Array(Array { size: Measure::Derived(size), length: None, .. }) => {
                quote!(members.sized(&#name, &#size)?)
            }
            Wire::Array(Array {
                size: Measure::Derived(size),
                length: Some(Measure::Derived(length)),
                ..
            }) => {
                quote!(members.varying_sized(&#name, &#size, &#length)?)
            }
            _ => quote!(members.get(&#name)?),
        }
    }

    /// The function that reads any request, or any response, by its opnum.
    pub(super) fn read_sum(
        &self,
        direction: &str,
        variants: &[Variant],
        reserved: Option<&TokenStream>,
    ) -> Option<TokenStream> {
        let feature = self.options.json_feature.as_ref()?;
        let ident = format_ident!("{direction}");
        let lifetime = variants.iter().any(Variant::borrows).then(|| quote!(<'a>));
        let arms = variants.iter().map(|variant| {
            let (opnum, name) = (variant.opnum_tokens(), variant.name());
            quote!(#opnum => ndr::json::FromJson::from_json(value, arena).map(Self::#name))
        });
        let payload = format_ident!("Reserved{direction}");
        let reserved = reserved.map(
            |opnums| quote!(#opnums => ndr::#payload::from_json(opnum, value, arena).map(Self::Reserved),),
        );
        let long = long_match(variants);
        Some(quote! {
            #[cfg(feature = #feature)]
            #long
            impl<'a> #ident #lifetime {
                /// Reads the JSON form, in which the members have the names of the IDL.
                ///
                /// # Errors
                /// The JSON is not a value of the operation, or there is none with this number.
                pub fn from_json(
                    opnum: u16,
                    value: &'a ndr::json::Value,
                    arena: &'a ndr::json::Arena,
                ) -> Result<Self, ndr::json::JsonError> {
                    match opnum {
                        #(#arms,)*
                        #reserved
                        _ => Err(ndr::json::JsonError::no_operation(opnum)),
                    }
                }
            }
        })
    }
}

/// Statements that compare a count with each array that it belongs to.
fn count_checks(slot: &Slot) -> Vec<TokenStream> {
    let name = &slot.name;
    let check = |source: &crate::layout::CountSource| {
        let array = names::snake(&source.array);
        let measure = if source.is_length { format_ident!("length") } else { format_ident!("size") };
        quote!(members.agree(&#name, ndr::Counts::#measure(&read.#array))?;)
    };
    slot.counts.iter().map(check).collect()
}
