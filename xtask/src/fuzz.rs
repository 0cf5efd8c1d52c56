//! Fuzzing: seeds, campaigns, what they cover, and whether they find bugs that were planted.
//!
//! The targets are in `fuzz/`, a workspace of its own; `fuzz/README.md` is the page about them. What the fuzzers leave
//! is in `fuzz/corpus` and `fuzz/artifacts`, everything else that is made here in `target/fuzz`.

mod campaign;
mod cmin;
mod coverage;
mod planted;
mod project;
mod replay;
mod script;
mod seeds;

use anyhow::Result;
use clap::{Args, Subcommand};

/// Arguments of `fuzz`.
#[derive(Args)]
pub(crate) struct Fuzz {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Writes made-up seeds into fuzz/corpus, and dictionaries into fuzz/dictionaries.
    Seeds(Names),
    /// Fuzzes one target, or all in turn, and prints what became of them.
    Run(campaign::Run),
    /// Fuzzes each target for some seconds from its checked-in seeds. Changes no corpus.
    Smoke(campaign::Smoke),
    /// Makes corpora small: what of corpus and seeds adds coverage becomes the checked-in seeds.
    Cmin(Names),
    /// What the corpora cover: a report in HTML and a line for each crate.
    Coverage(coverage::Coverage),
    /// Runs every checked-in seed and everything that did harm once, without a fuzzer.
    Replay(Names),
    /// Plants bugs, one by one, in a copy of the repository: each must be found.
    Planted(planted::Planted),
    /// Runs the build script of `ClusterFuzzLite` and OSS-Fuzz without Docker, and checks what it made.
    BuildScript,
}

/// Which targets are meant.
#[derive(Args)]
struct Names {
    /// Targets; all by default.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

impl Fuzz {
    pub(crate) fn run(&self) -> Result<()> {
        match &self.chore {
            Chore::Seeds(names) => seeds::run(&project::targets(&names.targets)?),
            Chore::Run(run) => run.run(),
            Chore::Smoke(smoke) => smoke.run(),
            Chore::Cmin(names) => cmin::run(&project::targets(&names.targets)?),
            Chore::Coverage(coverage) => coverage.run(),
            Chore::Replay(names) => replay::run(&project::targets(&names.targets)?),
            Chore::Planted(planted) => planted.run(),
            Chore::BuildScript => script::run(),
        }
    }
}
