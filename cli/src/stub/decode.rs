//! `cmrp decode`: what a stub says.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use cmrp::ndr::{self, ErrorKind, Limits};
use cmrp_traffic::message::Message;
use serde_json::{Map, Value};

use super::kind::{Direction, Kind, StubError};
use super::level::Level;
use super::octets::{self, Form, NotOctets};
use super::target::Target;
use super::{complain, hexdump, report, tree};

/// Show what the stub of one request or response says.
///
/// Prints a line for each parameter, with the names of Win32 codes and flags; long strings, buffers and lists are cut
/// short. `--json` prints all of it, in the form that `cmrp encode` takes: docs/json.md describes it. A stub that
/// can't be decoded is refused with the place and the reason, and the octets around it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cmrp decode --interface clusapi3 --operation ApiOpenNode --direction request --format ndr20-le \
0600000000000000060000006e006f006400650031000000
  cmrp decode --interface clusapi3 --opnum 65 --direction response --format ndr64 --json < stub.hex

Exit status: 0 if the stub was decoded; 1 if not; 2 if the command line is wrong.")]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,

    /// The stub; standard input if it is missing or `-`
    stub: Option<String>,

    /// How the stub is written; hexadecimal and base64 are told apart by themselves
    #[arg(long, value_name = "FORM")]
    input: Option<Form>,

    /// The stub of the request that a response belongs to, in hexadecimal, or `@` and the name of a file that holds
    /// it so: the response has to have the sizes that it states
    #[arg(long, value_name = "HEX")]
    request: Option<String>,

    /// How strictly to check; what the interface asks for, unless given
    #[arg(long)]
    level: Option<Level>,

    /// Print JSON: one object with the parameter names of the IDL
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    report(decode(options))
}

fn decode(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let kind = options.target.kind()?;
    let request = options.request(kind)?;
    let stub = options.stub()?;
    let text = match read(kind, &stub, request.as_deref(), options) {
        Ok(text) => text?,
        Err(error) => {
            complain(&explain(kind, &stub, request.as_deref(), &error));
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}

impl Options {
    fn request(&self, kind: Kind) -> Result<Option<Vec<u8>>, Box<dyn Error>> {
        let Some(request) = &self.request else { return Ok(None) };
        if kind.direction == Direction::Request {
            return Err("--request goes with --direction response".into());
        }
        let text = match request.strip_prefix('@') {
            Some(path) => fs::read(path).map_err(|error| format!("--request: {path}: {error}"))?,
            None => request.as_bytes().to_vec(),
        };
        octets::hex(&text).map(Some).map_err(|error| format!("--request: {error}").into())
    }

    fn stub(&self) -> Result<Vec<u8>, Box<dyn Error>> {
        let is_argument = self.stub.as_deref().is_some_and(|stub| stub != "-");
        if is_argument && self.input == Some(Form::Raw) {
            return Err(NotOctets::RawArgument.into());
        }
        let text = octets::input(self.stub.as_deref())?;
        Ok(octets::read(text, self.input)?)
    }
}

/// The text to print. Octets behind the last parameter are worth a warning, since no field shows them; padding and
/// verification trailers stand there (MS-RPCE 2.2.2.13).
fn read(
    kind: Kind,
    stub: &[u8],
    request: Option<&[u8]>,
    options: &Options,
) -> Result<Result<String, serde_json::Error>, StubError> {
    let message = message(kind, stub, request, options.level)?;
    let text = if options.json {
        serde_json::to_string(&message).map(|line| format!("{line}\n"))
    } else {
        serde_json::to_value(&message)
            .and_then(serde_json::from_value)
            .map(|fields| people(kind, stub, &fields))
    };
    Ok(text)
}

fn message<'a>(
    kind: Kind,
    stub: &'a [u8],
    request: Option<&[u8]>,
    level: Option<Level>,
) -> Result<Message<'a>, StubError> {
    let limits = level.map_or(Limits::DEFAULT, Level::limits);
    if level == Some(Level::Lenient) {
        let (message, forgiven) = kind.decode_lenient(stub, &limits.with_trailing(0))?;
        for error in forgiven {
            complain(&format!("warning: {error}"));
        }
        return Ok(message);
    }
    match kind.decode(stub, request, &limits.with_trailing(0)) {
        Err(StubError::Stub(error)) if matches!(error.kind(), ErrorKind::TrailingOctets { .. }) => {
            let message = kind.decode(stub, request, &limits)?;
            complain(&format!("warning: {error}"));
            Ok(message)
        }
        decoded => decoded,
    }
}

fn people(kind: Kind, stub: &[u8], fields: &Map<String, Value>) -> String {
    format!("{kind}, opnum {}, {} octets\n{}", kind.opnum, stub.len(), tree::lines(fields))
}

/// What is wrong, and the octets where it is.
fn explain(kind: Kind, stub: &[u8], request: Option<&[u8]>, error: &StubError) -> String {
    let (octets, inner): (&[u8], &ndr::Error) = match error {
        StubError::Request(inner) => (request.unwrap_or_default(), inner),
        StubError::Stub(inner) => (stub, inner),
    };
    let dump = hexdump::around(octets, inner.offset());
    format!("{kind}: {error}\n{}", dump.trim_end())
}
