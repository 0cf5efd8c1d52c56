//! Times all contestants of a task side by side.
//!
//! Each does the task so many times in a row that reading the clock does not matter; then comes the next one, and so
//! on for many rounds, so that whatever else the machine does hits all alike. The median of the rounds counts.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::contestant::{Contestant, Job, Task};
use crate::system::allocator;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds over all contestants.
    pub rounds: usize,
    /// How long one contestant repeats the task in one round, at least.
    pub batch: Duration,
}

/// What one contestant needed.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Who.
    pub contestant: Contestant,
    /// Nanoseconds for doing the task once: the median over the rounds.
    pub nanoseconds: f64,
    /// Allocations for doing the task once.
    pub allocations: f64,
}

/// What all contestants of a task needed.
#[derive(Clone, Debug)]
pub struct Group {
    /// The task.
    pub task: Task,
    /// Octets of the message.
    pub octets: usize,
    /// Those who can do the task, ours first.
    pub samples: Vec<Sample>,
}

impl Effort {
    /// For numbers that are to be told.
    pub const FULL: Self = Self { rounds: 301, batch: Duration::from_micros(100) };
    /// To see that all works.
    pub const QUICK: Self = Self { rounds: 15, batch: Duration::from_micros(20) };
}

impl Group {
    /// What a contestant needed.
    pub fn sample(&self, contestant: Contestant) -> Option<Sample> {
        self.samples.iter().copied().find(|sample| sample.contestant == contestant)
    }

    /// How many times as long as ours a contestant took.
    pub fn over_ours(&self, contestant: Contestant) -> Option<f64> {
        self.over(Contestant::Ours, contestant)
    }

    /// How many times as long as one contestant another took.
    pub fn over(&self, one: Contestant, other: Contestant) -> Option<f64> {
        let one = self.sample(one)?.nanoseconds;
        self.sample(other).map(|other| other.nanoseconds / one)
    }
}

/// Keeps this thread on one processor, so that caches and clocks stay the same.
pub fn pin() -> bool {
    let last = core_affinity::get_core_ids().unwrap_or_default().into_iter().next_back();
    last.is_some_and(core_affinity::set_for_current)
}

/// Measures a task.
///
/// # Errors
/// A contestant reads or writes something else than ours.
pub fn measure(task: Task, effort: Effort) -> Result<Group> {
    let mut runners = Vec::new();
    for contestant in Contestant::ALL {
        let job = contestant.job(task).with_context(|| format!("{contestant}: {task}"))?;
        runners.extend(job.map(|job| Runner::new(contestant, job, effort)));
    }
    for round in 0..effort.rounds {
        // Whoever comes first after a pause has the coldest caches.
        let first = round.checked_rem(runners.len()).unwrap_or_default();
        let (later, earlier) = runners.split_at_mut(first);
        earlier.iter_mut().chain(later).for_each(Runner::time);
    }
    let octets = task.message.stub(task.format)?.len();
    Ok(Group { task, octets, samples: runners.into_iter().map(Runner::sample).collect() })
}

/// A contestant at work.
struct Runner {
    contestant: Contestant,
    job: Job,
    /// How often the job is done in a batch.
    times: u32,
    allocations: f64,
    /// Nanoseconds of each batch.
    batches: Vec<f64>,
}

impl Runner {
    fn new(contestant: Contestant, mut job: Job, effort: Effort) -> Self {
        const COUNTED: u32 = 4;
        // The first run makes room that later ones use again.
        job.run(1);
        let counted = allocator::count(|| job.run(COUNTED));
        let allocations = job.foreign_allocations().unwrap_or(counted as f64 / f64::from(COUNTED));
        let times = batch(&mut job, effort.batch);
        Self { contestant, job, times, allocations, batches: Vec::with_capacity(effort.rounds) }
    }

    fn time(&mut self) {
        let start = Instant::now();
        self.job.run(self.times);
        self.batches.push(start.elapsed().as_secs_f64() * 1e9);
    }

    fn sample(self) -> Sample {
        let nanoseconds = median(self.batches) / f64::from(self.times);
        Sample { contestant: self.contestant, nanoseconds, allocations: self.allocations }
    }
}

/// How often a job must be done for a batch of that length.
fn batch(job: &mut Job, length: Duration) -> u32 {
    let mut times: u32 = 1;
    loop {
        let start = Instant::now();
        job.run(times);
        if start.elapsed() >= length {
            return times;
        }
        times = times.saturating_mul(2);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
