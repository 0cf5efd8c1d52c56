//! Tells what was measured: as a table for people, as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::contestant::{Contestant, Operation};
use crate::measure::{Group, Sample};

/// Those whose times ours is compared with, in the order of the table.
const OTHERS: [Contestant; 6] = [
    Contestant::Floor,
    Contestant::Memcpy,
    Contestant::MsNdr,
    Contestant::SmbRpc,
    Contestant::Libndr,
    Contestant::LibndrKept,
];

/// A table for each message, with a line for each operation and format.
pub fn table(groups: &[Group]) -> String {
    let mut text = String::new();
    for block in groups.chunk_by(|a, b| a.task.message == b.task.message) {
        if let Some(first) = block.first() {
            heading(&mut text, first);
        }
        for group in block {
            line(&mut text, group);
        }
        text.push('\n');
    }
    text
}

// Writing into a `String` can't fail.
fn heading(text: &mut String, group: &Group) {
    let _ = writeln!(text, "{}", group.task.message);
    let _ = write!(text, "{:<10} {:<8} {:>7} | {:^27}", "", "", "", "ours");
    for (name, unit) in OTHERS.map(|other| (other.name(), unit(other))) {
        let _ = write!(text, " | {:^width$}", name, width = unit.len().max(16));
    }
    let _ = write!(
        text,
        "\n{:<10} {:<8} {:>7} | {:>10} {:>9} {:>6}",
        "", "format", "octets", "ns", "MB/s", "alloc"
    );
    for unit in OTHERS.map(unit) {
        let _ = write!(text, " | {unit:>16}");
    }
    text.push('\n');
}

/// What the column of a contestant says.
fn unit(contestant: Contestant) -> &'static str {
    match contestant {
        Contestant::Floor | Contestant::Memcpy => "ns ours/it",
        _ => "ns alloc it/ours",
    }
}

fn line(text: &mut String, group: &Group) {
    let task = group.task;
    let _ = write!(text, "{:<10} {:<8} {:>7} |", task.operation, task.format.name(), group.octets);
    if let Some(ours) = group.sample(Contestant::Ours) {
        let speed = megabytes(group, ours);
        let _ = write!(text, " {:>10.1} {:>9.0} {:>6}", ours.nanoseconds, speed, ours.allocations);
    }
    for other in OTHERS {
        let _ = write!(text, " | {:>16}", cell(group, other));
    }
    text.push('\n');
}

fn cell(group: &Group, contestant: Contestant) -> String {
    let (Some(sample), Some(ratio)) = (group.sample(contestant), group.over_ours(contestant)) else {
        return "-".to_owned();
    };
    match contestant {
        Contestant::Floor | Contestant::Memcpy => format!("{:.1} {:5.2}", sample.nanoseconds, ratio.recip()),
        _ => format!("{:.0} {} {ratio:6.1}", sample.nanoseconds, sample.allocations),
    }
}

/// Megabytes of stub data a second.
fn megabytes(group: &Group, sample: Sample) -> f64 {
    group.octets as f64 / sample.nanoseconds * 1e3
}

/// An array with an object for each message, operation and format.
pub fn json(groups: &[Group]) -> Value {
    groups.iter().map(group_json).collect()
}

fn group_json(group: &Group) -> Value {
    let contestants: serde_json::Map<String, Value> = group
        .samples
        .iter()
        .map(|sample| (sample.contestant.name().to_owned(), sample_json(group, *sample)))
        .collect();
    json!({
        "message": group.task.message.name(),
        "operation": group.task.operation.name(),
        "format": group.task.format.name(),
        "octets": group.octets,
        "contestants": contestants,
    })
}

fn sample_json(group: &Group, sample: Sample) -> Value {
    json!({
        "nanoseconds": sample.nanoseconds,
        "megabytes_per_second": megabytes(group, sample),
        "allocations": sample.allocations,
        "times_ours": group.over_ours(sample.contestant),
    })
}

/// What the columns mean, in a few lines.
pub fn legend() -> String {
    let operations = Operation::ALL.map(Operation::name).join(", ");
    format!(
        "{operations}: medians of interleaved batches in one process. floor and memcpy: ns and how many times as long \
         ours takes; others: ns, allocations, and how many times as long as ours they take. See bench/README.md."
    )
}

/// What a reader of the numbers should know about this machine.
pub fn notes(pinned: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if !pinned {
        notes.push("not kept on one processor".to_owned());
    }
    if cfg!(debug_assertions) {
        notes.push("a debug build: the times mean nothing".to_owned());
    }
    notes.extend(crate::samba::absence());
    notes
}
