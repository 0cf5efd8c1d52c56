//! The notification flow by scapy with scapy-rpc, from the Python package index: [`interop/notify.py`](../../../interop/notify.py).

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use super::server::Server;
use super::{Scene, output, success, text};

/// The versions that the flow was written with.
const REQUIREMENTS: &str = "interop/requirements.txt";
/// The flow.
const SCRIPT: &str = "interop/notify.py";
/// Versions of the protocol and transfer syntaxes. scapy's big-endian strings stay little-endian, so they are left to
/// smbtorture.
const RUNS: [&[&str]; 4] = [
    &["--protocol", "3"],
    &["--protocol", "3", "--ndr64"],
    &["--protocol", "2"],
    &["--protocol", "2", "--ndr64"],
];

pub(super) fn run(scene: &Scene) -> Result<()> {
    let python = python(scene)?;
    for arguments in RUNS {
        let server = Server::start(scene, &[])?;
        print!("interop: scapy: {}", flow(&python, &server, arguments)?);
    }
    Ok(())
}

/// Runs the flow once; gives its last line.
pub(super) fn flow(python: &PathBuf, server: &Server, arguments: &[&str]) -> Result<String> {
    let port = server.port.to_string();
    let mut command = Command::new(python);
    let (succeeded, text) = output(command.args([SCRIPT, "127.0.0.1", &port]).args(arguments))?;
    ensure!(succeeded, "{SCRIPT} {arguments:?}:\n{text}");
    Ok(text)
}

/// The runs of [`run`].
pub(super) const fn runs() -> [&'static [&'static str]; 4] {
    RUNS
}

/// An interpreter that has scapy, in a virtual environment of its own that is kept.
pub(super) fn python(scene: &Scene) -> Result<PathBuf> {
    let environment = scene.folder.join("python");
    let python = environment.join("bin/python");
    if !python.is_file() {
        success(Command::new("python3").args(["-m", "venv", text(&environment)?]))?;
    }
    success(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]))?;
    Ok(python)
}
