//! Works off jobs, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, anyhow};

use super::fuzzer::{Job, Outcome};

/// Runs all jobs, `width` at a time, and gives what became of each target, in the order of the jobs.
pub(super) fn work_off(jobs: &[Job], width: usize) -> Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Outcome)>> {
        let mut outcomes = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return Ok(outcomes) };
            outcomes.push((index, job.run()?));
        }
    };
    let mut outcomes = thread::scope(|scope| {
        let workers: Vec<_> = (0..width).map(|_| scope.spawn(work)).collect();
        let results = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow!("a worker panicked"))));
        results.collect::<Result<Vec<_>>>()
    })?
    .concat();
    outcomes.sort_by_key(|(index, _)| *index);
    Ok(join(outcomes.into_iter().map(|(_, outcome)| outcome)))
}

/// Fuzzers of one target follow each other.
fn join(outcomes: impl Iterator<Item = Outcome>) -> Vec<Outcome> {
    outcomes.fold(Vec::new(), |mut joined: Vec<Outcome>, outcome| {
        match joined.last_mut() {
            Some(last) if last.target == outcome.target => last.join(outcome),
            _ => joined.push(outcome),
        }
        joined
    })
}
