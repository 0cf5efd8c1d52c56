//! Figures that criterion wrote down, read back for the tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

/// Where the figures are, and since when they are of this run.
pub(crate) struct Report {
    folder: PathBuf,
    start: SystemTime,
}

impl Report {
    pub(crate) fn begin() -> Self {
        // A bench runs in a folder below the one that cargo builds in.
        let target = std::env::current_exe().ok().and_then(|exe| Some(exe.ancestors().nth(3)?.to_owned()));
        let folder = target.unwrap_or_else(|| PathBuf::from("target")).join("criterion");
        Self { folder, start: SystemTime::now() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The nanoseconds that an iteration of a bench took, as criterion estimates their median; `None` if this run left
    /// the bench out.
    pub(crate) fn median(&self, group: &str, bench: &str) -> Option<f64> {
        self.read(group, bench, "estimates")?.pointer("/median/point_estimate")?.as_f64()
    }

    /// As [`median`](Self::median), of the fastest sample: what else the machine did disturbs it least, so that it is
    /// the one to compare benches by.
    pub(crate) fn fastest(&self, group: &str, bench: &str) -> Option<f64> {
        let sample = self.read(group, bench, "sample")?;
        let numbers = |name: &str| sample.get(name)?.as_array()?.iter().map(Value::as_f64).collect();
        let (times, iterations): (Option<Vec<f64>>, Option<Vec<f64>>) = (numbers("times"), numbers("iters"));
        times?.into_iter().zip(iterations?).map(|(time, iterations)| time / iterations).min_by(f64::total_cmp)
    }

    fn read(&self, group: &str, bench: &str, what: &str) -> Option<Value> {
        let file = self.folder.join(group).join(bench).join(format!("new/{what}.json"));
        let of_this_run = fs::metadata(&file).and_then(|it| it.modified()).ok()? >= self.start;
        serde_json::from_str(&fs::read_to_string(file).ok()?).ok().filter(|_| of_this_run)
    }
}
