//! The `cmrp` command: tools for the failover cluster management protocol, MS-CMRP (ClusAPI).
#![forbid(unsafe_code)]

mod dissect;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for the failover cluster management protocol MS-CMRP (ClusAPI).
#[derive(Parser)]
#[command(version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Dissect(dissect::Options),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Dissect(options) => dissect::run(&options),
    }
}
