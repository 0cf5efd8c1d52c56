//! `cmrp dissect`: every ClusAPI call of a capture.
//!
//! From the file upwards, each part knows only the one before it: [`capture`] gives frames, [`link`] the TCP segment
//! in each, [`tcp`] the octets of each connection in order, [`framing`] their PDUs, `dcerpc-proto` the stubs in
//! those ([`calls`]), [`read`] the parameters in these, [`teller`] pairs requests and answers, and a [`report`] shows
//! them. A file is read in a thread of its own, up to the stubs; [`relay`] hands them over.

mod calls;
mod capture;
mod decode;
mod filter;
mod framing;
mod json;
mod link;
mod message;
mod people;
mod read;
mod relay;
mod report;
mod source;
mod summary;
mod tcp;
mod teller;
mod text;

use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use clap::Args;

use crate::show::output::{self, Color, Output};

use calls::{Calls, Listener};
use capture::{CaptureError, Frame, Skipped};
use filter::{Endpoint, Filter, PortHandle};
use json::Json;
use link::Content;
use people::People;
use read::Assumed;
use report::Report;
use summary::{Capture, Summary, increment};
use tcp::{Origin, Streams};
use teller::Teller;

/// Show the cluster management calls in a network capture.
///
/// Reads pcap and pcapng captures, puts TCP connections and call fragments together, and decodes every request and
/// response of the ClusAPI interfaces 2.0 and 3.0. Prints one line a call: time, client and server, interface
/// version, operation with its arguments, result with the name of its Win32 code, and the time until the response.
/// A summary follows.
///
/// Calls that are encrypted are listed as sealed. Calls of other interfaces are only counted.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status: 0 if the whole capture was read; 1 if it could not be read, or not to its end (what could be read is \
shown); 2 if the command line is wrong.")]
pub(crate) struct Options {
    /// The capture, pcap or pcapng; `-` reads standard input
    file: PathBuf,

    /// Print JSON Lines: one object for each request, response and fault. The summary goes to standard error
    #[arg(long)]
    json: bool,

    /// Show only calls of this operation, whatever its case; `*` stands for any characters. May be repeated
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,

    /// Show only calls of which one end has this address, or address and port. May be repeated
    #[arg(long, value_name = "ADDR[:PORT]")]
    endpoint: Vec<Endpoint>,

    /// Show only calls that carry this notification-port handle, given in full or by its first eight digits or more
    #[arg(long, value_name = "UUID")]
    port_handle: Option<PortHandle>,

    /// What to take calls for on connections whose bind is not in the capture
    #[arg(long, value_name = "INTERFACE")]
    assume: Option<Assumed>,

    /// When to colour the lines
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    match dissect(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done if standard error is gone too.
            let _ = writeln!(io::stderr(), "cmrp: {}: {error}", options.file.display());
            ExitCode::FAILURE
        }
    }
}

fn dissect(options: &Options) -> Result<(), Box<dyn Error>> {
    for pattern in filter::vain_patterns(&options.operation) {
        let _ = writeln!(io::stderr(), "cmrp: warning: no operation has the name {pattern:?}");
    }
    let (source, size) = open(&options.file)?;
    let bar = output::progress(size);
    let output = Output::new(options.color, &bar);
    let report: Box<dyn Report + '_> =
        if options.json { Box::new(Json::new(output)) } else { Box::new(People::new(output)) };
    let filter = Filter::new(&options.operation, &options.endpoint, options.port_handle.as_ref());
    let mut teller = Teller::new(filter, options.assume, report);
    let source = bar.wrap_read(source);
    // What comes through a pipe may come slowly, and is shown without waiting for a batch to be full.
    let (read, counts) =
        if size.is_some() { in_two(source, &mut teller) } else { in_one(source, &mut teller) };
    let (mut summary, written) = teller.finish();
    summary.capture = counts;
    bar.finish_and_clear();
    let has_read = read.is_ok() || !summary.is_empty();
    let told = written.and_then(|()| if has_read { tell(&summary, options.json) } else { Ok(()) });
    match told {
        // Whoever read the output has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
        written => written?,
    }
    Ok(read?)
}

/// Dissects the capture in `octets` as the command does, in both output forms and with and without an assumption,
/// and discards what it would print. For fuzzing.
///
/// # Errors
/// What is wrong with the capture.
pub(crate) fn dissect_octets(octets: &[u8]) -> Result<(), Box<dyn Error>> {
    let people = Teller::new(Filter::default(), None, Box::new(People::new(Output::discarding())));
    let json = Box::new(Json::new(Output::discarding()));
    let json = Teller::new(Filter::default(), Some(Assumed::Clusapi3), json);
    let mut reads = Vec::new();
    for mut teller in [people, json] {
        let (read, counts) = in_one(octets, &mut teller);
        let (mut summary, written) = teller.finish();
        summary.capture = counts;
        written.and_then(|()| write!(io::sink(), "{summary}"))?;
        reads.push(read);
    }
    Ok(reads.into_iter().collect::<Result<(), CaptureError>>()?)
}

/// The capture, and its size if it has one.
fn open(path: &Path) -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// Prints the summary: after the lines for people, but not among JSON.
fn tell(summary: &Summary, json: bool) -> io::Result<()> {
    if json { write!(io::stderr(), "{summary}") } else { write!(io::stdout(), "\n{summary}") }
}

/// Reads and tells in turns.
fn in_one(source: impl Read + Send, teller: &mut Teller<'_>) -> (Result<(), CaptureError>, Capture) {
    Dissection::new(teller).run(source)
}

/// Reads in another thread while this one tells.
fn in_two(source: impl Read + Send, teller: &mut Teller<'_>) -> (Result<(), CaptureError>, Capture) {
    let (sender, arrivals) = relay::relay();
    thread::scope(|scope| {
        let reader = scope.spawn(move || Dissection::new(sender).run(source));
        arrivals.tell(teller);
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The way from frames to calls.
struct Dissection<L> {
    streams: Streams,
    calls: Calls<L>,
}

impl<L: Listener> Dissection<L> {
    fn new(listener: L) -> Self {
        Self { streams: Streams::default(), calls: Calls::new(listener) }
    }

    fn run(mut self, source: impl Read + Send) -> (Result<(), CaptureError>, Capture) {
        let mut skipped = Skipped::default();
        let read = capture::read_frames(source, &mut |frame| self.frame(&frame), &mut skipped);
        self.calls.listener().begin_end();
        self.streams.finish(&mut self.calls);
        let counts = self.calls.finish();
        (read, Capture { skipped, ..counts })
    }

    fn frame(&mut self, frame: &Frame<'_>) -> ControlFlow<()> {
        let counts = self.calls.counts();
        increment(&mut counts.frames);
        if frame.is_cut {
            increment(&mut counts.cut_frames);
        }
        let origin = Origin { frame: frame.number, time: frame.time };
        match link::content(frame.link, frame.data) {
            Content::Tcp(segment) => self.streams.segment(&segment, origin, &mut self.calls),
            Content::IpFragment => increment(&mut counts.ip_fragments),
            Content::UnknownLink => increment(&mut counts.unknown_links),
            Content::Other => {}
        }
        if self.calls.listener().has_failed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
