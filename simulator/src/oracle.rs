//! The laws that fuzz targets hold the engines to. They panic when one is broken, with a trace.

use crate::dice::Dice;
use crate::network::Hostile;
use crate::operations::Operations;

/// Octets choose operations on a server engine: requests good and bad, forged handles, events, cancels, disconnects,
/// time. The model must do the same.
///
/// # Panics
/// A law is broken.
pub fn port_server(octets: &[u8]) {
    let run = |traced| {
        let mut operations = Operations::new(Dice::octets(octets), traced);
        (operations.run(octets.len()).err(), operations.trace)
    };
    report(run);
}

/// Octets choose what servers answer to a client engine, what connections do and what its program asks for.
///
/// # Panics
/// A law is broken.
pub fn port_client(octets: &[u8]) {
    let run = |traced| {
        let mut hostile = Hostile::new(Dice::octets(octets), traced);
        (hostile.run(octets.len()).err(), hostile.trace)
    };
    report(run);
}

#[expect(clippy::panic, reason = "that is how a fuzz target fails")]
fn report(run: impl Fn(bool) -> (Option<crate::violation::Violation>, Option<String>)) {
    if run(false).0.is_some() {
        let (violation, trace) = run(true);
        panic!(
            "{}\n{}",
            trace.unwrap_or_default(),
            violation.map_or(String::new(), |found| found.to_string())
        );
    }
}
