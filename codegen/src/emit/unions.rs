//! Unions: a Rust `enum` with a variant for each arm, and its two directions.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{Alignment, ArmPlan, Scalar, Slot, UnionPlan, Unsupported, Wire};
use crate::model::DefId;
use crate::source::Span;

use super::decode::is_ref_pointer;
use super::encode::{Place, range_check, write_scalar};
use super::types::field_ident;
use super::{Emitter, Output, docs, literal, names};

/// Refuses arms that would have one Rust name.
pub(super) fn refuse_arms(plan: &UnionPlan, span: Span) -> Result<(), Unsupported> {
    let is_tag = |slot: &Slot| field_ident(slot) == "tag";
    if plan.arms.iter().any(|arm| arm.keeps_tag() && arm.slot.as_ref().is_some_and(is_tag)) {
        let what = "an arm named `tag` that does not tell its tag".to_owned();
        return Err(Unsupported { what, span });
    }
    let mut known = BTreeSet::new();
    match plan.arms.iter().map(arm_ident).find(|name| !known.insert(name.to_string())) {
        None => Ok(()),
        Some(name) => {
            let what = format!("a union with two arms that have the name `{name}` in Rust");
            Err(Unsupported { what, span })
        }
    }
}

/// The variant of an arm: its name, or what selects it if it holds nothing.
pub(super) fn arm_ident(arm: &ArmPlan) -> Ident {
    match (&arm.slot, arm.cases.first()) {
        (Some(slot), _) => names::ident(&names::camel_text(&slot.name)),
        (None, Some(case)) if !arm.is_default => {
            let sign = if *case < 0 { "Minus" } else { "" };
            format_ident!("Case{sign}{}", case.unsigned_abs())
        }
        (None, _) => format_ident!("Default"),
    }
}

/// A variant as a pattern or an expression: `tag` and `value` stand for what it holds.
pub(super) fn variant(
    path: &TokenStream,
    arm: &ArmPlan,
    tag: &TokenStream,
    value: Option<&TokenStream>,
) -> TokenStream {
    let name = arm_ident(arm);
    match (arm.keeps_tag(), value) {
        (false, None) => quote!(#path::#name),
        (false, Some(value)) => quote!(#path::#name(#value)),
        (true, None) => quote!(#path::#name { #tag }),
        (true, Some(value)) => quote!(#path::#name { #tag, value: #value }),
    }
}

/// A pattern that any content of a variant suits.
pub(super) fn any(arm: &ArmPlan) -> TokenStream {
    let name = arm_ident(arm);
    quote!(Self::#name { .. })
}

/// The arms of a `match`, of which those that do the same are one.
pub(super) fn merged(arms: impl Iterator<Item = (TokenStream, TokenStream)>) -> TokenStream {
    let mut groups: Vec<(TokenStream, Vec<TokenStream>)> = Vec::new();
    for (pattern, body) in arms {
        let text = body.to_string();
        match groups.iter_mut().find(|(known, _)| known.to_string() == text) {
            Some((_, patterns)) => patterns.push(pattern),
            None => groups.push((body, vec![pattern])),
        }
    }
    let groups = groups.into_iter().map(|(body, patterns)| quote!(#(#patterns)|* => #body));
    quote!(#(#groups,)*)
}

/// A pattern of the tags that select an arm.
pub(super) fn cases(arm: &ArmPlan) -> TokenStream {
    let cases = arm.cases.iter().map(|case| literal::decimal(*case));
    quote!(#(#cases)|*)
}

/// The arm that tags select which select no other.
fn default_arm(plan: &UnionPlan) -> Option<&ArmPlan> {
    plan.arms.iter().find(|arm| arm.is_default)
}

fn align(alignment: Alignment, cursor: &TokenStream) -> TokenStream {
    let (ndr20, ndr64) =
        (Literal::usize_unsuffixed(alignment.ndr20), Literal::usize_unsuffixed(alignment.ndr64));
    match (alignment.ndr20, alignment.ndr64) {
        (1, 1) => TokenStream::new(),
        (one, other) if one == other => quote!(#cursor.align(#ndr20)?;),
        _ => quote!(#cursor.align_by_format(#ndr20, #ndr64)?;),
    }
}

impl Emitter<'_> {
    /// Emits a union: the type, both directions, and how it is made of JSON and of any octets.
    pub(super) fn union(&self, id: DefId, plan: &UnionPlan, output: &mut Output) {
        output.item(&self.union_type(id, plan));
        output.item(&self.union_methods(id, plan));
        output.item(&self.decode_union(id, plan));
        output.item(&self.read_union(id, plan));
        output.item(&self.encode_union(id, plan));
        let made = self.arbitrary_union(id, plan);
        let other = [self.serialize_union(id, plan), self.union_from_json(id, plan), made];
        for item in other.into_iter().flatten() {
            output.item(&item);
        }
    }

    pub(super) fn union_name(&self, id: DefId, lifetime: &TokenStream) -> TokenStream {
        let name = self.type_ident(id);
        let lifetime = self.borrows(&Wire::Struct(id)).then(|| quote!(<#lifetime>));
        quote!(#name #lifetime)
    }

    fn union_type(&self, id: DefId, plan: &UnionPlan) -> TokenStream {
        let (doc, name) = (docs::union(self.model.definition(id)), self.union_name(id, &quote!('a)));
        let tag_type = self.scalar_type(plan.tag);
        let variants = plan.arms.iter().map(|arm| {
            let (name, doc) = (arm_ident(arm), docs::arm(arm));
            let value = arm.slot.as_ref().map(|slot| self.slot_type(slot, &quote!('a)));
            match (arm.keeps_tag(), value) {
                (false, None) => quote!(#doc #name),
                (false, Some(value)) => quote!(#doc #name(#value)),
                (true, value) => {
                    let value = value.map(|value| quote!(#[doc = " What the arm holds."] value: #value,));
                    quote!(#doc #name { #[doc = " The tag."] tag: #tag_type, #value })
                }
            }
        });
        quote! {
            #doc
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            pub enum #name { #(#variants),* }
        }
    }

    /// The tag of a value; and the default value, which is the first arm's.
    fn union_methods(&self, id: DefId, plan: &UnionPlan) -> TokenStream {
        let (name, tag_type) = (self.union_name(id, &quote!('_)), self.scalar_type(plan.tag));
        let arms = plan.arms.iter().map(|arm| {
            let (ident, pattern) = (arm_ident(arm), any(arm));
            let case =
                self.tag_value(plan, &literal::decimal(arm.cases.first().copied().unwrap_or_default()));
            if arm.keeps_tag() { (quote!(Self::#ident { tag, .. }), quote!(*tag)) } else { (pattern, case) }
        });
        let arms = merged(arms);
        let default = plan.arms.first().map(|arm| self.default_arm_value(plan, arm));
        quote! {
            impl #name {
                /// The tag that selects the arm.
                pub const fn tag(&self) -> #tag_type {
                    match self { #arms }
                }
            }

            impl Default for #name {
                fn default() -> Self { #default }
            }
        }
    }

    fn default_arm_value(&self, plan: &UnionPlan, arm: &ArmPlan) -> TokenStream {
        // Every type of tag holds these.
        let unused =
            (0..=i64::from(i8::MAX)).find(|tag| plan.arms.iter().all(|arm| !arm.cases.contains(tag)));
        let tag = arm.cases.first().copied().or(unused).unwrap_or_default();
        let tag = self.tag_value(plan, &literal::decimal(tag));
        let value = arm.slot.as_ref().map(|slot| {
            let Wire::FixedArray(_, count) = slot.wire else {
                let ty = self.slot_type(slot, &quote!('_));
                return quote!(<#ty>::default());
            };
            let count = Literal::u32_unsuffixed(count);
            quote!([Default::default(); #count])
        });
        variant(&quote!(Self), arm, &quote!(tag: #tag), value.as_ref())
    }

    /// A tag of the declared type, from an integer.
    pub(super) fn tag_value(&self, plan: &UnionPlan, integer: &TokenStream) -> TokenStream {
        match plan.tag {
            Scalar::Integer(_) => integer.clone(),
            Scalar::Enum(id) | Scalar::Enum32(id) => {
                let path = self.type_path(id);
                quote!(#path(#integer))
            }
        }
    }

    /// What the first pass leaves: the union itself, or a twin whose arms hold fixed parts.
    fn union_fixed(&self, id: DefId, plan: &UnionPlan) -> (TokenStream, TokenStream) {
        if !self.defers(&Wire::Struct(id)) {
            return (quote!(Self), TokenStream::new());
        }
        let name = self.type_ident(id);
        let fixed = format_ident!("{name}Fixed");
        let doc = format!(" The fixed part of a [`{name}`], between the two passes of NDR.");
        let slots: Vec<Slot> = plan.arms.iter().filter_map(|arm| arm.slot.clone()).collect();
        let lifetime = self.fixed_borrows(&slots).then(|| quote!(<'de>));
        let tag_type = self.scalar_type(plan.tag);
        let variants = plan.arms.iter().map(|arm| {
            let ty = fixed_slot(arm).map(|slot| self.fixed_field_type(slot));
            let name = arm_ident(arm);
            match (arm.keeps_tag(), ty) {
                (false, None) => quote!(#name),
                (false, Some(ty)) => quote!(#name(#ty)),
                (true, None) => quote!(#name { tag: #tag_type }),
                (true, Some(ty)) => quote!(#name { tag: #tag_type, value: #ty }),
            }
        });
        let declaration = quote! {
            #[doc = #doc]
            #[doc(hidden)]
            #[derive(Debug)]
            #[allow(missing_docs, reason = "the variants are those of the union")]
            pub enum #fixed #lifetime { #(#variants),* }
        };
        (quote!(#fixed #lifetime), declaration)
    }

    fn decode_union(&self, id: DefId, plan: &UnionPlan) -> TokenStream {
        let name = self.union_name(id, &quote!('de));
        let (fixed, declaration) = self.union_fixed(id, plan);
        let min_size = Literal::usize_unsuffixed(plan.min_size);
        let second = self.decode_union_deferred(id, plan);
        quote! {
            #declaration

            impl<'de> ndr::Decode<'de> for #name {
                type Fixed = #fixed;
                const MIN_WIRE_SIZE: usize = #min_size;

                fn decode_fixed(reader: &mut ndr::Reader<'de>) -> Result<Self::Fixed, ndr::Error> {
                    let tag = <Self as ndr::Union>::read_tag(reader)?;
                    <Self as ndr::Union>::read_arm(tag, reader)
                }

                #second
            }
        }
    }

    fn decode_union_deferred(&self, id: DefId, plan: &UnionPlan) -> TokenStream {
        if !self.defers(&Wire::Struct(id)) {
            return quote! {
                #[inline]
                fn decode_deferred(fixed: Self, _: &mut ndr::Reader<'de>) -> Result<Self, ndr::Error> {
                    Ok(fixed)
                }
            };
        }
        let path = format_ident!("{}Fixed", self.type_ident(id));
        let arms = plan.arms.iter().map(|arm| {
            let field = |slot: &Slot| {
                let field = field_ident(slot);
                quote!(#field)
            };
            let (fixed, value) = (fixed_slot(arm).map(field), arm.slot.as_ref().map(field));
            let pattern = variant(&quote!(#path), arm, &quote!(tag), fixed.as_ref());
            let here = |slot: &Ident| quote!(#slot);
            let read = arm.slot.as_ref().map(|slot| self.read_deferred(slot, &[], &here));
            let value = variant(&quote!(Self), arm, &quote!(tag), value.as_ref());
            quote!(#pattern => { #read Ok(#value) })
        });
        quote! {
            fn decode_deferred(
                fixed: Self::Fixed,
                reader: &mut ndr::Reader<'de>,
            ) -> Result<Self, ndr::Error> {
                match fixed { #(#arms)* }
            }
        }
    }

    fn read_union(&self, id: DefId, plan: &UnionPlan) -> TokenStream {
        let name = self.union_name(id, &quote!('de));
        let (tag_type, tag_method) = (tag_integer(plan.tag), tag_method(plan.tag));
        let before = align(plan.tag_alignment, &quote!(reader));
        let gap = align(plan.arm_alignment, &quote!(reader));
        let fixed = if self.defers(&Wire::Struct(id)) {
            let fixed = format_ident!("{}Fixed", self.type_ident(id));
            quote!(#fixed)
        } else {
            quote!(Self)
        };
        let others = plan.arms.iter().filter(|arm| !arm.is_default);
        let arms = others.map(|arm| (cases(arm), arm)).chain(default_arm(plan).map(|arm| (quote!(_), arm)));
        let arms = arms.map(|(pattern, arm)| {
            let read = self.read_arm(plan, arm, &fixed);
            quote!(#pattern => { #read })
        });
        let invalid = default_arm(plan).is_none().then(|| quote!(_ => Err(tag.invalid()),));
        let is_empty = plan.arms.iter().all(|arm| arm.slot.is_none());
        let reader = if is_empty { format_ident!("_") } else { format_ident!("reader") };
        quote! {
            impl<'de> ndr::Union<'de> for #name {
                type Tag = #tag_type;

                fn read_tag(reader: &mut ndr::Reader<'de>) -> Result<ndr::UnionTag<#tag_type>, ndr::Error> {
                    #before
                    reader.union_tag(ndr::Reader::#tag_method)
                }

                fn read_arm(
                    tag: ndr::UnionTag<#tag_type>,
                    #reader: &mut ndr::Reader<'de>,
                ) -> Result<Self::Fixed, ndr::Error> {
                    #gap
                    match tag.value { #(#arms)* #invalid }
                }
            }
        }
    }

    fn read_arm(&self, plan: &UnionPlan, arm: &ArmPlan, fixed: &TokenStream) -> TokenStream {
        let read = arm.slot.as_ref().map(|slot| self.read_fixed(slot));
        let value = fixed_slot(arm).map(field_ident).map(|value| quote!(#value));
        let tag = self.tag_value(plan, &quote!(tag.value));
        let value = variant(fixed, arm, &quote!(tag: #tag), value.as_ref());
        quote!(#read Ok(#value))
    }

    /// A statement that reads the fixed part of a union and holds its tag against a member that was read before.
    pub(super) fn read_union_member(&self, slot: &Slot, id: DefId, switch: &str) -> TokenStream {
        let (variable, name) = (field_ident(slot), &slot.name);
        let path = self.struct_path(id, &quote!('_));
        let switch = names::snake(switch);
        let tag = crate::layout::plan_union(self.model, self.interface, id).map(|plan| plan.tag);
        let switch = if matches!(tag, Ok(Scalar::Integer(_))) { quote!(#switch) } else { quote!(#switch.0) };
        quote! {
            let #variable = <#path as ndr::Union>::decode_switched(i64::from(#switch), reader).field(&#name)?;
        }
    }

    fn encode_union(&self, id: DefId, plan: &UnionPlan) -> TokenStream {
        let name = self.union_name(id, &quote!('_));
        let before = align(plan.tag_alignment, &quote!(writer));
        let gap = align(plan.arm_alignment, &quote!(writer));
        let tag = write_scalar(plan.tag, &Place::Value(quote!(self.tag())));
        let fixed = merged(plan.arms.iter().map(|arm| self.write_arm(plan, arm)));
        let deferred = self.defers(&Wire::Struct(id)).then(|| {
            let arms = merged(plan.arms.iter().map(|arm| self.write_deferred_arm(arm)));
            quote!(match self { #arms })
        });
        let writer = if deferred.is_some() { format_ident!("writer") } else { format_ident!("_") };
        quote! {
            impl ndr::Encode for #name {
                fn encode_fixed(&self, writer: &mut ndr::Writer) -> Result<(), ndr::EncodeError> {
                    #before
                    writer.union_tag(|writer| #tag)?;
                    #gap
                    match self { #fixed }
                    Ok(())
                }

                fn encode_deferred(&self, #writer: &mut ndr::Writer) -> Result<(), ndr::EncodeError> {
                    #deferred
                    Ok(())
                }
            }
        }
    }

    fn write_arm(&self, plan: &UnionPlan, arm: &ArmPlan) -> (TokenStream, TokenStream) {
        let check = check_tag(plan, arm);
        let Some(slot) = &arm.slot else {
            let name = arm_ident(arm);
            let pattern = check.as_ref().map_or_else(|| any(arm), |_| quote!(Self::#name { tag }));
            return (pattern, quote!({ #check }));
        };
        let place = match self.flags_of(slot) {
            Some(_) => Place::Value(quote!(target.bits())),
            None => Place::Reference(quote!(target)),
        };
        let (name, write) = (&slot.name, self.fixed_part_writer(&slot.wire, &place));
        let range = range_check(slot, &place.value());
        let tag = if check.is_some() { quote!(tag) } else { quote!(tag: _) };
        let binding = if is_ref_pointer(&slot.wire) && range.is_none() { quote!(_) } else { quote!(target) };
        let pattern = variant(&quote!(Self), arm, &tag, Some(&binding));
        (pattern, quote!({ #check #range #write.field(&#name)?; }))
    }

    fn write_deferred_arm(&self, arm: &ArmPlan) -> (TokenStream, TokenStream) {
        let place = Place::Reference(quote!(target));
        let write = arm.slot.as_ref().and_then(|slot| self.deferred_writer(slot, &place));
        let pattern = match &write {
            Some(_) => variant(&quote!(Self), arm, &quote!(tag: _), Some(&quote!(target))),
            None => any(arm),
        };
        (pattern, quote!({ #write }))
    }
}

/// What the second pass needs of an arm: all but a `ref` pointer, which is never null.
fn fixed_slot(arm: &ArmPlan) -> Option<&Slot> {
    arm.slot.as_ref().filter(|slot| !is_ref_pointer(&slot.wire))
}

/// The integer that a tag is.
pub(super) fn tag_integer(tag: Scalar) -> Ident {
    match tag {
        Scalar::Integer(name) => format_ident!("{name}"),
        Scalar::Enum(_) | Scalar::Enum32(_) => format_ident!("i32"),
    }
}

/// The reader's method for a tag.
fn tag_method(tag: Scalar) -> Ident {
    if matches!(tag, Scalar::Enum(_)) { format_ident!("enumeration") } else { tag_integer(tag) }
}

/// Refuses a tag that is kept beside an arm which it does not select, since the receiver would read another.
fn check_tag(plan: &UnionPlan, arm: &ArmPlan) -> Option<TokenStream> {
    let tag = if matches!(plan.tag, Scalar::Integer(_)) { quote!(*tag) } else { quote!(tag.0) };
    if !arm.keeps_tag() {
        return None;
    }
    if !arm.is_default {
        let cases = cases(arm);
        return Some(quote!(writer.check_tag(#tag, matches!(#tag, #cases))?;));
    }
    let mut others = plan.arms.iter().filter(|arm| !arm.is_default).map(cases).peekable();
    others.peek()?;
    Some(quote!(writer.check_tag(#tag, !matches!(#tag, #(#others)|*))?;))
}
