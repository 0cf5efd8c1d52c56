//! A service whose operations do what the tests of a server need. It counts what it is told.

use std::collections::{HashMap, VecDeque};

use cmrp::ndr::Uuid;
use cmrp_net::server::{Output, Request, Service};
use cmrp_port::server::{AssociationId, CallId, Caller, Statistics};
use cmrp_port::time::Instant;
use dcerpc_proto::SyntaxId;

pub(crate) const INTERFACE: SyntaxId = SyntaxId::new(
    Uuid::new(0x1122_3344, 0x5566, 0x7788, [0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00]),
    1,
    0,
);

/// Answers with the stub of the call.
pub(crate) const ECHO: u16 = 0;
/// Waits for [`NOTIFY`].
pub(crate) const WAIT: u16 = 1;
/// Answers all that wait with its stub, then itself with nothing.
pub(crate) const NOTIFY: u16 = 2;
/// Makes a handle, which only the end of the association closes.
pub(crate) const OPEN: u16 = 3;
/// Answers with as many octets as the stub says.
pub(crate) const BIG: u16 = 4;
/// Panics.
pub(crate) const PANIC: u16 = 5;
/// Answers with nothing, and ends the connection.
pub(crate) const END: u16 = 6;

/// The answer to calls that wait when the server shuts down.
pub(crate) const GOOD_BYE: [u8; 8] = *b"good bye";

#[derive(Default)]
pub(crate) struct Script {
    outputs: VecDeque<Output<usize>>,
    waiting: Vec<(CallId, AssociationId)>,
    handles: HashMap<AssociationId, usize>,
    pub(crate) calls: usize,
    pub(crate) cancelled: usize,
    pub(crate) undelivered: Vec<usize>,
    pub(crate) disconnected: usize,
    is_shutting_down: bool,
}

impl Script {
    fn respond(&mut self, call: CallId, stub: Vec<u8>) {
        let receipt = (!stub.is_empty()).then_some(stub.len());
        self.outputs.push_back(Output::Response { call, stub, receipt });
    }

    fn notify(&mut self, stub: &[u8]) {
        for (call, _) in std::mem::take(&mut self.waiting) {
            self.respond(call, stub.to_vec());
        }
    }
}

impl Service for Script {
    type Receipt = usize;

    fn interfaces() -> Vec<SyntaxId> {
        vec![INTERFACE]
    }

    fn operation(_: SyntaxId, opnum: u16) -> Option<&'static str> {
        ["Echo", "Wait", "Notify", "Open", "Big", "Panic", "End"].get(usize::from(opnum)).copied()
    }

    fn handle_call(&mut self, _: Instant, caller: Caller, call: CallId, request: Request<'_>) {
        self.calls += 1;
        match request.opnum {
            ECHO => self.respond(call, request.stub.to_vec()),
            WAIT if self.is_shutting_down => self.respond(call, GOOD_BYE.to_vec()),
            WAIT => self.waiting.push((call, caller.association)),
            NOTIFY => {
                self.notify(request.stub);
                self.respond(call, Vec::new());
            }
            OPEN => {
                *self.handles.entry(caller.association).or_default() += 1;
                self.respond(call, Vec::new());
            }
            BIG => {
                let octets = u32::from_le_bytes(request.stub[..4].try_into().unwrap());
                self.respond(call, vec![b'x'; octets as usize]);
            }
            PANIC => panic!("as the test wants"),
            END => {
                self.respond(call, Vec::new());
                self.outputs.push_back(Output::EndConnection { association: caller.association });
            }
            _ => self.outputs.push_back(Output::Fault { call, status: 0x1c01_0002 }),
        }
    }

    fn handle_cancel(&mut self, call: CallId) {
        let before = self.waiting.len();
        self.waiting.retain(|(waiting, _)| *waiting != call);
        if self.waiting.len() < before {
            self.cancelled += 1;
            self.outputs.push_back(Output::Abandoned { call });
        }
    }

    fn handle_undelivered(&mut self, octets: usize) {
        self.undelivered.push(octets);
    }

    fn handle_disconnect(&mut self, association: AssociationId) {
        self.disconnected += 1;
        // Longer than the connections take to go, so that a server that forgets to wait is seen.
        std::thread::sleep(std::time::Duration::from_millis(1));
        self.handles.remove(&association);
        let (gone, rest) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(_, of)| *of == association);
        self.waiting = rest;
        let gone: Vec<_> = gone;
        self.outputs.extend(gone.into_iter().map(|(call, _)| Output::Abandoned { call }));
    }

    fn poll_output(&mut self) -> Option<Output<usize>> {
        self.outputs.pop_front()
    }

    fn shut_down(&mut self, _: Instant) {
        self.is_shutting_down = true;
        self.notify(&GOOD_BYE);
    }

    fn holds(&self, association: AssociationId) -> bool {
        self.handles.contains_key(&association)
    }

    fn statistics(&self) -> Statistics {
        Statistics {
            handles: self.handles.values().sum(),
            waiting: self.waiting.len(),
            ..Statistics::default()
        }
    }
}
