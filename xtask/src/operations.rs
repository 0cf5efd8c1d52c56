//! Writes the table of operations.

use std::fs;

use anyhow::{Context, Result};

const FILE: &str = "docs/operations.md";

pub(crate) fn run() -> Result<()> {
    fs::write(FILE, cmrp_testsuite::operations::table()).with_context(|| format!("writing {FILE}"))
}
