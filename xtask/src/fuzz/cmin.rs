//! Makes corpora small: of corpus and made-up seeds, what adds coverage is kept as the checked-in seeds.
//!
//! libFuzzer chooses a small set that covers every edge that all of them cover (`-set_cover_merge`). How often an edge
//! is taken does not count, since that triples the number of files. A seed is named after its content, so that the
//! same seeds come out under the same names.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::project::{self, Target, Workshop};
use super::seeds;

/// Characters of a seed's name that come from its content.
const DIGITS: usize = 12;

pub(super) fn run(targets: &[Target]) -> Result<()> {
    let workshop = Workshop::here()?;
    workshop.build(targets)?;
    for target in targets {
        seeds::write_seeds(target)?;
        let (before, after) = minimise(target, &workshop.program(&target.name))?;
        println!("{}: {after} seeds of {before} files", target.name);
    }
    Ok(())
}

/// Replaces the seeds of a target; says how many files there were, and how many seeds there are.
fn minimise(target: &Target, program: &Path) -> Result<(usize, usize)> {
    let (corpus, chosen) = (target.corpus(), project::scratch(&format!("cmin/{}", target.name))?);
    let before = project::files(&corpus)?;
    let mut command = Command::new(program);
    command.args(["-set_cover_merge=1", "-use_counters=0"]).args(target.switches()).arg(&chosen).arg(&corpus);
    let output = command.output().with_context(|| format!("starting {}", program.display()))?;
    ensure!(output.status.success(), "{}: {}", target.name, String::from_utf8_lossy(&output.stderr));
    let chosen = project::files(&chosen)?;
    ensure!(!chosen.is_empty() || before.is_empty(), "{}: nothing was chosen", target.name);
    for seed in target.seeds()? {
        fs::remove_file(&seed).with_context(|| format!("removing {}", seed.display()))?;
    }
    for file in &chosen {
        let seed = corpus.join(name(file)?);
        fs::copy(file, &seed).with_context(|| format!("writing {}", seed.display()))?;
    }
    Ok((before.len(), chosen.len()))
}

/// libFuzzer names files after a hash of their content, in hexadecimal.
fn name(file: &Path) -> Result<String> {
    let hash = file.file_name().unwrap_or_default().to_string_lossy();
    let digits = hash.get(..DIGITS).with_context(|| format!("{hash} is no hash"))?;
    Ok(format!("seed-{digits}"))
}
