//! What there is to fuzz, where it is kept, and how it is built.
//!
//! Builds are those of the toolchain in use, stable included: what cargo-fuzz needs of the compiler, the coverage of
//! LLVM's sanitizers, is there under stable switches. `AddressSanitizer` needs a nightly toolchain, and is off: the
//! workspace forbids `unsafe`, so that debug assertions and overflow checks see what there is to see, at a multiple of
//! the speed. `.clusterfuzzlite/build.sh` has it on.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};

/// The list of targets.
const TARGETS: &str = "fuzz/targets.tsv";
/// The cargo-fuzz that everything here was tried with; `.ci/run` installs the same.
const CARGO_FUZZ: &str = "0.13.2";
/// How cargo-fuzz builds: optimised, with debug assertions and overflow checks, without a sanitizer.
const BUILD: [&str; 6] = ["fuzz", "build", "--release", "--debug-assertions", "--sanitizer", "none"];
/// Where cargo-fuzz puts programs, below its target folder. It always names a platform.
const RELEASE: &str = "x86_64-unknown-linux-gnu/release";

/// A fuzz target.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) name: String,
    /// The longest input, in octets.
    max_len: u32,
    /// Seconds that one input may take.
    timeout: u32,
}

/// The named targets in order of their names, or all of them.
pub(super) fn targets(names: &[String]) -> Result<Vec<Target>> {
    let text = fs::read_to_string(TARGETS).with_context(|| format!("reading {TARGETS}"))?;
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let all = lines.map(Target::parse).collect::<Result<Vec<_>>>()?;
    for file in files(Path::new("fuzz/fuzz_targets"))? {
        let name = file.file_stem().unwrap_or_default();
        ensure!(all.iter().any(|target| *target.name == *name), "{TARGETS} does not list {}", file.display());
    }
    if let Some(name) = names.iter().find(|name| all.iter().all(|target| target.name != **name)) {
        let known: Vec<_> = all.iter().map(|target| target.name.as_str()).collect();
        bail!("no target is called {name}; there are {}", known.join(", "));
    }
    Ok(all.into_iter().filter(|target| names.is_empty() || names.contains(&target.name)).collect())
}

impl Target {
    fn parse(line: &str) -> Result<Self> {
        let fields: Vec<_> = line.split('\t').collect();
        let &[name, max_len, timeout] = fields.as_slice() else { bail!("{TARGETS}: three fields: {line}") };
        let number = |text: &str| text.parse().with_context(|| format!("{TARGETS}: {line}"));
        Ok(Self { name: name.to_owned(), max_len: number(max_len)?, timeout: number(timeout)? })
    }

    /// The folder of inputs that libFuzzer reads and adds to; the checked-in seeds are in it.
    pub(super) fn corpus(&self) -> PathBuf {
        Path::new("fuzz/corpus").join(&self.name)
    }

    /// The checked-in seeds.
    pub(super) fn seeds(&self) -> Result<Vec<PathBuf>> {
        let mut files = files(&self.corpus())?;
        files.retain(|file| is_seed(file));
        Ok(files)
    }

    /// Where the dictionary is, if the target has one.
    pub(super) fn dictionary(&self) -> PathBuf {
        Path::new("fuzz/dictionaries").join(&self.name).with_extension("dict")
    }

    /// What libFuzzer is told about the target.
    pub(super) fn switches(&self) -> Vec<String> {
        let Self { max_len, timeout, .. } = self;
        let mut switches = vec![
            format!("-max_len={max_len}"),
            format!("-timeout={timeout}"),
            "-rss_limit_mb=2048".to_owned(),
            // Seeds are whole messages: nothing is won by beginning with short ones.
            "-len_control=0".to_owned(),
        ];
        let dictionary = self.dictionary();
        if dictionary.is_file() {
            switches.push(format!("-dict={}", dictionary.display()));
        }
        switches
    }
}

pub(super) fn is_seed(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-"))
}

/// The files of a folder in order of their names; none if there is no such folder.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

/// A folder of this name below `target/fuzz`, empty.
pub(super) fn scratch(name: &str) -> Result<PathBuf> {
    let folder = std::path::absolute(Path::new("target/fuzz").join(name))?;
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder)
}

/// Makes a symbolic link.
#[cfg(unix)]
pub(super) fn link(to: &Path, at: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink(to, at)?)
}

/// Makes a symbolic link.
#[cfg(not(unix))]
pub(super) fn link(_to: &Path, at: &Path) -> Result<()> {
    bail!("{} is a link, which this system does not have", at.display())
}

/// Where a repository's targets are built.
pub(super) struct Workshop {
    root: PathBuf,
    /// Cargo's target folder.
    folder: PathBuf,
}

impl Workshop {
    /// That of this repository. Installs cargo-fuzz if it is missing.
    pub(super) fn here() -> Result<Self> {
        provide_cargo_fuzz()?;
        let folder =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("fuzz/target"), PathBuf::from);
        Ok(Self { root: PathBuf::from("."), folder: std::path::absolute(folder)? })
    }

    /// That of a copy.
    pub(super) fn of_copy(root: &Path, folder: &Path) -> Result<Self> {
        provide_cargo_fuzz()?;
        Ok(Self { root: root.to_owned(), folder: folder.to_owned() })
    }

    /// Builds the targets, and `replay`.
    pub(super) fn build(&self, targets: &[Target]) -> Result<()> {
        if targets.len() > 8 {
            return self.cargo_fuzz(None);
        }
        targets.iter().try_for_each(|target| self.cargo_fuzz(Some(&target.name)))
    }

    fn cargo_fuzz(&self, name: Option<&str>) -> Result<()> {
        let mut cargo = Command::new("cargo");
        cargo.args(BUILD).args(name).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.folder);
        let status = cargo.status().context("starting cargo fuzz")?;
        ensure!(status.success(), "the targets can't be built");
        Ok(())
    }

    /// Builds the program that runs targets over files, the way the targets are built.
    pub(super) fn replay(&self) -> Result<PathBuf> {
        self.cargo_fuzz(Some("replay"))?;
        Ok(self.program("replay"))
    }

    /// The program of this name, once it is built.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(RELEASE).join(name)
    }
}

/// libFuzzer is C++, and cargo-fuzz a program of its own.
fn provide_cargo_fuzz() -> Result<()> {
    ensure!(
        succeeds(Command::new("c++").arg("--version")),
        "libFuzzer needs a C++ compiler, called c++ (Debian: g++)"
    );
    if !succeeds(Command::new("cargo").args(["fuzz", "--version"])) {
        println!("fuzz: installing cargo-fuzz {CARGO_FUZZ}");
        let install = ["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ];
        let status = Command::new("cargo").args(install).status().context("starting cargo")?;
        ensure!(status.success(), "cargo-fuzz can't be installed");
    }
    Ok(())
}

/// Whether a program can be started and ends well; what it says is not shown.
pub(super) fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
