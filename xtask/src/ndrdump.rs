//! Compares our encodings with what Samba's `ndrdump` (Debian package `samba-testsuite`) makes of them.
//!
//! Random values of every operation of protocol version 3 go out in NDR and NDR64. `ndrdump` must read both without
//! complaint, write the NDR form again octet for octet, and print the same for both. It knows no big-endian input, and
//! can't write NDR64. Where libndr's IDL differs from the specification, a line in `ndrdump-deviations.tsv` says so.
//!
//! Then the same for stubs as `cmrp fuzz generate --hostile 0` makes them: all are read, but at places that are listed.

mod cases;
mod deviations;
mod generated;
mod program;

use std::collections::BTreeMap;
use std::env;

use anyhow::{Result, ensure};
use clap::Args;
use cmrp_testsuite::message::Direction;

use self::cases::Case;
use self::deviations::Deviations;
use self::program::Program;

/// How many run at a time.
const THREADS: usize = 2;

/// Arguments of `ndrdump`.
#[derive(Args)]
pub(crate) struct Compare {
    /// Values of each operation and direction.
    #[arg(long, default_value_t = 8)]
    rounds: usize,
    /// The same seed makes the same values.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stubs that are generated as `cmrp fuzz generate` does.
    #[arg(long, value_name = "N", default_value_t = 500)]
    generated: usize,
}

/// An operation and "in" or "out", as deviations are listed.
type Place = (String, &'static str);

/// What went wrong first at each place.
type Disagreements = BTreeMap<Place, String>;

impl Compare {
    pub(crate) fn run(&self) -> Result<()> {
        if !Program::is_installed() {
            let required = env::var_os("CMRP_REQUIRE_NDRDUMP").is_some_and(|value| value == "1");
            ensure!(!required, "CMRP_REQUIRE_NDRDUMP=1, but there is no ndrdump (Debian: samba-testsuite)");
            println!("ndrdump: skipped: it is not installed (Debian: samba-testsuite)");
            return Ok(());
        }
        let cases = cases::all(self.seed, self.rounds)?;
        let disagreements = compare(&cases)?;
        let deviations = Deviations::read()?;
        let problems = deviations.hold_against(&disagreements);
        let (values, listed) = (cases.len(), deviations.len());
        println!("ndrdump: {values} values in ndr20-le and ndr64, {listed} known deviations");
        ensure!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
        generated::check(self.seed, self.generated, &deviations)
    }
}

fn compare(cases: &[Case]) -> Result<Disagreements> {
    let mut all = Disagreements::new();
    for share in in_shares(cases, compare_share)? {
        for (place, text) in share {
            all.entry(place).or_insert(text);
        }
    }
    Ok(all)
}

/// Does something with a share of the items in each thread, which has a program of its own.
fn in_shares<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&Program, &[T]) -> Result<R> + Copy + Send,
) -> Result<Vec<R>> {
    let share = items.len().div_ceil(THREADS).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (items.chunks(share).enumerate())
            .map(|(index, items)| scope.spawn(move || work(&Program::new(index)?, items)))
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<R>>| {
            thread.join().map_err(|_| anyhow::anyhow!("a comparison panicked"))?
        };
        threads.into_iter().map(join).collect()
    })
}

fn compare_share(program: &Program, cases: &[Case]) -> Result<Disagreements> {
    let mut disagreements = Disagreements::new();
    for case in cases {
        if let Err(text) = program.judge(case)? {
            disagreements.entry(case.place()).or_insert(format!("{text}\n  value: {}", case.value));
        }
    }
    Ok(disagreements)
}

/// How `ndrdump` calls a direction.
fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "in",
        Direction::Response => "out",
    }
}
