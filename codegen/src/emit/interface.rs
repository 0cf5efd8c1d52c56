//! The items of an interface as a whole: its identity, its tables, and the sum of its requests and responses.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use crate::layout::{InterfacePlan, OperationPlan, Slot};

use super::{Emitter, Output, docs, literal, names};

impl Emitter<'_> {
    pub(super) fn interface_items(&self, plan: &InterfacePlan<'_>, output: &mut Output) {
        output.item(&self.identity());
        output.item(&self.operation_names());
        output.item(&self.not_generated(plan));
        for (direction, what) in [("Request", "what a client sends"), ("Response", "what a server answers")] {
            output.item(&self.sum(plan, direction, what));
        }
    }

    fn interface_ident(&self) -> Ident {
        names::ident(&names::camel_text(&self.interface.name))
    }

    fn identity(&self) -> TokenStream {
        let interface = self.interface;
        let (name, ident) = (&interface.name, self.interface_ident());
        let doc = if interface.doc.0.is_empty() {
            format!("The interface `{name}`.")
        } else {
            interface.doc.0.clone()
        };
        let doc = docs::comment(&doc);
        let [a, b, c, d, e, f, g, h, rest @ ..] = interface.uuid.unwrap_or_default();
        let hex = |octets: &[u8]| -> TokenStream {
            let value = octets.iter().fold(0, |value, octet| value << 8 | u128::from(*octet));
            literal::hex(value, octets.len().saturating_mul(2)).parse().unwrap_or_default()
        };
        let (data1, data2, data3) = (hex(&[a, b, c, d]), hex(&[e, f]), hex(&[g, h]));
        let data4 = rest.map(|octet| hex(&[octet]));
        let (major, minor) = interface.version;
        let (major, minor) = (Literal::u16_unsuffixed(major), Literal::u16_unsuffixed(minor));
        quote! {
            #doc
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct #ident;

            impl ndr::Interface for #ident {
                const UUID: ndr::Uuid = ndr::Uuid::new(#data1, #data2, #data3, [#(#data4),*]);
                const VERSION: (u16, u16) = (#major, #minor);
                const NAME: &'static str = #name;
            }
        }
    }

    fn operation_names(&self) -> TokenStream {
        let names = self.interface.operations.iter().map(|operation| &operation.name);
        let count = Literal::usize_unsuffixed(self.interface.operations.len());
        quote! {
            /// The names of all operations in the IDL, reserved ones included; the opnum is the index.
            pub const OPERATION_NAMES: [&str; #count] = [#(#names),*];
        }
    }

    fn not_generated(&self, plan: &InterfacePlan<'_>) -> TokenStream {
        let generated = |opnum: u16| plan.operations.iter().any(|planned| planned.operation.opnum == opnum);
        let missing = self.interface.operations.iter().filter(|operation| !generated(operation.opnum));
        let rows = missing.map(|operation| {
            let unsupported = plan.unsupported.iter().find(|(other, _)| other.opnum == operation.opnum);
            let reason = match unsupported {
                Some((_, unsupported)) => format!("not supported: {}", unsupported.what),
                None if operation.is_reserved() => "reserved".to_owned(),
                None => "not asked for".to_owned(),
            };
            let (opnum, name) = (Literal::u16_unsuffixed(operation.opnum), &operation.name);
            quote!((#opnum, #name, #reason))
        });
        quote! {
            /// Opnum, name and reason of each operation that has no request and response here.
            pub const NOT_GENERATED: &[(u16, &str, &str)] = &[#(#rows),*];
        }
    }

    /// The enumeration of all requests, or of all responses.
    fn sum(&self, plan: &InterfacePlan<'_>, direction: &str, what: &str) -> TokenStream {
        let variants: Vec<Variant> =
            plan.operations.iter().map(|planned| self.variant(planned, direction)).collect();
        let borrows = variants.iter().any(|variant| variant.borrows);
        let ident = format_ident!("{direction}");
        let lifetime = borrows.then(|| quote!(<'a>));
        let elided = borrows.then(|| quote!(<'_>));
        let doc = format!(" Any {} of the interface: {what}.", direction.to_lowercase());
        let declarations = variants.iter().map(Variant::declaration);
        let same_prefix = (variants.len() > 2).then(|| {
            quote!(#[allow(clippy::enum_variant_names, reason = "the interface gives its operations these names")])
        });
        let decode = decode_arms(&variants);
        let opnum = variants.iter().map(|variant| variant.arm(&variant.opnum_tokens()));
        let name = variants.iter().map(|variant| variant.arm(&variant.name_tokens()));
        let write = variants.iter().map(Variant::write_arm);
        let serialize = self.serialize_sum(&ident, elided.as_ref(), &variants);
        let long = long_match(&variants);
        quote! {
            #[doc = #doc]
            #same_prefix
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            pub enum #ident #lifetime { #(#declarations),* }

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
            }

            #long
            impl #ident #elided {
                /// The place of the operation in the interface.
                pub const fn opnum(&self) -> u16 {
                    match self { #(#opnum),* }
                }

                /// The name of the operation in the IDL.
                pub const fn name(&self) -> &'static str {
                    match self { #(#name),* }
                }
            }

            #long
            impl ndr::EncodeStub for #ident #elided {
                fn write(&self, writer: &mut ndr::Writer) -> Result<(), ndr::EncodeError> {
                    match self { #(#write),* }
                }
            }

            #serialize
        }
    }

    fn serialize_sum(
        &self,
        ident: &Ident,
        elided: Option<&TokenStream>,
        variants: &[Variant],
    ) -> Option<TokenStream> {
        let feature = self.options.serde_feature.as_ref()?;
        let arms = variants.iter().map(|variant| {
            let name = &variant.name;
            quote!(Self::#name(stub) => stub.serialize(serializer))
        });
        let long = long_match(variants);
        Some(quote! {
            #[cfg(feature = #feature)]
            #long
            impl ndr::serde::Serialize for #ident #elided {
                fn serialize<S: ndr::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    match self { #(#arms),* }
                }
            }
        })
    }

    fn variant(&self, planned: &OperationPlan<'_>, direction: &str) -> Variant {
        let slots = if direction == "Request" { &planned.request } else { &planned.response };
        let name = names::camel_text(&planned.operation.name);
        Variant {
            payload: format_ident!("{name}{direction}"),
            name: names::ident(&name),
            opnum: planned.operation.opnum,
            idl_name: planned.operation.name.clone(),
            borrows: self.slots_borrow(slots),
        }
    }

    /// Emits an operation: the type that names it, its request and its response.
    pub(super) fn operation(&self, planned: &OperationPlan<'_>, output: &mut Output) {
        output.item(&self.operation_type(planned));
        let request = self.variant(planned, "Request").payload;
        self.stub(planned, &request, &planned.request, "What a client sends to call", output);
        let response = self.variant(planned, "Response").payload;
        self.stub(planned, &response, &planned.response, "What a server answers to", output);
    }

    fn operation_type(&self, planned: &OperationPlan<'_>) -> TokenStream {
        let operation = planned.operation;
        let ident = names::ident(&names::camel_text(&operation.name));
        let doc = docs::operation(operation, &self.model.signature(operation));
        let interface = self.interface_ident();
        let (opnum, name) = (Literal::u16_unsuffixed(operation.opnum), &operation.name);
        let (request, response) = (self.variant(planned, "Request"), self.variant(planned, "Response"));
        let (request_type, response_type) = (request.type_with(&quote!('a)), response.type_with(&quote!('a)));
        let call = request.type_with(&quote!('_));
        quote! {
            #doc
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct #ident;

            impl ndr::Operation for #ident {
                type Interface = #interface;
                const OPNUM: u16 = #opnum;
                const NAME: &'static str = #name;
                type Request<'a> = #request_type;
                type Response<'a> = #response_type;
            }

            impl ndr::Call for #call {
                type Operation = #ident;
            }
        }
    }

    fn stub(
        &self,
        planned: &OperationPlan<'_>,
        name: &Ident,
        slots: &[Slot],
        direction: &str,
        output: &mut Output,
    ) {
        let operation = planned.operation;
        output
            .item(&self.record(name, &docs::stub(operation, direction), slots, &|slot| {
                docs::param(operation, slot)
            }));
        output.item(&self.decode_stub(name, slots));
        output.item(&self.encode_stub(name, slots));
        let lifetime = self.slots_borrow(slots).then(|| quote!(<'_>));
        if let Some(json) = self.serialize_slots(&quote!(#name #lifetime), slots) {
            output.item(&json);
        }
    }
}

/// One operation in an enumeration of requests or responses.
struct Variant {
    name: Ident,
    payload: Ident,
    opnum: u16,
    idl_name: String,
    borrows: bool,
}

impl Variant {
    fn type_with(&self, lifetime: &TokenStream) -> TokenStream {
        let payload = &self.payload;
        if self.borrows { quote!(#payload<#lifetime>) } else { quote!(#payload) }
    }

    fn declaration(&self) -> TokenStream {
        let (name, ty) = (&self.name, self.type_with(&quote!('a)));
        let doc = format!(" [`{name}`], opnum {}.", self.opnum);
        quote!(#[doc = #doc] #name(#ty))
    }

    fn opnum_tokens(&self) -> TokenStream {
        let opnum = Literal::u16_unsuffixed(self.opnum);
        quote!(#opnum)
    }

    fn name_tokens(&self) -> TokenStream {
        let name = &self.idl_name;
        quote!(#name)
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
fn long_match(variants: &[Variant]) -> Option<TokenStream> {
    let many = variants.len() > 20;
    many.then(|| quote!(#[allow(clippy::too_many_lines, reason = "an arm for each operation")]))
}

fn decode_arms(variants: &[Variant]) -> TokenStream {
    let arms = variants.iter().map(|variant| {
        let (opnum, name) = (Literal::u16_unsuffixed(variant.opnum), &variant.name);
        quote!(#opnum => ndr::DecodeStub::decode(stub, format, limits).map(Self::#name))
    });
    quote! {
        match opnum {
            #(#arms,)*
            _ => Err(ndr::Error::no_operation(opnum, &OPERATION_NAMES)),
        }
    }
}
