//! `cmrp encode`: the stub of a value.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use cmrp::ndr::json::Arena;
use serde_json::Value;

use super::octets::{self, Form};
use super::report;
use super::target::Target;

/// Make the stub of one request or response from JSON.
///
/// Takes one object with the parameter names of the IDL, as `cmrp decode --json` prints it; docs/json.md describes the
/// form, and what may be left out. Mistakes are refused with the member and the reason.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  cmrp encode --interface clusapi3 --operation ApiOpenNode --direction request --format ndr20-le \
'{\"lpszNodeName\": \"node1\"}'

Exit status: 0 if the stub was printed; 1 if not; 2 if the command line is wrong.")]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,

    /// The value; standard input if it is missing or `-`
    json: Option<String>,

    /// How to write the stub
    #[arg(long, value_name = "FORM", default_value = "hex")]
    output: Form,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    report(encode(options).map(|()| ExitCode::SUCCESS))
}

fn encode(options: &Options) -> Result<(), Box<dyn Error>> {
    let kind = options.target.kind()?;
    let text = octets::input(options.json.as_deref())?;
    let value: Value = serde_json::from_slice(&text).map_err(|error| format!("not JSON: {error}"))?;
    let arena = Arena::new();
    let message = kind.read(&value, &arena)?;
    octets::write(&message.encode(kind.format)?, options.output)?;
    Ok(())
}
