//! Runs targets over files without a fuzzer: the checked-in seeds, and what did harm once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::project::{Target, Workshop};

/// Input that did harm once, by target.
const HARMFUL: &str = "testsuite/replay";

pub(super) fn run(targets: &[Target]) -> Result<()> {
    let program = Workshop::here()?.replay()?;
    targets.iter().try_for_each(|target| replay(&program, target))
}

fn replay(program: &Path, target: &Target) -> Result<()> {
    let mut paths: Vec<PathBuf> = target.seeds()?;
    paths.extend([Path::new(HARMFUL).join(&target.name)].into_iter().filter(|folder| folder.is_dir()));
    let mut command = Command::new(program);
    let status = command.arg(&target.name).args(&paths).status().context("starting replay")?;
    ensure!(paths.is_empty() || status.success(), "{} does not bear what is checked in", target.name);
    Ok(())
}
