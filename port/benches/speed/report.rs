//! Figures that criterion wrote down, read back for the tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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

    /// The time that an iteration of a bench took, as criterion estimates it; `None` if this run left the bench out.
    pub(crate) fn time(&self, group: &str, bench: &str) -> Option<Duration> {
        let file = self.folder.join(group).join(bench).join("new/estimates.json");
        if fs::metadata(&file).and_then(|it| it.modified()).ok()? < self.start {
            return None;
        }
        let estimates: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).ok()?).ok()?;
        let nanoseconds = estimates.pointer("/median/point_estimate")?.as_f64()?;
        Some(Duration::from_secs_f64(nanoseconds / 1e9))
    }
}
