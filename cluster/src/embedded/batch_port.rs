//! Ports that report batch updates of the registry (MS-CMRP 3.1.1.8.1).
//!
//! A port has a queue without filters. What a client does not fetch is kept up to a limit; beyond it reports are
//! dropped, and the client is told so by an error in the place where they would have come: there is no other way to say
//! it, and to lose one silently would leave the client with a wrong picture. A report that is too long is dropped in the
//! same way, whether or not a call waits for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use cmrp::clusapi3::ApiGetBatchNotificationResponse;
use cmrp::ndr::SizedPtr;
use cmrp_port::server::{AssociationId, CallId};

use super::registry::report::{MAX_REPORT, Reports};
use crate::registry::KeyPath;
use crate::session::{Answer, Reply};
use crate::status::{ERROR_NO_MORE_ITEMS, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_ENOUGH_QUOTA};

/// Ports of all clients, at most: each batch is held against each.
const MAX_PORTS: usize = 1024;
/// Ports of one client, at most, so that none has all.
const MAX_PORTS_OF_A_CLIENT: usize = 64;
/// Octets that a port keeps for its client, at most.
const MAX_QUEUED: usize = MAX_REPORT;
/// Octets that all ports keep, at most: clients of many associations, each with its ports, fill the memory no further.
const MAX_KEPT: usize = 64 << 20;
/// Octets of the reports of one batch that go to calls that wait, at most: each is a copy of its own, so one batch of a
/// few megabytes would be multiplied by the number of ports. Beyond it the calls are told that a report was dropped.
const MAX_ANSWERED: usize = 32 << 20;
/// Calls that wait on one port, at most.
const MAX_WAITING: usize = 16;

/// All ports.
#[derive(Debug, Default)]
pub(crate) struct BatchPorts {
    ports: BTreeMap<u64, Port>,
    last: u64,
}

#[derive(Debug)]
struct Port {
    association: AssociationId,
    /// The path of the key in lower case.
    watched: String,
    /// Ports on the same key share the octets.
    queue: VecDeque<Arc<[u8]>>,
    queued: usize,
    /// Whether reports were dropped behind those in the queue.
    lost: bool,
    waiting: VecDeque<Reply>,
}

/// What a call for a report comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    /// An answer.
    Now(Answer),
    /// It waits; its answer comes later.
    Later,
}

impl BatchPorts {
    /// Makes a port on a key.
    pub(crate) fn create(&mut self, association: AssociationId, watched: &KeyPath) -> Result<u64, u32> {
        let own = self.ports.values().filter(|port| port.association == association).count();
        if self.ports.len() >= MAX_PORTS || own >= MAX_PORTS_OF_A_CLIENT {
            return Err(ERROR_NOT_ENOUGH_MEMORY);
        }
        self.last = self.last.wrapping_add(1);
        let (queue, waiting) = (VecDeque::new(), VecDeque::new());
        let port = Port { association, watched: watched.folded(), queue, queued: 0, lost: false, waiting };
        self.ports.insert(self.last, port);
        Ok(self.last)
    }

    /// Fetches the first report, or waits for one.
    pub(crate) fn fetch(&mut self, port: u64, reply: Reply) -> Fetched {
        let Some(port) = self.ports.get_mut(&port) else {
            return Fetched::Now(failed(reply, ERROR_NO_MORE_ITEMS));
        };
        if let Some(report) = port.queue.pop_front() {
            port.queued = port.queued.saturating_sub(report.len());
            return Fetched::Now(told(reply, &report));
        }
        if std::mem::take(&mut port.lost) {
            return Fetched::Now(failed(reply, ERROR_NOT_ENOUGH_QUOTA));
        }
        if port.waiting.len() >= MAX_WAITING {
            return Fetched::Now(failed(reply, ERROR_NOT_ENOUGH_MEMORY));
        }
        port.waiting.push_back(reply);
        Fetched::Later
    }

    /// Tells each port what it has to report; `reports` makes the reports of all keys that are watched.
    pub(crate) fn post(&mut self, reports: impl FnOnce(&BTreeSet<&str>) -> Reports) -> Vec<Answer> {
        let reports = reports(&self.ports.values().map(|port| port.watched.as_str()).collect());
        let kept = self.ports.values().fold(0, |sum: usize, port| sum.saturating_add(port.queued));
        let mut room = Room { kept: MAX_KEPT.saturating_sub(kept), answered: MAX_ANSWERED };
        let mut post = |port: &mut Port| port.post(reports.get(&port.watched)?.as_ref(), &mut room);
        self.ports.values_mut().filter_map(&mut post).collect()
    }

    /// Closes a port and ends the calls that wait on it.
    pub(crate) fn close(&mut self, port: u64) -> Vec<Answer> {
        let waiting = self.ports.remove(&port).map(|port| port.waiting).unwrap_or_default();
        waiting.into_iter().map(|reply| failed(reply, ERROR_NO_MORE_ITEMS)).collect()
    }

    /// Forgets a call that waits.
    pub(crate) fn cancel(&mut self, call: CallId) {
        self.ports.values_mut().for_each(|port| port.waiting.retain(|reply| reply.call != call));
    }

    /// Forgets the ports of a client, and its calls with them.
    pub(crate) fn disconnect(&mut self, association: AssociationId) {
        self.ports.retain(|_, port| port.association != association);
    }
}

/// Octets that the reports of one batch may still take.
struct Room {
    /// In queues.
    kept: usize,
    /// In answers to calls that wait.
    answered: usize,
}

impl Port {
    /// The answer of the first call that waits, or nothing: then it is queued. `None` stands for a report that is too
    /// long.
    fn post(&mut self, report: Option<&Arc<[u8]>>, room: &mut Room) -> Option<Answer> {
        let Some(reply) = self.waiting.pop_front() else {
            self.keep(report, room);
            return None;
        };
        let answered = report.and_then(|report| {
            room.answered = room.answered.checked_sub(report.len())?;
            Some(told(reply, report))
        });
        Some(answered.unwrap_or_else(|| failed(reply, ERROR_NOT_ENOUGH_QUOTA)))
    }

    fn keep(&mut self, report: Option<&Arc<[u8]>>, room: &mut Room) {
        let fits = |report: &&Arc<[u8]>| {
            report.len() <= room.kept && self.queued.saturating_add(report.len()) <= MAX_QUEUED
        };
        match report.filter(fits).filter(|_| !self.lost) {
            Some(report) => {
                room.kept = room.kept.saturating_sub(report.len());
                self.queued = self.queued.saturating_add(report.len());
                self.queue.push_back(Arc::clone(report));
            }
            None => self.lost = true,
        }
    }
}

fn told(reply: Reply, report: &[u8]) -> Answer {
    reply.answer(ApiGetBatchNotificationResponse { lp_data: SizedPtr::Array(report), return_value: 0 })
}

fn failed(reply: Reply, return_value: u32) -> Answer {
    reply.answer(ApiGetBatchNotificationResponse { lp_data: SizedPtr::NULL, return_value })
}
