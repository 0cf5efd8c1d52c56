//! What the `cmrp` command does: tools for the failover cluster management protocol, MS-CMRP (ClusAPI).
//!
//! A library only so that tests and fuzzing can reach it; its interface is the command line.
#![forbid(unsafe_code)]

mod call;
mod dissect;
mod fuzz;
mod interface;
mod remote;
mod serve;
mod show;
mod stub;
mod time;
mod watch;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for the failover cluster management protocol MS-CMRP (ClusAPI).
#[derive(Parser)]
#[command(name = "cmrp", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Dissect(dissect::Options),
    Decode(stub::decode::Options),
    Encode(stub::encode::Options),
    Verify(stub::verify::Options),
    Call(call::Options),
    Watch(watch::Options),
    Serve(Box<serve::Options>),
    #[command(subcommand)]
    Fuzz(fuzz::Command),
}

/// Runs the command line of this process, and gives its exit status.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Dissect(options) => dissect::run(&options),
        Command::Decode(options) => stub::decode::run(&options),
        Command::Encode(options) => stub::encode::run(&options),
        Command::Verify(options) => stub::verify::run(&options),
        Command::Call(options) => call::run(&options),
        Command::Watch(options) => watch::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Fuzz(command) => fuzz::run(&command),
    }
}

/// Does to the capture `octets` (a whole pcap or pcapng file) what `cmrp dissect` does, in both of its output forms,
/// and discards the output.
///
/// # Errors
/// If the octets are no capture, or one that can't be read to its end.
pub fn dissect_octets(octets: &[u8]) -> Result<(), Box<dyn Error>> {
    dissect::dissect_octets(octets)
}
