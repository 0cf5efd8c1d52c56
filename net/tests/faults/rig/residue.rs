//! What the process holds: tasks, file descriptors, threads of servers.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Residue {
    tasks: usize,
    descriptors: usize,
    threads: usize,
}

impl Residue {
    pub(crate) fn now() -> Self {
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let names =
            threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok());
        Self {
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            threads: names.filter(|name| name.starts_with("cmrp-service")).count(),
        }
    }

    /// Waits until nothing is held that was not held before.
    pub(crate) async fn settle(self, patience: Duration) -> Result<(), String> {
        let end = Instant::now() + patience;
        loop {
            let now = Self::now();
            if now == self {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("the process holds {now:?}, and held {self:?} before"));
            }
            sleep(Duration::from_millis(10)).await;
        }
    }
}
