//! `cmrp fuzz`: traffic for those who test servers and clients.

mod folder;
mod generate;
mod graph;

use std::process::ExitCode;

use clap::Subcommand;

/// Make traffic for tests of servers and clients.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Generate(Box<generate::Options>),
    Graph(graph::Options),
}

/// Runs the command.
pub(crate) fn run(command: &Command) -> ExitCode {
    match command {
        Command::Generate(options) => generate::run(options),
        Command::Graph(options) => graph::run(options),
    }
}
