//! Rust types of parameters and members, and the items that declare them.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{Array, Pointer, Scalar, Slot, StructPlan, Wire};
use crate::model::{DefId, Definition};

use super::{Emitter, docs, is_octet, names};

/// The longest array that `Default` can be derived for.
const LONGEST_DEFAULT: u32 = 32;

impl Emitter<'_> {
    /// The type of a field; `lifetime` is that of the stub.
    pub(super) fn slot_type(&self, slot: &Slot, lifetime: &TokenStream) -> TokenStream {
        self.flags_of(slot).unwrap_or_else(|| self.wire_type(&slot.wire, lifetime))
    }

    /// The flag set that a 32-bit field holds, if the caller named one.
    pub(super) fn flags_of(&self, slot: &Slot) -> Option<TokenStream> {
        match slot.wire {
            Wire::Scalar(Scalar::Integer("u32")) if slot.is_derived() => None,
            Wire::Scalar(Scalar::Integer("u32")) => self.options.flag_field(&slot.scope, &slot.name),
            _ => None,
        }
    }

    fn wire_type(&self, wire: &Wire, lifetime: &TokenStream) -> TokenStream {
        match wire {
            Wire::Scalar(scalar) => self.scalar_type(*scalar),
            Wire::Handle(id) => {
                let handle = self.type_path(*id);
                quote!(Option<#handle>)
            }
            Wire::Struct(id) => self.struct_path(*id, lifetime),
            Wire::FixedArray(scalar, count) => {
                let (element, count) = (self.scalar_type(*scalar), Literal::u32_unsuffixed(*count));
                quote!([#element; #count])
            }
            Wire::VaryingString(_) | Wire::String => quote!(ndr::WStr<#lifetime>),
            Wire::Array(array) => self.array_type(array, lifetime),
            Wire::Pointer(pointer) => self.pointer_type(pointer, lifetime),
        }
    }

    pub(super) fn scalar_type(&self, scalar: Scalar) -> TokenStream {
        match scalar {
            Scalar::Integer("u3264") => quote!(u64),
            Scalar::Integer("i3264") => quote!(i64),
            Scalar::Integer(name) => {
                let name = format_ident!("{name}");
                quote!(#name)
            }
            Scalar::Enum(id) | Scalar::Enum32(id) => self.type_path(id),
        }
    }

    pub(super) fn type_path(&self, id: DefId) -> TokenStream {
        let definition = self.model.definition(id);
        self.options.external(&definition.name).unwrap_or_else(|| {
            let name = self.type_ident(id);
            quote!(#name)
        })
    }

    pub(super) fn struct_path(&self, id: DefId, lifetime: &TokenStream) -> TokenStream {
        let path = self.type_path(id);
        if self.borrows(&Wire::Struct(id)) { quote!(#path<#lifetime>) } else { path }
    }

    /// The type of an array's elements.
    pub(super) fn element_type(&self, array: &Array, lifetime: &TokenStream) -> TokenStream {
        self.wire_type(&array.element, lifetime)
    }

    /// The type of the elements of an array together.
    pub(super) fn elements_type(&self, array: &Array, lifetime: &TokenStream) -> TokenStream {
        if is_octet(&array.element) {
            return quote!(&#lifetime [u8]);
        }
        let element = self.element_type(array, lifetime);
        quote!(ndr::Vec<#element>)
    }

    fn array_type(&self, array: &Array, lifetime: &TokenStream) -> TokenStream {
        let elements = self.elements_type(array, lifetime);
        if array.length.is_some() { quote!(ndr::Varying<#elements>) } else { elements }
    }

    fn pointer_type(&self, pointer: &Pointer, lifetime: &TokenStream) -> TokenStream {
        match &*pointer.target {
            target if !pointer.nullable => self.wire_type(target, lifetime),
            Wire::Array(array) if !array.size.is_elsewhere() => {
                let elements = self.elements_type(array, lifetime);
                if array.length.is_some() {
                    quote!(ndr::VaryingPtr<#elements>)
                } else {
                    quote!(ndr::SizedPtr<#elements>)
                }
            }
            target => {
                let target = self.wire_type(target, lifetime);
                quote!(Option<#target>)
            }
        }
    }

    /// Declares the type of a context handle.
    pub(super) fn handle(&self, definition: &Definition) -> TokenStream {
        let name = names::ident(&self.options.type_name(&definition.name));
        let doc = docs::handle(definition);
        quote! {
            #doc
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct #name(ndr::ContextHandle);

            impl ndr::Handle for #name {
                #[inline]
                fn new(token: ndr::ContextHandle) -> Option<Self> {
                    (!token.is_null()).then_some(Self(token))
                }

                #[inline]
                fn token(self) -> ndr::ContextHandle {
                    self.0
                }
            }

            impl From<#name> for ndr::ContextHandle {
                fn from(handle: #name) -> Self {
                    handle.0
                }
            }

            impl core::fmt::Display for #name {
                fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                    self.0.fmt(f)
                }
            }
        }
    }

    /// Declares a structure of the IDL.
    pub(super) fn struct_type(&self, id: DefId, plan: &StructPlan) -> TokenStream {
        let definition = self.model.definition(id);
        let doc = docs::structure(definition);
        self.record(&self.type_ident(id), &doc, &plan.slots, &|slot| docs::member(slot))
    }

    /// Declares a structure of fields, leaving out what is derived.
    pub(super) fn record(
        &self,
        name: &proc_macro2::Ident,
        doc: &TokenStream,
        slots: &[Slot],
        field_doc: &dyn Fn(&Slot) -> TokenStream,
    ) -> TokenStream {
        let lifetime = self.slots_borrow(slots).then(|| quote!(<'a>));
        let fields = slots.iter().filter(|slot| !slot.is_derived()).map(|slot| {
            let (name, ty, doc) = (field_ident(slot), self.slot_type(slot, &quote!('a)), field_doc(slot));
            quote!(#doc pub #name: #ty)
        });
        let (derived, default) = self.default_of(name, slots);
        quote! {
            #doc
            #[derive(Clone, Debug, #derived PartialEq, Eq, Hash)]
            pub struct #name #lifetime { #(#fields),* }

            #default
        }
    }

    /// `Default`, derived or, for the sake of long arrays, spelled out.
    fn default_of(&self, name: &proc_macro2::Ident, slots: &[Slot]) -> (TokenStream, TokenStream) {
        let is_long =
            |slot: &Slot| matches!(slot.wire, Wire::FixedArray(_, count) if count > LONGEST_DEFAULT);
        if !slots.iter().any(is_long) {
            return (quote!(Default,), TokenStream::new());
        }
        let lifetime = self.slots_borrow(slots).then(|| quote!(<'_>));
        let fields = slots.iter().filter(|slot| !slot.is_derived()).map(|slot| {
            let field = field_ident(slot);
            let Wire::FixedArray(_, count) = slot.wire else {
                let ty = self.slot_type(slot, &quote!('_));
                return quote!(#field: <#ty>::default());
            };
            let count = Literal::u32_unsuffixed(count);
            quote!(#field: [Default::default(); #count])
        });
        let default = quote! {
            impl Default for #name #lifetime {
                fn default() -> Self {
                    Self { #(#fields),* }
                }
            }
        };
        (TokenStream::new(), default)
    }
}

/// The name of a field. The function result, which has no name in the IDL, is `return_value`.
pub(super) fn field_ident(slot: &Slot) -> proc_macro2::Ident {
    if slot.name == "return" { format_ident!("return_value") } else { names::snake(&slot.name) }
}
