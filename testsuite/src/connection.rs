//! What must hold for either side of an RPC connection, whatever the other side sends.
//!
//! The octets are a script of operations. Some give the machine octets as they are, others PDUs that are nearly right,
//! since hardly any octets would get past the bind by chance.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, and debug builds would stop at an overflow"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use cmrp::ndr::Uuid;
use dcerpc_proto::auth::AuthLevel;
use dcerpc_proto::bind::{Bind, BindAck, BindNak};
use dcerpc_proto::call::{Fault, Request, Response};
use dcerpc_proto::client::{self, CallError};
use dcerpc_proto::server::{self, Associations, PeerAddress};
use dcerpc_proto::status::Executed;
use dcerpc_proto::syntax::{BindFeatures, ContextResult, PresentationContext};
use dcerpc_proto::{Body, FormatLabel, PacketType, Pdu, PfcFlags, SyntaxId};

/// How far a script came: what the tests of the oracles want to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Binds that were accepted.
    pub bound: usize,
    /// Calls that were handed out, or answers.
    pub calls: usize,
    /// Calls that were refused or failed.
    pub faults: usize,
    /// Connections that ended because a rule was broken.
    pub ends: usize,
}

/// The script, which ends when its octets do.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn octet(&mut self) -> u8 {
        self.next().unwrap_or(0)
    }

    /// Mostly a small number.
    fn number(&mut self) -> u32 {
        match self.octet() {
            high @ 250.. => u32::from_be_bytes([high, self.octet(), self.octet(), self.octet()]),
            low => u32::from(low),
        }
    }

    fn half(&mut self) -> u16 {
        u16::from_le_bytes([self.octet(), self.octet()])
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        head
    }

    fn flags(&mut self) -> PfcFlags {
        match self.octet() {
            octet @ 250.. => PfcFlags::from_bits_retain(octet.rotate_left(4)),
            octet => match octet % 32 {
                0 => PfcFlags::FIRST_FRAG,
                1 => PfcFlags::LAST_FRAG,
                2 => PfcFlags::empty(),
                3 => PfcFlags::WHOLE | PfcFlags::CONC_MPX,
                _ => PfcFlags::WHOLE,
            },
        }
    }

    fn label(&mut self) -> FormatLabel {
        if self.octet() >= 250 { FormatLabel::BIG } else { FormatLabel::LITTLE }
    }

    /// Mostly one of the open calls.
    fn call<T>(&mut self, open: &BTreeMap<u32, T>) -> u32 {
        match self.octet() {
            octet if octet >= 240 || open.is_empty() => self.number(),
            octet => open.keys().nth(usize::from(octet) % open.len()).copied().unwrap_or(0),
        }
    }

    /// A stub: octets of the script, or many zeros.
    fn stub(&mut self) -> Vec<u8> {
        match self.octet() {
            many @ 120.. => vec![0; usize::from(many - 119) * 10],
            few => self.take(usize::from(few % 64)).to_vec(),
        }
    }

    fn syntax(&mut self) -> SyntaxId {
        let syntaxes = [
            SyntaxId::NDR20,
            SyntaxId::NDR64,
            interface(),
            SyntaxId { major: 2, ..interface() },
            BindFeatures::from_bits_retain(3).to_syntax(),
            SyntaxId::NIL,
        ];
        syntaxes.get(usize::from(self.octet() % 6)).copied().unwrap_or(SyntaxId::NIL)
    }

    fn context(&mut self) -> PresentationContext {
        let id = u16::from(self.octet() % 8);
        let abstract_syntax = if self.octet() % 8 == 0 { self.syntax() } else { interface() };
        let count = self.octet() % 3;
        PresentationContext {
            id,
            abstract_syntax,
            transfer_syntaxes: (0..count).map(|_| self.syntax()).collect(),
        }
    }

    fn bind(&mut self) -> Bind {
        let (max_xmit_frag, max_recv_frag) = (self.half(), self.half());
        let assoc_group_id = if self.octet() % 4 == 0 { self.number() } else { 0 };
        let count = self.octet() % 5;
        let contexts = (0..count).map(|_| self.context()).collect();
        Bind { max_xmit_frag, max_recv_frag, assoc_group_id, contexts }
    }

    /// An acknowledgement of the proposals that [`rpc_client`] makes, or nearly one.
    fn ack(&mut self, has_offer: bool) -> BindAck<'static> {
        let (max_xmit_frag, max_recv_frag) = (self.half(), self.half());
        let chosen = self.octet() / 110;
        let result = |place, syntax| {
            if chosen == place {
                ContextResult { result: 0, reason: 0, transfer_syntax: syntax }
            } else {
                ContextResult { result: 2, reason: 2, transfer_syntax: SyntaxId::NIL }
            }
        };
        let mut results = vec![result(0, SyntaxId::NDR20), result(1, SyntaxId::NDR64)];
        let offer = ContextResult { result: 3, reason: 3, transfer_syntax: SyntaxId::NIL };
        results.extend((has_offer ^ (self.octet() >= 250)).then_some(offer));
        BindAck { max_xmit_frag, max_recv_frag, assoc_group_id: 1, secondary_address: b"1\0", results }
    }
}

fn interface() -> SyntaxId {
    SyntaxId::new(Uuid::new(0x1234_5678, 0x1234, 0xabcd, [1, 2, 3, 4, 5, 6, 7, 8]), 3, 0)
}

#[expect(clippy::panic, reason = "an oracle reports a defect by a panic, which is what fuzzers look for")]
fn panic_with(what: &str, error: &impl std::fmt::Display) -> ! {
    panic!("{what}: {error}")
}

fn encode(flags: PfcFlags, label: FormatLabel, call_id: u32, body: Body<'_>) -> Vec<u8> {
    Pdu { flags, label, ..Pdu::new(call_id, body) }.encode().unwrap_or_default()
}

/// A server's connection and what it must stay within.
struct Server {
    connection: server::Connection,
    config: Arc<server::Config>,
    groups: Associations,
    /// Calls that were handed out and not answered, with the octets of their stubs.
    open: BTreeMap<u32, usize>,
    /// The call that was handed out last.
    before: Option<u32>,
    /// Number of the latest request.
    latest: u32,
    /// The largest answer so far, in octets.
    largest: usize,
    reached: Reached,
}

/// Runs a script of a client and of a program against a server's connection.
///
/// # Panics
/// A law does not hold: what is sent is no PDU of a server or too large, a call is handed out twice or counted wrongly,
/// more is held than the limits allow, or a group outlives its connection. Each is a defect of the machine.
pub fn rpc_server(octets: &[u8]) -> Reached {
    let mut script = Script(octets);
    let mut server = Server::new(script.octet());
    while let Some(operation) = script.next() {
        server.perform(operation, &mut script);
        server.check();
    }
    let (group, is_bound) = (server.connection.group(), server.connection.group().is_some());
    assert_eq!(server.connection.close(&mut server.groups), group, "the last connection of its group");
    assert!(server.groups.is_empty() && server.connection.is_closing() && server.connection.held() == 0);
    assert_eq!(is_bound, server.reached.bound == 1, "a group without a bind");
    server.reached
}

impl Server {
    fn new(choice: u8) -> Self {
        let mut config = server::Config::new(vec![interface(), SyntaxId { major: 2, ..interface() }]);
        config.minimum_level = if choice % 16 == 15 { AuthLevel::CONNECT } else { AuthLevel::NONE };
        config.multiplexing = choice & 0x10 == 0;
        config.max_fragment = if choice & 0x20 == 0 { 1432 } else { 5840 };
        let limits = &mut config.limits;
        (limits.max_negotiation, limits.max_stub, limits.max_fragments) = (2000, 2500, 20);
        (limits.max_requests, limits.max_pending, limits.max_contexts) = (3000, 5, 4);
        limits.max_output = 2000;
        let groups = Associations::new(&config);
        let config = Arc::new(config);
        let connection = server::Connection::new(config.clone(), PeerAddress([0; 16]), "49664");
        let (open, reached) = (BTreeMap::new(), Reached::default());
        Self { connection, config, groups, open, before: None, latest: 0, largest: 0, reached }
    }

    fn perform(&mut self, operation: u8, script: &mut Script<'_>) {
        match operation {
            0..2 => {
                let length = usize::from(script.octet());
                self.give(script.take(length));
            }
            2..8 => self.alter_context(script),
            8..9 => self.connection.shut_down(),
            _ if self.reached.bound == 0 => self.bind(script),
            9..10 => self.bind(script),
            10..20 => self.abandon(script),
            20..35 => self.signal(Body::CoCancel, script),
            35..45 => self.signal(Body::Orphaned, script),
            45..90 => self.answer(script),
            90..97 => self.send(),
            _ => self.request(script),
        }
    }

    fn alter_context(&mut self, script: &mut Script<'_>) {
        let (call, body) = (script.number(), Body::AlterContext(script.bind()));
        self.give(&encode(script.flags(), script.label(), call, body));
    }

    fn abandon(&mut self, script: &mut Script<'_>) {
        let call = script.call(&self.open);
        let is_known = self.open.remove(&call).is_some();
        assert_eq!(self.connection.abandon(call).is_ok(), is_known, "call {call}");
    }

    fn signal(&mut self, body: Body<'_>, script: &mut Script<'_>) {
        let call = if script.octet() < 200 { script.call(&self.open) } else { self.latest };
        self.give(&encode(PfcFlags::WHOLE, script.label(), call, body));
    }

    fn bind(&mut self, script: &mut Script<'_>) {
        let contexts = vec![PresentationContext {
            id: 0,
            abstract_syntax: interface(),
            transfer_syntaxes: vec![SyntaxId::NDR20, SyntaxId::NDR64],
        }];
        let usual = Bind { max_xmit_frag: 5840, max_recv_frag: 5840, assoc_group_id: 0, contexts };
        let body = if script.octet() >= 128 { script.bind() } else { usual };
        self.give(&encode(script.flags(), script.label(), 1, Body::Bind(body)));
    }

    fn request(&mut self, script: &mut Script<'_>) {
        let flags = script.flags();
        let call = match script.octet() {
            250.. => script.number(),
            245..250 => self.latest,
            _ if flags.contains(PfcFlags::FIRST_FRAG) => self.latest.saturating_add(1),
            _ => self.latest,
        };
        self.latest = call;
        let label = script.label();
        let context_id = if script.octet() >= 240 { script.half() } else { 0 };
        let (opnum, stub) = (u16::from(script.octet()), script.stub());
        let object = flags.contains(PfcFlags::OBJECT_UUID).then_some(Uuid::NIL);
        let request = Request { alloc_hint: call, context_id, opnum, object, stub: &stub };
        self.give(&encode(flags, label, call, Body::Request(request)));
    }

    fn give(&mut self, octets: &[u8]) {
        self.connection.handle_input(octets, &mut self.groups);
        while let Some(event) = self.connection.poll_event() {
            self.hear(&event);
        }
        if self.connection.is_closing() {
            self.open.clear();
        }
    }

    fn hear(&mut self, event: &server::Event) {
        match event {
            server::Event::Bound { .. } => self.reached.bound += 1,
            server::Event::Call(call) => {
                assert_eq!(self.reached.bound, 1, "a call before the bind");
                assert!(self.config.minimum_level <= AuthLevel::NONE, "an anonymous call");
                assert!(call.stub.len() <= self.config.limits.max_stub);
                assert!(self.before.is_none_or(|before| call.id > before), "call {} comes late", call.id);
                self.before = Some(call.id);
                self.open.insert(call.id, call.stub.len());
                self.reached.calls += 1;
            }
            server::Event::Cancelled { id } | server::Event::Orphaned { id } => {
                assert!(self.open.contains_key(id), "call {id} was not handed out");
            }
            server::Event::Faulted { .. } => self.reached.faults += 1,
            _ => {
                assert!(self.connection.is_closing(), "a breach that ends nothing: {event:?}");
                self.reached.ends += 1;
            }
        }
    }

    fn answer(&mut self, script: &mut Script<'_>) {
        let call = script.call(&self.open);
        let stub = vec![1; usize::from(script.half() % 4000)];
        let is_known = self.open.remove(&call).is_some();
        let result = match script.octet() {
            fault @ 200.. => self.connection.fault(call, u32::from(fault) - 200, Executed::Maybe),
            _ => self.connection.respond(call, &stub),
        };
        assert_eq!(result.is_ok(), is_known, "call {call}");
        self.largest = self.largest.max(stub.len() + 24 * 4);
        if self.connection.is_closing() {
            self.open.clear();
        }
    }

    fn send(&mut self) {
        let mut unsent = 0;
        while let Some(octets) = self.connection.poll_transmit() {
            let decoded = Pdu::decode(&octets).map(|pdu| pdu.body.packet_type());
            let kind = decoded.unwrap_or_else(|error| panic_with("what is sent is no PDU", &error));
            assert!(!kind.is_from_client(), "a server sends {kind}");
            let is_response = kind == PacketType::Response;
            assert!(!is_response || octets.len() <= usize::from(self.config.max_fragment));
            unsent += octets.len();
        }
        // One PDU may be answered before the output is measured.
        let most = self.config.limits.max_output.max(self.largest) + 600;
        assert!(unsent <= most, "{unsent} of {most} octets were unsent");
        self.check_input();
    }

    /// With nothing to send, what is held is what has come.
    fn check_input(&self) {
        let limits = &self.config.limits;
        let pdu = usize::from(limits.max_negotiation.max(self.config.max_fragment));
        let requests = self.connection.held().saturating_sub(pdu) + self.open.values().sum::<usize>();
        assert!(requests <= limits.max_requests, "requests hold {requests} octets");
        if self.connection.is_closing() {
            assert_eq!(self.connection.held(), 0, "an ended connection holds octets");
        }
    }

    fn check(&self) {
        assert_eq!(self.connection.pending_calls(), self.open.len(), "calls are lost or invented");
        assert!(self.open.len() <= self.config.limits.max_pending);
    }
}

/// A client's connection and what it must stay within.
struct Client {
    connection: client::Connection,
    config: client::Config,
    /// Calls that have no answer, with the octets of their stubs.
    open: BTreeMap<u32, usize>,
    /// The call that was answered last.
    answered: u32,
    reached: Reached,
}

/// Runs a script of a server and of a program against a client's connection.
///
/// # Panics
/// A law does not hold: what is sent is no PDU of a client, a call is answered twice or counted wrongly, or more is held
/// than the limits allow. Each is a defect of the machine.
pub fn rpc_client(octets: &[u8]) -> Reached {
    let mut script = Script(octets);
    let mut client = Client::new(script.octet());
    while let Some(operation) = script.next() {
        client.perform(operation, &mut script);
        client.check();
    }
    client.reached
}

impl Client {
    fn new(choice: u8) -> Self {
        let mut config = client::Config::new(interface());
        config.multiplexing = choice % 4 != 0;
        config.label = if choice & 0x10 == 0 { FormatLabel::LITTLE } else { FormatLabel::BIG };
        config.features = BindFeatures::from_bits_retain(if choice & 0x20 == 0 { 2 } else { 0 });
        config.verification_trailer = choice & 0x40 != 0;
        config.max_fragment = 1432;
        let limits = &mut config.limits;
        (limits.max_stub, limits.max_fragments, limits.max_held) = (3000, 10, 5000);
        (limits.max_pending, limits.max_request, limits.max_output) = (5, 4000, 3000);
        let connection = client::Connection::new(config.clone());
        Self { connection, config, open: BTreeMap::new(), answered: 0, reached: Reached::default() }
    }

    fn perform(&mut self, operation: u8, script: &mut Script<'_>) {
        match operation {
            0..2 => {
                let length = usize::from(script.octet());
                self.give(script.take(length));
            }
            2..5 => self.acknowledge(script),
            _ if self.reached.bound == 0 => self.acknowledge(script),
            5..20 => drop(self.connection.alter(script.syntax())),
            20..40 => self.cancel(script),
            40..45 => self.orphan(script),
            45..65 => self.fault(script),
            65..75 => self.send(),
            75..175 => self.call(script),
            _ => self.response(script),
        }
    }

    fn cancel(&mut self, script: &mut Script<'_>) {
        let call = script.call(&self.open);
        let is_unknown = self.connection.cancel(call) == Err(CallError::Unknown);
        assert_eq!(is_unknown, !self.open.contains_key(&call), "call {call}");
    }

    fn orphan(&mut self, script: &mut Script<'_>) {
        let call = script.call(&self.open);
        let is_known = self.open.remove(&call).is_some();
        assert_eq!(self.connection.orphan(call).is_ok(), is_known, "call {call}");
        self.forget_if_closing();
    }

    fn acknowledge(&mut self, script: &mut Script<'_>) {
        let (flags, label, call) = (script.flags(), script.label(), script.number());
        let (call, body) = match script.octet() % 32 {
            0 => (call, Body::AlterContextResp(script.ack(false))),
            1 => (1, Body::BindNak(BindNak { reason: 2, versions: vec![[5, 0]], rest: &[] })),
            2 => (call, Body::Shutdown),
            _ => (1, Body::BindAck(script.ack(!self.config.features.is_empty()))),
        };
        self.give(&encode(flags, label, call, body));
    }

    fn response(&mut self, script: &mut Script<'_>) {
        // An answer may come twice.
        let call = if script.octet() >= 230 { self.answered } else { script.call(&self.open) };
        let (flags, label, stub) = (script.flags(), script.label(), script.stub());
        let response = Response { alloc_hint: call, context_id: 0, cancel_count: 0, stub: &stub };
        self.give(&encode(flags, label, call, Body::Response(response)));
    }

    fn fault(&mut self, script: &mut Script<'_>) {
        let (call, status) = (script.call(&self.open), script.number());
        let fault =
            Fault { alloc_hint: 0, context_id: 0, cancel_count: 0, fault_flags: 0, status, extended: &[] };
        self.give(&encode(script.flags(), script.label(), call, Body::Fault(fault)));
    }

    fn call(&mut self, script: &mut Script<'_>) {
        let stub = vec![1; usize::from(script.half() % 4096)];
        let context = u16::from(script.octet().saturating_sub(247));
        let result = match context {
            0 => self.connection.call(1, &stub),
            context => self.connection.call_on(context, 1, &stub),
        };
        if let Ok(call) = result {
            assert!(stub.len() <= self.config.limits.max_request);
            assert!(self.open.insert(call, stub.len()).is_none(), "call {call} is made twice");
        }
    }

    fn give(&mut self, octets: &[u8]) {
        self.connection.handle_input(octets);
        while let Some(event) = self.connection.poll_event() {
            self.hear(event);
        }
        self.forget_if_closing();
    }

    fn forget_if_closing(&mut self) {
        if self.connection.is_closing() {
            self.open.clear();
        }
    }

    fn hear(&mut self, event: client::Event) {
        match event {
            client::Event::Bound { .. } => self.reached.bound += 1,
            client::Event::Response { call, stub, .. } => {
                assert!(stub.len() <= self.config.limits.max_stub);
                assert!(self.open.remove(&call).is_some(), "call {call} was not made");
                self.answered = call;
                self.reached.calls += 1;
            }
            client::Event::Fault { call, .. } => {
                assert!(self.open.remove(&call).is_some(), "call {call} was not made");
                self.answered = call;
                self.reached.faults += 1;
            }
            client::Event::Altered { .. } | client::Event::Shutdown => {}
            _ => self.reached.ends += 1,
        }
    }

    fn send(&mut self) {
        let mut unsent = 0;
        while let Some(octets) = self.connection.poll_transmit() {
            let decoded = Pdu::decode(&octets).map(|pdu| pdu.body.packet_type());
            let kind = decoded.unwrap_or_else(|error| panic_with("what is sent is no PDU", &error));
            assert!(kind.is_from_client(), "a client sends {kind}");
            assert!(
                octets.len() <= usize::from(self.config.max_fragment),
                "a PDU of {} octets",
                octets.len()
            );
            unsent += octets.len();
        }
        // A call is made unless as much as the limit waits, so one may be beyond it, and so may what gives calls up.
        let limits = &self.config.limits;
        let most = limits.max_output + limits.max_request + 4 * 24 + 88 + 16 * limits.max_pending;
        assert!(unsent <= most, "{unsent} of {most} octets were unsent");
        let held = self.connection.held();
        assert!(held <= 16_384 + limits.max_held, "{held} octets are held");
    }

    fn check(&self) {
        let pending = self.connection.pending_calls();
        assert!(pending >= self.open.len(), "calls are lost");
        assert!(pending <= self.config.limits.max_pending, "{pending} calls are open");
    }
}
