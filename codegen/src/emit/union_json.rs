//! The JSON form of unions: an object with the arm's name, and the tag where that does not tell it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::layout::{ArmPlan, Scalar, Slot, UnionPlan, Wire};
use crate::model::DefId;

use super::encode::Place;
use super::unions::{cases, merged, tag_integer, variant};
use super::{Emitter, json, literal, names};

impl Emitter<'_> {
    /// Implements `Serialize` for a union.
    pub(super) fn serialize_union(&self, id: DefId, plan: &UnionPlan) -> Option<TokenStream> {
        let feature = self.options.serde_feature.as_ref()?;
        let (name, key) = (self.union_name(id, &quote!('_)), tag_key(plan));
        let tag = json::scalar_value(plan.tag, &quote!(self.tag()));
        let arms = plan.arms.iter().map(|arm| {
            let tag = writes_tag(arm).then(|| quote!(map.serialize_entry(#key, &#tag)?;));
            let entry = arm.slot.as_ref().map(|slot| {
                let (name, value) = (&slot.name, self.json_of(slot, &Place::Reference(quote!(target))));
                quote!(map.serialize_entry(#name, #value)?;)
            });
            let binding = arm.slot.is_some().then(|| quote!(target));
            let skipped = if arm.slot.is_some() { quote!(tag: _) } else { quote!(..) };
            let pattern = variant(&quote!(Self), arm, &skipped, binding.as_ref());
            (pattern, quote!({ #tag #entry }))
        });
        let arms = merged(arms);
        Some(quote! {
            #[cfg(feature = #feature)]
            impl ndr::serde::Serialize for #name {
                fn serialize<S: ndr::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    use ndr::serde::ser::SerializeMap as _;
                    let mut map = serializer.serialize_map(None)?;
                    match self { #arms }
                    map.end()
                }
            }
        })
    }

    /// Implements `FromJson` for a union.
    pub(super) fn union_from_json(&self, id: DefId, plan: &UnionPlan) -> Option<TokenStream> {
        let feature = self.options.json_feature.as_ref()?;
        let (name, key) = (self.union_name(id, &quote!('a)), tag_key(plan));
        let arm_names: Vec<&str> = slots(plan).map(|slot| slot.name.as_str()).collect();
        let arms = plan.arms.iter().filter_map(|arm| self.arm_from_json(plan, arm, key));
        let by_tag = self.empty_from_json(plan, key);
        Some(quote! {
            #[cfg(feature = #feature)]
            impl<'a> ndr::json::FromJson<'a> for #name {
                fn from_json(
                    value: &'a ndr::json::Value,
                    arena: &'a ndr::json::Arena,
                ) -> Result<Self, ndr::json::JsonError> {
                    let members = ndr::json::Members::new(value, arena, &[#key, #(#arm_names),*])?;
                    match members.arm(&[#(#arm_names),*])? {
                        #(#arms)*
                        _ => { #by_tag }
                    }
                }
            }
        })
    }

    fn arm_from_json(&self, plan: &UnionPlan, arm: &ArmPlan, key: &str) -> Option<TokenStream> {
        let slot = arm.slot.as_ref()?;
        let (name, value) = (&slot.name, self.read_member(slot));
        if arm.keeps_tag() {
            let tag = self.tag_value(plan, &quote!(members.get(&#key)?));
            let read = variant(&quote!(Self), arm, &quote!(tag: #tag), Some(&value));
            return Some(quote!(Some(#name) => Ok(#read),));
        }
        let (tag, ty) = (literal::decimal(*arm.cases.first()?), tag_integer(plan.tag));
        let read = variant(&quote!(Self), arm, &quote!(), Some(&value));
        Some(quote!(Some(#name) => {
            members.agree_tag::<#ty>(&#key, #tag)?;
            Ok(#read)
        }))
    }

    /// An arm without data, which only its tag tells.
    fn empty_from_json(&self, plan: &UnionPlan, key: &str) -> TokenStream {
        let empty = || plan.arms.iter().filter(|arm| arm.slot.is_none());
        if empty().next().is_none() {
            return quote!(Err(ndr::json::JsonError::missing()));
        }
        let tag = self.tag_value(plan, &quote!(tag));
        let is_integer = matches!(plan.tag, Scalar::Integer(_));
        let tag = if is_integer { quote!(tag) } else { quote!(tag: #tag) };
        let make = |arm: &ArmPlan| variant(&quote!(Self), arm, &tag, None);
        let by_case: Vec<TokenStream> = empty()
            .filter(|arm| !arm.is_default)
            .map(|arm| {
                let (cases, value) = (cases(arm), make(arm));
                quote!(#cases => Ok(#value),)
            })
            .collect();
        let default = empty().find(|arm| arm.is_default).map_or_else(
            || quote!(Err(ndr::json::JsonError::missing())),
            |arm| {
                let name = make(arm);
                quote!(Ok(#name))
            },
        );
        let ty = format_ident!("{}", tag_integer(plan.tag));
        if by_case.is_empty() {
            return quote!(let tag: #ty = members.get(&#key)?; #default);
        }
        quote! {
            let tag: #ty = members.get(&#key)?;
            match tag { #(#by_case)* _ => #default }
        }
    }
}

/// A statement that compares the member that states a union's tag with the arm that was read.
pub(super) fn tag_check(slot: &Slot) -> Option<TokenStream> {
    let (name, union) = (&slot.name, names::snake(slot.tag_of.as_ref()?));
    let is_integer = matches!(slot.wire, Wire::Scalar(Scalar::Integer(_)));
    let tag = if is_integer { quote!(read.#union.tag()) } else { quote!(read.#union.tag().0) };
    Some(quote!(members.agree_tag(&#name, #tag)?;))
}

fn slots(plan: &UnionPlan) -> impl Iterator<Item = &Slot> {
    plan.arms.iter().filter_map(|arm| arm.slot.as_ref())
}

/// The name of the tag, which is none of the arms'.
fn tag_key(plan: &UnionPlan) -> &'static str {
    if slots(plan).any(|slot| slot.name == "tag") { "tag_" } else { "tag" }
}

fn writes_tag(arm: &ArmPlan) -> bool {
    arm.keeps_tag() || arm.slot.is_none()
}
