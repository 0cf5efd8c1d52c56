//! A server's connection under test, and PDUs for it.

use std::sync::Arc;

use dcerpc_proto::auth::AuthLevel;
use dcerpc_proto::bind::{Bind, BindAck};
use dcerpc_proto::call::{Fault, Request};
use dcerpc_proto::server::{Associations, Call, Config, Connection, Event, PeerAddress};
use dcerpc_proto::syntax::{BindFeatures, ContextResult, PresentationContext};
use dcerpc_proto::{Body, Pdu, PfcFlags, SyntaxId};

use crate::samples::clusapi3;

/// The client's address.
pub(crate) const HOME: PeerAddress = PeerAddress([1; 16]);

/// A connection, its server's groups, and what it has sent.
pub(crate) struct Server {
    pub(crate) connection: Connection,
    pub(crate) groups: Associations,
}

/// Anonymous calls of MS-CMRP 3.0.
pub(crate) fn open_config() -> Config {
    let mut config = Config::new(vec![clusapi3()]);
    config.minimum_level = AuthLevel::NONE;
    config
}

impl Server {
    pub(crate) fn new(config: Config) -> Self {
        let groups = Associations::starting_at(&config, 0x12345);
        Self { connection: Connection::new(Arc::new(config), HOME, "49664"), groups }
    }

    /// A connection on which context 0 is NDR 2.0, with multiplexing and both features asked for.
    pub(crate) fn bound(config: Config) -> Self {
        let mut server = Self::new(config);
        server.give(&bind(0, &[(0, clusapi3(), SyntaxId::NDR20), (1, clusapi3(), features(3))]));
        let events = server.events();
        assert!(matches!(events[..], [Event::Bound { .. }]), "{events:?}");
        assert_eq!(server.sent().len(), 1);
        server
    }

    /// Gives it a PDU.
    pub(crate) fn give(&mut self, pdu: &Pdu<'_>) {
        self.octets(&pdu.encode().unwrap());
    }

    pub(crate) fn octets(&mut self, octets: &[u8]) {
        self.connection.handle_input(octets, &mut self.groups);
    }

    /// All PDUs that it has to send.
    pub(crate) fn sent(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.connection.poll_transmit()).collect()
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.connection.poll_event()).collect()
    }

    /// The one call among its events, and no other event.
    pub(crate) fn call(&mut self) -> Call {
        let mut events = self.events();
        match (events.pop(), events.pop()) {
            (Some(Event::Call(call)), None) => call,
            other => panic!("not one call: {other:?}"),
        }
    }

    /// The one PDU that it sends must be a fault: its status, and whether the call surely did not run.
    pub(crate) fn fault(&mut self) -> (u32, u32, bool) {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:02x?}");
        let pdu = Pdu::decode(&sent[0]).unwrap();
        let Body::Fault(Fault { status, .. }) = pdu.body else { panic!("no fault: {pdu:?}") };
        (pdu.call_id, status, pdu.flags.contains(PfcFlags::DID_NOT_EXECUTE))
    }

    /// Results and reasons of the acknowledgement that it sends.
    pub(crate) fn results(&mut self) -> Vec<(u16, u16, SyntaxId)> {
        let sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:02x?}");
        let pdu = Pdu::decode(&sent[0]).unwrap();
        let (Body::BindAck(BindAck { results, .. }) | Body::AlterContextResp(BindAck { results, .. })) =
            pdu.body
        else {
            panic!("no acknowledgement: {pdu:?}")
        };
        let parts = |result: &ContextResult| (result.result, result.reason, result.transfer_syntax);
        results.iter().map(parts).collect()
    }
}

/// The syntax that offers features.
pub(crate) fn features(bits: u64) -> SyntaxId {
    BindFeatures::from_bits_retain(bits).to_syntax()
}

/// A proposal of contexts.
pub(crate) fn proposal(group: u32, contexts: &[(u16, SyntaxId, SyntaxId)]) -> Bind {
    let element = |(id, interface, transfer): &(u16, SyntaxId, SyntaxId)| PresentationContext {
        id: *id,
        abstract_syntax: *interface,
        transfer_syntaxes: vec![*transfer],
    };
    Bind {
        max_xmit_frag: 5840,
        max_recv_frag: 5840,
        assoc_group_id: group,
        contexts: contexts.iter().map(element).collect(),
    }
}

/// A bind, call 1, that asks for multiplexing.
pub(crate) fn bind(group: u32, contexts: &[(u16, SyntaxId, SyntaxId)]) -> Pdu<'static> {
    let pdu = Pdu::new(1, Body::Bind(proposal(group, contexts)));
    Pdu { flags: PfcFlags::WHOLE | PfcFlags::CONC_MPX, ..pdu }
}

/// A whole request on context 0.
pub(crate) fn request(call: u32, stub: &[u8]) -> Pdu<'_> {
    part(call, PfcFlags::WHOLE, stub)
}

/// A part of a request on context 0, opnum 7.
pub(crate) fn part(call: u32, flags: PfcFlags, stub: &[u8]) -> Pdu<'_> {
    let request = Request { alloc_hint: 0, context_id: 0, opnum: 7, object: None, stub };
    Pdu { flags, ..Pdu::new(call, Body::Request(request)) }
}
