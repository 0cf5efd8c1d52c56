//! A client engine among servers that answer anything, networks that do anything, and a program that asks for anything.
//! What the engine does must still follow the rules of its own side.

use cmrp::ndr::{Format, Limits, WStr};
use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::Access;
use cmrp_port::client::{Action, BindingId, CallId, Config, Missing, Notice, Request};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};
use cmrp_port::time::Instant;

use super::program::{Program, made_by_client};
use crate::dice::Dice;
use crate::plain::{Get, Method, Token};
use crate::script::Command;
use crate::twin::Asked;
use crate::violation::Violation;
use crate::world::{Cluster, Reply, Service};

/// A call that has no answer.
#[derive(Debug)]
struct Open {
    id: CallId,
    request: Request,
    method: Option<Method>,
    service: Option<Service>,
    opnum: u16,
}

/// What is known of the association.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Connecting(BindingId),
    Up(BindingId),
}

/// A run.
#[allow(missing_debug_implementations, reason = "the engine has none")]
pub struct Hostile<'d> {
    dice: Dice<'d>,
    protocol: Protocol,
    program: Program,
    cluster: Cluster,
    now: u64,
    link: Option<Link>,
    bindings: Vec<BindingId>,
    open: Vec<Open>,
    names: Vec<CallId>,
    /// Handles that servers gave in the present association.
    handles: Vec<Token>,
    made: u32,
    delivered: usize,
    read: usize,
    resting: bool,
    closed: bool,
    /// What happened, if somebody wants to read it.
    pub trace: Option<String>,
}

impl<'d> Hostile<'d> {
    /// A client before its first connection.
    pub fn new(mut dice: Dice<'d>, traced: bool) -> Self {
        let protocol = dice.one(Protocol::V3, &[Protocol::V2]);
        let mut config = Config::new(protocol, ["N1", "N2"]);
        config.queue = dice.below(5);
        config.get_timeout = 1000;
        config.backoff.rounds = dice.one(1, &[0, 2]);
        config.missing = dice.one(Missing::TryNext, &[Missing::Forget]);
        if dice.percent(30) {
            config.access = Access::Read;
        }
        Self {
            dice,
            protocol,
            program: Program::new(config),
            cluster: Cluster::new(2),
            now: 0,
            link: None,
            bindings: Vec::new(),
            open: Vec::new(),
            names: Vec::new(),
            handles: Vec::new(),
            made: 0,
            delivered: 0,
            read: 0,
            resting: false,
            closed: false,
            trace: traced.then(String::new),
        }
    }

    /// Does up to so many things.
    ///
    /// # Errors
    /// A law is broken.
    pub fn run(&mut self, most: usize) -> Result<(), Violation> {
        self.settle()?;
        for _ in 0..most {
            if self.dice.exhausted() {
                break;
            }
            self.step();
            self.settle()?;
        }
        self.program.engine.shut_down();
        self.resting = false;
        self.settle()?;
        self.finish()
    }

    /// Whatever happened before, shutting down ends: here because the connection breaks.
    fn finish(&mut self) -> Result<(), Violation> {
        let now = self.instant();
        if let Some(Link::Connecting(binding) | Link::Up(binding)) = self.link {
            self.program.engine.handle_connection_failed(now, binding, 1726);
            self.settle()?;
        }
        let held = self.program.engine.statistics();
        let held = [held.objects, held.ports, held.filters, held.calls, held.queued];
        Violation::unless(self.closed && held == [0; 5], "a client that shut down holds nothing", || {
            format!("closed {}, holds {held:?}", self.closed)
        })
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push_str(&what());
            trace.push('\n');
        }
    }

    fn step(&mut self) {
        let now = self.instant();
        match self.dice.below(16) {
            0..=6 => self.answer_well(),
            7 | 8 => self.answer_badly(),
            9 => {
                let code = self.dice.one(1726, &[5, 6, 8, 0x57, 1727, 1775, 5050, 5072, 0]);
                let Some(call) = self.any_call() else { return };
                self.note(|| format!("{call:?} fails with {code}"));
                self.open.retain(|open| open.id != call);
                self.program.engine.handle_failure(now, call, code);
            }
            10 => {
                let Some(binding) = self.dice.pick(&self.bindings).copied() else { return };
                self.note(|| format!("{binding:?} breaks"));
                if matches!(self.link, Some(Link::Connecting(own) | Link::Up(own)) if own == binding) {
                    self.link = None;
                    self.open.clear();
                }
                self.program.engine.handle_connection_failed(now, binding, 1722);
            }
            11 => {
                let Some(binding) = self.dice.pick(&self.bindings).copied() else { return };
                self.connect(binding);
            }
            12 => {
                let steps = u64::try_from(self.dice.below(256)).unwrap_or(0);
                self.now = self.now.saturating_add(steps.saturating_mul(50));
                let now = self.instant();
                self.program.engine.handle_timeout(now);
            }
            13 if self.dice.percent(10) => {
                self.note(|| "shuts down".to_owned());
                self.program.engine.shut_down();
                self.resting = false;
            }
            _ => {
                let command = command(&mut self.dice);
                self.resting &= command != Command::Reconnect;
                let text = self.program.ask(command, &self.cluster);
                self.note(|| format!("program {text}"));
            }
        }
        if let Some(Link::Connecting(binding)) = self.link {
            if self.dice.percent(70) {
                self.connect(binding);
            }
        }
    }

    fn connect(&mut self, binding: BindingId) {
        if self.link == Some(Link::Connecting(binding)) {
            self.link = Some(Link::Up(binding));
            self.handles.clear();
        }
        self.note(|| format!("{binding:?} is connected"));
        self.program.engine.handle_connected(self.instant(), binding);
    }

    /// A call that is open, or was.
    fn any_call(&mut self) -> Option<CallId> {
        if self.dice.percent(10) {
            return self.dice.pick(&self.names).copied();
        }
        let index = self.dice.below(self.open.len());
        self.open.get(index).map(|open| open.id)
    }

    /// Answers an open call as a server might, with success or a code.
    fn answer_well(&mut self) {
        let index = self.dice.below(self.open.len());
        if index >= self.open.len() {
            return;
        }
        let open = self.open.swap_remove(index);
        let code =
            if self.dice.percent(85) { 0 } else { self.dice.one(1, &[5, 6, 8, 0x57, 0x102, 0x103, 5073]) };
        self.note(|| format!("{:?} is answered with {code}", open.id));
        match (&open.method, &open.service) {
            (Some(Method::Get { get, .. }), _) => self.answer_get(&open, *get, code),
            (Some(method), _) => {
                let stub = self.stub(method, code);
                self.give(open.id, open.opnum, &stub, Format::NDR20_LE);
            }
            (None, Some(service)) => {
                let reply = self.reply(service, open.opnum, code);
                let now = self.instant();
                match self.protocol {
                    Protocol::V2 => {
                        if let Some(response) = reply.to_v2() {
                            self.program.engine.handle_v2(now, open.id, &response);
                        }
                    }
                    Protocol::V3 => {
                        if let Some(response) = reply.to_v3() {
                            self.program.engine.handle_v3(now, open.id, &response);
                        }
                    }
                }
            }
            (None, None) => {}
        }
    }

    fn handle(&mut self) -> Token {
        self.made = self.made.wrapping_add(1);
        let token = Token { attributes: self.made, ..Token::NULL };
        self.handles.push(token);
        token
    }

    fn reply(&mut self, service: &Service, opnum: u16, result: u32) -> Reply {
        match service {
            Service::ClusterName => {
                let names = || ("Cluster".to_owned(), "N1".to_owned());
                Reply::Names { result, names: (result == 0).then(names) }
            }
            Service::Nodes => {
                let nodes = || vec!["N1".to_owned(), "N2".to_owned()];
                Reply::Nodes { result, nodes: (result == 0).then(nodes) }
            }
            Service::Close { handle, .. } => {
                self.handles.retain(|given| given != handle);
                Reply::Closed { opnum, result, handle: Token::NULL }
            }
            Service::Open { .. } | Service::OpenKey { .. } => {
                let handle = if result == 0 { self.handle() } else { Token::NULL };
                Reply::Handle { opnum, status: result, handle, granted: 0x8000_0000 }
            }
        }
    }

    /// The octets of a response without strings.
    fn stub(&mut self, method: &Method, result: u32) -> Vec<u8> {
        let number = u32::try_from(self.dice.below(4)).unwrap_or(0);
        let handle = match method {
            Method::Create(_) if result == 0 => self.handle(),
            _ => Token::NULL,
        };
        let mut wide = handle.attributes.to_le_bytes().to_vec();
        wide.resize(20, 0);
        let rpc_status: &[u8] = if self.protocol == Protocol::V3 { &[0; 4] } else { &[] };
        let (result, number) = (result.to_le_bytes(), number.to_le_bytes());
        match method {
            Method::Create(_) => [&result[..], rpc_status, &wide].concat(),
            Method::Close { port } => {
                self.handles.retain(|given| given != port);
                [&wide[..], &result].concat()
            }
            Method::Add { kind, known: None, .. } if kind.has_state_sequence() => {
                [&number[..], rpc_status, &result].concat()
            }
            Method::Unblock { .. } => result.to_vec(),
            _ => [rpc_status, &result].concat(),
        }
    }

    fn answer_get(&mut self, open: &Open, get: Get, code: u32) {
        let now = self.instant();
        let key = self.key();
        let bits = self.dice.bits();
        let name = self.dice.one("G1", &["", "R1", "r1"]);
        let count = if code == 0 { self.dice.between(1, 3) } else { 0 };
        self.delivered = self.delivered.saturating_add(count);
        let change = cmrp::cluster_change::ClusterChange::from_bits_retain(bits);
        let success = code == 0;
        match (self.protocol, get) {
            (Protocol::V2, _) => {
                let response = clusapi2::ApiGetNotifyResponse {
                    dw_notify_key: key,
                    dw_filter: change,
                    dw_state_sequence: bits,
                    name: success.then(|| WStr::from(name)),
                    return_value: code,
                };
                self.program.engine.handle_v2(now, open.id, &response.into());
            }
            (Protocol::V3, Get::One | Get::Several) => {
                let response = clusapi3::ApiGetNotifyResponse {
                    dw_notify_key: key,
                    dw_filter: change,
                    dw_state_sequence: bits,
                    name: success.then(|| WStr::from(name)),
                    rpc_status: 0,
                    return_value: code,
                };
                self.program.engine.handle_v3(now, open.id, &response.into());
            }
            (Protocol::V3, Get::SeveralV2) => {
                let object_type = u32::try_from(self.dice.below(18)).unwrap_or(0);
                let notification = clusapi3::NotificationRpc {
                    dw_notify_key: u64::from(key) | u64::from(bits >> 30) << 32,
                    notification_data: clusapi3::NotificationDataRpc {
                        filter_and_type: clusapi3::NotifyFilterAndTypeRpc {
                            dw_object_type: object_type,
                            filter_flags: i64::from(bits),
                        },
                        buffer: cmrp::ndr::SizedPtr::NULL,
                        object_id: None,
                        parent_id: None,
                        name: Some(WStr::from(name)),
                        r#type: None,
                    },
                };
                let array = success.then(|| vec![notification; count]);
                let response =
                    clusapi3::ApiGetNotifyV2Response { notifications: array.into(), return_value: code };
                self.program.engine.handle_v3(now, open.id, &response.into());
            }
        }
    }

    /// Answers with octets that nobody chose, as a response of any method, to any call.
    fn answer_badly(&mut self) {
        let Some(call) = self.any_call() else { return };
        let own = self.open.iter().find(|open| open.id == call).map_or(65, |open| open.opnum);
        let opnum = self.dice.one(own, &[own, 0, 3, 7, 55, 56, 60, 65, 107, 137, 139, 147]);
        let length = self.dice.below(80);
        let stub: Vec<u8> = (0..length).map(|_| u8::try_from(self.dice.below(256)).unwrap_or(0)).collect();
        self.note(|| format!("{call:?} gets octets of opnum {opnum}"));
        self.delivered = self.delivered.saturating_add(length);
        self.handles_of(&stub);
        self.give(call, opnum, &stub, Format::NDR20_LE);
    }

    /// A handle may stand at any place of octets that nobody chose.
    fn handles_of(&mut self, stub: &[u8]) {
        for window in stub.windows(20) {
            let mut reader = cmrp::ndr::Reader::new(window, Format::NDR20_LE, &Limits::DEFAULT);
            if let Ok(Some(handle)) = reader.handle::<clusapi3::HNotifyRpc>() {
                self.handles.push(handle.into());
            }
        }
    }

    /// The number of a filter, or any other.
    fn key(&mut self) -> u32 {
        let any = self.dice.bits();
        if self.dice.percent(10) {
            return any;
        }
        self.dice.pick(&self.program.watches).map_or(any, |watch| watch.id.key())
    }

    fn read_all(&mut self) {
        let ports: Vec<_> = self.program.ports.iter().map(|port| port.id).collect();
        for port in ports {
            while let Some(read) = self.program.engine.next_indication(port) {
                self.read = self.read.saturating_add(usize::from(made_by_client(&read).is_none()));
            }
        }
    }

    fn give(&mut self, call: CallId, opnum: u16, stub: &[u8], format: Format) {
        let now = self.instant();
        let given = match self.protocol {
            Protocol::V2 => clusapi2::Response::decode(opnum, stub, format, &Limits::DEFAULT)
                .map(|response| self.program.engine.handle_v2(now, call, &response))
                .is_ok(),
            Protocol::V3 => clusapi3::Response::decode(opnum, stub, format, &Limits::DEFAULT)
                .map(|response| self.program.engine.handle_v3(now, call, &response))
                .is_ok(),
        };
        if !given {
            // What cannot be decoded is a failed call.
            self.program.engine.handle_failure(now, call, 1783);
        }
        self.open.retain(|open| open.id != call);
    }

    fn settle(&mut self) -> Result<(), Violation> {
        for _ in 0..10_000 {
            if let Some(action) = self.program.engine.poll_action() {
                self.note(|| format!("    {action:?}"));
                self.act(action)?;
            } else if let Some(notice) = self.program.engine.poll_notice() {
                self.note(|| format!("    {notice:?}"));
                self.hear(&notice)?;
            } else {
                return self.rules();
            }
        }
        Violation::found("engines come to rest", String::new())
    }

    fn act(&mut self, action: Action) -> Result<(), Violation> {
        let awake = !self.closed && !self.resting;
        match action {
            Action::Connect { binding, .. } => {
                Violation::unless(awake, "a client that rests does nothing", || format!("{binding:?}"))?;
                let fresh = self.link.is_none() && !self.bindings.contains(&binding);
                Violation::unless(fresh, "one association at a time", || format!("{binding:?}"))?;
                self.link = Some(Link::Connecting(binding));
                self.bindings.push(binding);
            }
            Action::Free { binding } => {
                if matches!(self.link, Some(Link::Connecting(own) | Link::Up(own)) if own == binding) {
                    self.link = None;
                    self.open.clear();
                    self.handles.clear();
                }
            }
            Action::Abandon { call, .. } => self.open.retain(|open| open.id != call),
            Action::Call { binding, call, request, .. } => {
                Violation::unless(awake, "a client that rests does nothing", || format!("{request:?}"))?;
                let up = self.link == Some(Link::Up(binding));
                Violation::unless(up, "calls are made in a connected association", || {
                    format!("{request:?}")
                })?;
                let new = !self.names.contains(&call);
                Violation::unless(new, "calls have names of their own", || format!("{call:?}"))?;
                self.names.push(call);
                self.called(call, request)?;
            }
        }
        Ok(())
    }

    /// A request has one protocol, is one that servers know, and names handles of the association alone.
    fn called(&mut self, id: CallId, request: Request) -> Result<(), Violation> {
        let (method, service, opnum) = match (request.to_v2(), request.to_v3()) {
            (Some(request), None) if self.protocol == Protocol::V2 => parsed(Asked::V2(&request)),
            (None, Some(request)) if self.protocol == Protocol::V3 => parsed(Asked::V3(&request)),
            _ => return Violation::found("a request has one protocol", format!("{request:?}")),
        };
        let known = method.is_some() || service.is_some();
        Violation::unless(known, "clients call methods that servers have", || format!("{request:?}"))?;
        for handle in named(method.as_ref(), service.as_ref()) {
            let given = self.handles.contains(&handle);
            Violation::unless(given, "clients use handles that their server gave them", || {
                format!("{handle} in {request:?}")
            })?;
        }
        self.open.push(Open { id, request, method, service, opnum });
        Ok(())
    }

    fn hear(&mut self, notice: &Notice) -> Result<(), Violation> {
        let refusal = matches!(notice, Notice::OpenFailed { .. } | Notice::PortFailed { .. });
        Violation::unless(!self.closed || refusal, "a client that shut down only refuses", || {
            format!("{notice:?}")
        })?;
        match notice {
            Notice::Closed => self.closed = true,
            Notice::Lost { .. } | Notice::ConnectFailed { .. } => self.resting = true,
            _ => {}
        }
        Ok(())
    }

    /// What is true whenever the engine has nothing to do.
    fn rules(&mut self) -> Result<(), Violation> {
        let held = self.program.engine.statistics();
        Violation::unless(held.calls <= self.open.len(), "engines wait for calls that they made", || {
            let open: Vec<_> = self.open.iter().map(|open| &open.request).collect();
            format!("{} of {open:?}", held.calls)
        })?;
        if self.dice.percent(60) {
            self.read_all();
        }
        let most = self.delivered;
        Violation::unless(self.read <= most, "programs read what servers delivered", || {
            format!("{} of {most}", self.read)
        })
    }
}

/// What a program may want.
fn command(dice: &mut Dice<'_>) -> Command {
    let kind = dice.one(
        ObjectKind::Group,
        &[ObjectKind::Resource, ObjectKind::Key, ObjectKind::Cluster, ObjectKind::Node, ObjectKind::GroupSet],
    );
    let (port, bits) = (dice.below(4), dice.bits());
    match dice.below(10) {
        0 | 1 => Command::CreatePort(dice.one(PortVersion::V1, &[PortVersion::V2])),
        2 | 3 => Command::Open { kind, which: dice.below(5) },
        4..=6 => {
            let object = dice.percent(70).then(|| dice.below(4));
            Command::AddFilter { port, object, bits, subtree: dice.percent(50) }
        }
        7 => Command::AddResourceType { port, which: dice.below(2), bits },
        8 if dice.percent(50) => Command::ClosePort(port),
        8 => Command::Close(port),
        _ => Command::Reconnect,
    }
}

fn parsed(asked: Asked<'_>) -> (Option<Method>, Option<Service>, u16) {
    (asked.method(), Service::parse(asked), asked.opnum())
}

/// The handles that a request names.
fn named(method: Option<&Method>, service: Option<&Service>) -> Vec<Token> {
    let mut handles: Vec<Token> = method.and_then(Method::port).into_iter().collect();
    if let Some(Method::Add { object, .. } | Method::AddV2 { object, .. }) = method {
        handles.push(*object);
    }
    match service {
        Some(Service::Close { handle, .. }) => handles.push(*handle),
        Some(Service::OpenKey { parent: Some(parent), .. }) => handles.push(*parent),
        _ => {}
    }
    handles
}
