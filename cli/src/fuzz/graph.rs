//! `cmrp fuzz graph`: which operation yields which handle, and which needs it.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use cmrp_traffic::graph::{Dot, Graph};

use crate::interface::Interface;
use crate::stub::report;

/// Show which operation yields which context handle, and which needs it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cmrp fuzz graph
  cmrp fuzz graph --format dot | dot -Tsvg > handles.svg
  cmrp fuzz graph --format json | jq -r '.handles[] | select(.kind == \"HKEY_RPC\").needed_by[]'")]
pub(crate) struct Options {
    /// The interface
    #[arg(long, default_value = "clusapi3")]
    interface: Interface,

    /// The form
    #[arg(long, default_value = "text")]
    format: Form,
}

/// How a graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A paragraph for each kind of handle
    Text,
    /// One object with the kinds of handles and the operations
    Json,
    /// The language of Graphviz
    Dot,
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    report(show(options).map(|()| ExitCode::SUCCESS))
}

fn show(options: &Options) -> Result<(), Box<dyn Error>> {
    let graph = Graph::of(options.interface.protocol());
    let mut output = io::stdout().lock();
    match options.format {
        Form::Text => text(&graph, options.interface, &mut output)?,
        Form::Json => writeln!(output, "{}", serde_json::to_string(&graph)?)?,
        Form::Dot => write!(output, "{}", Dot(&graph))?,
    }
    output.flush()?;
    Ok(())
}

fn text(graph: &Graph, interface: Interface, output: &mut impl Write) -> io::Result<()> {
    let names = |opnums: &mut dyn Iterator<Item = u16>| {
        let names: Vec<&str> = opnums.filter_map(|opnum| interface.operation(opnum)).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    for kind in graph.kinds() {
        writeln!(output, "{kind}")?;
        writeln!(output, "  yielded by {}", names(&mut graph.yielding(kind)))?;
        writeln!(output, "  needed by {}", names(&mut graph.needing(kind)))?;
        writeln!(output, "  closed by {}", names(&mut graph.closing(kind)))?;
    }
    Ok(())
}
