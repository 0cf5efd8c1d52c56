//! A copy of the repository as it is now: what git knows, and what is new and not ignored.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::project;

/// Makes the copy, and says where it is.
pub(super) fn of_repository() -> Result<PathBuf> {
    let mut git = Command::new("git");
    let output = git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).output();
    let output = output.context("starting git")?;
    ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr));
    let tree = project::scratch("planted-tree")?;
    let names = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
    for name in names.split_terminator('\0').filter(|name| is_there(Path::new(name))) {
        copy(Path::new(name), &tree.join(name)).with_context(|| format!("copying {name}"))?;
    }
    Ok(tree)
}

/// Files that were removed are still listed; a link need not lead anywhere.
fn is_there(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
    if from.is_symlink() {
        project::link(&fs::read_link(from)?, to)
    } else {
        fs::copy(from, to)?;
        Ok(())
    }
}
