//! Campaigns: libFuzzer on targets, several at a time, and a table of what became of them.
//!
//! `empty`, which does nothing, always runs along: its executions a second are what the machine can do at all.

mod fuzzer;
mod queue;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;

pub(super) use self::fuzzer::{Job, Outcome};
use super::project::{self, Target, Workshop};
use super::seeds;

/// The target that is the floor.
const EMPTY: &str = "empty";
/// Seconds are enough to see how fast the floor is.
const EMPTY_SECONDS: u64 = 10;

/// Arguments of `run`.
#[derive(Args)]
pub(super) struct Run {
    /// Targets; all by default, in turn.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target is fuzzed.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many fuzzers run at a time: on one target that many, else on so many targets.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
    /// Begins from the checked-in seeds alone, and leaves the corpus as it is.
    #[arg(long)]
    from_seeds: bool,
    /// Switches for libFuzzer.
    #[arg(last = true)]
    switches: Vec<String>,
}

/// Arguments of `smoke`.
#[derive(Args)]
pub(super) struct Smoke {
    /// Targets; all by default.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// How long each target is fuzzed.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many targets are fuzzed at a time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
}

impl Smoke {
    pub(super) fn run(&self) -> Result<()> {
        let Self { targets, seconds, jobs } = self;
        Run {
            targets: targets.clone(),
            seconds: *seconds,
            jobs: *jobs,
            from_seeds: true,
            // The same mutations each time.
            switches: vec!["-seed=1".to_owned()],
        }
        .run()
    }
}

impl Run {
    pub(super) fn run(&self) -> Result<()> {
        let targets = self.targets()?;
        let workshop = Workshop::here()?;
        workshop.build(&targets)?;
        let mut jobs = Vec::new();
        for target in &targets {
            jobs.extend(self.jobs_of(target, &workshop)?);
        }
        let outcomes = queue::work_off(&jobs, usize::from(self.jobs))?;
        println!("{}", table(&outcomes));
        let failures: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.failed.as_deref()).collect();
        ensure!(failures.is_empty(), "{}", failures.join("\n"));
        Ok(())
    }

    /// Those that are asked for, after the floor.
    fn targets(&self) -> Result<Vec<Target>> {
        let mut targets = project::targets(&self.targets)?;
        targets.retain(|target| target.name != EMPTY);
        targets.splice(0..0, project::targets(&[EMPTY.to_owned()])?);
        Ok(targets)
    }

    /// What the fuzzers of a target have to do.
    fn jobs_of(&self, target: &Target, workshop: &Workshop) -> Result<Vec<Job>> {
        let is_empty = target.name == EMPTY;
        let is_alone = self.targets.len() == 1 && !is_empty;
        let count = if is_alone { self.jobs } else { 1 };
        let corpora = if self.from_seeds || is_empty { new_corpus(target)? } else { own_corpus(target)? };
        let artifacts = std::path::absolute("fuzz/artifacts")?.join(&target.name);
        fs::create_dir_all(&artifacts).with_context(|| format!("creating {}", artifacts.display()))?;
        let job = |index| Job {
            target: target.name.clone(),
            program: workshop.program(&target.name),
            switches: self.switches_of(target, count, &artifacts),
            corpora: corpora.clone(),
            log: PathBuf::from(format!("target/fuzz/{}-{index}.log", target.name)),
            is_shown: is_alone && index == 0,
        };
        Ok((0..count).map(job).collect())
    }

    fn switches_of(&self, target: &Target, count: u8, artifacts: &Path) -> Vec<String> {
        let seconds = if target.name == EMPTY { self.seconds.min(EMPTY_SECONDS) } else { self.seconds };
        let mut switches = target.switches();
        switches.extend([
            format!("-max_total_time={seconds}"),
            format!("-artifact_prefix={}/", artifacts.display()),
            // Several on one corpus tell each other what they find.
            format!("-reload={}", u8::from(count > 1)),
            "-print_final_stats=1".to_owned(),
        ]);
        switches.extend(self.switches.clone());
        switches
    }
}

/// An empty folder, and a copy of the checked-in seeds.
fn new_corpus(target: &Target) -> Result<Vec<PathBuf>> {
    let (found, seeds) = (format!("found/{}", target.name), format!("seeds/{}", target.name));
    let (found, seeds) = (project::scratch(&found)?, project::scratch(&seeds)?);
    for seed in target.seeds()? {
        let copy = seeds.join(seed.file_name().unwrap_or_default());
        fs::copy(&seed, &copy).with_context(|| format!("writing {}", copy.display()))?;
    }
    Ok(vec![found, seeds])
}

/// The corpus of the target, with made-up seeds if there are none.
fn own_corpus(target: &Target) -> Result<Vec<PathBuf>> {
    if project::files(&target.corpus())?.is_empty() {
        seeds::write_seeds(target)?;
    }
    Ok(vec![target.corpus()])
}

/// A line for each target: what its fuzzers did together.
fn table(outcomes: &[Outcome]) -> String {
    let floor = outcomes.iter().find(|outcome| outcome.target == EMPTY).map_or(0.0, Outcome::rate);
    let heading = format!(
        "{:<14} {:>12} {:>9} {:>9} {:>9} {:>7}  {}",
        "target", "executions", "execs/s", "of empty", "new files", "edges", "outcome"
    );
    std::iter::once(heading)
        .chain(outcomes.iter().map(|outcome| outcome.row(floor)))
        .collect::<Vec<_>>()
        .join("\n")
}
