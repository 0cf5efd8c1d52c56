//! Large files to measure with, made by repeating what the project has. None of them is kept.

mod capture;
mod size;
mod vectors;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use size::Size;

/// Arguments of `big-capture` and `big-vectors`.
#[derive(Args)]
pub(crate) struct Big {
    /// Octets that the file is to have at least: a number, or one with K, M or G behind it.
    #[arg(long, default_value = "1G")]
    size: Size,
    /// Where to write.
    output: PathBuf,
}

impl Big {
    /// Writes a file with `fill`, which goes on until the counter has reached the size.
    fn write(&self, fill: impl FnOnce(&mut Counted<BufWriter<File>>, u64) -> Result<()>) -> Result<()> {
        let file = create(&self.output)?;
        let mut file = Counted { inner: BufWriter::with_capacity(1 << 20, file), octets: 0 };
        fill(&mut file, self.size.octets())?;
        file.flush().with_context(|| format!("writing {}", self.output.display()))?;
        println!("{}: {} octets", self.output.display(), file.octets);
        Ok(())
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("creating {}", path.display()))
}

/// A writer that counts.
struct Counted<W> {
    inner: W,
    octets: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(octets)?;
        self.octets = self.octets.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
