//! Measures the codec next to others and prints what came out.

use anyhow::{Result, ensure};
use clap::Parser;
use cmrp::ndr::Format;
use cmrp_bench::{
    Effort, Group, Message, Operation, Task, json, legend, measure, notes, pin, table, targets,
};

/// Measures the codec next to a hand-written floor, a copy of the octets, and other codecs.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// Prints JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Takes only what has this in `message, operation, format`, such as `GetNotify response` or `encode, ndr64`.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Measures so briefly that times mean little.
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let groups = arguments.measure()?;
    if arguments.json {
        println!("{:#}", json(&groups));
        return Ok(());
    }
    println!("{}\n\n{}", legend(), table(&groups));
    for target in targets(&groups) {
        println!("{target}");
    }
    Ok(())
}

impl Arguments {
    fn measure(&self) -> Result<Vec<Group>> {
        for note in notes(pin()) {
            eprintln!("note: {note}");
        }
        let effort = if self.quick { Effort::QUICK } else { Effort::FULL };
        let tasks: Vec<Task> = tasks().filter(|task| self.includes(*task)).collect();
        ensure!(!tasks.is_empty(), "nothing has that name");
        tasks.into_iter().map(|task| measure(task, effort)).collect()
    }

    fn includes(&self, task: Task) -> bool {
        self.only.as_ref().is_none_or(|name| task.to_string().contains(name))
    }
}

/// Everything there is to do, by message, operation and format.
fn tasks() -> impl Iterator<Item = Task> {
    Message::ALL.into_iter().flat_map(|message| {
        Operation::ALL.into_iter().flat_map(move |operation| {
            Format::ALL.into_iter().map(move |format| Task { message, format, operation })
        })
    })
}
