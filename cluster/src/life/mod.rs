//! The plausible life of a cluster: what `cmrp serve --simulate` makes happen.
//!
//! Nodes restart or are serviced, groups move, resources fail and recover, networks flap, administrators change
//! properties, write to the registry, and make groups and remove them. What goes down comes up again soon: at any time
//! at least one node is up, unless somebody else takes it down.
//!
//! [`Life`] is passive: it is given the time and the present state, and gives [`Change`]s, each of which a cluster in
//! that state accepts. The same seed, asked at the same times about the same states, gives the same changes.
//!
//! ```
//! use cmrp_cluster::cluster::Cluster;
//! use cmrp_cluster::definition::{DEFAULT, Definition};
//! use cmrp_cluster::embedded::{Config, Embedded};
//! use cmrp_cluster::life::{self, Life};
//! use cmrp_port::time::Instant;
//!
//! let definition = Definition::from_text(DEFAULT).unwrap();
//! let mut cluster = Embedded::new(definition.state(0), Config::default());
//! let mut life = Life::new(7, &life::Config::default(), Instant::ORIGIN);
//! for _ in 0..100 {
//!     let now = life.poll_timeout();
//!     while let Some(change) = life.handle_timeout(now, cluster.state()) {
//!         cluster.change(now, &change).unwrap();
//!     }
//! }
//! ```

mod guard;
mod random;
mod story;

use core::time::Duration;

use cmrp_port::time::Instant;

pub use self::random::Random;
use self::story::Chapter;
use crate::change::Change;
use crate::embedded::model::State;

/// The shortest mean time between two stories.
const SHORTEST: Duration = Duration::from_millis(2);

/// How often a chapter that cannot happen yet is put off, by the time between two stories each, before it is given up.
const PATIENCE: u32 = 20;

/// How eventful a life is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The mean time between the beginnings of two stories, at least 2 ms. A story is one change or several; how long
    /// its parts are apart goes with this time.
    pub interval: Duration,
}

impl Default for Config {
    /// A story every five seconds.
    fn default() -> Self {
        Self { interval: Duration::from_secs(5) }
    }
}

/// The plausible life of a cluster.
#[derive(Clone, Debug)]
pub struct Life {
    random: Random,
    interval: Duration,
    /// When the next story begins.
    next: Instant,
    /// What is still to happen of the stories that have begun, in no order.
    pending: Vec<Pending>,
    /// How many stories there have been: new objects are named after it.
    stories: u64,
}

/// A chapter to come.
#[derive(Clone, Debug)]
struct Pending {
    due: Instant,
    /// Which story it belongs to, so that the chapters of one story keep their order.
    story: u64,
    chapter: Chapter,
    patience: u32,
}

impl Life {
    /// A life that begins now. The same seed makes the same life.
    pub fn new(seed: u64, config: &Config, now: Instant) -> Self {
        let interval = config.interval.max(SHORTEST);
        let mut life =
            Self { random: Random::new(seed), interval, next: now, pending: Vec::new(), stories: 0 };
        life.next = now.saturating_add(life.pause());
        life
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due. It changes with each call of that alone.
    pub fn poll_timeout(&self) -> Instant {
        self.pending.iter().map(|pending| pending.due).fold(self.next, Instant::min)
    }

    /// What happens now to a cluster in this state; `None` if nothing is due any more. To be called again, with the
    /// state that the change led to, until then.
    pub fn handle_timeout(&mut self, now: Instant, state: &State) -> Option<Change> {
        while let Some(pending) = self.take_due(now) {
            if guard::is_possible(state, &pending.chapter.change) {
                return Some(pending.chapter.change);
            }
            self.put_off(now, pending);
        }
        if self.next > now {
            return None;
        }
        self.next = now.saturating_add(self.pause());
        self.begin(now, state)
    }

    /// Takes the chapter that is due first.
    fn take_due(&mut self, now: Instant) -> Option<Pending> {
        let due = self.pending.iter().enumerate().filter(|(_, pending)| pending.due <= now);
        let (at, _) = due.min_by_key(|(_, pending)| (pending.due, pending.story))?;
        Some(self.pending.remove(at))
    }

    /// Waits for a chance to go on with the story, or lets it end where it is.
    fn put_off(&mut self, now: Instant, pending: Pending) {
        if !pending.chapter.must || pending.patience == 0 {
            return;
        }
        let later = self.interval;
        // What comes after it in the story waits too.
        let rest = self.pending.iter_mut().filter(|other| other.story == pending.story);
        rest.for_each(|other| other.due = other.due.saturating_add(later));
        let due = now.saturating_add(later);
        self.pending.push(Pending { due, patience: pending.patience.saturating_sub(1), ..pending });
    }

    /// Begins a story: what happens first, if anything can.
    fn begin(&mut self, now: Instant, state: &State) -> Option<Change> {
        self.stories = self.stories.wrapping_add(1);
        let taken: Vec<&Change> = self.pending.iter().map(|pending| &pending.chapter.change).collect();
        let chapters = story::tell(&mut self.random, state, &taken, self.stories);
        let mut due = now;
        let mut chapters = chapters.into_iter();
        let first = chapters.next()?.change;
        for chapter in chapters {
            due = due.saturating_add(self.stretch(chapter.after));
            self.pending.push(Pending { due, story: self.stories, chapter, patience: PATIENCE });
        }
        Some(first)
    }

    /// The time until the next story: the mean of it is the interval.
    fn pause(&mut self) -> Duration {
        let interval = usize::try_from(self.interval.as_millis()).unwrap_or(usize::MAX);
        let sum = self.random.below(interval).saturating_add(self.random.below(interval));
        Duration::from_millis(u64::try_from(sum).unwrap_or(u64::MAX).max(1))
    }

    /// So many tenths of the interval.
    fn stretch(&self, tenths: u32) -> Duration {
        self.interval.saturating_mul(tenths).checked_div(10).unwrap_or_default().max(Duration::from_millis(1))
    }
}
