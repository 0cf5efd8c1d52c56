//! Watchers of a real server while faults are injected, and the laws that hold nevertheless.

mod host;
pub(crate) mod judge;
pub(crate) mod ledger;
mod plan;
mod probe;
mod proxy;
mod random;
mod residue;
mod vandal;
mod watching;
mod wire;

use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use host::{Host, Restart, is_empty};
use judge::Tally;
use plan::{Changes, Executor, round};
use probe::Probes;
use random::Random;
use residue::Residue;
use watching::{Kind, Watching};

/// How much of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) watchers: usize,
    /// For how long faults are injected.
    pub(crate) time: Duration,
    pub(crate) seed: u64,
    /// Within which a fresh client must have an answer.
    pub(crate) latency: Duration,
    /// How long watchers may take to come back, and what is to go to be gone.
    pub(crate) patience: Duration,
}

/// How long a round of all faults takes.
const ROUND: Duration = Duration::from_millis(2_500);

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) breaches: Vec<String>,
    faults: Vec<String>,
    posted: usize,
    tally: Tally,
    restarts: usize,
    refused: usize,
    /// From the last restart until all had heard of what happened after it.
    return_time: Duration,
    times: Vec<Duration>,
}

/// Runs it. Raises the limit on open files first: each watcher has about nine, both ends and the proxy's counted.
pub(crate) async fn run(size: Size) -> Report {
    rlimit::increase_nofile_limit(u64::MAX).unwrap();
    tokio::task::yield_now().await;
    let before = Residue::now();
    let mut report = attack(size).await;
    report.breaches.extend(before.settle(size.patience).await.err());
    report
}

async fn attack(size: Size) -> Report {
    let mut random = Random::new(size.seed);
    let directory = tempfile::tempdir().unwrap();
    let host = Host::start(directory.path().join("data.redb"), size.watchers, &mut random).await;
    let host = Arc::new(host);
    let watchings = start(size, &host, &mut random).await;

    let probes = Arc::new(Probes::default());
    let changes = Arc::new(Changes::new(Arc::clone(&host)));
    let pause = Duration::from_millis((size.watchers as u64 / 3).clamp(20, 300));
    let mut background = JoinSet::new();
    background.spawn(Arc::clone(&changes).run(pause, random.part()));
    let probing = tokio::spawn(Arc::clone(&probes).run(Arc::clone(&host)));

    let vandals = JoinSet::new();
    let executor = Executor {
        host: &host,
        changes: &changes,
        watchings: &watchings,
        vandals,
        random: random.part(),
        log: Vec::new(),
    };
    let mut report = inject(executor, size, background).await;
    let returned = Instant::now();
    catch_up(size, &changes, &watchings).await;
    report.return_time += returned.elapsed();

    probing.abort();
    drop(probing.await);
    judge(&mut report, size, &host, &watchings, &probes).await;
    leave(&mut report, size, &host, watchings).await;
    // Each stop but the last was followed by a start.
    report.restarts = host.stops() - 1;
    report
}

/// Starts the watchers: one in five has a connection that nothing hurts but restarts.
async fn start(size: Size, host: &Arc<Host>, random: &mut Random) -> Vec<Watching> {
    let mut watchings = Vec::new();
    for number in 0..size.watchers {
        let kind = Kind::of(number, random);
        watchings.push(Watching::start(number, kind, number % 5 != 0, host).await);
        // Not all at once: that is what restarts are for.
        if number % 64 == 63 {
            sleep(Duration::from_millis(50)).await;
        }
    }
    let end = Instant::now() + size.patience;
    while !watchings.iter().all(Watching::is_ready) {
        assert!(Instant::now() < end, "not all watchers could begin");
        sleep(Duration::from_millis(10)).await;
    }
    watchings
}

/// Faults, for as long as is wanted. The last one is a restart after which all must know what happened meanwhile.
async fn inject(mut executor: Executor<'_>, size: Size, mut background: JoinSet<()>) -> Report {
    let began = Instant::now();
    while began.elapsed() < size.time {
        let faults = round(&mut executor.random);
        executor.carry_out(&faults, ROUND).await;
    }
    let mut breaches = Vec::new();
    // What is checked meanwhile panics.
    while let Some(ended) = background.try_join_next() {
        breaches.extend(ended.err().map(|error| format!("a change: {error}")));
    }
    background.shutdown().await;
    let restarted = Instant::now();
    let any = Restart::any(&mut executor.random);
    executor.restart(Restart { changes: true, ..any }).await;
    let return_time = restarted.elapsed();
    while let Some(ended) = executor.vandals.join_next().await {
        breaches.extend(ended.err().map(|error| format!("a vandal: {error}")));
    }
    Report { breaches, faults: executor.log, return_time, ..Report::default() }
}

/// Makes events until all watchers hear them again.
async fn catch_up(size: Size, changes: &Changes, watchings: &[Watching]) {
    let end = Instant::now() + size.patience;
    while Instant::now() < end {
        changes.change_from_outside().await;
        let pause = Instant::now() + Duration::from_secs(2);
        while Instant::now() < pause {
            if watchings.iter().all(Watching::is_up_to_date) {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn judge(report: &mut Report, size: Size, host: &Host, watchings: &[Watching], probes: &Probes) {
    let state = probe::state(host).await;
    for watching in watchings {
        let (breaches, tallies) = watching.verdict(state);
        report.breaches.extend(breaches);
        for tally in tallies {
            report.tally.heard += tally.heard;
            report.tally.reconnects += tally.reconnects;
            report.tally.losses += tally.losses;
        }
    }
    report.posted = host.ledger.len(cmrp_port::protocol::PortVersion::V1);
    report.breaches.extend(probes.failures());
    report.times = probes.times();
    if let Some(longest) = report.times.last().filter(|longest| **longest > size.latency) {
        report.breaches.push(format!("a fresh client waited {longest:?}"));
    }
}

/// The watchers go, each second one without a word; nothing of them may be left.
async fn leave(report: &mut Report, size: Size, host: &Host, watchings: Vec<Watching>) {
    let mut leaving = JoinSet::new();
    for watching in watchings {
        let is_graceful = watching.number % 2 == 0;
        leaving.spawn(watching.end(is_graceful));
    }
    while leaving.join_next().await.is_some() {}
    let end = Instant::now() + size.patience;
    while !is_empty(&host.snapshot()) && Instant::now() < end {
        sleep(Duration::from_millis(10)).await;
    }
    let now = host.snapshot();
    if !is_empty(&now) {
        report.breaches.push(format!("the server holds {now:?}"));
    }
    report.breaches.extend(host.levels());
    host.stop(true).await;
    report.refused = host.refused();
    if report.refused == 0 {
        report.breaches.push("no connection of a flood was refused".into());
    }
    report.breaches.extend(host.left_behind().map(|now| format!("a server that is gone holds {now:?}")));
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |share: usize| {
            let place = (self.times.len() * share / 1_000).min(self.times.len().saturating_sub(1));
            self.times.get(place).copied().unwrap_or_default()
        };
        let Tally { heard, reconnects, losses } = self.tally;
        writeln!(f, "faults             {}, of these {} restarts", self.faults.len(), self.restarts)?;
        writeln!(f, "events             {} posted, {heard} heard", self.posted)?;
        writeln!(f, "gaps that are told {reconnects} reconnects, {losses} losses")?;
        writeln!(f, "after a restart    all are back within {:?}", self.return_time)?;
        writeln!(
            f,
            "fresh clients      {}: p50 {:?}, p99 {:?}, max {:?}",
            self.times.len(),
            at(500),
            at(990),
            at(1_000)
        )?;
        writeln!(f, "refused            {} connections of floods", self.refused)?;
        writeln!(f, "breaches           {}", self.breaches.len())?;
        for breach in self.breaches.iter().take(20) {
            writeln!(f, "  {breach}")?;
        }
        if !self.breaches.is_empty() {
            for fault in &self.faults {
                writeln!(f, "  after {fault}")?;
            }
        }
        Ok(())
    }
}
