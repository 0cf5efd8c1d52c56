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

/// Octets that are written at once, unless a person is watching.
const BUFFER: usize = 64 * 1024;

/// Where lines go.
pub(crate) struct Output<'a> {
    is_coloured: bool,
    writer: BufWriter<Box<dyn Write + 'a>>,
    /// The bar to take away while a line is written, if both share a terminal.
    bar: Option<&'a ProgressBar>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(color: Color, bar: &'a ProgressBar) -> Self {
        let shares_terminal = !bar.is_hidden() && io::stdout().is_terminal();
        let choice = match color {
            Color::Auto => AutoStream::choice(&io::stdout()),
            color => color.into(),
        };
        let is_coloured = choice != ColorChoice::Never;
        // Without colours there is nothing to be taken out again, octet by octet.
        let stdout = io::stdout().lock();
        let stream: Box<dyn Write> =
            if is_coloured { Box::new(AutoStream::new(stdout, choice)) } else { Box::new(stdout) };
        let writer = BufWriter::with_capacity(BUFFER, stream);
        Self { is_coloured, writer, bar: shares_terminal.then_some(bar) }
    }

    /// An output that nobody reads.
    pub(crate) fn discarding() -> Self {
        Self { is_coloured: false, writer: BufWriter::new(Box::new(io::sink())), bar: None }
    }

    /// Whether colours may be written.
    pub(crate) fn is_coloured(&self) -> bool {
        self.is_coloured
    }

    /// Writes a line; at once if a person is watching.
    pub(crate) fn line(&mut self, line: &[u8]) -> io::Result<()> {
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

fn write_line(writer: &mut impl Write, line: &[u8]) -> io::Result<()> {
    writer.write_all(line)?;
    writer.write_all(b"\n")
}
