//! Runs simulations by the thousand, and replays those that fail.
#![forbid(unsafe_code)]

use std::ops::Range;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use cmrp_simulator::run;
use cmrp_simulator::tally::Totals;

/// Deterministic simulation of clusters around the notification port engines.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run many seeds and say what happened in them
    Run {
        /// The seeds, the last one excluded: 0..1000000
        #[arg(long, value_parser = seeds, default_value = "0..100000")]
        seeds: Range<u64>,
        /// How many threads
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// Run one seed and tell what happens in it
    Replay {
        /// The seed
        seed: u64,
        /// Leave out the steps without which it fails as well
        #[arg(long)]
        shrink: bool,
    },
}

fn seeds(text: &str) -> anyhow::Result<Range<u64>> {
    let (from, to) = text.split_once("..").context("two numbers with .. between them")?;
    let (from, to) = (from.replace('_', "").parse()?, to.replace('_', "").parse()?);
    if from >= to {
        bail!("no seeds");
    }
    Ok(from..to)
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run { seeds, threads } => run_all(&seeds, threads.max(1)),
        Command::Replay { seed, shrink } => replay(seed, shrink),
    }
}

fn replay(seed: u64, shrink: bool) -> ExitCode {
    let outcome = match shrink.then(|| run::shrink(seed)).flatten() {
        Some(script) => run::script(&script, true),
        None => run::seed(seed, true),
    };
    println!("{}", outcome.trace);
    if let Some(violation) = outcome.violation {
        println!("seed {seed}: {violation}");
        return ExitCode::FAILURE;
    }
    println!("seed {seed}: no law is broken\n{}", outcome.totals);
    ExitCode::SUCCESS
}

fn run_all(seeds: &Range<u64>, threads: usize) -> ExitCode {
    let next = AtomicU64::new(seeds.start);
    let totals = Mutex::new(Totals::default());
    let failed: Mutex<Option<u64>> = Mutex::new(None);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| work(&next, seeds.end, &totals, &failed));
        }
    });
    if let Ok(Some(seed)) = failed.into_inner() {
        println!("replay: cargo run --release -p cmrp-simulator -- replay {seed}");
        return replay(seed, true);
    }
    let seconds = start.elapsed().as_secs_f64();
    let count = seeds.end.saturating_sub(seeds.start);
    // Precise enough for a report.
    #[expect(clippy::cast_precision_loss, reason = "seeds are far fewer than 2^52")]
    let rate = count as f64 / seconds;
    println!("{count} seeds in {seconds:.1} s, {rate:.0} a second, {threads} threads; no law is broken");
    if let Ok(totals) = totals.into_inner() {
        println!("{totals}");
        let missing = totals.missing();
        if !missing.is_empty() {
            println!("never: {}", missing.join(", "));
        }
    }
    ExitCode::SUCCESS
}

fn work(next: &AtomicU64, end: u64, totals: &Mutex<Totals>, failed: &Mutex<Option<u64>>) {
    let mut own = Totals::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        let stopped = failed.lock().map_or(true, |failed| failed.is_some());
        if seed >= end || stopped {
            break;
        }
        let outcome = run::seed(seed, false);
        own.merge(&outcome.totals);
        if outcome.violation.is_some() {
            if let Ok(mut failed) = failed.lock() {
                *failed = Some(failed.map_or(seed, |other| other.min(seed)));
            }
        }
    }
    if let Ok(mut totals) = totals.lock() {
        totals.merge(&own);
    }
}
