//! A server on a test bench: one-line calls, which all pass through octets in one format after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{ContextHandle, Format};
use cmrp_port::access::{Access, ServerState};
use cmrp_port::event::{EventV1, EventV2};
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol::{self, V2, V3};
use cmrp_port::sequence::StateNumbers;
use cmrp_port::server::{AssociationId, CallId, Caller, Config, Handled, Limits, Output, Response, Server};
use cmrp_port::time::Instant;

use crate::laws;
use crate::methods::{self, Handles, Method, Parameter};
use crate::reply::{self, End, EventOfV2};
use crate::wire::Stub;

/// The name of the cluster of every bench.
pub(crate) const CLUSTER: &str = "The Cluster";

/// `Timeout` without end.
pub(crate) const FOR_EVER: u32 = u32::MAX;

/// The kinds of object that a version 1 port can watch one of, with the Add and `ReAdd` methods and the allowed bits.
pub(crate) const ADD_METHODS: [(ObjectKind, u16, u16, u32); 5] = [
    (ObjectKind::Node, 58, 62, 0x0000_000F),
    (ObjectKind::Group, 59, 63, 0x0000_F000),
    (ObjectKind::Resource, 60, 64, 0x0000_0F00),
    (ObjectKind::Network, 90, 91, 0x00F0_0000),
    (ObjectKind::NetInterface, 99, 100, 0x0F00_0000),
];

/// The kinds that have handles.
pub(crate) const KINDS: [ObjectKind; 8] = [
    ObjectKind::Cluster,
    ObjectKind::Node,
    ObjectKind::Group,
    ObjectKind::Resource,
    ObjectKind::Key,
    ObjectKind::Network,
    ObjectKind::NetInterface,
    ObjectKind::GroupSet,
];

/// State numbers of objects, by kind and name in lower case.
#[derive(Default)]
pub(crate) struct States(BTreeMap<(ObjectKind, String), u32>);

impl StateNumbers for States {
    fn state_sequence(&self, object: &Object) -> u32 {
        self.0.get(&(object.kind, object.name.to_lowercase())).copied().unwrap_or_default()
    }
}

/// A call that has not ended.
struct Issued {
    protocol: Protocol,
    opnum: u16,
    format: Format,
}

/// A server, the client that calls next, and what became of the calls.
pub(crate) struct Bench {
    pub(crate) server: Server,
    /// The protocol version of the next call.
    pub(crate) protocol: Protocol,
    /// Who makes the next call.
    pub(crate) caller: Caller,
    pub(crate) now: Instant,
    /// Calls in the order in which they ended.
    pub(crate) order: Vec<CallId>,
    /// Associations whose connection the server wants to end.
    pub(crate) refused: Vec<AssociationId>,
    /// The format of all calls; `None` takes them in turn.
    pub(crate) fixed: Option<Format>,
    states: States,
    rotation: usize,
    issued: usize,
    open: BTreeMap<CallId, Issued>,
    ended: BTreeMap<CallId, End>,
}

/// The formats of a protocol version: NDR64 came with the connection-oriented one.
pub(crate) const fn formats(protocol: Protocol) -> &'static [Format] {
    match protocol {
        V2 => &[Format::NDR20_LE, Format::NDR20_BE],
        V3 => &[Format::NDR20_LE, Format::NDR20_BE, Format::Ndr64],
    }
}

/// Runs a test in protocol version 2, once for each format that its first call may have.
pub(crate) fn v2(body: impl Fn(&mut Bench)) {
    (0..formats(V2).len()).for_each(|rotation| body(&mut Bench::new(V2, rotation)));
}

/// As [`v2`], in protocol version 3.
pub(crate) fn v3(body: impl Fn(&mut Bench)) {
    (0..formats(V3).len()).for_each(|rotation| body(&mut Bench::new(V3, rotation)));
}

/// In both protocol versions.
pub(crate) fn both(body: impl Fn(&mut Bench)) {
    v2(&body);
    v3(&body);
}

fn server(limits: Limits) -> Server {
    Server::new(Config { limits, seed: *b"sixteen octets!!", cluster_name: CLUSTER.into() })
}

impl Bench {
    pub(crate) fn new(protocol: Protocol, rotation: usize) -> Self {
        Self {
            server: server(Limits::default()),
            protocol,
            caller: Caller { association: AssociationId(1), access: Some(Access::All) },
            now: Instant::from_millis(1_000_000),
            order: Vec::new(),
            refused: Vec::new(),
            fixed: None,
            states: States::default(),
            rotation,
            issued: 0,
            open: BTreeMap::new(),
            ended: BTreeMap::new(),
        }
    }

    /// Starts again with a server of these limits.
    pub(crate) fn limit(&mut self, change: impl FnOnce(&mut Limits)) {
        let mut limits = Limits::default();
        change(&mut limits);
        self.server = server(limits);
    }

    /// Lets another client make the next calls.
    pub(crate) fn client(&mut self, association: u64) {
        self.caller.association = AssociationId(association);
    }

    /// Changes what the security descriptor grants the client.
    pub(crate) fn access(&mut self, access: impl Into<Option<Access>>) {
        self.caller.access = access.into();
    }

    pub(crate) fn state(&mut self, state: ServerState) {
        self.server.set_state(state);
        self.collect();
    }

    pub(crate) fn advance(&mut self, milliseconds: u64) {
        self.now = self.now.saturating_add(Duration::from_millis(milliseconds));
        self.server.handle_timeout(self.now);
        self.collect();
    }

    /// Milliseconds until the server wants to be called.
    pub(crate) fn timer(&self) -> Option<u128> {
        self.server.poll_timeout().map(|at| at.since(self.now).as_millis())
    }

    pub(crate) fn set_state_sequence(&mut self, kind: ObjectKind, name: &str, number: u32) {
        self.states.0.insert((kind, name.to_lowercase()), number);
    }

    pub(crate) fn cancel(&mut self, call: CallId) {
        self.server.handle_cancel(call);
        self.collect();
    }

    pub(crate) fn disconnect(&mut self, association: u64) {
        self.server.handle_disconnect(AssociationId(association));
        self.collect();
    }

    // Calls by their octets.

    /// Sends a request; its format is the next in turn.
    #[track_caller]
    pub(crate) fn call(&mut self, opnum: u16, write: impl FnOnce(Stub) -> Stub) -> CallId {
        let formats = formats(self.protocol);
        let format = self.fixed.unwrap_or(formats[(self.rotation + self.issued) % formats.len()]);
        self.issued += 1;
        let call = CallId(self.issued.try_into().unwrap());
        self.open.insert(call, Issued { protocol: self.protocol, opnum, format });
        let octets = write(Stub::new(format)).octets();
        assert_eq!(self.dispatch(call, opnum, &octets, format), Handled::Taken, "opnum {opnum}");
        self.collect();
        call
    }

    fn dispatch(&mut self, call: CallId, opnum: u16, octets: &[u8], format: Format) -> Handled {
        match self.protocol {
            V2 => {
                let request = laws::decode_v2(opnum, octets, format);
                self.server.handle_v2(self.now, self.caller, call, &request, &self.states)
            }
            V3 => {
                let request = laws::decode_v3(opnum, octets, format);
                self.server.handle_v3(self.now, self.caller, call, &request, &self.states)
            }
        }
    }

    /// Takes what the server puts out. A call that ends twice, or was never made, fails the test.
    fn collect(&mut self) {
        while let Some(output) = self.server.poll_output() {
            match output {
                Output::Response { call, response } => self.answered(call, &response),
                Output::Fault { call, status } => drop(self.end_with(call, End::Fault(status))),
                Output::Abandoned { call } => drop(self.end_with(call, End::Abandoned)),
                Output::EndConnection { association } => self.refused.push(association),
            }
        }
    }

    fn answered(&mut self, call: CallId, response: &Response) {
        let issued = self.open.get(&call).expect("a call that has not ended");
        let octets = laws::encode(issued.protocol, issued.opnum, response, issued.format);
        let reply = reply::read(issued.protocol, issued.opnum, &octets, issued.format);
        laws::check(issued.protocol, issued.opnum, &reply);
        assert_eq!(reply.result, response.result(), "Response::result");
        self.end_with(call, End::Reply(reply));
    }

    fn end_with(&mut self, call: CallId, end: End) -> Issued {
        self.order.push(call);
        assert!(self.ended.insert(call, end).is_none(), "{call:?} ended twice");
        self.open.remove(&call).expect("a call that has not ended")
    }

    /// Whether a call has not ended.
    pub(crate) fn waits(&self, call: CallId) -> bool {
        self.open.contains_key(&call)
    }

    #[track_caller]
    pub(crate) fn end(&self, call: CallId) -> End {
        self.ended.get(&call).unwrap_or_else(|| panic!("{call:?} still waits")).clone()
    }

    #[track_caller]
    pub(crate) fn result(&self, call: CallId) -> u32 {
        self.end(call).result()
    }

    /// Sends a call with the parameters of the table, each handle as `choose` says.
    #[track_caller]
    pub(crate) fn invoke(
        &mut self,
        method: &Method,
        choose: impl Fn(usize, Parameter) -> ContextHandle,
    ) -> CallId {
        let protocol = self.protocol;
        self.call(method.opnum, |stub| {
            method.parameters.iter().enumerate().fold(stub, |stub, (index, parameter)| {
                methods::write(stub, *parameter, choose(index, *parameter), protocol)
            })
        })
    }

    /// A port of each version and a handle of each kind.
    pub(crate) fn handles(&mut self) -> Handles {
        let v1 = self.port();
        let v2 = if self.protocol == V3 { self.port_v2() } else { ContextHandle::NULL };
        let objects = KINDS.map(|kind| (kind, self.object(kind, "Any")));
        Handles { v1, v2, objects: objects.to_vec() }
    }

    // Events.

    pub(crate) fn post(&mut self, change: u32, name: &str, sequence: u32) {
        let change = ClusterChange::from_bits_retain(change);
        self.server.post_v1(&EventV1::new(change, name, sequence).expect("a value that can be posted"));
        self.collect();
    }

    pub(crate) fn post_v2(&mut self, event: &EventV2<'_>) {
        self.server.post_v2(event);
        self.collect();
    }
}

/// An event of an object that carries nothing but names.
pub(crate) fn event_v2(object_type: u32, flags: u64, name: &str) -> EventV2<'_> {
    EventV2 {
        filter: ObjectFilter::received(object_type, flags),
        target: name,
        buffer: &[],
        object_id: "",
        parent_id: Some(""),
        name,
        type_name: Some(""),
    }
}

/// What [`event_v2`] becomes.
pub(crate) fn got_v2(key: u32, (object_type, flags): (u32, i64), name: &str) -> EventOfV2 {
    let empty = || Some(String::new());
    EventOfV2 {
        key,
        object_type,
        flags,
        buffer: Vec::new(),
        object_id: empty(),
        parent_id: empty(),
        name: Some(name.to_owned()),
        type_name: empty(),
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let ended = self.ended.len();
            eprintln!("protocol {:?}, formats from {}, {ended} calls ended", self.protocol, self.rotation);
        }
    }
}
