//! Watching: what the watcher brings becomes news, with what the servers say of the objects.

use std::collections::BTreeMap;

use cmrp::cluster_change::ClusterChange;
use cmrp_net::client::{Bound, CallError, Change, PortVersion, Protocol, WatchEvent, Watcher};
use cmrp_port::client::Indication;
use cmrp_port::object::ObjectKind;

use super::about::{About, WITH_STATE, names_v1, names_v2};
use super::board::Board;
use super::news::{Details, Event, News, What};
use super::payload;
use super::picture::Transition;
use super::survey::{Found, Surveyor, Unknown};
use super::wanted::{interest_text, subject_text};
use crate::interface::Interface;
use crate::time::Time;

/// See the module.
pub(super) struct Session {
    watcher: Watcher,
    board: Board,
    protocol: Protocol,
    /// Whether servers are asked for states.
    asks: bool,
    /// Filters of which it is not known yet whether they are in place.
    pending: usize,
    /// What is being watched, as text, by how many filters.
    watching: BTreeMap<String, usize>,
    /// Whether there is a port, or may come to be one.
    has_port: bool,
}

impl Session {
    /// A session of a watcher with so many filters. `asks` says whether servers are asked for states.
    pub(super) fn new(
        watcher: Watcher,
        protocol: Protocol,
        filters: usize,
        asks: bool,
        board: Board,
    ) -> Self {
        Self { watcher, board, protocol, asks, pending: filters, watching: BTreeMap::new(), has_port: true }
    }

    /// Whether there is nothing to watch: all filters were refused, or have gone with their objects.
    pub(super) fn is_idle(&self) -> bool {
        self.pending == 0 && self.watching.is_empty()
    }

    /// Whether the server has refused the port, or ended it.
    pub(super) fn has_port(&self) -> bool {
        self.has_port
    }

    /// The news in an event of the watcher; `None` if there is none for anybody.
    pub(super) async fn news(&mut self, event: WatchEvent) -> Option<News> {
        let time = Time::now();
        let what = match event {
            WatchEvent::Changed(change) => What::Event(Box::new(self.event(change).await?)),
            WatchEvent::Connected { server, cluster } => What::Connected { server, cluster },
            WatchEvent::Reconnected { server } => {
                self.survey().await;
                What::Reconnected { server }
            }
            WatchEvent::Reconnecting { code } => What::Reconnecting { code },
            WatchEvent::AttemptFailed { server, code, .. } => What::AttemptFailed { server, code },
            WatchEvent::ConnectFailed { code, retry } | WatchEvent::Lost { code, retry } => {
                What::Lost { code, retry }
            }
            WatchEvent::FilterAdded { interest, .. } => {
                self.settled().await;
                let subject = subject_text(&interest.subject);
                let filters = self.watching.entry(subject.clone()).or_default();
                *filters = filters.saturating_add(1);
                if *filters > 1 {
                    return None;
                }
                What::Watching { subject }
            }
            WatchEvent::FilterFailed { interest, code, .. } => {
                if self.pending == 0 {
                    self.lose(&subject_text(&interest.subject));
                }
                self.settled().await;
                What::NotWatching { subject: interest_text(&interest), code }
            }
            WatchEvent::PortFailed { code, .. } | WatchEvent::PortEnded { code, .. } => {
                // All filters are on one port, and gone with it.
                self.pending = 0;
                self.watching.clear();
                self.has_port = false;
                What::NotWatching { subject: "anything: the server has no port for us".to_owned(), code }
            }
            WatchEvent::Skipped { events } => What::Skipped { count: events },
            _ => return None,
        };
        let news = News { time, what };
        self.board.note(&news);
        Some(news)
    }

    /// A filter that was in place is no more.
    fn lose(&mut self, subject: &str) {
        if let Some(filters) = self.watching.get_mut(subject) {
            *filters = filters.saturating_sub(1);
        }
        self.watching.retain(|_, filters| *filters > 0);
    }

    /// One filter less to wait for. Once all are in place, no change escapes, and the cluster can be looked at.
    async fn settled(&mut self) {
        let was_pending = self.pending > 0;
        self.pending = self.pending.saturating_sub(1);
        if was_pending && self.pending == 0 {
            self.survey().await;
        }
    }

    async fn event(&mut self, change: Change) -> Option<Event> {
        let watched = change.interest.map(|interest| subject_text(&interest.subject));
        let mut event = match change.indication {
            Indication::V1 { change, name, state_sequence, .. } => event_v1(change, name, state_sequence),
            indication @ Indication::V2 { .. } => event_v2(indication)?,
        };
        event.watched = watched;
        if let Some(kind) = event.about.with_state().filter(|_| self.asks && !event.name.is_empty()) {
            event.transition = self.transition(kind, &event).await;
        }
        Some(event)
    }

    /// What has become of an object.
    async fn transition(&mut self, kind: ObjectKind, event: &Event) -> Option<Transition> {
        if event.changes.iter().any(|change| change.ends_with("_DELETED")) {
            return Some(self.forget(kind, &event.name));
        }
        let bound = self.watcher.bound_cluster().await.ok()?;
        let is_new = self.board.lock().picture.condition(kind, &event.name).is_none();
        match self.surveyor(&bound).condition(kind, &event.name).await {
            Ok((mut condition, type_name)) => {
                // The state may have changed again since; that will be another event.
                let told = event.details.as_ref().and_then(|details| details.state);
                condition.state = told.unwrap_or(condition.state);
                let transition = self.note(kind, &event.name, (condition, type_name));
                if is_new {
                    // It may be an object that had another name.
                    self.forget_others(&bound, kind).await;
                }
                Some(transition)
            }
            Err(Unknown::Gone) => Some(self.forget(kind, &event.name)),
            Err(error) => {
                self.failed(&bound, &error).await;
                None
            }
        }
    }

    fn note(&self, kind: ObjectKind, name: &str, (condition, type_name): Found) -> Transition {
        let mut contents = self.board.lock();
        if let Some(type_name) = type_name {
            contents.picture.types.insert(name.to_owned(), type_name);
        }
        let old = contents.picture.note(kind, name, condition.clone());
        Transition { kind, old, new: Some(condition) }
    }

    fn forget(&self, kind: ObjectKind, name: &str) -> Transition {
        let old = self.board.lock().picture.forget(kind, name);
        Transition { kind, old, new: None }
    }

    /// Asks for everything. What a server does not tell stays as it was.
    pub(super) async fn survey(&mut self) {
        if !self.asks {
            return;
        }
        let Ok(bound) = self.watcher.bound_cluster().await else { return };
        for (_, kind) in WITH_STATE {
            if let Err(error) = self.survey_kind(&bound, kind).await {
                return self.failed(&bound, &error).await;
            }
        }
    }

    async fn survey_kind(&mut self, bound: &Bound, kind: ObjectKind) -> Result<(), Unknown> {
        let names = self.forget_all_but(kind, self.surveyor(bound).names(kind).await?);
        for name in names {
            match self.surveyor(bound).condition(kind, &name).await {
                Ok(found) => drop(self.note(kind, &name, found)),
                Err(Unknown::Gone) => drop(self.forget(kind, &name)),
                Err(Unknown::Code(code)) => tracing::warn!(name, code, "the state can't be had"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn forget_others(&mut self, bound: &Bound, kind: ObjectKind) {
        match self.surveyor(bound).names(kind).await {
            Ok(names) => drop(self.forget_all_but(kind, names)),
            Err(error) => self.failed(bound, &error).await,
        }
    }

    /// Forgets the objects that there are no longer, and gives back the names of those that there are.
    fn forget_all_but(&self, kind: ObjectKind, names: Vec<String>) -> Vec<String> {
        let mut contents = self.board.lock();
        let known = contents.picture.objects(kind).into_iter().flat_map(|objects| objects.keys().cloned());
        let gone: Vec<String> = known
            .filter(|known| !names.iter().any(|name| cmrp_port::object::same_name(known, name)))
            .collect();
        for name in gone {
            contents.picture.forget(kind, &name);
        }
        names
    }

    fn surveyor<'a>(&self, bound: &'a Bound) -> Surveyor<'a> {
        let interface = match self.protocol {
            Protocol::V2 => Interface::ClusApi2,
            Protocol::V3 => Interface::ClusApi3,
        };
        Surveyor { association: &bound.association, interface }
    }

    /// A call of our own failed: if the server is no good any more, the watcher looks for another.
    async fn failed(&self, bound: &Bound, error: &Unknown) {
        tracing::warn!(%error, "a state can't be had");
        let code = match error {
            Unknown::Code(code) => Some(*code),
            _ => error.call_error().map(CallError::win32),
        };
        if let Some(code) = code {
            // Only a watcher that has shut down does not want to know.
            let _ = self.watcher.failed(bound, code).await;
        }
    }
}

fn event_v1(change: ClusterChange, name: String, state_sequence: u32) -> Event {
    Event {
        version: PortVersion::V1,
        about: About::of_v1(change),
        name,
        changes: names_v1(change),
        flags: change.bits().into(),
        watched: None,
        transition: None,
        sequence: Some(state_sequence),
        details: None,
    }
}

/// `None` if it is an event of the other version.
fn event_v2(indication: Indication) -> Option<Event> {
    let Indication::V2 { filter, buffer, object_id, parent_id, name, type_name, .. } = indication else {
        return None;
    };
    let (payload, state) = (payload::text(filter, &buffer), payload::state(filter, &buffer));
    Some(Event {
        version: PortVersion::V2,
        about: About::of_v2(filter),
        name,
        changes: names_v2(filter),
        flags: filter.flags(),
        watched: None,
        transition: None,
        sequence: None,
        details: Some(Details { object_id, parent_id, type_name, buffer, state, payload }),
    })
}
