//! Code that writes.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{Pointer, Scalar, Slot, StructPlan, Wire};
use crate::model::DefId;

use super::decode::alignment;
use super::types::field_ident;
use super::{Emitter, is_octet, literal};

/// An expression that stands for a value: the value itself, or a reference to it.
pub(super) enum Place {
    Value(TokenStream),
    Reference(TokenStream),
}

impl Place {
    pub(super) fn value(&self) -> TokenStream {
        match self {
            Self::Value(tokens) => tokens.clone(),
            Self::Reference(tokens) => quote!(*#tokens),
        }
    }

    pub(super) fn reference(&self) -> TokenStream {
        match self {
            Self::Value(tokens) => quote!(&#tokens),
            Self::Reference(tokens) => tokens.clone(),
        }
    }

    /// The value as the receiver of a method.
    pub(super) fn receiver(&self) -> &TokenStream {
        match self {
            Self::Value(tokens) | Self::Reference(tokens) => tokens,
        }
    }
}

impl Emitter<'_> {
    /// Implements `EncodeStub` for a request or response.
    pub(super) fn encode_stub(&self, name: &Ident, slots: &[Slot]) -> TokenStream {
        let lifetime = self.slots_borrow(slots).then(|| quote!(<'_>));
        let writes =
            slots.iter().map(|slot| self.write_slot(slot, slots, &|wire, place| self.whole(wire, place)));
        let writer = if slots.is_empty() { format_ident!("_") } else { format_ident!("writer") };
        quote! {
            impl ndr::EncodeStub for #name #lifetime {
                #[inline]
                fn write(&self, #writer: &mut ndr::Writer) -> Result<(), ndr::EncodeError> {
                    #(#writes)*
                    Ok(())
                }
            }
        }
    }

    fn write_slot(
        &self,
        slot: &Slot,
        slots: &[Slot],
        write: &dyn Fn(&Wire, &Place) -> TokenStream,
    ) -> TokenStream {
        let (field, name) = (field_ident(slot), &slot.name);
        if !slot.counts.is_empty() {
            return write_count(slot, slots);
        }
        let tag = slot.tag_of.as_ref().map(|union| super::names::snake(union));
        let place = match self.flags_of(slot) {
            _ if tag.is_some() => Place::Value(quote!(self.#tag.tag())),
            Some(_) => Place::Value(quote!(self.#field.bits())),
            None => Place::Value(quote!(self.#field)),
        };
        let write = write(&slot.wire, &place);
        let check = range_check(slot, &place.value());
        quote!(#check #write.field(&#name)?;)
    }

    /// An expression that writes a whole value.
    fn whole(&self, wire: &Wire, place: &Place) -> TokenStream {
        match wire {
            Wire::Scalar(scalar) => write_scalar(*scalar, place),
            Wire::Handle(_) => {
                let handle = place.value();
                quote!(writer.handle(#handle))
            }
            Wire::Struct(_) => {
                let structure = place.reference();
                quote!(ndr::Encode::encode(#structure, writer))
            }
            Wire::FixedArray(..) => {
                let elements = place.reference();
                quote!(writer.fixed_elements(#elements))
            }
            Wire::VaryingString(size) => {
                let (text, size) = (place.value(), Literal::u32_unsuffixed(*size));
                quote!(writer.varying_wstr(#text, #size))
            }
            Wire::String => {
                let text = place.value();
                quote!(writer.wstr(#text))
            }
            Wire::Array(array) => match (is_octet(&array.element), array.length.is_some()) {
                (true, false) => {
                    let octets = place.receiver();
                    quote!(writer.conformant_octets(#octets))
                }
                (true, true) => {
                    let octets = place.reference();
                    quote!(writer.varying_octets(#octets))
                }
                (false, varies) => {
                    let method = if varies { format_ident!("varying") } else { format_ident!("conformant") };
                    let elements = place.reference();
                    quote!(writer.#method(#elements))
                }
            },
            Wire::Pointer(pointer) => self.whole_pointer(pointer, place),
        }
    }

    fn whole_pointer(&self, pointer: &Pointer, place: &Place) -> TokenStream {
        if pointer.nullable && matches!(*pointer.target, Wire::String) {
            let text = place.value();
            return quote!(writer.pointer_wstr(#text));
        }
        if pointer.nullable {
            let target = target_option(pointer, place);
            let write = self.target_writer(pointer);
            return quote!(writer.pointer(#target, #write));
        }
        let write = self.whole(&pointer.target, place);
        quote!(writer.referent(true).and_then(|()| #write))
    }

    /// A function that writes what a pointer points to.
    fn target_writer(&self, pointer: &Pointer) -> TokenStream {
        if matches!(&*pointer.target, Wire::Array(array) if array.length.is_some() && !is_octet(&array.element))
        {
            return quote!(ndr::Writer::varying);
        }
        let write = self.whole(&pointer.target, &Place::Reference(quote!(target)));
        quote!(|writer, target| #write)
    }

    /// Implements `Encode` for a structure.
    pub(super) fn encode_struct(&self, id: DefId, plan: &StructPlan) -> TokenStream {
        let name = self.type_ident(id);
        let lifetime = self.slots_borrow(&plan.slots).then(|| quote!(<'_>));
        let fixed = self.fixed_writes(plan);
        let deferred: Vec<TokenStream> =
            plan.slots.iter().filter_map(|slot| self.write_deferred(slot)).collect();
        let writer = if deferred.is_empty() { format_ident!("_") } else { format_ident!("writer") };
        quote! {
            #[allow(clippy::inline_always, reason = "arrays have a loop of their own for each format")]
            impl ndr::Encode for #name #lifetime {
                #[inline(always)]
                fn encode_fixed(&self, writer: &mut ndr::Writer) -> Result<(), ndr::EncodeError> {
                    #fixed
                    Ok(())
                }

                #[inline(always)]
                fn encode_deferred(&self, #writer: &mut ndr::Writer) -> Result<(), ndr::EncodeError> {
                    #(#deferred)*
                    Ok(())
                }
            }
        }
    }

    fn fixed_writes(&self, plan: &StructPlan) -> TokenStream {
        let (members, elements): (Vec<&Slot>, Vec<&Slot>) =
            plan.slots.iter().partition(|slot| !matches!(slot.wire, Wire::Array(_)));
        let hoisted = elements.iter().map(|slot| {
            let (field, name) = (field_ident(slot), &slot.name);
            quote!(writer.count(self.#field.len()).field(&#name)?;)
        });
        let members = members.iter().map(|slot| {
            self.write_slot(slot, &plan.slots, &|wire, place| self.fixed_part_writer(wire, place))
        });
        let elements = elements.iter().map(|slot| {
            let (field, name) = (field_ident(slot), &slot.name);
            let octets = slot.wire.array().is_some_and(|array| is_octet(&array.element));
            let write = if octets {
                quote!(writer.octets(self.#field))
            } else {
                quote!(writer.fixed_elements(&self.#field))
            };
            quote!(#write.field(&#name)?;)
        });
        let (align, end) = alignment(plan, &quote!(writer));
        quote! {
            #(#hoisted)*
            #align
            #(#members)*
            #end
            #(#elements)*
        }
    }

    pub(super) fn fixed_part_writer(&self, wire: &Wire, place: &Place) -> TokenStream {
        match wire {
            Wire::Pointer(pointer) if pointer.nullable => {
                let target = target_option(pointer, place);
                quote!(writer.referent(#target.is_some()))
            }
            Wire::Pointer(_) => quote!(writer.referent(true)),
            Wire::Struct(_) => {
                let structure = place.reference();
                quote!(ndr::Encode::encode_fixed(#structure, writer))
            }
            wire => self.whole(wire, place),
        }
    }

    fn write_deferred(&self, slot: &Slot) -> Option<TokenStream> {
        let field = field_ident(slot);
        self.deferred_writer(slot, &Place::Value(quote!(self.#field)))
    }

    /// A statement that writes what a member or arm defers.
    pub(super) fn deferred_writer(&self, slot: &Slot, place: &Place) -> Option<TokenStream> {
        let name = &slot.name;
        let write = match &slot.wire {
            Wire::Pointer(pointer) if pointer.nullable && matches!(*pointer.target, Wire::String) => {
                let text = place.value();
                quote!(writer.deferred_wstr(#text))
            }
            Wire::Pointer(pointer) if pointer.nullable => {
                let target = target_option(pointer, place);
                let write = self.target_writer(pointer);
                quote!(writer.deferred(#target, #write))
            }
            Wire::Pointer(pointer) => self.whole(&pointer.target, place),
            Wire::Array(array) if is_octet(&array.element) => return None,
            Wire::Array(_) => {
                let elements = place.reference();
                quote!(writer.deferred_elements(#elements))
            }
            Wire::Struct(_) if self.defers(&slot.wire) => {
                let structure = place.reference();
                quote!(ndr::Encode::encode_deferred(#structure, writer))
            }
            _ => return None,
        };
        Some(quote!(#write.field(&#name)?;))
    }
}

/// The target of a nullable pointer as an `Option` of a reference.
fn target_option(pointer: &Pointer, place: &Place) -> TokenStream {
    let receiver = place.receiver();
    match &*pointer.target {
        Wire::Array(array) if !array.size.is_elsewhere() => quote!(#receiver.as_array()),
        _ => quote!(#receiver.as_ref()),
    }
}

pub(super) fn write_scalar(scalar: Scalar, place: &Place) -> TokenStream {
    match scalar {
        Scalar::Integer(name) => {
            let (method, value) = (format_ident!("{name}"), place.value());
            quote!(writer.#method(#value))
        }
        Scalar::Enum(_) => {
            let value = place.receiver();
            quote!(writer.enumeration(#value.0))
        }
        Scalar::Enum32(_) => {
            let value = place.receiver();
            quote!(writer.i32(#value.0))
        }
    }
}

/// Writes a count that is derived from the first of its arrays and must suit the others.
fn write_count(slot: &Slot, slots: &[Slot]) -> TokenStream {
    let (variable, name) = (field_ident(slot), &slot.name);
    let measures: Vec<TokenStream> = slot
        .counts
        .iter()
        .filter_map(|source| {
            let array = slots.iter().find(|slot| slot.name == source.array).map(field_ident)?;
            let measure = if source.is_length { format_ident!("length") } else { format_ident!("size") };
            Some(quote!(ndr::Counts::#measure(&self.#array)))
        })
        .collect();
    let Some((first, others)) = measures.split_first() else { return TokenStream::new() };
    let Wire::Scalar(Scalar::Integer(integer)) = &slot.wire else { return TokenStream::new() };
    let (ty, method) = (format_ident!("{integer}"), format_ident!("{integer}"));
    let check = range_check(slot, &quote!(#variable));
    quote! {
        let #variable = #first;
        #(writer.check_count(#others, #variable).field(&#name)?;)*
        let #variable = writer.narrow::<#ty>(#variable).field(&#name)?;
        #check
        writer.#method(#variable).field(&#name)?;
    }
}

/// A value that its receiver would refuse is not sent.
pub(super) fn range_check(slot: &Slot, value: &TokenStream) -> Option<TokenStream> {
    let ((low, high), name) = (slot.range?, &slot.name);
    let (low, high) = (literal::decimal(low), literal::decimal(high));
    if slot.wire.is_counted() {
        return Some(quote!(writer.check_count_range(&#value, #low, #high).field(&#name)?;));
    }
    Some(quote!(writer.check_range(#value, #low, #high).field(&#name)?;))
}
