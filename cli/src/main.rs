//! The `cmrp` command: see the library.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    cmrp_cli::main()
}
