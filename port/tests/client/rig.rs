//! A client engine, and a server that answers as it is told. Every request and response goes through the wire
//! format, in NDR20 and NDR64 by turns, and what must hold at every moment is checked at every moment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cmrp::ndr::{ContextHandle, EncodeStub, Format, Limits, Uuid};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::client::{
    Action, BindingId, CallId, Client, Config, FilterId, Indication, Notice, ObjectId, PortId, Request,
};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};
use cmrp_port::time::Instant;

use crate::answer::{self, Answer, Content};

pub(crate) struct Rig {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    protocol: Protocol,
    /// What the client did, in words: `Connect node1`, `Free`, or the name of a method.
    log: Vec<String>,
    /// Methods of calls that were abandoned before they were answered.
    pub(crate) abandoned: Vec<String>,
    /// All but those of the next two fields.
    pub(crate) notices: Vec<Notice>,
    /// `Notice::Ready`.
    pub(crate) ready: Vec<PortId>,
    /// `Notice::AttemptFailed`.
    pub(crate) failed: Vec<(String, u32, Option<ObjectId>)>,
    pub(crate) calls: BTreeMap<CallId, Pending>,
    /// Calls of bindings that were freed.
    pub(crate) stale: Vec<(CallId, Pending)>,
    binding: Option<(BindingId, u16)>,
    bindings: u16,
    connecting: bool,
    /// The client is between a connect and the end of its procedure.
    in_procedure: bool,
    handles: u32,
    once: VecDeque<(String, Answer)>,
    always: Vec<(String, Answer)>,
    refused: BTreeMap<String, u32>,
    hold_connect: bool,
    pub(crate) cluster: &'static str,
    pub(crate) nodes: Vec<String>,
    /// The handles that were given, with the methods that gave them.
    pub(crate) given: Vec<(String, ContextHandle)>,
    exchanges: u32,
}

#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) name: String,
    pub(crate) request: Request,
    pub(crate) waits: bool,
    /// The handles in it: the connection that each was given on.
    pub(crate) handles: Vec<ContextHandle>,
}

const MAGIC: u32 = 0x4D52_4331;

impl Rig {
    pub(crate) fn new(config: Config) -> Self {
        let protocol = config.protocol;
        Self {
            client: Client::new(config),
            now: Instant::from_millis(1_000),
            protocol,
            log: Vec::new(),
            abandoned: Vec::new(),
            notices: Vec::new(),
            ready: Vec::new(),
            failed: Vec::new(),
            calls: BTreeMap::new(),
            stale: Vec::new(),
            binding: None,
            bindings: 0,
            connecting: false,
            in_procedure: false,
            handles: 0,
            once: VecDeque::new(),
            always: Vec::new(),
            refused: BTreeMap::new(),
            hold_connect: false,
            cluster: "clu",
            nodes: vec!["node1".into(), "node2".into()],
            given: Vec::new(),
            exchanges: 0,
        }
    }

    /// A client of `node1` that is connected, nothing in its log.
    pub(crate) fn connected(protocol: Protocol) -> Self {
        Self::connected_with(Config::new(protocol, ["node1"]))
    }

    pub(crate) fn connected_with(config: Config) -> Self {
        let mut rig = Self::new(config);
        rig.run();
        assert!(matches!(rig.notices.as_slice(), [Notice::Connected { .. }]), "{:?}", rig.notices);
        rig.forget();
        rig
    }

    /// Answers the next call of a method this way.
    pub(crate) fn once(&mut self, name: &str, answer: Answer) -> &mut Self {
        self.once.push_back((name.into(), answer));
        self
    }

    /// Answers all calls of a method this way, or of all methods that nothing is said of (`""`), unless [`once`](Self::once) says otherwise.
    pub(crate) fn always(&mut self, name: &str, answer: Answer) -> &mut Self {
        self.always.retain(|(other, _)| other != name);
        self.always.push((name.into(), answer));
        self
    }

    pub(crate) fn refuse(&mut self, server: &str, code: u32) -> &mut Self {
        self.refused.insert(server.into(), code);
        self
    }

    pub(crate) fn accept(&mut self, server: &str) -> &mut Self {
        self.refused.remove(server);
        self
    }

    pub(crate) fn hold_connect(&mut self) {
        self.hold_connect = true;
    }

    pub(crate) fn forget(&mut self) {
        self.log.clear();
        self.notices.clear();
        self.ready.clear();
        self.failed.clear();
    }

    /// What the client did since this was last asked.
    pub(crate) fn log(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log)
    }

    pub(crate) fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Lets client and server go on until the client waits.
    pub(crate) fn run(&mut self) {
        loop {
            self.take_notices();
            let Some(action) = self.client.poll_action() else { return };
            match action {
                Action::Connect { binding, server } => self.connect(binding, &server),
                Action::Free { binding } => self.free(binding),
                Action::Call { binding, call, request, waits } => self.called(binding, call, request, waits),
                Action::Abandon { binding, call } => self.abandon(binding, call),
            }
            self.take_notices();
        }
    }

    /// Connects are answered at once again.
    pub(crate) fn hold_none(&mut self) {
        self.hold_connect = false;
    }

    fn take_notices(&mut self) {
        while let Some(notice) = self.client.poll_notice() {
            if matches!(notice, Notice::Connected { .. } | Notice::Reconnected { .. }) {
                self.in_procedure = false;
            }
            match notice {
                Notice::Ready { port } => self.ready.push(port),
                Notice::AttemptFailed { server, code, object } => self.failed.push((server, code, object)),
                notice => self.notices.push(notice),
            }
        }
    }

    fn connect(&mut self, binding: BindingId, server: &str) {
        assert!(self.binding.is_none(), "a binding is freed before the next is made");
        self.log.push(format!("Connect {server}"));
        self.bindings += 1;
        self.binding = Some((binding, self.bindings));
        self.in_procedure = true;
        self.connecting = true;
        if self.hold_connect {
            return;
        }
        let refused = self.refused.get(server).copied();
        self.connect_done(refused);
    }

    /// Ends a connect.
    pub(crate) fn connect_done(&mut self, refused: Option<u32>) {
        let (binding, _) = self.binding.expect("connecting");
        self.connecting = false;
        match refused {
            Some(code) => self.client.handle_connection_failed(self.now, binding, code),
            None => self.client.handle_connected(self.now, binding),
        }
    }

    pub(crate) fn is_connecting(&self) -> bool {
        self.connecting
    }

    fn free(&mut self, binding: BindingId) {
        assert_eq!(self.binding.map(|(known, _)| known), Some(binding), "only the present binding is freed");
        self.log.push("Free".into());
        self.binding = None;
        self.connecting = false;
        self.stale.extend(std::mem::take(&mut self.calls));
    }

    fn abandon(&mut self, binding: BindingId, call: CallId) {
        assert_eq!(self.binding(), Some(binding), "calls of the present binding are abandoned");
        if let Some(pending) = self.calls.remove(&call) {
            assert!(pending.waits, "{}: nothing else is abandoned", pending.name);
            self.abandoned.push(pending.name.clone());
            self.stale.push((call, pending));
        }
    }

    fn called(&mut self, binding: BindingId, call: CallId, request: Request, waits: bool) {
        assert_eq!(
            self.binding.map(|(known, _)| known),
            Some(binding),
            "calls are made on the present binding"
        );
        let name = self.name(&request);
        let handles = self.handles_in(&request);
        let pending = Pending { name: name.clone(), request, waits, handles };
        assert_eq!(waits, name.starts_with("ApiGetNotify"), "{name}");
        self.log.push(name.clone());
        self.calls.insert(call, pending);
        self.check_laws();
        let answer = self.answer_for(&name, waits);
        if !matches!(answer, Answer::Hold) {
            self.answer(call, &answer);
        }
    }

    fn answer_for(&mut self, name: &str, waits: bool) -> Answer {
        if let Some(place) = self.once.iter().position(|(wanted, _)| wanted == name) {
            return self.once.remove(place).map(|(_, answer)| answer).expect("it is there");
        }
        let find = |wanted: &str| self.always.iter().find(|(other, _)| other == wanted);
        let always = find(name).or_else(|| find(""));
        let default = if waits { Answer::Hold } else { Answer::Ok };
        always.map_or(default, |(_, answer)| answer.clone())
    }

    /// What must hold whenever a call is made.
    fn check_laws(&self) {
        let (_, serial) = self.binding.expect("calls are made on a binding");
        let mut waiting = BTreeSet::new();
        for pending in self.calls.values() {
            for handle in &pending.handles {
                assert_eq!(handle.uuid.data3, serial, "{}: a handle of another binding", pending.name);
            }
            if pending.waits {
                assert!(waiting.insert(pending.handles.clone()), "two get calls on one port");
            }
        }
        assert!(!self.in_procedure || self.calls.len() == 1, "a procedure makes one call at a time");
    }

    /// Answers a call now.
    pub(crate) fn answer(&mut self, call: CallId, answer: &Answer) {
        let pending = self.calls.remove(&call).expect("the call waits");
        self.deliver(call, &pending, answer);
        self.take_notices();
        if pending.name == "ApiCloseNotify" && matches!(answer, Answer::Ok) {
            self.end_get_calls(&pending.handles);
        }
    }

    /// A server ends the get calls of a port that it has closed; the client hears of the close first.
    fn end_get_calls(&mut self, port: &[ContextHandle]) {
        let ended = |pending: &Pending| pending.waits && pending.handles == port;
        let ended: Vec<_> =
            self.calls.iter().filter(|(_, pending)| ended(pending)).map(|(id, _)| *id).collect();
        for call in ended {
            self.answer(call, &Answer::Code(1));
        }
    }

    /// Answers a call of a binding that was freed.
    pub(crate) fn answer_stale(&mut self, place: usize, answer: &Answer) {
        let (call, pending) = self.stale.remove(place);
        self.deliver(call, &pending, answer);
        self.take_notices();
    }

    fn deliver(&mut self, call: CallId, pending: &Pending, answer: &Answer) {
        match answer {
            Answer::Failure(code) => self.client.handle_failure(self.now, call, *code),
            Answer::WrongMethod => self.deliver_wrong(call, pending),
            _ => {
                let content = self.content(answer);
                self.given.extend(content.token.map(|token| (pending.name.clone(), token)));
                self.deliver_response(call, pending, &content);
            }
        }
    }

    fn deliver_wrong(&mut self, call: CallId, pending: &Pending) {
        let node = pending.name == "ApiCloseNode";
        match self.protocol {
            Protocol::V2 if node => {
                self.client.handle_v2(self.now, call, &clusapi2::ApiCloseKeyResponse::default().into());
            }
            Protocol::V2 => {
                self.client.handle_v2(self.now, call, &clusapi2::ApiCloseNodeResponse::default().into());
            }
            Protocol::V3 if node => {
                self.client.handle_v3(self.now, call, &clusapi3::ApiCloseKeyResponse::default().into());
            }
            Protocol::V3 => {
                self.client.handle_v3(self.now, call, &clusapi3::ApiCloseNodeResponse::default().into());
            }
        }
    }

    /// Hands a response over as the client sees it after a way over the wire.
    fn deliver_response(&mut self, call: CallId, pending: &Pending, content: &Content) {
        let format = self.format();
        let limits = Limits::default();
        match self.protocol {
            Protocol::V2 => {
                let request = pending.request.to_v2().expect("a request of protocol version 2");
                let stub = answer::v2(&request, content).encode(format).expect("it encodes");
                let response = request.decode_response(&stub, format, &limits).expect("it decodes");
                self.client.handle_v2(self.now, call, &response);
            }
            Protocol::V3 => {
                let request = pending.request.to_v3().expect("a request of protocol version 3");
                let stub = answer::v3(&request, content).encode(format).expect("it encodes");
                let response = request.decode_response(&stub, format, &limits).expect("it decodes");
                self.client.handle_v3(self.now, call, &response);
            }
        }
    }

    fn content(&mut self, answer: &Answer) -> Content {
        self.handles += 1;
        let token = ContextHandle { attributes: 0, uuid: self.uuid() };
        let mut content = Content {
            token: Some(token),
            granted: 0x8000_0000,
            cluster: self.cluster.into(),
            node: "node1".into(),
            nodes: self.nodes.clone(),
            ..Content::default()
        };
        match answer {
            Answer::Code(code) => content.code = *code,
            Answer::NoHandle => content.token = None,
            Answer::Names(cluster, node) => {
                (content.cluster, content.node) = ((*cluster).into(), (*node).into());
            }
            Answer::Nodes(nodes) => content.nodes.clone_from(nodes),
            Answer::Granted(granted) => content.granted = *granted,
            Answer::Sequence(sequence) => content.sequence = *sequence,
            Answer::Event(key, change, sequence, name) => {
                content.event = (*key, change.bits(), *sequence, (*name).into());
            }
            Answer::Events(events) => content.events.clone_from(events),
            _ => {}
        }
        content
    }

    /// A handle that tells when and on which connection it was given.
    fn uuid(&self) -> Uuid {
        let serial = self.binding.map_or(0, |(_, serial)| serial);
        let [a, b, c, d] = self.handles.to_be_bytes();
        Uuid { data1: MAGIC, data2: 0, data3: serial, data4: [0, 0, 0, 0, a, b, c, d] }
    }

    fn format(&mut self) -> Format {
        self.exchanges += 1;
        match self.protocol {
            Protocol::V3 if self.exchanges % 2 == 0 => Format::Ndr64,
            _ => Format::NDR20_LE,
        }
    }

    /// The name of the method, after a way over the wire.
    fn name(&mut self, request: &Request) -> String {
        let format = self.format();
        let limits = Limits::default();
        let opnum = request.opnum().expect("a method of the protocol");
        let text = match self.protocol {
            Protocol::V2 => {
                assert!(request.to_v3().is_none());
                let typed = request.to_v2().expect("a request of protocol version 2");
                let stub = typed.encode(format).expect("it encodes");
                let again = clusapi2::Request::decode(opnum, &stub, format, &limits).expect("it decodes");
                assert_eq!(again, typed);
                format!("{again:?}")
            }
            Protocol::V3 => {
                assert!(request.to_v2().is_none());
                let typed = request.to_v3().expect("a request of protocol version 3");
                let stub = typed.encode(format).expect("it encodes");
                let again = clusapi3::Request::decode(opnum, &stub, format, &limits).expect("it decodes");
                assert_eq!(again, typed);
                format!("{again:?}")
            }
        };
        text.split('(').next().unwrap_or_default().to_owned()
    }

    /// The handles in a request, found by what all of them begin with.
    fn handles_in(&self, request: &Request) -> Vec<ContextHandle> {
        let stub = match self.protocol {
            Protocol::V2 => request.to_v2().map(|typed| typed.encode(Format::NDR20_LE)),
            Protocol::V3 => request.to_v3().map(|typed| typed.encode(Format::NDR20_LE)),
        };
        let stub = stub.expect("a request").expect("it encodes");
        let word = |at: usize| u32::from_le_bytes(stub[at..at + 4].try_into().unwrap());
        let places = (0..stub.len().saturating_sub(19)).step_by(4).filter(|at| word(at + 4) == MAGIC);
        places
            .map(|at| {
                let data3 = u16::from_le_bytes([stub[at + 10], stub[at + 11]]);
                let data4 = stub[at + 12..at + 20].try_into().unwrap();
                ContextHandle { attributes: 0, uuid: Uuid { data1: MAGIC, data2: 0, data3, data4 } }
            })
            .collect()
    }

    /// The one call of a method that waits for an answer.
    pub(crate) fn waiting(&self, name: &str) -> CallId {
        let mut calls = self.calls.iter().filter(|(_, pending)| pending.name == name);
        let found = calls.next().unwrap_or_else(|| panic!("{name} is not waiting: {:?}", self.calls));
        assert!(calls.next().is_none(), "{name} waits more than once");
        *found.0
    }

    pub(crate) fn is_waiting(&self, name: &str) -> bool {
        self.calls.values().any(|pending| pending.name == name)
    }

    /// Answers the one call of a method that waits, and goes on.
    pub(crate) fn reply(&mut self, name: &str, answer: &Answer) {
        let call = self.waiting(name);
        self.answer(call, answer);
        self.run();
    }

    /// The typed request of the one call of a method that waits.
    pub(crate) fn request(&self, name: &str) -> &Request {
        &self.calls[&self.waiting(name)].request
    }

    pub(crate) fn binding(&self) -> Option<BindingId> {
        self.binding.map(|(binding, _)| binding)
    }

    /// The connection breaks.
    pub(crate) fn break_connection(&mut self, code: u32) {
        self.cut(code);
        self.run();
    }

    /// The connection breaks; what the client does about it is left to be taken.
    pub(crate) fn cut(&mut self, code: u32) {
        let binding = self.binding().expect("connected");
        self.client.handle_connection_failed(self.now, binding, code);
    }

    pub(crate) fn pass_time(&mut self, milliseconds: u64) {
        self.now = Instant::new(self.now.since_origin() + std::time::Duration::from_millis(milliseconds));
        self.client.handle_timeout(self.now);
        self.run();
    }

    /// The handle that a method gave last.
    pub(crate) fn given(&self, name: &str) -> ContextHandle {
        let given = self.given.iter().rev().find(|(method, _)| method == name);
        given.unwrap_or_else(|| panic!("{name} gave no handle")).1
    }

    pub(crate) fn open(&mut self, kind: ObjectKind, name: &str) -> ObjectId {
        let object = self.client.open(kind, name);
        self.run();
        object
    }

    pub(crate) fn port(&mut self, version: PortVersion) -> PortId {
        let port = self.client.create_port(version);
        self.run();
        port
    }

    pub(crate) fn indications(&mut self, port: PortId) -> Vec<Indication> {
        let indications = std::iter::from_fn(|| self.client.next_indication(port)).collect();
        self.run();
        indications
    }
}

/// A version 1 indication that the client made.
pub(crate) fn own(change: cmrp::cluster_change::ClusterChange, name: &str) -> Indication {
    Indication::V1 { change, name: name.into(), state_sequence: 0, context: 0, filter: None }
}

/// A version 2 indication that the client made.
pub(crate) fn own_v2(filter: clusapi3::ObjectFilter, name: &str) -> Indication {
    Indication::V2 {
        filter,
        buffer: Vec::new(),
        object_id: String::new(),
        parent_id: String::new(),
        name: name.into(),
        type_name: String::new(),
        context: 0,
        filter_id: None,
    }
}

/// A version 1 indication from the server.
pub(crate) fn event(
    change: cmrp::cluster_change::ClusterChange,
    sequence: u32,
    name: &str,
    context: u32,
    filter: FilterId,
) -> Indication {
    Indication::V1 { change, name: name.into(), state_sequence: sequence, context, filter: Some(filter) }
}
