//! Plants bugs in a copy of the repository, one by one: the targets must find each from the checked-in seeds.
//!
//! A bug is a patch in `fuzz/planted`. Its first lines say what it breaks and which targets are to find it:
//! `# Bug: ...` and `# Targets: clusapi3, pdu`.

mod copy;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;

use super::campaign::Job;
use super::project::{self, Target, Workshop};

const PATCHES: &str = "fuzz/planted";

/// Arguments of `planted`.
#[derive(Args)]
pub(super) struct Planted {
    /// Parts of the names of patches; all by default.
    #[arg(value_name = "PATCH")]
    patches: Vec<String>,
    /// How long each target may look for a bug.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// A bug to plant.
struct Bug {
    patch: PathBuf,
    what: String,
    targets: Vec<Target>,
}

/// The target that found a bug, and when.
type Found = Option<(String, Duration)>;

impl Planted {
    pub(super) fn run(&self) -> Result<()> {
        let bugs = self.bugs()?;
        ensure!(!bugs.is_empty(), "no patch in {PATCHES} is meant");
        let tree = copy::of_repository()?;
        let workshop = Workshop::of_copy(&tree, &std::path::absolute("target/fuzz/planted-target")?)?;
        let mut rows = vec![format!("{:<44} {:<14} {:>7}", "bug", "found by", "seconds")];
        let mut missed = Vec::new();
        for bug in &bugs {
            bug.apply(&tree, &[])?;
            let found = bug.hunt(&workshop, self.seconds);
            bug.apply(&tree, &["--reverse"])?;
            let found = found?;
            rows.push(bug.row(found.as_ref()));
            if found.is_none() {
                missed.push(bug.name());
            }
        }
        println!("{}", rows.join("\n"));
        ensure!(missed.is_empty(), "not found within {} s: {}", self.seconds, missed.join(", "));
        Ok(())
    }

    fn bugs(&self) -> Result<Vec<Bug>> {
        let mut patches = project::files(Path::new(PATCHES))?;
        patches.retain(|patch| {
            let name = patch.to_string_lossy();
            let is_meant = self.patches.is_empty() || self.patches.iter().any(|part| name.contains(part));
            is_meant && patch.extension().is_some_and(|extension| extension == "patch")
        });
        patches.into_iter().map(Bug::read).collect()
    }
}

impl Bug {
    fn read(patch: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&patch).with_context(|| format!("reading {}", patch.display()))?;
        let header = |label: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(label));
            line.with_context(|| format!("{} has no line `{label}...`", patch.display()))
        };
        let names: Vec<_> =
            header("# Targets: ")?.split([',', ' ']).filter(|name| !name.is_empty()).collect();
        let targets = project::targets(&names.into_iter().map(str::to_owned).collect::<Vec<_>>())?;
        let what = header("# Bug: ")?.to_owned();
        Ok(Self { patch, what, targets })
    }

    fn name(&self) -> String {
        self.patch.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Changes the copy. `git` is to see a plain folder in it, not a part of this repository.
    fn apply(&self, tree: &Path, switches: &[&str]) -> Result<()> {
        let patch = std::path::absolute(&self.patch)?;
        let mut git = Command::new("git");
        git.arg("apply").args(switches).arg(patch).current_dir(tree);
        git.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
        let output = git.output().context("starting git")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{} can't be applied: {said}", self.patch.display());
        Ok(())
    }

    /// Has the targets look for it, one after the other.
    fn hunt(&self, workshop: &Workshop, seconds: u64) -> Result<Found> {
        println!("planted: {}: {}", self.name(), self.what);
        workshop.build(&self.targets)?;
        for target in &self.targets {
            let artifacts = project::scratch("planted-artifacts")?;
            let outcome = job(target, workshop, &artifacts, seconds)?.run()?;
            // A fuzzer that could not even start has found nothing.
            let has_found = !project::files(&artifacts)?.is_empty();
            ensure!(has_found || outcome.failed.is_none(), "{}", outcome.failed.unwrap_or_default());
            if has_found {
                return Ok(Some((target.name.clone(), outcome.elapsed)));
            }
        }
        Ok(None)
    }

    fn row(&self, found: Option<&(String, Duration)>) -> String {
        let (target, seconds) =
            found.map_or(("NOBODY", 0.0), |(target, after)| (target, after.as_secs_f64()));
        format!("{:<44} {target:<14} {seconds:>7.1}  {}", self.name(), self.what)
    }
}

/// A fuzzer that begins from the checked-in seeds and keeps nothing.
fn job(target: &Target, workshop: &Workshop, artifacts: &Path, seconds: u64) -> Result<Job> {
    let found = project::scratch("planted-found")?;
    let seeds = project::scratch("planted-seeds")?;
    for seed in target.seeds()? {
        fs::copy(&seed, seeds.join(seed.file_name().unwrap_or_default())).context("copying a seed")?;
    }
    let mut switches = target.switches();
    switches.push(format!("-max_total_time={seconds}"));
    switches.push(format!("-artifact_prefix={}/", artifacts.display()));
    Ok(Job {
        target: target.name.clone(),
        program: workshop.program(&target.name),
        switches,
        corpora: vec![found, seeds],
        log: PathBuf::from(format!("target/fuzz/planted-{}.log", target.name)),
        is_shown: false,
    })
}
