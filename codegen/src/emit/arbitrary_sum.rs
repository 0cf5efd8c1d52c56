//! Code that makes any request or response, unions and enumerations of any octets; and the table of handles.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{ArmPlan, InterfacePlan, OperationPlan, Slot, UnionPlan, Wire};
use crate::model::{DefId, Enum};

use super::arbitrary::SharedCounts;
use super::sum::{Variant, long_match};
use super::unions::{any, merged, variant};
use super::{Emitter, Options, literal};

impl Emitter<'_> {
    /// Implements `Arbitrary` and `Vary` for the enumeration of all requests, or of all responses.
    pub(super) fn arbitrary_sum(
        &self,
        direction: &str,
        variants: &[Variant],
        reserved: Option<(&TokenStream, &[u16])>,
    ) -> Option<TokenStream> {
        let feature = self.options.arbitrary_feature.as_ref()?;
        let ident = format_ident!("{direction}");
        let lifetime = variants.iter().any(Variant::borrows).then(|| quote!(<'a>));
        let arms = variants.iter().map(|variant| {
            let (opnum, name) = (variant.opnum_tokens(), variant.name());
            quote!(#opnum => ndr::arbitrary::Arbitrary::arbitrary(choices).map(Self::#name))
        });
        let payload = format_ident!("Reserved{direction}");
        let reserved_arm = reserved.map(|(patterns, _)| {
            quote!(#patterns => ndr::#payload::arbitrary(opnum, choices).map(Self::Reserved),)
        });
        let reserved_vary = reserved.map(|_| quote!(Self::Reserved(stub) => stub.vary(choices),));
        let vary = variants.iter().map(|variant| {
            let name = variant.name();
            quote!(Self::#name(stub) => ndr::arbitrary::Vary::vary(stub, choices))
        });
        let reserved_opnums = reserved.map(|(_, opnums)| opnums).unwrap_or_default();
        let mut opnums: Vec<u16> = variants.iter().map(Variant::opnum).collect();
        opnums.extend(reserved_opnums);
        opnums.sort_unstable();
        let opnums = opnums.into_iter().map(Literal::u16_unsuffixed);
        let long = long_match(variants);
        Some(quote! {
            #[cfg(feature = #feature)]
            #long
            impl<'a> #ident #lifetime {
                /// Makes a value of an operation; `None` if there is none with this number.
                ///
                /// # Errors
                /// None today: where choices end, they are zeros.
                pub fn arbitrary_of(
                    opnum: u16,
                    choices: &mut ndr::arbitrary::Unstructured<'a>,
                ) -> ndr::arbitrary::Result<Option<Self>> {
                    let made = match opnum {
                        #(#arms,)*
                        #reserved_arm
                        _ => return Ok(None),
                    };
                    made.map(Some)
                }
            }

            #[cfg(feature = #feature)]
            impl<'a> ndr::arbitrary::Arbitrary<'a> for #ident #lifetime {
                fn arbitrary(
                    choices: &mut ndr::arbitrary::Unstructured<'a>,
                ) -> ndr::arbitrary::Result<Self> {
                    let opnum = *choices.choose(&[#(#opnums),*])?;
                    Self::arbitrary_of(opnum, choices)?.ok_or(ndr::arbitrary::Error::IncorrectFormat)
                }
            }

            #[cfg(feature = #feature)]
            #long
            impl<'a> ndr::arbitrary::Vary<'a> for #ident #lifetime {
                /// Changes one thing in the parameters; the operation stays.
                fn vary(
                    &mut self,
                    choices: &mut ndr::arbitrary::Unstructured<'a>,
                ) -> ndr::arbitrary::Result<()> {
                    match self { #(#vary,)* #reserved_vary }
                }
            }
        })
    }

    /// The table of what each operation does with handles.
    pub(super) fn handle_uses(&self, plan: &InterfacePlan<'_>) -> Option<TokenStream> {
        let feature = self.options.arbitrary_feature.as_ref()?;
        let rows = plan.operations.iter().map(|planned| self.handle_use(planned));
        Some(quote! {
            /// What each operation does with context handles, by opnum.
            #[cfg(feature = #feature)]
            pub const HANDLES: &[ndr::arbitrary::HandleUse] = &[#(#rows),*];
        })
    }

    fn handle_use(&self, planned: &OperationPlan<'_>) -> TokenStream {
        let opnum = Literal::u16_unsuffixed(planned.operation.opnum);
        let is_needed = |slot: &&Slot| planned.request.iter().any(|other| other.name == slot.name);
        let needs = planned.request.iter().filter_map(|slot| self.handle_kind(slot));
        let (back, new): (Vec<&Slot>, Vec<&Slot>) = planned.response.iter().partition(is_needed);
        let closes = back.into_iter().filter_map(|slot| self.handle_kind(slot));
        let yields = new.into_iter().filter_map(|slot| self.handle_kind(slot));
        quote! {
            ndr::arbitrary::HandleUse {
                opnum: #opnum,
                needs: &[#(#needs),*],
                yields: &[#(#yields),*],
                closes: &[#(#closes),*],
            }
        }
    }

    /// The name of a handle's kind in the IDL.
    fn handle_kind(&self, slot: &Slot) -> Option<&str> {
        match slot.wire {
            Wire::Handle(id) => Some(&self.model.definition(id).name),
            _ => None,
        }
    }

    /// Implements `Arbitrary` and `Vary` for a union.
    pub(super) fn arbitrary_union(&self, id: DefId, plan: &UnionPlan) -> Option<TokenStream> {
        let feature = self.options.arbitrary_feature.as_ref()?;
        let name = self.union_name(id, &quote!('a));
        let last = Literal::usize_unsuffixed(plan.arms.len().saturating_sub(1));
        let (first, others) = plan.arms.split_first()?;
        let first = self.make_arm(plan, first);
        let numbers = (1..).map(Literal::u32_unsuffixed);
        let others = others.iter().zip(numbers).map(|(arm, number)| {
            let value = self.make_arm(plan, arm);
            quote!(#number => #value,)
        });
        let (full, empty): (Vec<&ArmPlan>, Vec<&ArmPlan>) =
            plan.arms.iter().partition(|arm| arm.slot.is_some());
        let vary = full.into_iter().filter_map(|arm| self.vary_arm(arm));
        let empty = merged(empty.into_iter().map(|arm| (any(arm), quote!(Ok(())))));
        Some(quote! {
            #[cfg(feature = #feature)]
            impl<'a> ndr::arbitrary::Arbitrary<'a> for #name {
                fn arbitrary(
                    choices: &mut ndr::arbitrary::Unstructured<'a>,
                ) -> ndr::arbitrary::Result<Self> {
                    Ok(match choices.int_in_range(0_u32..=#last)? {
                        #(#others)*
                        _ => #first,
                    })
                }
            }

            #[cfg(feature = #feature)]
            #[allow(clippy::match_same_arms, reason = "what the arms hold may have one type")]
            impl<'a> ndr::arbitrary::Vary<'a> for #name {
                fn vary(
                    &mut self,
                    choices: &mut ndr::arbitrary::Unstructured<'a>,
                ) -> ndr::arbitrary::Result<()> {
                    if choices.ratio(1_u8, 4)? {
                        *self = ndr::arbitrary::Arbitrary::arbitrary(choices)?;
                    }
                    match self { #(#vary)* #empty }
                }
            }
        })
    }

    fn make_arm(&self, plan: &UnionPlan, arm: &ArmPlan) -> TokenStream {
        let tag = arm.keeps_tag().then(|| {
            let tag = self.tag_value(plan, &any_tag(plan, arm));
            quote!(tag: #tag)
        });
        let value = arm.slot.as_ref().map(|slot| self.make(slot, &[], &SharedCounts::none()));
        variant(&quote!(Self), arm, &tag.unwrap_or_default(), value.as_ref())
    }

    fn vary_arm(&self, arm: &ArmPlan) -> Option<TokenStream> {
        let slot = arm.slot.as_ref()?;
        let pattern = variant(&quote!(Self), arm, &quote!(tag: _), Some(&quote!(target)));
        let vary = self.vary(slot, &quote!(*target), &[], &SharedCounts::none());
        Some(quote!(#pattern => #vary,))
    }
}

/// An expression for a tag that selects an arm which more than one does.
fn any_tag(plan: &UnionPlan, arm: &ArmPlan) -> TokenStream {
    if !arm.is_default {
        let cases = arm.cases.iter().map(|case| literal::decimal(*case));
        return quote!(*choices.choose(&[#(#cases),*])?);
    }
    let others = plan.arms.iter().filter(|arm| !arm.is_default).flat_map(|arm| &arm.cases);
    let others: Vec<i64> = others.copied().collect();
    let fallback = (0..=i64::from(i8::MAX)).find(|tag| !others.contains(tag)).unwrap_or_default();
    let (others, fallback) = (others.into_iter().map(literal::decimal), literal::decimal(fallback));
    quote!(ndr::arbitrary::tag(choices, &[#(#others),*], #fallback)?)
}

/// Implements `Arbitrary` and `Vary` for an enumeration.
pub(super) fn enumeration(name: &Ident, declared: &Enum, options: &Options) -> Option<TokenStream> {
    let feature = options.arbitrary_feature.as_ref()?;
    let named = declared.values.iter().map(|value| Literal::i128_unsuffixed(value.value));
    Some(quote! {
        #[cfg(feature = #feature)]
        impl<'a> ndr::arbitrary::Arbitrary<'a> for #name {
            fn arbitrary(choices: &mut ndr::arbitrary::Unstructured<'a>) -> ndr::arbitrary::Result<Self> {
                ndr::arbitrary::enumerator(choices, &[#(#named),*]).map(Self)
            }
        }

        #[cfg(feature = #feature)]
        impl<'a> ndr::arbitrary::Vary<'a> for #name {
            fn vary(&mut self, choices: &mut ndr::arbitrary::Unstructured<'a>) -> ndr::arbitrary::Result<()> {
                *self = ndr::arbitrary::Arbitrary::arbitrary(choices)?;
                Ok(())
            }
        }
    })
}
