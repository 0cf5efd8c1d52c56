//! `cmrp serve` as clients that share no code with it see it: Samba's `smbtorture` and `rpcclient`, scapy with
//! scapy-rpc, and `tshark`, which watches.
//!
//! Each part starts its own servers, on ports of the loopback that are free. Programs that are not installed are said
//! to be missing; with `CMRP_REQUIRE_INTEROP=1` that is a failure.

mod capture;
mod rpcclient;
mod scapy;
mod server;
mod torture;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};

/// Arguments of `interop`.
#[derive(Args)]
pub(crate) struct Interop {
    /// Parts to run; all by default.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// The program to test; by default it is built.
    #[arg(long)]
    cmrp: Option<PathBuf>,
    /// Where captures and virtual environments are kept.
    #[arg(long, default_value = "target/interop")]
    folder: PathBuf,
}

/// What can be run alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Samba's suite, in both byte orders and NDR64.
    Torture,
    /// Samba's suite with its dangerous tests, a server for each test.
    Dangerous,
    /// Samba's rpcclient, which asks the endpoint mapper on port 135.
    Rpcclient,
    /// The notification flow by scapy.
    Scapy,
    /// What tshark and `cmrp dissect` say of the traffic of the other parts.
    Capture,
}

/// What the parts share.
struct Scene {
    cmrp: PathBuf,
    folder: PathBuf,
}

impl Interop {
    pub(crate) fn run(&self) -> Result<()> {
        fs::create_dir_all(&self.folder).with_context(|| format!("creating {}", self.folder.display()))?;
        let scene = Scene { cmrp: self.program()?, folder: std::path::absolute(&self.folder)? };
        for part in Part::value_variants() {
            if self.parts.is_empty() || self.parts.contains(part) {
                part.run(&scene)?;
            }
        }
        Ok(())
    }

    fn program(&self) -> Result<PathBuf> {
        if let Some(cmrp) = &self.cmrp {
            return Ok(std::path::absolute(cmrp)?);
        }
        let status =
            Command::new("cargo").args(["build", "--quiet", "--locked", "--bin", "cmrp"]).status()?;
        ensure!(status.success(), "cmrp can't be built");
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        Ok(std::path::absolute(target.join("debug/cmrp"))?)
    }
}

impl Part {
    fn run(self, scene: &Scene) -> Result<()> {
        let missing: Vec<_> = self.programs().iter().filter(|name| !is_installed(name)).collect();
        if !missing.is_empty() {
            let required = env::var_os("CMRP_REQUIRE_INTEROP").is_some_and(|value| value == "1");
            ensure!(!required, "CMRP_REQUIRE_INTEROP=1, but {missing:?} are not installed");
            println!("interop: skipped: {missing:?} are not installed");
            return Ok(());
        }
        match self {
            Self::Torture => torture::formats(scene),
            Self::Dangerous => torture::dangerous(scene),
            Self::Rpcclient => rpcclient::run(scene),
            Self::Scapy => scapy::run(scene),
            Self::Capture => capture::run(scene),
        }
    }

    /// Debian has them in samba-testsuite, smbclient, python3-venv, tshark.
    const fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Torture | Self::Dangerous => &["smbtorture"],
            Self::Rpcclient => &["rpcclient"],
            Self::Scapy => &["python3"],
            Self::Capture => &["smbtorture", "python3", "dumpcap", "tshark"],
        }
    }
}

/// Whether one of the folders of `PATH` has a program of this name.
fn is_installed(name: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(name).is_file())
}

/// Runs a program to its end, and gives what it wrote to both outputs, whatever its exit code.
fn output(command: &mut Command) -> Result<(bool, String)> {
    let output = command.output().with_context(|| format!("starting {:?}", command.get_program()))?;
    let text = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

/// The same for a program that must succeed.
fn success(command: &mut Command) -> Result<String> {
    let (succeeded, text) = output(command)?;
    if !succeeded {
        bail!("{:?} {:?} failed:\n{text}", command.get_program(), command.get_args().collect::<Vec<_>>());
    }
    Ok(text)
}

/// The path as an argument of a command line.
fn text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}
