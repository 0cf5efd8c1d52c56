//! Continuous integration, step by step. The first step that fails ends it.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

/// A step: what it is for, and what it runs.
struct Step {
    name: &'static str,
    command: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const WARNINGS_ARE_ERRORS: &[(&str, &str)] = &[("RUSTDOCFLAGS", "-D warnings")];

const STEPS: &[Step] = &[
    Step { name: "formatting", command: &["cargo", "fmt", "--all", "--check"], environment: &[] },
    Step {
        name: "lints",
        command: &[
            "cargo", "clippy", "--workspace", "--all-targets", "--all-features", "--locked", "--", "-D", "warnings",
        ],
        environment: &[],
    },
    Step {
        name: "the README's test command",
        command: &["cargo", "test", "--workspace", "--locked"],
        environment: &[("CMRP_REQUIRE_TSHARK", "1")],
    },
    Step {
        name: "the runtime alone, without std",
        command: &["cargo", "clippy", "-p", "cmrp", "--no-default-features", "--locked", "--", "-D", "warnings"],
        environment: &[],
    },
    Step {
        name: "documentation",
        command: &["cargo", "doc", "--workspace", "--no-deps", "--all-features", "--locked"],
        environment: WARNINGS_ARE_ERRORS,
    },
    Step {
        name: "fuzz targets",
        command: &["cargo", "clippy", "--manifest-path", "fuzz/Cargo.toml", "--locked", "--", "-D", "warnings"],
        environment: &[],
    },
    Step {
        name: "packages",
        command: &["cargo", "publish", "--dry-run", "--locked", "-p", "midl-codegen", "-p", "cmrp", "-p", "dcerpc-proto"],
        environment: &[],
    },
];

pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    STEPS.iter().try_for_each(Step::run)?;
    println!("ci: {} steps passed in {} s", STEPS.len(), start.elapsed().as_secs());
    Ok(())
}

impl Step {
    fn run(&self) -> Result<()> {
        println!("ci: {}", self.name);
        let [program, arguments @ ..] = self.command else { bail!("{}: no command", self.name) };
        let mut command = Command::new(program);
        command.args(arguments).envs(self.environment.iter().copied());
        let status = command.status()?;
        if !status.success() {
            bail!("{} failed: {}", self.name, self.command.join(" "));
        }
        Ok(())
    }
}
