//! What `tests/faults` does, at full size: watchers of a server that is attacked and started again, and figures.
//!
//! ```text
//! cargo bench -p cmrp-net --bench faults -- [--watchers 1000] [--seconds 60] [--seed 1]
//! ```
//!
//! The server, the watchers and what stands between them are one process. Each watcher has up to nine file descriptors,
//! so that a thousand need `ulimit -Hn` of 20,000. It fails if a law is broken.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should stop"
)]

#[cfg(target_os = "linux")]
#[path = "../../tests/faults/rig/mod.rs"]
mod rig;

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use std::process::ExitCode;
    use std::time::Duration;

    let size = rig::Size {
        watchers: usize::try_from(argument("--watchers", 1_000)).unwrap(),
        time: Duration::from_secs(argument("--seconds", 60)),
        seed: argument("--seed", 1),
        latency: Duration::from_secs(10),
        patience: Duration::from_secs(120),
    };
    println!("{size:?}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let before = HEAP.allocated();
    let report = runtime.block_on(rig::run(size));
    print!("{report}");
    println!("heap               {before} octets before, {} after", HEAP.allocated());
    if report.breaches.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What follows a word on the command line.
#[cfg(target_os = "linux")]
fn argument(name: &str, default: u64) -> u64 {
    let mut words = std::env::args().skip_while(|word| word != name).skip(1);
    words.next().map_or(default, |value| value.parse().expect("a number"))
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("it counts what a process holds in /proc, which only Linux has");
}
