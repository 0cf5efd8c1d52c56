//! Stubs in PDUs: what goes over a connection without security.

use cmrp::ndr::Format;
use cmrp::{clusapi2, clusapi3};
use dcerpc_proto::bind::{Bind, BindAck};
use dcerpc_proto::call::{Request, Response};
use dcerpc_proto::fragments::{Part, parts};
use dcerpc_proto::syntax::{ContextResult, PresentationContext};
use dcerpc_proto::{Body, FormatLabel, Pdu, PduError, PfcFlags, SyntaxId};

use crate::message::{Direction, Protocol};

/// Octets of a request or response before its part of the stub (C706 12.6.4.9, 12.6.4.10).
const HEADER: u16 = 24;
/// The association group that a server is made to name.
const GROUP: u32 = 0x4C63;
/// The port that a server is made to name: text and its NUL.
const PORT: &[u8] = b"49152\0";
/// The call that binds.
const BINDING: u32 = 1;

/// Makes the PDUs of one connection, which has one presentation context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrapper {
    protocol: Protocol,
    format: Format,
    max_fragment: u16,
}

impl Wrapper {
    /// The smallest fragment: a header and 16 octets.
    pub const SMALLEST: u16 = HEADER + 16;

    /// A connection of an interface. Fragments have `max_fragment` octets at most, which is at least
    /// [`Wrapper::SMALLEST`].
    pub fn new(protocol: Protocol, format: Format, max_fragment: u16) -> Self {
        Self { protocol, format, max_fragment: max_fragment.max(Self::SMALLEST) }
    }

    /// What the client sends first.
    ///
    /// # Errors
    /// None: it fits into its fields.
    pub fn bind(self) -> Result<Vec<u8>, PduError> {
        let context = PresentationContext {
            id: 0,
            abstract_syntax: interface(self.protocol),
            transfer_syntaxes: vec![self.transfer()],
        };
        self.encode(
            BINDING,
            PfcFlags::WHOLE,
            Body::Bind(Bind {
                max_xmit_frag: self.max_fragment,
                max_recv_frag: self.max_fragment,
                assoc_group_id: 0,
                contexts: vec![context],
            }),
        )
    }

    /// What a server answers.
    ///
    /// # Errors
    /// None: it fits into its fields.
    pub fn bind_ack(self) -> Result<Vec<u8>, PduError> {
        let result =
            ContextResult { result: ContextResult::ACCEPTANCE, reason: 0, transfer_syntax: self.transfer() };
        self.encode(
            BINDING,
            PfcFlags::WHOLE,
            Body::BindAck(BindAck {
                max_xmit_frag: self.max_fragment,
                max_recv_frag: self.max_fragment,
                assoc_group_id: GROUP,
                secondary_address: PORT,
                results: vec![result],
            }),
        )
    }

    /// The fragments of a request or of its response. The first call after the bind has the index 0.
    ///
    /// # Errors
    /// None: fragments fit into their fields.
    pub fn call(
        self,
        direction: Direction,
        index: u32,
        opnum: u16,
        stub: &[u8],
    ) -> Result<Vec<Vec<u8>>, PduError> {
        let room = usize::from(self.max_fragment.saturating_sub(HEADER));
        let call_id = BINDING.saturating_add(1).saturating_add(index);
        let fragment = |part: Part<'_>| self.encode(call_id, part.flags, body(direction, opnum, part));
        parts(stub, room).map(fragment).collect()
    }

    fn transfer(self) -> SyntaxId {
        if self.format.is_ndr64() { SyntaxId::NDR64 } else { SyntaxId::NDR20 }
    }

    fn encode(self, call_id: u32, flags: PfcFlags, body: Body<'_>) -> Result<Vec<u8>, PduError> {
        let label = FormatLabel::from(self.format.endian());
        Pdu { flags, label, ..Pdu::new(call_id, body) }.encode()
    }
}

fn interface(protocol: Protocol) -> SyntaxId {
    match protocol {
        Protocol::V2 => SyntaxId::of::<clusapi2::Clusapi2>(),
        Protocol::V3 => SyntaxId::of::<clusapi3::Clusapi3>(),
    }
}

fn body(direction: Direction, opnum: u16, part: Part<'_>) -> Body<'_> {
    let Part { alloc_hint, stub, .. } = part;
    match direction {
        Direction::Request => Body::Request(Request { alloc_hint, context_id: 0, opnum, object: None, stub }),
        Direction::Response => Body::Response(Response { alloc_hint, context_id: 0, cancel_count: 0, stub }),
    }
}
