//! One libFuzzer process: how it is started, and what it says.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::process::{ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Lines of a failure that are repeated at the end.
const LAST_LINES: usize = 40;

/// What a fuzzer has to do.
pub(in crate::fuzz) struct Job {
    pub(in crate::fuzz) target: String,
    pub(in crate::fuzz) program: PathBuf,
    /// libFuzzer's switches.
    pub(in crate::fuzz) switches: Vec<String>,
    /// Folders of inputs. New ones go into the first.
    pub(in crate::fuzz) corpora: Vec<PathBuf>,
    /// Where everything that it says is kept.
    pub(in crate::fuzz) log: PathBuf,
    /// Whether a person reads along.
    pub(in crate::fuzz) is_shown: bool,
}

/// What became of the fuzzers of a target.
#[derive(Clone, Debug)]
pub(in crate::fuzz) struct Outcome {
    pub(in crate::fuzz) target: String,
    executions: u64,
    pub(in crate::fuzz) elapsed: Duration,
    /// Inputs that it added to the corpus.
    new_files: u64,
    /// Edges of the program that were taken.
    edges: u64,
    /// The last lines of one that did not end well.
    pub(in crate::fuzz) failed: Option<String>,
}

impl Job {
    /// Runs it to its end. That it finds a bug is no error.
    pub(in crate::fuzz) fn run(&self) -> Result<Outcome> {
        let start = Instant::now();
        let mut command = Command::new(&self.program);
        command.args(&self.switches).args(&self.corpora).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {}", self.program.display()))?;
        let mut notes = Notes::default();
        if let Some(said) = child.stderr.take() {
            self.listen(said, &mut notes)?;
        }
        let status = child.wait().context("waiting for a fuzzer")?;
        let last = Vec::from(notes.last).join("\n");
        Ok(Outcome {
            target: self.target.clone(),
            executions: notes.executions,
            elapsed: start.elapsed(),
            new_files: notes.new_files,
            edges: notes.edges,
            failed: (!status.success()).then(|| format!("{}: {status}:\n{last}", self.target)),
        })
    }

    fn listen(&self, said: ChildStderr, notes: &mut Notes) -> Result<()> {
        let log = File::create(&self.log).with_context(|| format!("creating {}", self.log.display()))?;
        let mut log = BufWriter::new(log);
        for line in BufReader::new(said).split(b'\n') {
            let line = line.context("reading what a fuzzer says")?;
            let line = String::from_utf8_lossy(&line);
            writeln!(log, "{line}").context("writing a log")?;
            if self.is_shown && !is_chatter(&line) {
                println!("{line}");
            }
            notes.take(&line);
        }
        log.flush().context("writing a log")
    }
}

/// What libFuzzer says of each input that it keeps.
fn is_chatter(line: &str) -> bool {
    let event = line.split_whitespace().nth(1).unwrap_or_default();
    line.starts_with('#') && ["NEW", "REDUCE", "RELOAD"].contains(&event)
}

/// What is remembered of a fuzzer's talk.
#[derive(Default)]
struct Notes {
    executions: u64,
    new_files: u64,
    edges: u64,
    last: VecDeque<String>,
}

impl Notes {
    fn take(&mut self, line: &str) {
        if let Some(count) = number_after(line, "stat::number_of_executed_units:") {
            self.executions = count;
        } else if let Some(count) = number_after(line, "stat::new_units_added:") {
            self.new_files = count;
        } else if let Some(count) = line.starts_with('#').then(|| number_after(line, " cov: ")).flatten() {
            self.edges = count;
        }
        if is_chatter(line) {
            return;
        }
        self.last.push_back(line.to_owned());
        if self.last.len() > LAST_LINES {
            self.last.pop_front();
        }
    }
}

fn number_after(line: &str, label: &str) -> Option<u64> {
    line.split_once(label)?.1.split_whitespace().next()?.parse().ok()
}

impl Outcome {
    /// Executions a second.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub(in crate::fuzz) fn rate(&self) -> f64 {
        self.executions as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }

    /// Adds what another fuzzer of the same target did at the same time.
    pub(super) fn join(&mut self, other: Self) {
        self.executions = self.executions.saturating_add(other.executions);
        self.new_files = self.new_files.saturating_add(other.new_files);
        self.elapsed = self.elapsed.max(other.elapsed);
        self.edges = self.edges.max(other.edges);
        self.failed = self.failed.take().or(other.failed);
    }

    /// A line of the table, held against the executions a second of the floor.
    pub(super) fn row(&self, floor: f64) -> String {
        let Self { target, executions, new_files, edges, .. } = self;
        let (rate, outcome) = (self.rate(), if self.failed.is_some() { "FAILED" } else { "clean" });
        let share = rate / floor.max(f64::EPSILON);
        format!("{target:<14} {executions:>12} {rate:>9.0} {share:>9.4} {new_files:>9} {edges:>7}  {outcome}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What libFuzzer says in a short run, and then of a crash.
    const TALK: &str = "\
INFO: Running with entropic power schedule (0xFF, 100).
#2\tINITED cov: 120 ft: 121 corp: 1/1b exec/s: 0 rss: 38Mb
#9\tNEW    cov: 131 ft: 140 corp: 2/4b lim: 4096 exec/s: 0 rss: 38Mb L: 3/3 MS: 1 Custom-
#4096\tpulse  cov: 131 ft: 140 corp: 2/4b lim: 4096 exec/s: 2048 rss: 38Mb
#5000\tDONE   cov: 133 ft: 144 corp: 3/9b lim: 4096 exec/s: 2500 rss: 38Mb
stat::number_of_executed_units: 5000
stat::average_exec_per_sec:     2500
stat::new_units_added:          2
stat::slowest_unit_time_sec:    0
stat::peak_rss_mb:              38";

    #[test]
    fn counts_are_those_at_the_end() {
        let mut notes = Notes::default();
        TALK.lines().for_each(|line| notes.take(line));
        assert_eq!((notes.executions, notes.new_files, notes.edges), (5000, 2, 133));
        assert!(notes.last.iter().all(|line| !line.contains("NEW")));
    }

    #[test]
    fn fuzzers_of_one_target_add_up() {
        let outcome = |executions, seconds, edges| Outcome {
            target: "pdu".to_owned(),
            executions,
            elapsed: Duration::from_secs(seconds),
            new_files: 1,
            edges,
            failed: None,
        };
        let mut joined = outcome(1000, 10, 50);
        joined.join(outcome(500, 8, 60));
        assert_eq!((joined.executions, joined.new_files, joined.edges), (1500, 2, 60));
        assert!((joined.rate() - 150.0).abs() < 1e-9);
        assert!(joined.row(1500.0).contains(" 0.1000 "), "{}", joined.row(1500.0));
    }
}
