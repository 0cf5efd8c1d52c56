//! What the corpora cover: every input runs once in a program that counts, without a fuzzer.
//!
//! Besides a line for each room there are two for what matters most: the decoders of generated code, and the NDR
//! runtime. A region of the source counts as covered if any instantiation of its function covers it.

mod regions;
mod scope;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use self::regions::Regions;
use self::scope::Scope;
use self::tools::Tools;
use super::project::{self, Target};

/// Cargo's target folder for programs that count, in `target/fuzz`.
const FOLDER: &str = "target/fuzz/coverage-target";
/// What is not ours, as llvm-cov wants it.
const FOREIGN: &str = "-ignore-filename-regex=(/registry/|/rustc/|/rustlib/)";

/// Arguments of `coverage`.
#[derive(Args)]
pub(super) struct Coverage {
    /// Targets whose corpora run; all by default.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Runs the checked-in seeds alone.
    #[arg(long)]
    from_seeds: bool,
    /// Writes what generated decoders and the NDR runtime have uncovered into a file.
    #[arg(long, value_name = "FILE")]
    uncovered: Option<PathBuf>,
}

impl Coverage {
    pub(super) fn run(&self) -> Result<()> {
        let tools = Tools::find()?;
        let program = build()?;
        let profiles = project::scratch("coverage-profiles")?;
        for target in project::targets(&self.targets)? {
            self.count(&program, &target, &profiles)?;
        }
        let merged = tools.merge(&profiles)?;
        let html = project::scratch("coverage")?;
        tools.show(&program, &merged, &html)?;
        let regions = Regions::read(&tools.export(&program, &merged)?)?;
        for (scope, share) in regions.shares() {
            println!("{:<22} {share}", scope.to_string());
        }
        println!("report: {}", html.join("index.html").display());
        match &self.uncovered {
            Some(file) => write_uncovered(&regions, file),
            None => Ok(()),
        }
    }

    /// Runs the inputs of a target.
    fn count(&self, program: &Path, target: &Target, profiles: &Path) -> Result<()> {
        let files = if self.from_seeds { target.seeds()? } else { project::files(&target.corpus())? };
        if files.is_empty() {
            println!("{}: no inputs", target.name);
            return Ok(());
        }
        let folder = link_all(&files, &target.name)?;
        let profile = profiles.join(format!("{}-%p.profraw", target.name));
        let status =
            Command::new(program).arg(&target.name).arg(folder).env("LLVM_PROFILE_FILE", profile).status();
        ensure!(status.context("starting replay")?.success(), "{}: an input does harm", target.name);
        Ok(())
    }
}

fn write_uncovered(regions: &Regions, file: &Path) -> Result<()> {
    let mut lines = Vec::new();
    for scope in [Scope::Decoders, Scope::Runtime] {
        lines.extend(regions.uncovered(&scope)?.iter().map(|line| format!("{scope}\t{line}\n")));
    }
    fs::write(file, lines.concat()).with_context(|| format!("writing {}", file.display()))
}

/// A folder with copies of the files: a command line has no room for thousands.
fn link_all(files: &[PathBuf], name: &str) -> Result<PathBuf> {
    let folder = project::scratch(&format!("coverage-inputs/{name}"))?;
    for file in files {
        let copy = folder.join(file.file_name().unwrap_or_default());
        fs::hard_link(file, &copy)
            .or_else(|_| fs::copy(file, &copy).map(drop))
            .context("copying an input")?;
    }
    Ok(folder)
}

/// Builds the program that counts. A platform is named, so that build scripts do not count.
fn build() -> Result<PathBuf> {
    let platform = tools::host()?;
    let mut cargo = Command::new("cargo");
    cargo.args([
        "build",
        "--release",
        "--locked",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--no-default-features",
    ]);
    cargo.args(["--bin", "replay", "--target", &platform]);
    cargo.env("RUSTFLAGS", "-C instrument-coverage").env("CARGO_TARGET_DIR", FOLDER);
    ensure!(cargo.status().context("starting cargo")?.success(), "replay can't be built");
    Ok(Path::new(FOLDER).join(platform).join("release/replay"))
}
