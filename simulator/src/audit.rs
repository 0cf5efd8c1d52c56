//! The laws of a server that can be seen from outside: what went in, what came out, and nothing of how.

use cmrp_port::event::{EventV1, EventV2};
use cmrp_port::protocol::Protocol;
use cmrp_port::time::Instant;
use core::time::Duration;

use crate::model::Model;
use crate::model::Output;
use crate::plain::{Answer, Indication, Method, Token};
use crate::violation::Violation;

/// A call that is not answered yet.
#[derive(Clone, Debug)]
struct Pending {
    call: u64,
    protocol: Protocol,
    method: Method,
    deadline: Option<Instant>,
}

/// An indication that a filter asked for.
#[derive(Clone, Debug)]
struct Owed {
    indication: Indication,
    /// Whether it tells a state that a client missed. Such an indication is never lost, and a report of a loss that
    /// stands before it goes for later losses too.
    missed: bool,
}

/// What the report of a loss excuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// There was none since the last event.
    None,
    /// One event is lost, or more.
    Some,
    /// More events may be lost, behind a state that a client missed.
    Perhaps,
}

/// A port, and all indications that its filters asked for.
#[derive(Clone, Debug)]
struct Watched {
    token: Token,
    protocol: Protocol,
    owed: Vec<Owed>,
    /// How many of `owed` may have been delivered or reported as lost: all possibilities, since equal indications
    /// cannot be told apart.
    reached: Vec<usize>,
    /// Whether a loss was reported last.
    gap: Gap,
    /// How many of `owed` there were when a loss was reported last: what is missing of them has been told.
    told: usize,
    broken: bool,
}

/// What the laws need to remember.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    pending: Vec<Pending>,
    ports: Vec<Watched>,
    /// Indications that were delivered.
    pub delivered: u64,
    /// Reports of losses among them.
    pub markers: u64,
    /// Ports of protocol version 2 that broke.
    pub broken: u64,
}

/// Values that are never delivered on version 1 ports (sheet 6.7).
const fn never(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::V2 => 0xA008_0080,
        Protocol::V3 => 0xA000_0080,
    }
}

/// Flags that are never delivered on version 2 ports (sheet 6.12): those of clients, and the one that widens filters.
const fn never_v2(object_type: u32) -> u64 {
    match object_type {
        1 => 0x000B,
        2 | 3 => 0x0200,
        5 | 6 => 0x0010,
        7 => 0x0080,
        8 => 0x0014,
        13 => 0x0100,
        _ => 0,
    }
}

impl Audit {
    /// A request goes in.
    pub fn asked(&mut self, now: Instant, call: u64, protocol: Protocol, method: &Method) {
        let deadline = match method {
            Method::Get { timeout: Some(timeout), .. } if *timeout != u32::MAX => {
                now.since_origin().checked_add(Duration::from_millis(u64::from(*timeout))).map(Instant::new)
            }
            _ => None,
        };
        self.pending.push(Pending { call, protocol, method: method.clone(), deadline });
    }

    /// An event goes in; `model` knows the filters.
    pub fn posted_v1(&mut self, event: &EventV1<'_>, model: &Model) {
        for port in &mut self.ports {
            let filters = model.port(port.token).map_or(&[][..], |port| port.filters());
            for filter in filters.iter().filter(|filter| filter.asks_v1(event)) {
                port.owes(Indication::V1 {
                    key: filter.key,
                    change: event.change().bits(),
                    sequence: Some(event.state_sequence()),
                    name: Some(event.name().to_owned()),
                });
            }
        }
    }

    /// As [`posted_v1`](Self::posted_v1).
    pub fn posted_v2(&mut self, event: &EventV2<'_>, model: &Model) {
        let owned = |text: &str| Some(text.to_owned());
        for port in &mut self.ports {
            let filters = model.port(port.token).map_or(&[][..], |port| port.filters());
            for filter in filters.iter().filter(|filter| filter.asks_v2(event)) {
                port.owes(Indication::V2 {
                    key: u64::from(filter.key),
                    object_type: event.filter.object_type(),
                    flags: event.filter.flags(),
                    buffer: event.buffer.to_vec(),
                    strings: [
                        owned(event.object_id),
                        event.parent_id.and_then(owned),
                        owned(event.name),
                        event.type_name.and_then(owned),
                    ],
                });
            }
        }
    }

    /// A filter was registered again with an old state number.
    pub fn owes(&mut self, port: Token, indication: Indication) {
        if let Some(port) = self.ports.iter_mut().find(|watched| watched.token == port) {
            port.owed.push(Owed { indication, missed: true });
        }
    }

    /// Something comes out; whether it ends a get call.
    ///
    /// # Errors
    /// A law is broken.
    pub fn came(&mut self, output: &Output) -> Result<bool, Violation> {
        let call = match output {
            Output::EndConnection { .. } => return Ok(false),
            Output::Fault { call } | Output::Abandoned { call } | Output::Response { call, .. } => *call,
        };
        let pending = self.complete(call)?;
        if let Output::Response { answer, .. } = output {
            self.answered(&pending, answer)?;
        }
        Ok(matches!(pending.method, Method::Get { .. }))
    }

    fn complete(&mut self, call: u64) -> Result<Pending, Violation> {
        match self.pending.iter().position(|pending| pending.call == call) {
            Some(index) => Ok(self.pending.remove(index)),
            None => Violation::found("each call completes exactly once", format!("call {call} again")),
        }
    }

    fn answered(&mut self, pending: &Pending, answer: &Answer) -> Result<(), Violation> {
        if let Answer::Wrong(what) = answer {
            return Violation::found("responses are well formed", what.clone());
        }
        if let Answer::Created { status: 0, port } = answer {
            return self.created(*port, pending.protocol);
        }
        let Some(port) = pending.method.port() else { return Ok(()) };
        match (&pending.method, answer.result()) {
            (Method::Close { .. }, 0) => self.ports.retain(|watched| watched.token != port),
            (Method::Get { .. }, 6) => self.refused(port),
            _ => {}
        }
        answer.indications().iter().try_for_each(|indication| self.delivered(port, indication))
    }

    fn created(&mut self, token: Token, protocol: Protocol) -> Result<(), Violation> {
        let fresh = !token.is_null() && self.ports.iter().all(|watched| watched.token != token);
        Violation::unless(fresh, "handles are new and not null", || format!("{token}"))?;
        let (owed, reached) = (Vec::new(), vec![0]);
        self.ports.push(Watched { token, protocol, owed, reached, gap: Gap::None, told: 0, broken: false });
        Ok(())
    }

    /// A get call failed on a handle: in protocol version 2 that is how a loss is told.
    fn refused(&mut self, token: Token) {
        for port in &mut self.ports {
            if port.token == token && port.protocol == Protocol::V2 && !port.broken {
                port.broken = true;
                self.broken = self.broken.saturating_add(1);
            }
        }
    }

    fn delivered(&mut self, token: Token, indication: &Indication) -> Result<(), Violation> {
        self.delivered = self.delivered.saturating_add(1);
        let Some(port) = self.ports.iter_mut().find(|watched| watched.token == token) else {
            return Violation::found("only open ports deliver", format!("{indication:?}"));
        };
        port.permitted(indication)?;
        if port.advance(indication) {
            return Ok(());
        }
        if port.protocol == Protocol::V3 && marks_loss(indication) {
            self.markers = self.markers.saturating_add(1);
            return port.lost(indication);
        }
        Violation::found(
            "events are delivered in the order of posting, if a filter asked for them, and not lost in silence",
            format!("{indication:?} where {:?} is due", port.due()),
        )
    }

    /// Time passed, and the server had its chance to notice.
    ///
    /// # Errors
    /// A call waits longer than it asked for.
    pub fn time_is(&self, now: Instant) -> Result<(), Violation> {
        match self.pending.iter().find(|pending| pending.deadline.is_some_and(|deadline| deadline <= now)) {
            Some(late) => Violation::found("each get ends by its deadline", format!("{late:?} at {now}")),
            None => Ok(()),
        }
    }

    /// A client is gone: so are its ports.
    pub fn forget(&mut self, tokens: &[Token]) {
        self.ports.retain(|watched| !tokens.contains(&watched.token));
    }

    /// The queue of a port is empty: everything must have been delivered or reported as lost.
    ///
    /// # Errors
    /// Something is missing.
    pub fn drained(&self, token: Token) -> Result<(), Violation> {
        let Some(port) = self.ports.iter().find(|watched| watched.token == token) else { return Ok(()) };
        let told = port.told >= port.owed.len();
        let complete = port.broken || told || port.reached.contains(&port.owed.len());
        Violation::unless(complete, "no event is lost in silence", || format!("{:?}", port.due()))
    }

    /// Calls that are not answered.
    pub fn unanswered(&self) -> usize {
        self.pending.len()
    }

    /// Whether a call is not answered.
    pub fn is_pending(&self, call: u64) -> bool {
        self.pending.iter().any(|pending| pending.call == call)
    }
}

impl Watched {
    fn owes(&mut self, indication: Indication) {
        self.owed.push(Owed { indication, missed: false });
    }

    fn permitted(&self, indication: &Indication) -> Result<(), Violation> {
        let (single, forbidden) = match *indication {
            Indication::V1 { change, .. } => (change.is_power_of_two(), change & never(self.protocol) != 0),
            Indication::V2 { object_type, flags, .. } => {
                (flags.is_power_of_two(), flags & never_v2(object_type) != 0)
            }
        };
        Violation::unless(single && !forbidden, "forbidden values never appear", || format!("{indication:?}"))
    }

    /// Whether the indication is one that is due next.
    fn advance(&mut self, indication: &Indication) -> bool {
        let least = self.reached.iter().copied().min().unwrap_or(0);
        let candidates: Vec<usize> = match self.gap {
            Gap::None => self.reached.clone(),
            Gap::Some => (least.saturating_add(1)..self.owed.len()).collect(),
            Gap::Perhaps => (least..self.owed.len()).collect(),
        };
        let due = |index: &usize| {
            self.owed.get(*index).is_some_and(|owed| same_but_sequence(&owed.indication, indication))
        };
        let found: Vec<usize> = candidates.into_iter().filter(due).collect();
        let Some(first) = found.first().copied() else { return false };
        let missed = self.owed.get(first).is_some_and(|owed| owed.missed);
        self.gap = if missed && self.gap != Gap::None { Gap::Perhaps } else { Gap::None };
        self.reached = found.into_iter().map(|index| index.saturating_add(1)).collect();
        true
    }

    fn lost(&mut self, indication: &Indication) -> Result<(), Violation> {
        // What was reported before, if that was a loss too, stands for one event at least.
        let before = usize::from(self.gap == Gap::Some);
        self.reached.iter_mut().for_each(|index| *index = index.saturating_add(before));
        let least = self.reached.iter().copied().min().unwrap_or(0);
        Violation::unless(
            least < self.owed.len(),
            "a loss is reported once, and only if there is one",
            || format!("{indication:?}"),
        )?;
        self.gap = Gap::Some;
        self.told = self.owed.len();
        Ok(())
    }

    fn due(&self) -> Vec<&Indication> {
        let owed = |index: &usize| self.owed.get(*index).map(|owed| &owed.indication);
        self.reached.iter().filter_map(owed).collect()
    }
}

/// `CLUSTER_RECONNECT`, or `LOST_NOTIFICATIONS_V2` of the cluster.
fn marks_loss(indication: &Indication) -> bool {
    matches!(
        indication,
        Indication::V1 { change: 0x0008_0000, sequence: None | Some(0), .. }
            | Indication::V2 { object_type: 1, flags: 0x200, .. }
    )
}

/// Whether two indications are the same, as far as `ApiGetNotifyAsync` can tell.
fn same_but_sequence(one: &Indication, other: &Indication) -> bool {
    match (one, other) {
        (
            Indication::V1 { key, change, sequence, name },
            Indication::V1 { key: key2, change: change2, sequence: sequence2, name: name2 },
        ) => {
            let sequences = sequence.is_none() || sequence2.is_none() || sequence == sequence2;
            sequences && (key, change, name) == (key2, change2, name2)
        }
        (one, other) => one == other,
    }
}
