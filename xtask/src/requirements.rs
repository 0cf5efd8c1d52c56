//! Writes the table of what is demanded of notification ports, with the tests.

use std::fs;

use anyhow::{Context, Result, ensure};
use cmrp_testsuite::requirements::Requirements;

const FILE: &str = "docs/ports.md";

pub(crate) fn run() -> Result<()> {
    let requirements = Requirements::of_workspace().context("reading port/tests")?;
    let problems = requirements.problems();
    ensure!(problems.is_empty(), "requirements and tests do not fit:\n{}", problems.join("\n"));
    fs::write(FILE, requirements.table()).with_context(|| format!("writing {FILE}"))
}
