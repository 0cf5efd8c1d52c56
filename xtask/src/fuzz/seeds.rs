//! Writes what campaigns begin with: seeds that are made up anew, and dictionaries.
//!
//! What is written into a corpus here is no checked-in seed yet: `cmin` makes those of it.

use std::fs;

use anyhow::{Context, Result};
use cmrp_testsuite::{dictionary, seeds};

use super::project::Target;

pub(super) fn run(targets: &[Target]) -> Result<()> {
    for target in targets {
        let (seeds, entries) = (write_seeds(target)?, write_dictionary(target)?);
        println!("{}: {seeds} seeds, {entries} entries in its dictionary", target.name);
    }
    Ok(())
}

/// Writes the seeds of a target into its corpus, and says how many.
pub(super) fn write_seeds(target: &Target) -> Result<usize> {
    let (folder, seeds) = (target.corpus(), seeds::of(&target.name));
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    for (index, octets) in seeds.iter().enumerate() {
        let file = folder.join(format!("made-up-{index:05}"));
        fs::write(&file, octets).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(seeds.len())
}

/// Writes the dictionary of a target, if it has one, and says how many entries.
fn write_dictionary(target: &Target) -> Result<usize> {
    let (file, text) = (target.dictionary(), dictionary::of(&target.name));
    if text.is_empty() {
        return Ok(0);
    }
    fs::create_dir_all("fuzz/dictionaries").context("creating fuzz/dictionaries")?;
    fs::write(&file, &text).with_context(|| format!("writing {}", file.display()))?;
    Ok(text.lines().filter(|line| line.ends_with('"')).count())
}
