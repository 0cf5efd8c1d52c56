//! From what the engine tells to the events of the stream.

use std::time::Duration;

use cmrp_port::client::{Indication, Notice, PortId};

use super::driver::Driver;
use super::{Change, WatchError, WatchEvent};
use crate::client::clock::after;

impl Driver {
    /// Takes a notice of the engine.
    pub(super) fn notice(&mut self, notice: Notice) {
        if let Some(event) = self.event_of(notice) {
            if self.backlog.len() >= self.most {
                self.backlog.pop_front();
                self.skipped = self.skipped.saturating_add(1);
            }
            self.backlog.push_back(event);
        }
        self.close_unused();
    }

    fn event_of(&mut self, notice: Notice) -> Option<WatchEvent> {
        Some(match notice {
            Notice::Connected { server, cluster_name } => {
                self.connected(&server);
                WatchEvent::Connected { server, cluster: cluster_name }
            }
            Notice::Reconnected { server } => {
                self.connected(&server);
                WatchEvent::Reconnected { server }
            }
            Notice::Reconnecting { code } => WatchEvent::Reconnecting { code },
            Notice::AttemptFailed { server, code, object } => {
                WatchEvent::AttemptFailed { server, code, object }
            }
            Notice::ConnectFailed { code } => WatchEvent::ConnectFailed { code, retry: self.plan_retry() },
            Notice::Lost { code } => WatchEvent::Lost { code, retry: self.plan_retry() },
            Notice::Ready { port } => {
                self.ready.insert(port);
                return None;
            }
            Notice::Closed => {
                self.closed = true;
                return None;
            }
            other => return self.event_of_object(&other),
        })
    }

    /// Of objects, ports and filters.
    fn event_of_object(&mut self, notice: &Notice) -> Option<WatchEvent> {
        Some(match *notice {
            Notice::Opened { object, .. } => {
                self.record.opened(object);
                WatchEvent::Opened { object, subject: self.record.subject(object) }
            }
            Notice::OpenFailed { object, code } => {
                let subject = self.record.forget_object(object, WatchError::Refused(code));
                WatchEvent::OpenFailed { object, subject, code }
            }
            Notice::PortCreated { port } => WatchEvent::PortCreated { port },
            Notice::PortFailed { port, code } => {
                self.forget_port(port, &WatchError::Refused(code));
                WatchEvent::PortFailed { port, code }
            }
            Notice::PortEnded { port, code } => WatchEvent::PortEnded { port, code },
            Notice::PortClosed { port } => {
                self.forget_port(port, &WatchError::Closed);
                WatchEvent::PortClosed { port }
            }
            Notice::FilterAdded { filter, state_sequence, .. } => {
                self.record.added(filter);
                let interest = self.record.interest(filter)?;
                WatchEvent::FilterAdded { filter, interest, state_sequence }
            }
            Notice::FilterFailed { filter, code, .. } => {
                let interest = self.record.forget_filter(filter, WatchError::Refused(code))?;
                WatchEvent::FilterFailed { filter, interest, code }
            }
            _ => return None,
        })
    }

    fn forget_port(&mut self, port: PortId, error: &WatchError) {
        self.ready.remove(&port);
        self.record.forget_port(port, error);
    }

    fn connected(&mut self, server: &str) {
        self.learn(server);
        self.retry_at = None;
        self.next_wait = self.retry.unwrap_or_default().first;
    }

    /// When all servers are tried again, if ever.
    fn plan_retry(&mut self) -> Option<Duration> {
        let retry = self.retry?;
        let wait = shortened(self.next_wait.min(retry.longest));
        self.next_wait = self.next_wait.saturating_mul(2).min(retry.longest);
        self.retry_at = Some(after(wait));
        Some(wait)
    }

    /// Whether there may be something to tell.
    pub(super) fn has_event(&self) -> bool {
        self.skipped > 0 || !self.backlog.is_empty() || !self.ready.is_empty()
    }

    /// The next thing to tell: what happened to the connection goes before what happened in the cluster.
    pub(super) fn next_event(&mut self) -> Option<WatchEvent> {
        if self.skipped > 0 {
            return Some(WatchEvent::Skipped { events: std::mem::take(&mut self.skipped) });
        }
        if let Some(event) = self.backlog.pop_front() {
            return Some(event);
        }
        while let Some(port) = self.ready.first().copied() {
            if let Some(indication) = self.engine.next_indication(port) {
                return Some(self.change(port, indication));
            }
            self.ready.remove(&port);
        }
        None
    }

    fn change(&self, port: PortId, indication: Indication) -> WatchEvent {
        let filter = match &indication {
            Indication::V1 { filter, .. } => *filter,
            Indication::V2 { filter_id, .. } => *filter_id,
        };
        let interest = filter.and_then(|filter| self.record.interest(filter));
        WatchEvent::Changed(Change { port, indication, interest })
    }
}

/// A wait, less up to a quarter of it by chance.
fn shortened(wait: Duration) -> Duration {
    let mut dice = [0; 1];
    // Without chance, it is the whole wait.
    let _ = getrandom::fill(&mut dice);
    let [dice] = dice;
    let quarter = wait.checked_div(4).unwrap_or_default();
    let part = quarter.saturating_mul(u32::from(dice)).checked_div(255).unwrap_or_default();
    wait.saturating_sub(part)
}
