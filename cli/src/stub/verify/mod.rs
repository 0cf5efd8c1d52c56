//! `cmrp verify`: whether the codec agrees with files of test vectors.

mod check;
mod difference;
mod lines;

use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use indicatif::ProgressBar;

use super::{complain, report};
use crate::show::output::{self, Color, Output};
use lines::{Line, Lines};

/// Octets read at once.
const BUFFER: usize = 256 * 1024;

/// Compare the codec with files of test vectors.
///
/// A vector is a line with a JSON object: `interface`, `operation` and `opnum`, `direction`, `format`, the stub as
/// `hex`, what it means as `value`, and, for a response whose sizes come from its request, `request_hex`. The stub has
/// to decode to the value, and the value has to encode to the stub. docs/json.md describes the form of values.
///
/// Prints a line for each vector that fails, with its place and the first octet and the field that differ, and a
/// summary. Files of any size are read in constant memory.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status: 0 if all vectors were verified; 1 if one failed, is malformed, or could not be read; 2 if the command \
line is wrong.")]
pub(crate) struct Options {
    /// Files of vectors; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    report(verify(options))
}

fn verify(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let bar = output::progress(total_size(&options.files));
    let mut tally = Tally { output: Output::new(Color::Never, &bar), verified: 0, failed: 0 };
    let mut unread = false;
    for path in &options.files {
        if let Err(error) = tally.file(path, &bar)? {
            unread = true;
            bar.suspend(|| complain(&format!("{}: {error}", path.display())));
        }
    }
    bar.finish_and_clear();
    let failed = tally.finish()?;
    Ok(if failed || unread { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The octets of all files, if they are known.
fn total_size(paths: &[PathBuf]) -> Option<u64> {
    let size =
        |path: &PathBuf| path.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
    paths.iter().map(size).try_fold(0_u64, |total, size| total.checked_add(size?))
}

fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    Ok(if path.as_os_str() == "-" { Box::new(io::stdin().lock()) } else { Box::new(File::open(path)?) })
}

/// Escapes control characters: vectors come from anywhere, and a terminal obeys them.
fn harmless(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for character in line.chars() {
        if character.is_control() {
            text.extend(character.escape_unicode());
        } else {
            text.push(character);
        }
    }
    text
}

/// Counts, and where failures are told.
struct Tally<'a> {
    output: Output<'a>,
    verified: u64,
    failed: u64,
}

impl Tally<'_> {
    /// Goes through a file. The outer error is one of writing, the inner one of reading.
    fn file(&mut self, path: &Path, bar: &ProgressBar) -> io::Result<io::Result<()>> {
        match open(path) {
            Ok(source) => self.lines(path, BufReader::with_capacity(BUFFER, bar.wrap_read(source))),
            Err(error) => Ok(Err(error)),
        }
    }

    fn lines(&mut self, path: &Path, source: impl BufRead) -> io::Result<io::Result<()>> {
        let mut lines = Lines::new(source);
        loop {
            let (number, line) = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            };
            let failure = match line {
                Line::Blank => continue,
                Line::TooLong => Err(format!("malformed: the line is longer than {} octets", lines::MAX)),
                Line::Text(text) => check::line(text).map_err(|failure| failure.to_string()),
            };
            self.count(path, number, failure)?;
        }
    }

    fn count(&mut self, path: &Path, number: u64, outcome: Result<(), String>) -> io::Result<()> {
        let counter = if outcome.is_ok() { &mut self.verified } else { &mut self.failed };
        *counter = counter.saturating_add(1);
        match outcome {
            Ok(()) => Ok(()),
            Err(failure) => {
                self.output.line(harmless(&format!("{}:{number}: {failure}", path.display())).as_bytes())
            }
        }
    }

    /// Prints the summary; whether anything failed.
    fn finish(mut self) -> io::Result<bool> {
        self.output.line(format!("{} verified, {} failed", self.verified, self.failed).as_bytes())?;
        self.output.flush()?;
        Ok(self.failed > 0)
    }
}
