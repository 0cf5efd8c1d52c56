//! Runs a fuzz target over files and folders of files: `replay TARGET PATH...`

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().and_then(|target| target.into_string().ok()) {
        Some(target) if arguments.len() > 0 => cmrp_fuzz::replay::main(&target, arguments.map(PathBuf::from)),
        _ => {
            eprintln!("usage: replay TARGET FILE-OR-FOLDER...");
            ExitCode::from(2)
        }
    }
}
