//! Continuous integration, step by step. The first step that fails ends it.

use std::fs;
use std::process::Command;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, ensure};

/// A step: what it is for, the command line, and variables that it sets.
struct Step {
    name: &'static str,
    command: String,
    environment: Vec<(&'static str, String)>,
}

pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    let steps = steps()?;
    let outcome = steps.iter().try_for_each(Step::run);
    // What the packages were built in serves no other run.
    let _ = fs::remove_dir_all("target/packages");
    outcome?;
    println!("ci: {} steps passed in {} s", steps.len(), start.elapsed().as_secs());
    Ok(())
}

/// Steps for which a tool must have been installed by hand; its absence is said, not hidden.
fn optional_steps() -> Vec<Step> {
    let has_deny =
        Command::new("cargo").args(["deny", "--version"]).output().is_ok_and(|run| run.status.success());
    if !has_deny {
        println!("ci: licences and sources are not checked: cargo-deny is not installed");
        return Vec::new();
    }
    vec![step("licences and sources", "cargo deny --all-features check licenses bans sources")]
}

fn steps() -> Result<Vec<Step>> {
    let mut steps = vec![
        step("formatting", "cargo fmt --all --check"),
        step("lints", "cargo clippy --workspace --all-targets --all-features --locked -- -D warnings"),
        step(
            "lints of the runtime alone",
            "cargo clippy -p cmrp --no-default-features --locked -- -D warnings",
        ),
        // In the folder where the lints before have left what both depend on.
        step(
            "lints of the fuzz targets",
            "cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target --locked -- -D warnings",
        ),
        Step {
            name: "the README's test command",
            command: readme_command("cargo test")?,
            environment: vec![
                ("CMRP_REQUIRE_TSHARK", "1".to_owned()),
                ("CMRP_REQUIRE_LIBNDR", "1".to_owned()),
            ],
        },
        Step {
            name: "what ndrdump makes of our encodings",
            command: "cargo run --quiet --locked --package xtask -- ndrdump".to_owned(),
            environment: vec![("CMRP_REQUIRE_NDRDUMP", "1".to_owned())],
        },
        Step {
            name: "clients of others against our server",
            command: "cargo run --quiet --locked --package xtask -- interop".to_owned(),
            environment: vec![("CMRP_REQUIRE_INTEROP", "1".to_owned())],
        },
        // That it runs, not how fast: what the tests have built is enough.
        step("the bench", "cargo run --quiet --locked --package cmrp-bench -- --quick"),
        // The build script builds every target, which the campaigns then find built.
        step(
            "the build script of ClusterFuzzLite",
            "cargo run --quiet --locked --package xtask -- fuzz build-script",
        ),
        step("what is checked in for fuzzing", "cargo run --quiet --locked --package xtask -- fuzz replay"),
        step("a campaign of seconds", "cargo run --quiet --locked --package xtask -- fuzz smoke"),
        step("the budget of generated code", "cargo run --quiet --locked --package xtask -- cost --check"),
        step(
            "the README's main command",
            &format!("{} --color never", readme_command("cargo run --release")?),
        ),
        Step {
            name: "documentation",
            command: "cargo doc --workspace --no-deps --all-features --locked".to_owned(),
            environment: vec![("RUSTDOCFLAGS", "-D warnings".to_owned())],
        },
        packages()?,
    ];
    steps.extend(optional_steps());
    Ok(steps)
}

fn step(name: &'static str, command: &str) -> Step {
    Step { name, command: command.to_owned(), environment: Vec::new() }
}

/// Packages what others depend on and builds the packages. Cargo remembers what it unpacked by folder and version, so
/// that a folder used before would bring back the packages of an earlier run.
fn packages() -> Result<Step> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).context("reading the clock")?;
    let folder = std::path::absolute("target/packages")?.join(now.as_nanos().to_string());
    Ok(Step {
        name: "packages",
        command: "cargo publish --dry-run --locked -p midl-codegen -p cmrp -p dcerpc-proto -p cmrp-port -p cmrp-cluster -p cmrp-net -p cmrp-traffic"
            .to_owned(),
        environment: vec![
            ("CARGO_TARGET_DIR", folder.display().to_string()),
            ("CARGO_PROFILE_DEV_DEBUG", "false".to_owned()),
        ],
    })
}

/// The first line of the README's shell blocks that begins so: what the README promises is what is checked.
fn readme_command(beginning: &str) -> Result<String> {
    let readme = fs::read_to_string("README.md").context("reading README.md")?;
    let command = readme.lines().find(|line| line.starts_with(beginning));
    Ok(command.with_context(|| format!("README.md has no line `{beginning}...`"))?.to_owned())
}

impl Step {
    fn run(&self) -> Result<()> {
        println!("ci: {}: {}", self.name, self.command);
        let start = Instant::now();
        let mut words = self.command.split_whitespace();
        let mut command = Command::new(words.next().context("no command")?);
        command.args(words).envs(self.environment.iter().map(|(name, value)| (name, value)));
        let status = command.status().with_context(|| format!("starting {}", self.command))?;
        ensure!(status.success(), "{} failed: {}", self.name, self.command);
        println!("ci: {}: {} s", self.name, start.elapsed().as_secs());
        Ok(())
    }
}
