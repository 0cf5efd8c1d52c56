//! What the codec costs those who build on it: time to compile, generated lines, machine code.
//!
//! Times are those of this machine. Lines and machine code depend on the sources and the compiler alone, so that they
//! have a budget, which `--check` holds them against.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use clap::Args;
use object::{Object, ObjectSection};

const FIXTURES: &str = "bench/fixtures";
const BUDGET: &str = "bench/budget.tsv";
/// By how many percent a number may exceed its budget. Machine code also changes with the compiler.
const MARGINS: [(&str, u64); 2] = [("lines", 2), (".text", 10)];
/// The program without the codec, whose machine code is deducted from that of the others.
const BASELINE: &str = "none";
const PROGRAMS: [&str; 2] = ["whole", "notify"];
const LTO: [&str; 2] = ["off", "fat"];
/// What `--check` builds with: what is not the same for both is the compiler's work.
const LTO_CHECKED: [&str; 1] = ["off"];

/// Measures what building a client costs, and prints a table.
#[derive(Args)]
pub(crate) struct Cost {
    /// Compares lines and machine code with bench/budget.tsv instead; nothing is timed.
    #[arg(long, conflicts_with = "record")]
    check: bool,
    /// Writes bench/budget.tsv.
    #[arg(long)]
    record: bool,
}

/// A number with a budget: program, what is counted, how many.
type Entry = (String, u64);

impl Cost {
    pub(crate) fn run(&self) -> Result<()> {
        let builds = Builds::new()?;
        if self.record {
            return record(&builds.entries(&LTO)?);
        }
        if self.check {
            return check(&builds.entries(&LTO_CHECKED)?);
        }
        print_times(&builds)?;
        builds.entries(&LTO)?.iter().for_each(|(what, count)| println!("{what:<24} {count:>8}"));
        Ok(())
    }
}

fn record(entries: &[Entry]) -> Result<()> {
    let lines = entries.iter().map(|(what, count)| format!("{what}\t{count}\n"));
    let heading = "# Generated lines, and octets of machine code that a client has because of the codec, link-time \
                   optimisation off and on. `cargo xtask cost --record` writes this file.\n";
    let text: String = std::iter::once(heading.to_owned()).chain(lines).collect();
    fs::write(BUDGET, text).with_context(|| format!("writing {BUDGET}"))
}

fn check(entries: &[Entry]) -> Result<()> {
    let budget = fs::read_to_string(BUDGET).with_context(|| format!("reading {BUDGET}"))?;
    let mut over = Vec::new();
    for (what, count) in entries {
        let allowed = allowed(&budget, what)?;
        println!("{what:<24} {count:>8} of {allowed:>8}");
        if *count > allowed {
            over.push(what.as_str());
        }
    }
    ensure!(
        over.is_empty(),
        "over budget: {}. `cargo xtask cost --record` if that is meant",
        over.join(", ")
    );
    Ok(())
}

/// What the budget lets pass: what was recorded, and the margin.
fn allowed(budget: &str, what: &str) -> Result<u64> {
    let recorded = budget.lines().find_map(|line| line.split_once('\t').filter(|(name, _)| *name == what));
    let (_, recorded) = recorded.with_context(|| format!("{BUDGET} says nothing about {what}"))?;
    let recorded: u64 = recorded.parse().with_context(|| format!("{BUDGET}: {what}"))?;
    let margin = MARGINS.iter().find(|(kind, _)| what.contains(kind)).map_or(0, |(_, margin)| *margin);
    Ok(recorded.saturating_add(recorded.saturating_mul(margin).div_ceil(100)))
}

fn print_times(builds: &Builds) -> Result<()> {
    println!("{:<24} {:>8} {:>8} {:>8}", "seconds to build", "cold", "again", "release");
    for program in PROGRAMS {
        builds.clean()?;
        let cold = builds.build(program, &[])?;
        let main = Path::new(FIXTURES).join(program).join("src/main.rs");
        fs::File::options().append(true).open(&main)?.set_modified(SystemTime::now())?;
        let again = builds.build(program, &[])?;
        builds.clean()?;
        let release = builds.build(program, &["--release"])?;
        println!("{program:<24} {cold:>8.1} {again:>8.1} {release:>8.1}");
    }
    println!();
    Ok(())
}

/// Where the programs are built.
struct Builds {
    folder: PathBuf,
}

impl Builds {
    fn new() -> Result<Self> {
        let fetch = Command::new("cargo").args(["fetch", "--locked"]).current_dir(FIXTURES).status()?;
        ensure!(fetch.success(), "the fixtures' dependencies can't be fetched");
        Ok(Self { folder: std::path::absolute("target/cost")? })
    }

    fn clean(&self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("cleaning"),
            _ => Ok(()),
        }
    }

    /// Builds a program and says how many seconds that took.
    fn build(&self, program: &str, arguments: &[&str]) -> Result<f64> {
        let start = Instant::now();
        let mut cargo = self.cargo(program);
        let status = cargo.args(arguments).stderr(Stdio::null()).status()?;
        ensure!(status.success(), "{program} can't be built");
        Ok(start.elapsed().as_secs_f64())
    }

    /// Settings of whoever runs this must not change what is measured.
    fn cargo(&self, program: &str) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--locked", "--offline", "--package", &format!("cost-{program}")]);
        cargo.current_dir(FIXTURES).env("CARGO_TARGET_DIR", &self.folder);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PROFILE_") || name == "RUSTFLAGS" || name == "CARGO_INCREMENTAL" {
                cargo.env_remove(&*name);
            }
        }
        cargo
    }

    /// Everything that has a budget.
    fn entries(&self, settings: &[&str]) -> Result<Vec<Entry>> {
        self.clean()?;
        let mut entries = Vec::new();
        for lto in settings {
            let baseline = self.text(BASELINE, lto)?;
            for program in PROGRAMS {
                let text = self.text(program, lto)?.saturating_sub(baseline);
                entries.push((format!("{program} .text lto={lto}"), text));
            }
        }
        let generated = [("whole", "cmrp-"), ("notify", "cost-notify-")];
        for (program, package) in generated {
            entries.push((format!("{program} lines"), self.lines(package)?));
        }
        Ok(entries)
    }

    /// Octets of machine code in a program.
    fn text(&self, program: &str, lto: &str) -> Result<u64> {
        let mut cargo = self.cargo(program);
        cargo.arg("--release").env("CARGO_PROFILE_RELEASE_LTO", lto).stderr(Stdio::null());
        ensure!(cargo.status()?.success(), "{program} can't be built");
        let name = format!("cost-{program}{}", std::env::consts::EXE_SUFFIX);
        let binary = fs::read(self.folder.join("release").join(name))?;
        let file = object::File::parse(binary.as_slice())?;
        Ok(file.section_by_name(".text").with_context(|| format!("{program} has no .text"))?.size())
    }

    /// Lines that the build script of a package wrote.
    fn lines(&self, package: &str) -> Result<u64> {
        let mut lines: u64 = 0;
        for folder in fs::read_dir(self.folder.join("release/build"))? {
            let folder = folder?;
            let out = folder.path().join("out");
            if folder.file_name().to_string_lossy().starts_with(package) && out.is_dir() {
                lines = lines.max(rust_lines(&out)?);
            }
        }
        ensure!(lines > 0, "the build script of {package} wrote nothing");
        Ok(lines)
    }
}

/// Lines of all Rust files in a folder.
fn rust_lines(folder: &Path) -> Result<u64> {
    let mut lines: u64 = 0;
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            lines = lines.saturating_add(fs::read_to_string(&path)?.lines().count() as u64);
        }
    }
    Ok(lines)
}
