//! A folder with a file for each stub, and an index of them.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use cmrp_traffic::record::Record;
use serde::Serialize;

/// The file with a line for each of the others.
const INDEX: &str = "index.jsonl";

/// A folder that is being filled.
pub(super) struct Folder {
    path: PathBuf,
    index: BufWriter<File>,
}

/// A line of the index.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    record: &'a Record<'a>,
}

impl Folder {
    /// A folder that was empty or not there, so that no file in it is of another run.
    pub(super) fn create(path: &Path) -> Result<Self, Box<dyn Error>> {
        let named = |error| format!("{}: {error}", path.display());
        fs::create_dir_all(path).map_err(named)?;
        if fs::read_dir(path).map_err(named)?.next().is_some() {
            return Err(format!("{}: the folder is not empty", path.display()).into());
        }
        let index = File::create(path.join(INDEX)).map_err(named)?;
        Ok(Self { path: path.to_owned(), index: BufWriter::new(index) })
    }

    /// Adds a file and a line.
    pub(super) fn write(&mut self, record: &Record<'_>) -> Result<(), Box<dyn Error>> {
        let name = record.file_name();
        let path = self.path.join(&name);
        fs::write(&path, record.octets()).map_err(|error| format!("{}: {error}", path.display()))?;
        let line = serde_json::to_string(&Line { file: &name, record })?;
        Ok(writeln!(self.index, "{line}")?)
    }

    /// Makes sure that all lines are written.
    pub(super) fn finish(mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.index.flush()?)
    }
}
