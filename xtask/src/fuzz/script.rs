//! The build script of `ClusterFuzzLite` and OSS-Fuzz, run the way they do but for Docker and the sanitizer.
//!
//! It builds with the switches of the other chores, so that what they have built serves it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::project::{self, Target, Workshop};

/// The target that is started.
const STARTED: &str = "clusapi3";

pub(super) fn run() -> Result<()> {
    Workshop::here()?;
    let (source, out) = (project::scratch("script-source")?, project::scratch("script-out")?);
    let here = std::path::absolute(".")?;
    project::link(&here, &source.join("cmrp")).context("linking the repository")?;
    let mut script = Command::new("bash");
    script.arg(".clusterfuzzlite/build.sh").env("SRC", source).env("OUT", &out).env("SANITIZER", "none");
    ensure!(script.status().context("starting bash")?.success(), "the build script failed");
    let targets = project::targets(&[])?;
    targets.iter().try_for_each(|target| check(target, &out))?;
    start(&out)?;
    // It holds every program a second time.
    fs::remove_dir_all(&out).with_context(|| format!("removing {}", out.display()))?;
    println!("build script: {} targets, and {STARTED} runs its seeds", targets.len());
    Ok(())
}

/// Whether everything of a target is there.
fn check(target: &Target, out: &Path) -> Result<()> {
    let name = &target.name;
    let mut files = vec![name.clone(), format!("{name}.options")];
    if !target.seeds()?.is_empty() {
        files.push(format!("{name}_seed_corpus.zip"));
    }
    if target.dictionary().is_file() {
        files.push(format!("{name}.dict"));
    }
    for file in files {
        let length =
            fs::metadata(out.join(&file)).with_context(|| format!("the script made no {file}"))?.len();
        ensure!(length > 0, "the script made an empty {file}");
    }
    Ok(())
}

/// Starts a program as `ClusterFuzz` does: in its folder, with the seeds unpacked.
fn start(out: &Path) -> Result<()> {
    let seeds = project::scratch("script-seeds")?;
    let archive = out.join(format!("{STARTED}_seed_corpus.zip"));
    let unpack = Command::new("unzip").arg("-q").arg(&archive).arg("-d").arg(&seeds).output();
    let unpack = unpack.context("starting unzip")?;
    ensure!(unpack.status.success(), "unzip: {}", String::from_utf8_lossy(&unpack.stderr));
    let mut program = Command::new(out.join(STARTED));
    let output = program.arg("-runs=1").arg(seeds).current_dir(out).output().context("starting a target")?;
    ensure!(output.status.success(), "{STARTED}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
