//! When a connection has taken too long.

use std::time::Duration;

use tokio::time::Instant;

use super::End;
use crate::server::Deadlines;

/// Octets that a client has to take in a second.
const RATE: usize = 16_384;

/// Since when a connection does what it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timers {
    /// The connection is not bound.
    unbound: Option<Instant>,
    /// A PDU or a request, by the machine's number, has begun and is not complete.
    receiving: Option<(u32, Instant)>,
    /// The PDU that is first in line waits for the socket.
    writing: Option<Instant>,
    /// Octets that wait for the socket.
    unsent: usize,
    /// When a client that takes no more than it has to would have taken all of them.
    paced: Option<Instant>,
    /// There is no call. `None` while there is one.
    idle: Option<Instant>,
}

impl Timers {
    /// A connection that was accepted just now.
    pub(super) const fn new(now: Instant) -> Self {
        Self { unbound: Some(now), receiving: None, writing: None, unsent: 0, paced: None, idle: Some(now) }
    }

    pub(super) const fn bound(&mut self) {
        self.unbound = None;
    }

    /// Octets have come. `what` is not complete, if anything is.
    pub(super) fn received(&mut self, now: Instant, what: Option<u32>) {
        let before = self.receiving;
        self.receiving = what.map(|what| before.filter(|(same, _)| *same == what).unwrap_or((what, now)));
    }

    /// Nothing is read: what is not complete is not the client's fault now.
    pub(super) fn does_not_read(&mut self, now: Instant) {
        self.receiving = self.receiving.map(|(what, _)| (what, now));
    }

    /// So many octets were written, and so many are left. `is_progress`: a PDU went out whole.
    pub(super) fn wrote(&mut self, now: Instant, is_progress: bool, written: usize, left: usize) {
        if is_progress || left == 0 {
            self.writing = None;
        }
        if left > 0 {
            self.writing.get_or_insert(now);
        }
        self.pace(now, written, left);
    }

    /// What is added gives the client more time, and what it has taken quickly gives it none for the rest.
    fn pace(&mut self, now: Instant, written: usize, left: usize) {
        let added = left.saturating_add(written).saturating_sub(self.unsent);
        self.unsent = left;
        let before = self.paced.unwrap_or(now);
        let end = before.checked_add(time_for(added)).min(now.checked_add(time_for(left)));
        self.paced = end.filter(|_| left > 0);
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
            (self.receiving.map(|(_, since)| since), deadlines.request, End::Request),
            (self.writing, deadlines.write, End::Write),
            (self.paced, deadlines.write, End::Write),
            (bound_idle, deadlines.idle, End::Idle),
        ];
        let ends = all.into_iter().filter_map(|(since, limit, end)| Some((since?.checked_add(limit)?, end)));
        ends.min_by_key(|(when, _)| *when)
    }
}

/// How long a client may take for so many octets.
fn time_for(octets: usize) -> Duration {
    Duration::from_secs(octets.div_ceil(RATE) as u64)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that fails should stop")]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    /// When a client is cut off that gets so many octets at once and takes some, one PDU, after each pause.
    fn cut_off(octets: usize, pdu: usize, pause: Duration) -> Option<Duration> {
        let deadlines = Deadlines::default();
        let start = Instant::now();
        let (mut timers, mut now, mut left) = (Timers::new(start), start, octets);
        timers.bound();
        timers.busy(now, true);
        timers.wrote(now, false, 0, left);
        while left > 0 {
            now += pause;
            match timers.next(&deadlines) {
                Some((when, end)) if when <= now => {
                    assert_eq!(end, End::Write);
                    return Some(when - start);
                }
                _ => {}
            }
            let taken = pdu.min(left);
            left -= taken;
            timers.wrote(now, true, taken, left);
        }
        assert_eq!(timers.next(&deadlines), None);
        None
    }

    #[test]
    fn a_trickle_of_answers_ends() {
        let seconds = Duration::from_secs;
        // 1 MiB has 64 s at 16 KiB/s, and 30 s for a start.
        assert_eq!(cut_off(MIB, 4_096, seconds(29)), Some(seconds(94)));
        assert_eq!(cut_off(MIB, 4_096, seconds(31)), Some(seconds(30)));
        assert_eq!(cut_off(16 * MIB, 8_192, seconds(1)), Some(seconds(1_054)));
        assert_eq!(cut_off(16 * MIB, 16_384, seconds(1)), None);
        assert_eq!(cut_off(4_096, 4_096, seconds(29)), None);
    }

    #[test]
    fn who_keeps_up_is_never_cut_off_though_there_is_always_more() {
        let (deadlines, mut now) = (Deadlines::default(), Instant::now());
        let mut timers = Timers::new(now);
        timers.bound();
        timers.busy(now, true);
        timers.wrote(now, false, 0, MIB);
        for _ in 0..10_000 {
            now += Duration::from_secs(1);
            assert!(timers.next(&deadlines).is_some_and(|(when, _)| when > now));
            timers.wrote(now, true, 20_000, MIB);
        }
        // What it took in all that time does not count for what is left now.
        timers.wrote(now, false, 0, MIB);
        assert!(timers.paced.is_some_and(|when| when <= now + Duration::from_secs(64)));
    }

    #[test]
    fn a_request_has_the_time_from_its_beginning_but_not_while_nobody_reads() {
        let (deadlines, start) = (Deadlines::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut timers = Timers::new(start);
        timers.bound();
        timers.busy(start, true);
        timers.received(start, Some(1));
        timers.received(after(20), Some(1));
        assert_eq!(timers.next(&deadlines), Some((after(30), End::Request)));
        timers.received(after(25), Some(2));
        assert_eq!(timers.next(&deadlines), Some((after(55), End::Request)));
        timers.does_not_read(after(50));
        timers.received(after(60), Some(2));
        assert_eq!(timers.next(&deadlines), Some((after(80), End::Request)));
        timers.received(after(70), None);
        assert_eq!(timers.next(&deadlines), None);
    }
}
