//! Ports that report batch updates of the registry (MS-CMRP 3.1.1.8.1).
//!
//! A port has a queue without filters. What a client does not fetch is kept up to a limit; beyond it reports are
//! dropped, and the client is told so by an error in the place where they would have come: there is no other way to say
//! it, and to lose one silently would leave the client with a wrong picture.

use std::collections::{BTreeMap, VecDeque};

use cmrp::clusapi3::ApiGetBatchNotificationResponse;
use cmrp::ndr::SizedPtr;
use cmrp_port::server::{AssociationId, CallId};

use crate::registry::KeyPath;
use crate::session::{Answer, Reply};
use crate::status::{ERROR_NO_MORE_ITEMS, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_ENOUGH_QUOTA};

/// Ports of all clients, at most: each batch is held against each.
const MAX_PORTS: usize = 1024;
/// Ports of one client, at most, so that none has all.
const MAX_PORTS_OF_A_CLIENT: usize = 64;
/// Octets that a port keeps for its client, at most.
const MAX_QUEUED: usize = 1 << 20;
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
    watched: KeyPath,
    queue: VecDeque<Vec<u8>>,
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
    pub(crate) fn create(&mut self, association: AssociationId, watched: KeyPath) -> Result<u64, u32> {
        let own = self.ports.values().filter(|port| port.association == association).count();
        if self.ports.len() >= MAX_PORTS || own >= MAX_PORTS_OF_A_CLIENT {
            return Err(ERROR_NOT_ENOUGH_MEMORY);
        }
        self.last = self.last.wrapping_add(1);
        let (queue, waiting) = (VecDeque::new(), VecDeque::new());
        let port = Port { association, watched, queue, queued: 0, lost: false, waiting };
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

    /// Tells each port what it has to report; `report` makes the report of a port on that key.
    pub(crate) fn post(&mut self, mut report: impl FnMut(&KeyPath) -> Option<Vec<u8>>) -> Vec<Answer> {
        self.ports.values_mut().filter_map(|port| port.post(report(&port.watched)?)).collect()
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

impl Port {
    /// The answer of the first call that waits, or nothing: then it is queued.
    fn post(&mut self, report: Vec<u8>) -> Option<Answer> {
        if let Some(reply) = self.waiting.pop_front() {
            return Some(told(reply, &report));
        }
        let queued = self.queued.saturating_add(report.len());
        if self.lost || queued > MAX_QUEUED {
            self.lost = true;
        } else {
            self.queued = queued;
            self.queue.push_back(report);
        }
        None
    }
}

fn told(reply: Reply, report: &[u8]) -> Answer {
    reply.answer(ApiGetBatchNotificationResponse { lp_data: SizedPtr::Array(report), return_value: 0 })
}

fn failed(reply: Reply, return_value: u32) -> Answer {
    reply.answer(ApiGetBatchNotificationResponse { lp_data: SizedPtr::NULL, return_value })
}
