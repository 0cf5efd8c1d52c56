//! Chores of this workspace, as `cargo xtask <chore>`.
#![forbid(unsafe_code)]

mod ci;
mod cost;
mod ndrdump;
mod operations;
mod vectors;

use clap::Parser;

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", version, about)]
enum Chore {
    /// Everything that continuous integration checks.
    Ci,
    /// What building on the codec costs: time, generated lines, machine code.
    Cost(cost::Cost),
    /// Compares what we encode with what Samba's ndrdump makes of it.
    Ndrdump(ndrdump::Compare),
    /// Writes docs/operations.md.
    Operations,
    /// Packs vector files into the form that the testsuite keeps.
    PackVectors(vectors::Pack),
}

fn main() -> anyhow::Result<()> {
    match Chore::parse() {
        Chore::Ci => ci::run(),
        Chore::Cost(cost) => cost.run(),
        Chore::Ndrdump(compare) => compare.run(),
        Chore::Operations => operations::run(),
        Chore::PackVectors(pack) => pack.run(),
    }
}
