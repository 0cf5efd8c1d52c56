//! Standard output, coloured if it should be, side by side with a progress bar on standard error.

use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless the environment says otherwise (`NO_COLOR`, `CLICOLOR`, `TERM`).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Octets from which on reading a capture takes long enough for a progress bar.
const LARGE_FILE: u64 = 16 * 1024 * 1024;

/// A progress bar for reading `size` octets; hidden unless standard error is a terminal and the file is large.
pub(crate) fn progress(size: Option<u64>) -> ProgressBar {
    let Some(size) = size.filter(|size| *size >= LARGE_FILE && io::stderr().is_terminal()) else {
        return ProgressBar::hidden();
    };
    let bar = ProgressBar::new(size);
    let template = "{bar:40} {percent:>3} %  {bytes} of {total_bytes}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// Where lines go.
pub(crate) struct Output<'a> {
    writer: BufWriter<Box<dyn Write + 'a>>,
    /// The bar to take away while a line is written, if both share a terminal.
    bar: Option<&'a ProgressBar>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(color: Color, bar: &'a ProgressBar) -> Self {
        let shares_terminal = !bar.is_hidden() && io::stdout().is_terminal();
        let stream = AutoStream::new(io::stdout().lock(), color.into());
        Self { writer: BufWriter::new(Box::new(stream)), bar: shares_terminal.then_some(bar) }
    }

    /// An output that nobody reads.
    pub(crate) fn discarding() -> Self {
        Self { writer: BufWriter::new(Box::new(io::sink())), bar: None }
    }

    /// Writes a line; at once if a person is watching.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        match self.bar {
            Some(bar) => {
                bar.suspend(|| write_line(&mut self.writer, line).and_then(|()| self.writer.flush()))
            }
            None => write_line(&mut self.writer, line),
        }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

fn write_line(writer: &mut impl Write, line: &str) -> io::Result<()> {
    writer.write_all(line.as_bytes())?;
    writer.write_all(b"\n")
}
