//! When a connection has taken too long.

use tokio::time::Instant;

use super::End;
use crate::server::Deadlines;

/// Since when a connection does what it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timers {
    /// The connection is not bound.
    unbound: Option<Instant>,
    /// A PDU or a request has begun and is not complete.
    receiving: Option<Instant>,
    /// The PDU that is first in line waits for the socket.
    writing: Option<Instant>,
    /// There is no call. `None` while there is one.
    idle: Option<Instant>,
}

impl Timers {
    /// A connection that was accepted just now.
    pub(super) const fn new(now: Instant) -> Self {
        Self { unbound: Some(now), receiving: None, writing: None, idle: Some(now) }
    }

    pub(super) const fn bound(&mut self) {
        self.unbound = None;
    }

    /// Octets have come. `is_complete`: something ended with them; `is_partial`: something is not complete.
    pub(super) fn received(&mut self, now: Instant, is_complete: bool, is_partial: bool) {
        if is_complete || !is_partial {
            self.receiving = None;
        }
        if is_partial {
            self.receiving.get_or_insert(now);
        }
    }

    /// Octets were written. `is_progress`: a PDU went out whole; `is_left`: there are more.
    pub(super) fn wrote(&mut self, now: Instant, is_progress: bool, is_left: bool) {
        if is_progress || !is_left {
            self.writing = None;
        }
        if is_left {
            self.writing.get_or_insert(now);
        }
    }

    /// Whether there are calls without an answer, or answers that are not sent.
    pub(super) fn busy(&mut self, now: Instant, is_busy: bool) {
        if is_busy {
            self.idle = None;
        } else {
            self.idle.get_or_insert(now);
        }
    }

    /// The connection's association holds something: it is not idle, for now.
    pub(super) fn holds(&mut self, now: Instant) {
        self.idle = self.idle.map(|_| now);
    }

    /// Since when there is no call.
    pub(super) const fn idle_since(&self) -> Option<Instant> {
        self.idle
    }

    /// When the first deadline is, and what it means.
    pub(super) fn next(&self, deadlines: &Deadlines) -> Option<(Instant, End)> {
        let bound_idle = if self.unbound.is_some() { None } else { self.idle };
        let all = [
            (self.unbound, deadlines.handshake, End::Handshake),
            (self.receiving, deadlines.request, End::Request),
            (self.writing, deadlines.write, End::Write),
            (bound_idle, deadlines.idle, End::Idle),
        ];
        let ends = all.into_iter().filter_map(|(since, limit, end)| Some((since?.checked_add(limit)?, end)));
        ends.min_by_key(|(when, _)| *when)
    }
}
