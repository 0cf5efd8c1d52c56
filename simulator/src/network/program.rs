//! Programs that use a client engine: what they ask for, what they are told, and what they must be told.

use std::collections::VecDeque;

use cmrp::{clusapi2, clusapi3};
use cmrp_port::access::Access;
use cmrp_port::client::{Action, Client, Config, FilterId, Indication as Read, Notice, ObjectId, PortId};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use super::Simulation;
use crate::model::state_event;
use crate::plain::{Answer, Indication, Method, Token};
use crate::script::Command;
use crate::tally::Tally;
use crate::violation::Violation;

/// Whether the client has a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It looks for one.
    Looking,
    /// It has one.
    Connected,
    /// It gave up.
    Resting,
    /// It was shut down.
    Closed,
}

/// A port of the program.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) id: PortId,
    pub(super) version: PortVersion,
    /// What servers delivered and the program did not read yet.
    pub(super) expected: VecDeque<(usize, Indication)>,
    pub(super) created: bool,
    /// Whether it is being closed.
    pub(super) closing: bool,
    pub(super) over: bool,
    /// How often the client had to report a reconnect, a loss for good, a closed handle; and how often it did.
    pub(super) due: [u32; 3],
    pub(super) told: [u32; 3],
    /// How often it had told of reconnects when the last one began.
    pub(super) before: Option<u32>,
    /// When a server reported a loss last.
    pub(super) marker_at: Option<u64>,
}

impl Port {
    /// Whether it exists on servers, and is to go on doing so.
    pub(super) const fn lives(&self) -> bool {
        self.created && !self.closing && !self.over
    }
}

/// An object that the program opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) id: ObjectId,
    pub(super) kind: ObjectKind,
    pub(super) name: String,
    pub(super) open: bool,
    pub(super) over: bool,
}

/// A filter of the program.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) id: FilterId,
    pub(super) port: usize,
    pub(super) object: Option<usize>,
    pub(super) context: u32,
    /// The `CLUSTER_CHANGE` bits; 0 of version 2 ports.
    pub(super) events: u32,
    pub(super) registered: bool,
    pub(super) over: bool,
    /// The association that told a state number last, and the number.
    pub(super) seen: Option<(usize, u32)>,
}

/// A program and its client engine.
pub(super) struct Program {
    pub(super) engine: Client,
    pub(super) protocol: Protocol,
    pub(super) standing: Standing,
    pub(super) access: Option<Access>,
    pub(super) slow: bool,
    pub(super) late_until: u64,
    pub(super) fail_next: Option<(u32, bool)>,
    pub(super) ports: Vec<Port>,
    pub(super) objects: Vec<Opened>,
    pub(super) watches: Vec<Watch>,
    /// The handles of ports: association, handle, index of the port.
    pub(super) tokens: Vec<(usize, Token, usize)>,
    /// The association that was connected last.
    pub(super) association: usize,
    pub(super) broken: Option<Violation>,
    pub(super) closed: bool,
}

impl Program {
    pub(super) fn new(config: Config) -> Self {
        Self {
            protocol: config.protocol,
            access: Some(config.access),
            engine: Client::new(config),
            standing: Standing::Looking,
            slow: false,
            late_until: 0,
            fail_next: None,
            ports: Vec::new(),
            objects: Vec::new(),
            watches: Vec::new(),
            tokens: Vec::new(),
            association: 0,
            broken: None,
            closed: false,
        }
    }

    /// When the engine's time runs out, in milliseconds.
    pub(super) fn next_timeout(&self) -> Option<u64> {
        let due = self.engine.poll_timeout()?;
        Some(u64::try_from(due.since_origin().as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }

    /// A request tells which port has which handle: filters have numbers.
    pub(super) fn learn(&mut self, association: usize, method: &Method) {
        let (Method::Add { port, key, .. }
        | Method::AddV2 { port, key, .. }
        | Method::AddResourceType { port, key, .. }) = method
        else {
            return;
        };
        let known = self.tokens.iter().any(|token| token.0 == association && token.1 == *port);
        let Some(watch) = self.watches.iter().find(|watch| watch.id.key() == *key) else { return };
        if !known {
            self.tokens.push((association, *port, watch.port));
        }
    }

    pub(super) fn expect_v2(
        &mut self,
        association: usize,
        method: Option<&Method>,
        response: &clusapi2::Response<'_>,
    ) {
        if let Some(Method::Get { port, .. }) = method {
            self.expect(association, *port, &Answer::from_v2(response));
        }
    }

    pub(super) fn expect_v3(
        &mut self,
        association: usize,
        method: Option<&Method>,
        response: &clusapi3::Response<'_>,
    ) {
        if let Some(Method::Get { port, .. }) = method {
            self.expect(association, *port, &Answer::from_v3(response));
        }
    }

    /// A get call of a port brought indications, which the program has to see.
    fn expect(&mut self, association: usize, port: Token, answer: &Answer) {
        let index = self.tokens.iter().find(|token| token.0 == association && token.1 == port);
        match index.and_then(|token| self.ports.get_mut(token.2)) {
            Some(port) if !port.over => {
                let delivered = answer.indications().iter().cloned();
                port.expected.extend(delivered.map(|indication| (association, indication)));
            }
            // A port whose filters are all gone may be asked, and says nothing.
            _ if answer.indications().is_empty() => {}
            Some(_) => {}
            None => {
                self.broken = Some(Violation {
                    law: "ports without filters deliver nothing",
                    seen: format!("{port}: {answer:?}"),
                });
            }
        }
    }

    fn notice(&mut self, notice: &Notice, totals: &mut crate::tally::Totals) {
        match notice {
            Notice::Connected { .. } => {
                self.standing = Standing::Connected;
                totals.count(Tally::Connected);
            }
            Notice::Reconnecting { .. } => {
                self.standing = Standing::Looking;
                self.begin_reconnect();
            }
            Notice::Reconnected { .. } => {
                self.standing = Standing::Connected;
                totals.count(Tally::Reconnects);
                self.end_reconnect();
            }
            Notice::Lost { .. } | Notice::ConnectFailed { .. } => {
                self.standing = Standing::Resting;
                totals.count(Tally::GaveUp);
                if matches!(notice, Notice::Lost { .. }) {
                    self.give_up();
                }
            }
            Notice::Closed => (self.standing, self.closed) = (Standing::Closed, true),
            Notice::Opened { object, .. } => self.object(*object, |object| object.open = true),
            Notice::OpenFailed { object, .. } => self.object(*object, |object| object.over = true),
            Notice::PortCreated { port } => self.port(*port, |port| port.created = true),
            Notice::PortFailed { port, .. }
            | Notice::PortEnded { port, .. }
            | Notice::PortClosed { port } => {
                self.port(*port, |port| port.over = true);
            }
            Notice::FilterAdded { filter, state_sequence, .. } => {
                let told = state_sequence.map(|sequence| (self.association, sequence));
                self.watch(*filter, |watch| {
                    // An event may have overtaken the answer, on another connection; it is newer.
                    let overtaken = watch.seen.filter(|seen| Some(seen.0) == told.map(|told| told.0));
                    (watch.registered, watch.seen) = (true, overtaken.or(told));
                });
            }
            Notice::FilterFailed { filter, .. } => self.watch(*filter, |watch| watch.over = true),
            // What the program has not asked about, or reads without being told.
            Notice::AttemptFailed { .. } | Notice::Ready { .. } => {}
        }
    }

    /// A reconnect begins: what ports were told before doesn't count.
    fn begin_reconnect(&mut self) {
        for port in &mut self.ports {
            let [told, ..] = port.told;
            port.before = port.lives().then_some(told);
        }
    }

    /// The client has told the ports that it had before of the reconnect.
    fn end_reconnect(&mut self) {
        for port in &mut self.ports {
            let [due, ..] = &mut port.due;
            *due = port.before.take().map_or(*due, |before| before.saturating_add(1));
        }
    }

    /// The client tells all ports that it gave up.
    fn give_up(&mut self) {
        for port in self.ports.iter_mut().filter(|port| port.lives()) {
            let ([_, due, _], [_, told, _]) = (&mut port.due, port.told);
            *due = told.saturating_add(1);
        }
    }

    fn object(&mut self, id: ObjectId, change: impl Fn(&mut Opened)) {
        self.objects.iter_mut().filter(|object| object.id == id).for_each(change);
    }

    fn port(&mut self, id: PortId, change: impl Fn(&mut Port)) {
        self.ports.iter_mut().filter(|port| port.id == id).for_each(change);
    }

    fn watch(&mut self, id: FilterId, change: impl Fn(&mut Watch)) {
        self.watches.iter_mut().filter(|watch| watch.id == id).for_each(change);
    }

    /// Reads a port's queue to its end.
    fn read(&mut self, index: usize, now: u64, all: &mut Vec<Read>) -> Result<(), Violation> {
        while let Some(id) = self.ports.get(index).map(|port| port.id) {
            let Some(read) = self.engine.next_indication(id) else { break };
            self.compare(index, &read, now)?;
            all.push(read);
        }
        Ok(())
    }

    /// An indication is one that the client makes, or the next one that a server delivered.
    fn compare(&mut self, index: usize, read: &Read, now: u64) -> Result<(), Violation> {
        let Some(port) = self.ports.get_mut(index) else { return Ok(()) };
        if let Some(kind) = made_by_client(read) {
            if let Some(told) = port.told.get_mut(kind) {
                *told = told.saturating_add(1);
            }
            return Ok(());
        }
        let due = port.expected.pop_front();
        let (filter, context) = match read {
            Read::V1 { filter, context, .. } => (*filter, *context),
            Read::V2 { filter_id, context, .. } => (*filter_id, *context),
        };
        let watch = self.watches.iter_mut().find(|watch| Some(watch.id) == filter);
        let fits = due.as_ref().is_some_and(|(_, due)| same(read, due))
            && watch.as_ref().is_some_and(|watch| watch.port == index && watch.context == context);
        Violation::unless(fits, "programs read what servers delivered, in that order", || {
            format!("{read:?}, not {due:?}")
        })?;
        if let (Read::V1 { change, state_sequence, .. }, Some(watch)) = (read, watch) {
            let kind = watch.object.and_then(|object| self.objects.get(object)).map(|object| object.kind);
            let association = due.map_or(0, |due| due.0);
            // What an earlier association brought may be read after the answer to a filter that was added anew.
            let newest = watch.seen.is_none_or(|seen| seen.0 <= association);
            if newest && kind.is_some_and(|kind| state_event(kind) == change.bits()) {
                watch.seen = Some((association, *state_sequence));
            }
        }
        if marks_loss(read) {
            port.marker_at = Some(now);
        }
        Ok(())
    }
}

/// The events that only clients make: 0 reconnected, 1 lost for good, 2 a handle was closed.
pub(super) fn made_by_client(read: &Read) -> Option<usize> {
    match read {
        Read::V1 { change, filter: None, context: 0, .. } => match change.bits() {
            0x0008_0000 => Some(0),
            0x2000_0000 => Some(1),
            0x8000_0000 => Some(2),
            _ => None,
        },
        Read::V2 { filter, filter_id: None, context: 0, .. } => {
            match (filter.object_type(), filter.flags()) {
                (1, 0x1) => Some(0),
                (1, 0x2) => Some(1),
                (1, 0x8) | (2 | 3, 0x200) | (5 | 6 | 8, 0x10) | (7, 0x80) | (13, 0x100) => Some(2),
                _ => None,
            }
        }
        _ => None,
    }
}

fn marks_loss(read: &Read) -> bool {
    match read {
        Read::V1 { change, .. } => change.bits() == 0x0008_0000,
        Read::V2 { filter, .. } => (filter.object_type(), filter.flags()) == (1, 0x200),
    }
}

/// Whether the program reads what the server delivered; null pointers have become empty strings.
fn same(read: &Read, delivered: &Indication) -> bool {
    match (read, delivered) {
        (
            Read::V1 { change, name, state_sequence, filter, .. },
            Indication::V1 { key, change: bits, sequence, name: sent },
        ) => {
            change.bits() == *bits
                && Some(name) == sent.as_ref()
                && sequence.is_none_or(|sequence| sequence == *state_sequence)
                && filter.is_some_and(|filter| filter.key() == *key)
        }
        (
            Read::V2 { filter, buffer, object_id, parent_id, name, type_name, filter_id, .. },
            Indication::V2 { key, object_type, flags, buffer: sent, strings },
        ) => {
            let read = [object_id, parent_id, name, type_name];
            let strings = strings.each_ref().map(|string| string.as_deref().unwrap_or_default());
            (filter.object_type(), filter.flags()) == (*object_type, *flags)
                && buffer == sent
                && read.map(String::as_str) == strings
                && filter_id.is_some_and(|filter| u64::from(filter.key()) == *key)
        }
        _ => false,
    }
}

impl Simulation<'_> {
    /// Does all that a client engine wants, and lets its program read.
    pub(super) fn settle(&mut self, client: usize) -> Result<(), Violation> {
        for _ in 0..1000 {
            let Some(program) = self.programs.get_mut(client) else { return Ok(()) };
            if let Some(violation) = program.broken.take() {
                return Err(violation);
            }
            let mut progress = false;
            while let Some(action) = self.programs.get_mut(client).and_then(|p| p.engine.poll_action()) {
                progress = true;
                match action {
                    Action::Connect { binding, server } => self.connect(client, binding, &server),
                    Action::Free { binding } => self.free(client, binding),
                    Action::Call { binding, call, request, waits } => {
                        self.call(client, binding, call, request, waits)?;
                    }
                    Action::Abandon { binding, call } => self.abandon(client, binding, call),
                }
            }
            while let Some(notice) = self.programs.get_mut(client).and_then(|p| p.engine.poll_notice()) {
                progress = true;
                self.note(|| format!("client {client}: {notice:?}"));
                if let Some(program) = self.programs.get_mut(client) {
                    program.notice(&notice, &mut self.totals);
                }
            }
            progress |= self.read_all(client)?;
            if !progress {
                return self.outstanding(client);
            }
        }
        Violation::found("engines come to rest", format!("client {client}"))
    }

    fn read_all(&mut self, client: usize) -> Result<bool, Violation> {
        let now = self.now;
        let Some(program) = self.programs.get_mut(client) else { return Ok(false) };
        let mut read = Vec::new();
        if !program.slow {
            for port in 0..program.ports.len() {
                program.read(port, now, &mut read)?;
            }
        }
        self.totals.add(Tally::Read, u64::try_from(read.len()).unwrap_or(0));
        for read in &read {
            self.note(|| format!("program {client}: reads {}", crate::describe::read(read)));
        }
        Ok(!read.is_empty())
    }

    /// The engine waits for calls that have no answer, and for no others; those of ports that are closed it may forget.
    fn outstanding(&self, client: usize) -> Result<(), Violation> {
        let Some(program) = self.programs.get(client) else { return Ok(()) };
        let open = |call: &&super::Call| {
            let link = self.associations.get(call.association);
            !call.over && link.is_some_and(|link| link.client == client && link.wanted)
        };
        let (seen, due) = (program.engine.statistics().calls, self.calls.iter().filter(open).count());
        Violation::unless(seen <= due, "each call of a client completes exactly once", || {
            format!("client {client} waits for {seen} calls, not {due}")
        })
    }

    pub(super) fn client_timers(&mut self) -> Result<(), Violation> {
        let now = self.instant();
        for client in 0..self.programs.len() {
            let Some(program) = self.programs.get_mut(client) else { continue };
            if program.next_timeout().is_some_and(|due| due <= self.now) {
                program.engine.handle_timeout(now);
                self.settle(client)?;
            }
        }
        Ok(())
    }

    pub(super) fn command(&mut self, client: usize, command: Command) -> Result<(), Violation> {
        let Some(program) = self.programs.get_mut(client) else { return Ok(()) };
        let text = program.ask(command, &self.cluster);
        self.note(|| format!("program {client}: {text}"));
        self.settle(client)
    }
}
