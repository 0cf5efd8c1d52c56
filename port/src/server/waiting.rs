//! The get calls that wait for an indication, and when they give up.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::time::Instant;

use super::CallId;
use super::method::Get;

/// A get call that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitingCall {
    /// The port, by its place in the server's list.
    pub(super) port: u32,
    pub(super) opnum: u16,
    pub(super) get: Get,
    /// When `Timeout` runs out; protocol version 2 only.
    pub(super) deadline: Option<Instant>,
}

/// All get calls that wait.
///
/// MS-CMRP 3.1.2.4 gives each port of protocol version 2 one timer, set by a call to its `Timeout`. Several calls may
/// wait at a port, each with a `Timeout` of its own; each has its deadline here.
#[derive(Default)]
pub(super) struct Waiting {
    calls: BTreeMap<CallId, WaitingCall>,
    deadlines: BTreeSet<(Instant, CallId)>,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn insert(&mut self, call: CallId, waiting: WaitingCall) {
        if let Some(deadline) = waiting.deadline {
            self.deadlines.insert((deadline, call));
        }
        self.calls.insert(call, waiting);
    }

    /// Takes a call out, and cancels its timer.
    pub(super) fn remove(&mut self, call: CallId) -> Option<WaitingCall> {
        let waiting = self.calls.remove(&call)?;
        if let Some(deadline) = waiting.deadline {
            self.deadlines.remove(&(deadline, call));
        }
        Some(waiting)
    }

    /// The port that a call waits at.
    pub(super) fn port(&self, call: CallId) -> Option<u32> {
        self.calls.get(&call).map(|waiting| waiting.port)
    }

    pub(super) fn all(&self) -> Vec<CallId> {
        self.calls.keys().copied().collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// A call whose deadline is not after `now`.
    pub(super) fn due(&self, now: Instant) -> Option<CallId> {
        self.deadlines.first().filter(|(deadline, _)| *deadline <= now).map(|(_, call)| *call)
    }
}
