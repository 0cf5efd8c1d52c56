//! The items of an interface as a whole, its identity and its tables; and those of each operation.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use crate::layout::{InterfacePlan, OperationPlan, Slot, Unsupported};

use super::{Emitter, Output, clashes, docs, literal, names};

impl Emitter<'_> {
    pub(super) fn interface_items(&self, plan: &InterfacePlan<'_>, output: &mut Output) {
        output.item(&self.identity());
        output.item(&self.operation_names());
        output.item(&self.not_generated(plan));
        if let Some(handles) = self.handle_uses(plan) {
            output.item(&handles);
        }
        if plan.operations.is_empty() && plan.reserved.is_empty() {
            return;
        }
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
        let generated = |opnum: u16| {
            let live = plan.operations.iter().map(|planned| planned.operation);
            live.chain(plan.reserved.iter().copied()).any(|operation| operation.opnum == opnum)
        };
        let missing = self.interface.operations.iter().filter(|operation| !generated(operation.opnum));
        let rows = missing.map(|operation| {
            let reason = if operation.is_reserved() { "reserved" } else { "not asked for" };
            let (opnum, name) = (Literal::u16_unsuffixed(operation.opnum), &operation.name);
            quote!((#opnum, #name, #reason))
        });
        quote! {
            /// Opnum, name and reason of each operation that has no request and response here.
            pub const NOT_GENERATED: &[(u16, &str, &str)] = &[#(#rows),*];
        }
    }

    /// Emits an operation: the type that names it, its request and its response.
    pub(super) fn operation(
        &self,
        planned: &OperationPlan<'_>,
        output: &mut Output,
    ) -> Result<(), Unsupported> {
        for slots in [&planned.request, &planned.response] {
            clashes::refuse_fields(slots, planned.operation.origin.0)?;
        }
        output.item(&self.operation_type(planned));
        let request = self.variant(planned, "Request").payload;
        self.stub(planned, &request, &planned.request, "What a client sends to call", output);
        let response = self.variant(planned, "Response").payload;
        self.stub(planned, &response, &planned.response, "What a server answers to", output);
        Ok(())
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
        let check = self.check_response(planned);
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

                #check
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
        let made = [self.read_slots(name, slots), self.arbitrary_slots(name, slots)];
        made.into_iter().flatten().for_each(|item| output.item(&item));
    }
}
