//! Code that reads.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{Measure, Pointer, Scalar, Slot, StructPlan, Wire};
use crate::model::DefId;

use super::types::field_ident;
use super::{Emitter, TargetLevel, is_octet, literal};

impl Emitter<'_> {
    /// Implements `DecodeStub` for a request or response.
    pub(super) fn decode_stub(&self, name: &Ident, slots: &[Slot]) -> TokenStream {
        let lifetime = self.slots_borrow(slots).then(|| quote!(<'de>));
        let mut seen = Vec::new();
        let reads = slots.iter().map(|slot| {
            seen.push(slot.name.as_str());
            let read = read_slot(slot, &self.complete(&slot.wire, self.flags_of(slot).as_ref()));
            let correlations = correlations(slots, &seen, &|name| quote!(#name));
            quote!(#read #correlations)
        });
        let reads: Vec<TokenStream> = reads.collect();
        let fields = value_fields(slots);
        let reader = reader_name(slots);
        let level = match self.options.target_level {
            TargetLevel::Level5 => None,
            TargetLevel::Level6 => Some(quote!(
                const LEVEL: ndr::TargetLevel = ndr::TargetLevel::Level6;
            )),
        };
        quote! {
            impl<'de> ndr::DecodeStub<'de> for #name #lifetime {
                #level

                #[inline]
                fn read(#reader: &mut ndr::Reader<'de>) -> Result<Self, ndr::Error> {
                    #(#reads)*
                    Ok(Self { #(#fields),* })
                }
            }
        }
    }

    /// An expression that reads a whole value.
    fn complete(&self, wire: &Wire, flags: Option<&TokenStream>) -> TokenStream {
        match wire {
            Wire::Scalar(scalar) => self.read_scalar(*scalar, flags),
            Wire::Handle(id) => {
                let handle = self.type_path(*id);
                quote!(reader.handle::<#handle>())
            }
            Wire::Struct(id) => {
                let path = self.struct_path(*id, &quote!('_));
                quote!(<#path as ndr::Decode>::decode(reader))
            }
            Wire::FixedArray(..) => quote!(reader.fixed_array()),
            Wire::VaryingString(size) => {
                let size = Literal::u32_unsuffixed(*size);
                quote!(reader.varying_wstr(#size))
            }
            Wire::String => quote!(reader.wstr()),
            Wire::Array(array) => match (is_octet(&array.element), array.length.is_some()) {
                (true, false) => quote!(reader.conformant_octets()),
                (true, true) => quote!(reader.varying_octets()),
                (false, false) => quote!(reader.conformant()),
                (false, true) => quote!(reader.varying()),
            },
            Wire::Pointer(pointer) => {
                let target = self.target(pointer);
                if pointer.nullable && matches!(&*pointer.target, Wire::String) {
                    quote!(reader.pointer_wstr())
                } else if pointer.nullable {
                    quote!(reader.pointer(#target))
                } else {
                    quote!(reader.ref_pointer(#target))
                }
            }
        }
    }

    /// A function that reads what a pointer points to.
    fn target(&self, pointer: &Pointer) -> TokenStream {
        match &*pointer.target {
            Wire::String => quote!(ndr::Reader::wstr),
            Wire::Struct(id) => {
                let path = self.struct_path(*id, &quote!('_));
                quote!(<#path as ndr::Decode>::decode)
            }
            Wire::Array(array) => match (is_octet(&array.element), array.length.is_some()) {
                (true, false) => quote!(ndr::Reader::conformant_octets),
                (true, true) => quote!(ndr::Reader::varying_octets),
                (false, false) => quote!(ndr::Reader::conformant),
                (false, true) => quote!(ndr::Reader::varying),
            },
            Wire::Scalar(Scalar::Integer(name)) => {
                let method = format_ident!("{name}");
                quote!(ndr::Reader::#method)
            }
            target => {
                let read = self.complete(target, None);
                quote!(|reader| #read)
            }
        }
    }

    fn read_scalar(&self, scalar: Scalar, flags: Option<&TokenStream>) -> TokenStream {
        match scalar {
            Scalar::Integer(name) => {
                let method = format_ident!("{name}");
                let as_flags = flags.map(|flags| quote!(.map(#flags::from_bits_retain)));
                quote!(reader.#method() #as_flags)
            }
            Scalar::Enum(id) => {
                let path = self.type_path(id);
                quote!(reader.enumeration().map(#path))
            }
            Scalar::Enum32(id) => {
                let path = self.type_path(id);
                quote!(reader.i32().map(#path))
            }
        }
    }

    /// Implements `Decode` for a structure.
    pub(super) fn decode_struct(&self, id: DefId, plan: &StructPlan) -> TokenStream {
        let name = self.type_ident(id);
        let lifetime = self.slots_borrow(&plan.slots).then(|| quote!(<'de>));
        let min_size = Literal::usize_unsuffixed(plan.min_size);
        let deferred = plan.slots.iter().any(|slot| self.defers(&slot.wire));
        let fixed_reads = self.fixed_reads(plan);
        let (fixed_type, fixed_name) = self.fixed_type(&name, plan, deferred);
        let fields: Vec<Ident> = if deferred {
            fixed_slots(&plan.slots).map(field_ident).collect()
        } else {
            value_fields(&plan.slots)
        };
        let fixed_literal =
            if deferred { quote!(#fixed_name { #(#fields),* }) } else { quote!(Self { #(#fields),* }) };
        let fixed_lifetime = (deferred && self.fixed_borrows(&plan.slots)).then(|| quote!(<'de>));
        let fixed_path = if deferred { quote!(#fixed_name #fixed_lifetime) } else { quote!(Self) };
        let second = self.decode_deferred(plan, deferred);
        let fixed_parts = fixed_parts(plan);
        quote! {
            #fixed_type

            impl<'de> ndr::Decode<'de> for #name #lifetime {
                type Fixed = #fixed_path;
                const MIN_WIRE_SIZE: usize = #min_size;
                #fixed_parts

                #[inline]
                fn decode_fixed(reader: &mut ndr::Reader<'de>) -> Result<Self::Fixed, ndr::Error> {
                    #fixed_reads
                    Ok(#fixed_literal)
                }

                #second
            }
        }
    }

    fn decode_deferred(&self, plan: &StructPlan, deferred: bool) -> TokenStream {
        if !deferred {
            return quote! {
                #[inline]
                fn decode_deferred(fixed: Self, _: &mut ndr::Reader<'de>) -> Result<Self, ndr::Error> {
                    Ok(fixed)
                }
            };
        }
        let fixed = |slot: &Ident| quote!(fixed.#slot);
        let reads = plan.slots.iter().map(|slot| self.read_deferred(slot, &plan.slots, &fixed));
        let fields = plan.slots.iter().filter(|slot| !slot.is_derived()).map(|slot| {
            let name = field_ident(slot);
            if self.defers(&slot.wire) { quote!(#name) } else { quote!(#name: fixed.#name) }
        });
        quote! {
            #[inline]
            fn decode_deferred(
                fixed: Self::Fixed,
                reader: &mut ndr::Reader<'de>,
            ) -> Result<Self, ndr::Error> {
                #(#reads)*
                Ok(Self { #(#fields),* })
            }
        }
    }

    /// Statements that read what a member or arm defers; `fixed` tells where the first pass left a member.
    pub(super) fn read_deferred(
        &self,
        slot: &Slot,
        slots: &[Slot],
        fixed: &dyn Fn(&Ident) -> TokenStream,
    ) -> TokenStream {
        let (variable, name) = (field_ident(slot), &slot.name);
        let left = fixed(&variable);
        let read = match &slot.wire {
            Wire::Pointer(pointer) if pointer.nullable => {
                if matches!(&*pointer.target, Wire::String) {
                    quote!(reader.unique_wstr(#left))
                } else {
                    let target = self.target(pointer);
                    quote!(reader.unique(#left, #target))
                }
            }
            Wire::Pointer(pointer) => {
                let target = self.target(pointer);
                quote!(reader.nested(#target))
            }
            Wire::Array(array) if !is_octet(&array.element) => {
                quote!(reader.deferred_elements(#left))
            }
            Wire::Struct(_) if self.defers(&slot.wire) => {
                quote!(ndr::Decode::decode_deferred(#left, reader))
            }
            _ => return TokenStream::new(),
        };
        let behind_pointer = matches!(slot.wire, Wire::Pointer(_));
        let check = behind_pointer.then(|| correlation(slot, slots, fixed));
        let range = range_check(slot);
        quote!(let #variable = #read.field(&#name)?; #range #check)
    }

    /// Statements that read the fixed part of a structure.
    fn fixed_reads(&self, plan: &StructPlan) -> TokenStream {
        let conformant = plan.slots.last().filter(|slot| matches!(slot.wire, Wire::Array(_)));
        let hoisted = conformant.map(|slot| {
            let name = &slot.name;
            quote!(let maximum = reader.count().field(&#name)?;)
        });
        let reads = plan.slots.iter().map(|slot| match (&slot.wire, &slot.switch) {
            (Wire::Array(_), _) => self.read_conformant_member(slot),
            (Wire::Struct(id), Some(switch)) => self.read_union_member(slot, *id, switch),
            _ => self.read_fixed(slot),
        });
        let (align, end) = alignment(plan, &quote!(reader));
        let (members, elements): (Vec<_>, Vec<_>) =
            plan.slots.iter().zip(reads).partition(|(slot, _)| !matches!(slot.wire, Wire::Array(_)));
        let members = members.into_iter().map(|(_, read)| read);
        let elements = elements.into_iter().map(|(_, read)| read);
        quote! {
            #hoisted
            #align
            #(#members)*
            #end
            #(#elements)*
        }
    }

    /// Statements that read the fixed part of a member or arm that is no array.
    pub(super) fn read_fixed(&self, slot: &Slot) -> TokenStream {
        let name = &slot.name;
        match &slot.wire {
            Wire::Pointer(pointer) if !pointer.nullable => quote!(reader.ref_referent().field(&#name)?;),
            Wire::Pointer(_) => {
                let variable = field_ident(slot);
                quote!(let #variable = reader.referent().field(&#name)?;)
            }
            wire => read_slot(slot, &self.fixed_part(wire, self.flags_of(slot).as_ref())),
        }
    }

    fn read_conformant_member(&self, slot: &Slot) -> TokenStream {
        let (variable, name) = (field_ident(slot), &slot.name);
        let Wire::Array(array) = &slot.wire else { return TokenStream::new() };
        let size = match &array.size {
            Measure::Derived(count) => {
                let count = super::names::snake(count);
                Some(quote!(reader.check_size(maximum, i64::from(#count)).field(&#name)?;))
            }
            Measure::Elsewhere(_) => None,
        };
        let read = if is_octet(&array.element) {
            quote!(reader.octets(maximum as usize))
        } else {
            let element = self.element_type(array, &quote!('de));
            quote!(reader.fixed_elements::<#element>(maximum))
        };
        quote!(#size let #variable = #read.field(&#name)?;)
    }

    /// An expression that reads the fixed part of a member.
    fn fixed_part(&self, wire: &Wire, flags: Option<&TokenStream>) -> TokenStream {
        match wire {
            Wire::Struct(id) => {
                let path = self.struct_path(*id, &quote!('_));
                quote!(<#path as ndr::Decode>::decode_fixed(reader))
            }
            wire => self.complete(wire, flags),
        }
    }

    /// The type that stands between the two passes.
    fn fixed_type(&self, name: &Ident, plan: &StructPlan, deferred: bool) -> (TokenStream, Ident) {
        let fixed_name = format_ident!("{name}Fixed");
        if !deferred {
            return (TokenStream::new(), fixed_name);
        }
        let doc = format!(" The fixed part of a [`{name}`], between the two passes of NDR.");
        let lifetime = self.fixed_borrows(&plan.slots).then(|| quote!(<'de>));
        let fields = fixed_slots(&plan.slots).map(|slot| {
            let (field, ty) = (field_ident(slot), self.fixed_field_type(slot));
            quote!(#field: #ty)
        });
        let declaration = quote! {
            #[doc = #doc]
            #[doc(hidden)]
            #[derive(Debug)]
            pub struct #fixed_name #lifetime { #(#fields),* }
        };
        (declaration, fixed_name)
    }

    pub(super) fn fixed_field_type(&self, slot: &Slot) -> TokenStream {
        match &slot.wire {
            Wire::Pointer(_) => quote!(ndr::Referent),
            Wire::Struct(id) if self.defers(&slot.wire) => {
                let fixed = format_ident!("{}Fixed", self.type_ident(*id));
                let lifetime = self.borrows_in_place(&slot.wire).then(|| quote!(<'de>));
                quote!(#fixed #lifetime)
            }
            Wire::Array(array) if !is_octet(&array.element) => quote!(ndr::FixedElements),
            _ => self.slot_type(slot, &quote!('de)),
        }
    }

    pub(super) fn fixed_borrows(&self, slots: &[Slot]) -> bool {
        slots.iter().any(|slot| self.borrows_in_place(&slot.wire))
    }

    /// Whether the fixed part of a value borrows from the stub.
    fn borrows_in_place(&self, wire: &Wire) -> bool {
        match wire {
            Wire::VaryingString(_) => true,
            Wire::Array(array) => is_octet(&array.element),
            Wire::Struct(id) => crate::layout::members(self.model, self.interface, *id)
                .is_ok_and(|slots| self.fixed_borrows(&slots)),
            _ => false,
        }
    }
}

fn read_slot(slot: &Slot, read: &TokenStream) -> TokenStream {
    let (variable, name) = (field_ident(slot), &slot.name);
    let check = range_check(slot);
    quote!(let #variable = #read.field(&#name)?; #check)
}

/// Compares a slot that was read with its `range`.
fn range_check(slot: &Slot) -> Option<TokenStream> {
    let ((low, high), variable, name) = (slot.range?, field_ident(slot), &slot.name);
    let (low, high) = (literal::decimal(low), literal::decimal(high));
    Some(if slot.wire.is_counted() {
        quote!(reader.check_count_range(&#variable, #low, #high).field(&#name)?;)
    } else {
        quote!(reader.check_range(#variable, #low, #high).field(&#name)?;)
    })
}

/// Compares counts with the arrays that they belong to, as soon as the last of `seen` completes an array.
fn correlations(slots: &[Slot], seen: &[&str], count: &dyn Fn(&Ident) -> TokenStream) -> TokenStream {
    let checks = slots.iter().filter_map(|slot| {
        let array = slot.wire.array()?;
        let mut needs = vec![slot.name.as_str()];
        needs.extend([Some(&array.size), array.length.as_ref()].into_iter().flatten().filter_map(derived));
        let complete = needs.iter().all(|name| seen.contains(name));
        let just_now = seen.last().is_some_and(|last| needs.contains(last));
        (complete && just_now).then(|| correlation(slot, slots, count))
    });
    quote!(#(#checks)*)
}

fn reader_name(slots: &[Slot]) -> Ident {
    if slots.is_empty() { format_ident!("_") } else { format_ident!("reader") }
}

fn value_fields(slots: &[Slot]) -> Vec<Ident> {
    slots.iter().filter(|slot| !slot.is_derived()).map(field_ident).collect()
}

pub(super) fn is_ref_pointer(wire: &Wire) -> bool {
    matches!(wire, Wire::Pointer(pointer) if !pointer.nullable)
}

/// Statements that go to the first octet of a structure, and behind its trailing gap.
pub(super) fn alignment(plan: &StructPlan, cursor: &TokenStream) -> (TokenStream, TokenStream) {
    let ndr20 = Literal::usize_unsuffixed(plan.alignment.ndr20);
    let ndr64 = Literal::usize_unsuffixed(plan.alignment.ndr64);
    let align = match (plan.alignment.ndr20, plan.alignment.ndr64) {
        (1, 1) => TokenStream::new(),
        (one, other) if one == other => quote!(#cursor.align(#ndr20)?;),
        _ => quote!(#cursor.align_by_format(#ndr20, #ndr64)?;),
    };
    let end =
        if plan.alignment.ndr64 == 1 { TokenStream::new() } else { quote!(#cursor.end_struct(#ndr64)?;) };
    (align, end)
}

/// The constant that tells where the fixed parts of an array's elements stand.
fn fixed_parts(plan: &StructPlan) -> Option<TokenStream> {
    let size = plan.fixed_size?;
    let part = |alignment, size| {
        let (alignment, size) = (Literal::usize_unsuffixed(alignment), Literal::usize_unsuffixed(size));
        quote!(ndr::FixedPart::new(#alignment, #size))
    };
    let (ndr20, ndr64) = (part(plan.alignment.ndr20, size.ndr20), part(plan.alignment.ndr64, size.ndr64));
    Some(quote!(const FIXED_PARTS: Option<[ndr::FixedPart; 2]> = Some([#ndr20, #ndr64]);))
}

/// The members that the second pass needs: all but `ref` pointers, which are never null, and the counts that the
/// first pass has compared already.
fn fixed_slots(slots: &[Slot]) -> impl Iterator<Item = &Slot> {
    let slots_that_tell = slots.iter().filter(|slot| !is_ref_pointer(&slot.wire));
    let behind_pointer =
        |name: &String| slots.iter().any(|slot| slot.name == *name && matches!(slot.wire, Wire::Pointer(_)));
    slots_that_tell.filter(move |slot| {
        !slot.is_derived() || slot.counts.iter().any(|count| behind_pointer(&count.array))
    })
}

fn derived(measure: &Measure) -> Option<&str> {
    match measure {
        Measure::Derived(name) => Some(name),
        Measure::Elsewhere(_) => None,
    }
}

/// Compares an array that was read with its counts; a nullable one takes them along.
fn correlation(slot: &Slot, slots: &[Slot], count: &dyn Fn(&Ident) -> TokenStream) -> TokenStream {
    let (variable, name) = (field_ident(slot), &slot.name);
    let Some(array) = slot.wire.array() else { return TokenStream::new() };
    let value = |measure: &Measure| {
        let slot = slots.iter().find(|slot| Some(slot.name.as_str()) == derived(measure))?;
        let count = count(&field_ident(slot));
        Some(quote!(i64::from(#count)))
    };
    let size = value(&array.size);
    let length = array.length.as_ref().and_then(value);
    let nullable = matches!(&slot.wire, Wire::Pointer(pointer) if pointer.nullable);
    match (nullable, size, length) {
        (true, Some(size), None) => quote!(let #variable = reader.sized(#variable, #size).field(&#name)?;),
        (true, Some(size), Some(length)) => {
            quote!(let #variable = reader.varying_sized(#variable, #size, #length).field(&#name)?;)
        }
        (_, size, length) => {
            let size = size.map(|size| quote!(reader.expect_size(&#variable, #size).field(&#name)?;));
            let length =
                length.map(|length| quote!(reader.expect_length(&#variable, #length).field(&#name)?;));
            quote!(#size #length)
        }
    }
}
