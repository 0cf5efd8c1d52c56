//! Runs by seed: the kind of run, its totals, and for one that fails, its trace.

use crate::dice::Dice;
use crate::network::Simulation;
use crate::operations::Operations;
use crate::script::Script;
use crate::tally::{Tally, Totals};
use crate::violation::Violation;

/// Operations of one run on a single server.
const OPERATIONS: usize = 80;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was counted.
    pub totals: Totals,
    /// The law that was broken.
    pub violation: Option<Violation>,
    /// What happened, if it was asked for.
    pub trace: String,
}

/// Runs a seed: one in four does random operations on one server, the others simulate a cluster.
pub fn seed(seed: u64, traced: bool) -> Outcome {
    if seed % 4 == 3 { operations(seed, traced) } else { script(&Script::from_seed(seed), traced) }
}

/// Runs a script.
pub fn script(script: &Script, traced: bool) -> Outcome {
    let mut simulation = Simulation::new(script, traced);
    let violation = simulation.run().err();
    Outcome { totals: simulation.totals, violation, trace: simulation.trace.unwrap_or_default() }
}

fn operations(seed: u64, traced: bool) -> Outcome {
    let mut operations = Operations::new(Dice::seeded(seed), traced);
    let violation = operations.run(OPERATIONS).err();
    let mut totals = operations.totals();
    totals.count(Tally::Operations);
    Outcome { totals, violation, trace: operations.trace.unwrap_or_default() }
}

/// The script of a failing seed without the steps that it fails without as well; `None` if it doesn't fail, or has no
/// script.
pub fn shrink(seed: u64) -> Option<Script> {
    if seed % 4 == 3 {
        return None;
    }
    let mut smallest = Script::from_seed(seed);
    let law = script(&smallest, false).violation?.law;
    let mut index = smallest.steps.len();
    while let Some(next) = index.checked_sub(1) {
        index = next;
        let mut smaller = smallest.clone();
        smaller.steps.remove(index);
        if script(&smaller, false).violation.is_some_and(|violation| violation.law == law) {
            smallest = smaller;
        }
    }
    Some(smallest)
}
