//! Chores of this workspace, as `cargo xtask <chore>`.
#![forbid(unsafe_code)]

mod big;
mod ci;
mod cost;
mod fuzz;
mod interop;
mod ndrdump;
mod operations;
mod requirements;
mod vectors;

use clap::Parser;

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", version, about)]
enum Chore {
    /// Writes a large capture: the samples again and again, between other hosts each time.
    BigCapture(big::Big),
    /// Writes a large file for `cmrp verify`: the vectors of the testsuite again and again.
    BigVectors(big::Big),
    /// Everything that continuous integration checks.
    Ci,
    /// What building on the codec costs: time, generated lines, machine code.
    Cost(cost::Cost),
    /// Fuzzing: seeds, campaigns, what they cover, planted bugs. See fuzz/README.md.
    Fuzz(fuzz::Fuzz),
    /// Clients that share no code with us against `cmrp serve`: smbtorture, rpcclient, scapy; and tshark on the traffic.
    Interop(interop::Interop),
    /// Compares what we encode with what Samba's ndrdump makes of it.
    Ndrdump(ndrdump::Compare),
    /// Writes docs/operations.md.
    Operations,
    /// Writes docs/ports.md: what is demanded of notification ports, and the tests.
    Requirements,
    /// Packs vector files into the form that the testsuite keeps.
    PackVectors(vectors::Pack),
}

fn main() -> anyhow::Result<()> {
    match Chore::parse() {
        Chore::BigCapture(big) => big.capture(),
        Chore::BigVectors(big) => big.vectors(),
        Chore::Ci => ci::run(),
        Chore::Cost(cost) => cost.run(),
        Chore::Fuzz(fuzz) => fuzz.run(),
        Chore::Interop(interop) => interop.run(),
        Chore::Ndrdump(compare) => compare.run(),
        Chore::Operations => operations::run(),
        Chore::Requirements => requirements::run(),
        Chore::PackVectors(pack) => pack.run(),
    }
}
