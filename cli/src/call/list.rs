//! `cmrp call --list`: what can be called.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use wildmatch::WildMatch;

use super::WrongCommandLine;
use super::catalog::Catalog;
use crate::interface::Interface;
use crate::stub::target::by_name;

/// Lists the operations that match, with the members of their requests; one alone is described.
pub(super) fn run(interface: Interface, pattern: &str) -> Result<ExitCode, Box<dyn Error>> {
    let catalog = Catalog::of(interface)?;
    let matcher = WildMatch::new_case_insensitive(pattern);
    let found: Vec<_> = catalog.operations().filter(|operation| matcher.matches(&operation.name)).collect();
    let text = match found.as_slice() {
        // The error has a suggestion.
        [] => match by_name(interface, pattern) {
            Err(error) => return Err(WrongCommandLine::NoOperation(error, "").into()),
            // One that carries nothing.
            Ok(_) => return Err(format!("{pattern} is not in the IDL").into()),
        },
        [operation] => format!("{}\n", catalog.description(operation)),
        several => several.iter().map(|operation| Catalog::line(operation) + "\n").collect(),
    };
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    Ok(ExitCode::SUCCESS)
}
