//! What everybody looks at: the cluster as it was seen last, counts, and the latest news.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::about::About;
use super::news::{News, What};
use super::picture::Picture;

/// News that are kept.
const MAX_NEWS: usize = 1000;

/// See the module. Clones are the same board.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board(Arc<Mutex<Contents>>);

/// What is on the board.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    pub(crate) picture: Picture,
    pub(crate) tally: Tally,
    /// The latest news, the last one first.
    pub(crate) news: VecDeque<News>,
}

/// What was counted since the start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Events by kind of object and name.
    pub(crate) events: BTreeMap<(About, String), u64>,
    /// When the last event was seen.
    pub(crate) last_event: Option<Instant>,
    /// Connections that were lost and replaced.
    pub(crate) reconnects: u64,
    /// Servers that could not be used.
    pub(crate) failed_attempts: u64,
    /// Filters that could not be registered.
    pub(crate) failed_filters: u64,
}

impl Board {
    /// Looks at the board, and may change it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Contents> {
        // Nothing that holds the lock can leave the contents half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a piece of news and keeps it.
    pub(crate) fn note(&self, news: &News) {
        let mut contents = self.lock();
        contents.count(&news.what);
        contents.news.push_front(news.clone());
        contents.news.truncate(MAX_NEWS);
    }
}

impl Contents {
    fn count(&mut self, what: &What) {
        let Self { picture, tally, .. } = self;
        match what {
            What::Event(event) => {
                tally.last_event = Some(Instant::now());
                for change in &event.changes {
                    let count = tally.events.entry((event.about, change.clone())).or_default();
                    *count = count.saturating_add(1);
                }
            }
            What::Connected { server, cluster } => {
                picture.is_connected = true;
                picture.server.clone_from(server);
                picture.cluster.clone_from(cluster);
            }
            What::Reconnected { server } => {
                picture.is_connected = true;
                picture.server.clone_from(server);
                tally.reconnects = tally.reconnects.saturating_add(1);
            }
            What::Reconnecting { .. } | What::Lost { .. } => picture.is_connected = false,
            What::AttemptFailed { .. } => tally.failed_attempts = tally.failed_attempts.saturating_add(1),
            What::NotWatching { .. } => tally.failed_filters = tally.failed_filters.saturating_add(1),
            What::Watching { .. } | What::Skipped { .. } => {}
        }
    }
}
