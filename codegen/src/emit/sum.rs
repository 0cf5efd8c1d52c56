//! The sums of an interface: one enumeration of all its requests, one of all its responses.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{InterfacePlan, OperationPlan};

use super::{Emitter, names};

impl Emitter<'_> {
    /// The enumeration of all requests, or of all responses.
    pub(super) fn sum(&self, plan: &InterfacePlan<'_>, direction: &str, what: &str) -> TokenStream {
        let variants: Vec<Variant> =
            plan.operations.iter().map(|planned| self.variant(planned, direction)).collect();
        let borrows = variants.iter().any(|variant| variant.borrows);
        let ident = format_ident!("{direction}");
        let lifetime = borrows.then(|| quote!(<'a>));
        let elided = borrows.then(|| quote!(<'_>));
        let doc = format!(" Any {} of the interface: {what}.", direction.to_lowercase());
        let declarations = variants.iter().map(Variant::declaration);
        let reserved = Reserved::of(plan, direction);
        let reserved_variant = reserved.as_ref().map(Reserved::declaration);
        let reserved_opnum = reserved.as_ref().map(|_| quote!(Self::Reserved(stub) => stub.opnum,));
        let reserved_write = reserved.as_ref().map(|_| quote!(Self::Reserved(stub) => stub.write(writer),));
        let same_prefix = (variants.len() > 2).then(|| {
            quote!(#[allow(clippy::enum_variant_names, reason = "the interface gives its operations these names")])
        });
        let decode = decode_arms(&variants, reserved.as_ref(), &format_ident!("decode"));
        let decode_lenient = decode_arms(&variants, reserved.as_ref(), &format_ident!("decode_lenient"));
        let answer = (direction == "Request").then(|| self.decode_answer(plan, &variants, reserved.as_ref()));
        let opnum = variants.iter().map(|variant| variant.arm(&variant.opnum_tokens()));
        let write = variants.iter().map(Variant::write_arm);
        let serialize = self.serialize_sum(&ident, elided.as_ref(), &variants, reserved.as_ref());
        let patterns = reserved.as_ref().map(Reserved::patterns);
        let read = self.read_sum(direction, &variants, patterns.as_ref());
        let made = self.arbitrary_sum(
            direction,
            &variants,
            patterns.as_ref().zip(reserved.as_ref().map(|reserved| reserved.opnums.as_slice())),
        );
        let long = long_match(&variants);
        let conversions = variants.iter().map(|variant| variant.conversion(&ident, borrows));
        quote! {
            #[doc = #doc]
            #same_prefix
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            pub enum #ident #lifetime { #(#declarations,)* #reserved_variant }

            #long
            impl<'a> #ident #lifetime {
                /// Decodes a whole stub.
                ///
                /// # Errors
                /// The octets are not those of the operation, or there is none with this number.
                pub fn decode(
                    opnum: u16,
                    stub: &'a [u8],
                    format: ndr::Format,
                    limits: &ndr::Limits,
                ) -> Result<Self, ndr::Error> {
                    #decode
                }

                /// Decodes a whole stub as far as it has a meaning, and says which rules it breaks.
                ///
                /// # Errors
                /// The octets have no meaning, or there is no operation with this number.
                pub fn decode_lenient(
                    opnum: u16,
                    stub: &'a [u8],
                    format: ndr::Format,
                    limits: &ndr::Limits,
                ) -> Result<(Self, ndr::Vec<ndr::Error>), ndr::Error> {
                    #decode_lenient
                }
            }

            #long
            impl #ident #elided {
                /// The place of the operation in the interface.
                pub const fn opnum(&self) -> u16 {
                    match self { #(#opnum,)* #reserved_opnum }
                }

                /// The name of the operation in the IDL.
                pub fn name(&self) -> &'static str {
                    OPERATION_NAMES.get(usize::from(self.opnum())).copied().unwrap_or_default()
                }

                #answer
            }

            #long
            impl ndr::EncodeStub for #ident #elided {
                fn write(&self, writer: &mut ndr::Writer) -> Result<(), ndr::EncodeError> {
                    match self { #(#write,)* #reserved_write }
                }
            }

            #serialize

            #read

            #made

            #(#conversions)*
        }
    }

    /// The method of the requests that decodes a response and holds it against the request.
    fn decode_answer(
        &self,
        plan: &InterfacePlan<'_>,
        variants: &[Variant],
        reserved: Option<&Reserved>,
    ) -> TokenStream {
        let arms = variants.iter().map(|variant| {
            let name = &variant.name;
            quote!(Self::#name(call) => ndr::Call::decode_response(call, stub, format, limits).map(Response::#name))
        });
        let reserved = reserved.map(|_| {
            quote! {
                Self::Reserved(call) => {
                    ndr::ReservedResponse::decode(call.opnum, stub, format, limits).map(Response::Reserved)
                }
            }
        });
        let borrows = plan.operations.iter().any(|planned| self.slots_borrow(&planned.response));
        let (generics, response) =
            if borrows { (quote!(<'r>), quote!(Response<'r>)) } else { (quote!(), quote!(Response)) };
        let stub = if borrows { quote!(&'r [u8]) } else { quote!(&[u8]) };
        quote! {
            /// Decodes what a server answered to this request, and compares it with the request.
            ///
            /// # Errors
            /// The octets are not a response of this operation, or not one to this request.
            pub fn decode_response #generics (
                &self,
                stub: #stub,
                format: ndr::Format,
                limits: &ndr::Limits,
            ) -> Result<#response, ndr::Error> {
                match self { #(#arms,)* #reserved }
            }
        }
    }

    fn serialize_sum(
        &self,
        ident: &Ident,
        elided: Option<&TokenStream>,
        variants: &[Variant],
        reserved: Option<&Reserved>,
    ) -> Option<TokenStream> {
        let feature = self.options.serde_feature.as_ref()?;
        let arms = variants.iter().map(|variant| {
            let name = &variant.name;
            quote!(Self::#name(stub) => stub.serialize(serializer))
        });
        let reserved = reserved.map(|_| quote!(Self::Reserved(stub) => stub.serialize(serializer),));
        let long = long_match(variants);
        Some(quote! {
            #[cfg(feature = #feature)]
            #long
            impl ndr::serde::Serialize for #ident #elided {
                fn serialize<S: ndr::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    match self { #(#arms,)* #reserved }
                }
            }
        })
    }

    pub(super) fn variant(&self, planned: &OperationPlan<'_>, direction: &str) -> Variant {
        let slots = if direction == "Request" { &planned.request } else { &planned.response };
        let name = names::camel_text(&planned.operation.name);
        Variant {
            payload: format_ident!("{name}{direction}"),
            name: names::ident(&name),
            opnum: planned.operation.opnum,
            borrows: self.slots_borrow(slots),
        }
    }
}

/// One operation in an enumeration of requests or responses.
pub(super) struct Variant {
    name: Ident,
    pub(super) payload: Ident,
    opnum: u16,
    borrows: bool,
}

impl Variant {
    /// Makes the payload part of the sum by `From`.
    pub(super) fn conversion(&self, sum: &Ident, sum_borrows: bool) -> TokenStream {
        let (name, payload) = (&self.name, self.type_with(&quote!('a)));
        let target = if sum_borrows { quote!(#sum<'a>) } else { quote!(#sum) };
        let generics = (sum_borrows && self.borrows).then(|| quote!(<'a>));
        let target = if self.borrows || !sum_borrows { target } else { quote!(#sum<'_>) };
        quote! {
            impl #generics From<#payload> for #target {
                fn from(stub: #payload) -> Self {
                    Self::#name(stub)
                }
            }
        }
    }

    pub(super) fn type_with(&self, lifetime: &TokenStream) -> TokenStream {
        let payload = &self.payload;
        if self.borrows { quote!(#payload<#lifetime>) } else { quote!(#payload) }
    }

    fn declaration(&self) -> TokenStream {
        let (name, ty) = (&self.name, self.type_with(&quote!('a)));
        let doc = format!(" [`{name}`], opnum {}.", self.opnum);
        quote!(#[doc = #doc] #name(#ty))
    }

    pub(super) fn name(&self) -> &Ident {
        &self.name
    }

    pub(super) fn borrows(&self) -> bool {
        self.borrows
    }

    pub(super) fn opnum(&self) -> u16 {
        self.opnum
    }

    pub(super) fn opnum_tokens(&self) -> TokenStream {
        let opnum = Literal::u16_unsuffixed(self.opnum);
        quote!(#opnum)
    }

    fn arm(&self, value: &TokenStream) -> TokenStream {
        let name = &self.name;
        quote!(Self::#name(_) => #value)
    }

    fn write_arm(&self) -> TokenStream {
        let name = &self.name;
        quote!(Self::#name(stub) => stub.write(writer))
    }
}

/// Speaks for a `match` with an arm for each of many operations.
pub(super) fn long_match(variants: &[Variant]) -> Option<TokenStream> {
    let many = variants.len() > 20;
    many.then(|| quote!(#[allow(clippy::too_many_lines, reason = "an arm for each operation")]))
}

fn decode_arms(variants: &[Variant], reserved: Option<&Reserved>, method: &Ident) -> TokenStream {
    let is_lenient = method == "decode_lenient";
    let arms = variants.iter().map(|variant| {
        let (opnum, name) = (Literal::u16_unsuffixed(variant.opnum), &variant.name);
        let map = if is_lenient {
            quote!(|(stub, forgiven)| (Self::#name(stub), forgiven))
        } else {
            quote!(Self::#name)
        };
        quote!(#opnum => ndr::DecodeStub::#method(stub, format, limits).map(#map))
    });
    let reserved = reserved.map(|reserved| reserved.decode_arm(is_lenient));
    quote! {
        match opnum {
            #(#arms,)*
            #reserved
            _ => Err(ndr::Error::no_operation(opnum, &OPERATION_NAMES)),
        }
    }
}

/// The variant of all reserved slots together.
struct Reserved {
    payload: Ident,
    opnums: Vec<u16>,
}

impl Reserved {
    fn of(plan: &InterfacePlan<'_>, direction: &str) -> Option<Self> {
        let opnums: Vec<u16> = plan.reserved.iter().map(|operation| operation.opnum).collect();
        (!opnums.is_empty()).then(|| Self { payload: format_ident!("Reserved{direction}"), opnums })
    }

    fn declaration(&self) -> TokenStream {
        let payload = &self.payload;
        quote! {
            /// A reserved slot, which a client must not call.
            Reserved(ndr::#payload)
        }
    }

    fn decode_arm(&self, is_lenient: bool) -> TokenStream {
        let (payload, patterns) = (&self.payload, self.patterns());
        let map = if is_lenient {
            quote!(|stub| (Self::Reserved(stub), ndr::Vec::new()))
        } else {
            quote!(Self::Reserved)
        };
        quote! {
            #patterns => ndr::#payload::decode(opnum, stub, format, limits).map(#map),
        }
    }

    /// Runs of opnums, so that a long tail of reserved slots is one pattern.
    fn patterns(&self) -> TokenStream {
        let runs = self.opnums.chunk_by(|one, next| one.checked_add(1) == Some(*next));
        let patterns = runs.filter_map(|run| {
            let first = Literal::u16_unsuffixed(*run.first()?);
            let last = Literal::u16_unsuffixed(*run.last()?);
            Some(if run.len() == 1 { quote!(#first) } else { quote!(#first..=#last) })
        });
        quote!(#(#patterns)|*)
    }
}
