//! Watchers of a server on real sockets while clients are killed, connections hang, garbage arrives and the server is
//! started again: nobody misses anything untold, and nothing is left behind. `benches/faults` runs the same at full
//! size.
#![cfg(target_os = "linux")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should stop"
)]

mod judging;
mod rig;

use std::time::Duration;

use rig::{Size, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_leave_nothing_behind_and_nobody_misses_anything_untold() {
    for seed in [1, 2] {
        let size = Size {
            watchers: 60,
            time: Duration::from_secs(2),
            seed,
            latency: Duration::from_secs(10),
            patience: Duration::from_secs(30),
        };
        let report = run(size).await;
        println!("seed {seed}\n{report}");
        assert!(report.breaches.is_empty(), "seed {seed}:\n{report}");
    }
}
