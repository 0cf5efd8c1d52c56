//! Runs targets over files, without any fuzzer: for triage, for coverage, and for what was found once.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io, thread};

use crate::bound::{self, Cost};

/// What the main thread of a program has on Linux, where the fuzzers run their targets.
const STACK: usize = 8 * 1024 * 1024;

/// What the runs of a target came to.
#[derive(Debug, Default)]
struct Tally {
    files: usize,
    failed: usize,
    most: Cost,
    /// The largest shares of their allowances that runs took, in percent.
    heap_share: u64,
    work_share: u64,
}

/// Runs a target over files, and over those in folders, and prints what they came to. Each runs in a thread that is
/// named after it, so that whatever ends it names the file; the others run all the same.
pub fn main(target: &str, paths: impl Iterator<Item = PathBuf>) -> ExitCode {
    let tally = paths.map(|path| files(&path)).collect::<io::Result<Vec<_>>>().and_then(|files| {
        let mut tally = Tally::default();
        files.concat().iter().try_for_each(|file| tally.take(target, file))?;
        Ok(tally)
    });
    match tally {
        Ok(tally) => tally.print(target),
        Err(error) => {
            eprintln!("replay: {target}: {error}");
            ExitCode::from(2)
        }
    }
}

/// The file itself, or those in the folder and its folders, in order of their names.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let metadata = fs::metadata(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<_> =
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    entries.sort();
    entries.retain(|path| path.file_name() != Some(OsStr::new("README.md")));
    Ok(entries.iter().map(|path| files(path)).collect::<io::Result<Vec<_>>>()?.concat())
}

impl Tally {
    fn take(&mut self, target: &str, file: &Path) -> io::Result<()> {
        let octets = fs::read(file)?;
        let (length, target_name) = (octets.len(), target.to_owned());
        let name = file.display().to_string().replace('\0', "");
        let run = thread::Builder::new().name(name).stack_size(STACK);
        let outcome = run.spawn(move || crate::run(&target_name, &octets))?.join();
        self.files += 1;
        match outcome {
            Ok(cost) => self.count(cost, bound::allowed(target, length)),
            Err(_) => self.failed += 1,
        }
        Ok(())
    }

    fn count(&mut self, cost: Cost, allowed: Cost) {
        self.most = Cost { heap: self.most.heap.max(cost.heap), work: self.most.work.max(cost.work) };
        let share =
            |cost: u128, allowed: u128| u64::try_from(cost * 100 / allowed.max(1)).unwrap_or(u64::MAX);
        self.heap_share = self.heap_share.max(share(cost.heap.into(), allowed.heap.into()));
        self.work_share = self.work_share.max(share(cost.work.as_nanos(), allowed.work.as_nanos()));
    }

    fn print(&self, target: &str) -> ExitCode {
        let Self { files, failed, most, heap_share, work_share } = self;
        println!(
            "{target}: {files} files, {failed} failed; most heap {} octets ({heap_share} % of what its length allows), \
             most work {:?} ({work_share} %)",
            most.heap, most.work
        );
        if *failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
