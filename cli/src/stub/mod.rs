//! `cmrp decode`, `cmrp encode` and `cmrp verify`: the stubs of single calls, and files of them.

pub(crate) mod decode;
pub(crate) mod encode;
mod hexdump;
pub(crate) mod kind;
mod level;
pub(crate) mod octets;
pub(crate) mod target;
pub(crate) mod tree;
pub(crate) mod verify;

use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

/// Tells of an error and makes it the exit status. Whoever closed our output has seen enough.
pub(crate) fn report(outcome: Result<ExitCode, Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(status) => status,
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Writes a line to standard error.
pub(crate) fn complain(text: &str) {
    // Nothing is left to be done if standard error is gone too.
    let _ = writeln!(io::stderr(), "cmrp: {text}");
}
