//! LLVM's tools for profiles. Their format changes with LLVM, but not with each version.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use super::FOREIGN;

/// The oldest that reads what Rust 1.95 writes, whose own LLVM is 22; 14 refuses.
const OLDEST: u32 = 19;

/// A folder with `llvm-profdata` and `llvm-cov`.
pub(super) struct Tools {
    folder: PathBuf,
}

/// What `rustc` says of itself after a label.
fn rustc(label: &str) -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("starting rustc")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let value = text.lines().find_map(|line| line.strip_prefix(label));
    Ok(value.with_context(|| format!("rustc -vV has no line `{label}`"))?.trim().to_owned())
}

/// The platform that the compiler runs on.
pub(super) fn host() -> Result<String> {
    rustc("host:")
}

impl Tools {
    /// Looks in the toolchain (component llvm-tools), in `$LLVM_PATH`, and where Debian puts them.
    pub(super) fn find() -> Result<Self> {
        let candidates = candidates()?.into_iter();
        let mut found = candidates.filter(|folder| version(folder).is_some_and(|version| version >= OLDEST));
        let folder = found.next().with_context(|| {
            format!(
                "there is no llvm-profdata of LLVM {OLDEST} or later: `rustup component add llvm-tools`, \
                 `apt-get install llvm-{OLDEST}`, or set LLVM_PATH to the folder that has it"
            )
        })?;
        Ok(Self { folder })
    }

    /// Merges all profiles of a folder into one.
    pub(super) fn merge(&self, profiles: &Path) -> Result<PathBuf> {
        let merged = profiles.join("merged.profdata");
        let mut command = self.command("llvm-profdata");
        command.args(["merge", "-sparse", "-o"]).arg(&merged).arg(profiles);
        success(&mut command)?;
        Ok(merged)
    }

    /// Writes the report for people.
    pub(super) fn show(&self, program: &Path, merged: &Path, folder: &Path) -> Result<()> {
        let mut command = self.command("llvm-cov");
        command.args(["show", "-format=html", "-show-instantiations=false", FOREIGN]);
        command.arg(format!("-Xdemangler={}", self.folder.join("llvm-cxxfilt").display()));
        command.arg(format!("-output-dir={}", folder.display()));
        command.arg(format!("-instr-profile={}", merged.display())).arg(program);
        success(&mut command).map(drop)
    }

    /// Every region of every function with its count, as JSON.
    pub(super) fn export(&self, program: &Path, merged: &Path) -> Result<Vec<u8>> {
        let mut command = self.command("llvm-cov");
        command.args(["export", "-skip-expansions", "-skip-branches", FOREIGN]);
        command.arg(format!("-instr-profile={}", merged.display())).arg(program);
        success(&mut command)
    }

    fn command(&self, name: &str) -> Command {
        Command::new(self.folder.join(name))
    }
}

fn success(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("starting {:?}", command.get_program()))?;
    ensure!(
        output.status.success(),
        "{:?}: {}",
        command.get_program(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

fn candidates() -> Result<Vec<PathBuf>> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().context("starting rustc")?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    let mut candidates = vec![sysroot.join("lib/rustlib").join(host()?).join("bin")];
    if let Some(path) = env::var_os("LLVM_PATH").map(PathBuf::from) {
        candidates.extend([path.join("bin"), path]);
    }
    candidates.extend(installed().into_iter().map(|version| format!("/usr/lib/llvm-{version}/bin").into()));
    Ok(candidates)
}

/// Versions that Debian's packages have installed, the highest first.
fn installed() -> Vec<u32> {
    let entries = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.strip_prefix("llvm-")?.parse().ok()).collect();
    versions.sort_unstable_by_key(|version| std::cmp::Reverse(*version));
    versions
}

/// The version of a folder's tools, if it has them.
fn version(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("llvm-profdata")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    major(text.split_once("version")?.1.trim())
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}
