//! A graph for programs: as JSON, and in the language of Graphviz.

use std::fmt;

use cmrp::ndr::arbitrary::HandleUse;
use serde::{Serialize, Serializer};

use super::{GENERIC, Graph, fits};

#[derive(Serialize)]
struct GraphRecord {
    interface: &'static str,
    handles: Vec<KindRecord>,
    operations: Vec<UseRecord>,
}

/// A kind of handle, and the operations that have to do with it.
#[derive(Serialize)]
struct KindRecord {
    kind: &'static str,
    yielded_by: Vec<&'static str>,
    needed_by: Vec<&'static str>,
    closed_by: Vec<&'static str>,
}

/// An operation, and the handles that it has to do with.
#[derive(Serialize)]
struct UseRecord {
    opnum: u16,
    operation: &'static str,
    needs: &'static [&'static str],
    yields: &'static [&'static str],
    closes: &'static [&'static str],
}

impl Graph {
    fn record(&self) -> GraphRecord {
        let names = |opnums: &mut dyn Iterator<Item = u16>| opnums.map(|opnum| self.name(opnum)).collect();
        let kind = |kind| KindRecord {
            kind,
            yielded_by: names(&mut self.yielding(kind)),
            needed_by: names(&mut self.needing(kind)),
            closed_by: names(&mut self.closing(kind)),
        };
        GraphRecord {
            interface: self.protocol.interface(),
            handles: self.kinds().into_iter().map(kind).collect(),
            operations: self.with_handles().map(|handles| self.use_record(handles)).collect(),
        }
    }

    fn use_record(&self, handles: &HandleUse) -> UseRecord {
        let HandleUse { opnum, needs, yields, closes } = *handles;
        UseRecord { opnum, operation: self.name(opnum), needs, yields, closes }
    }

    fn with_handles(&self) -> impl Iterator<Item = &'static HandleUse> {
        self.uses.iter().filter(|handles| !handles.needs.is_empty() || !handles.yields.is_empty())
    }

    fn name(&self, opnum: u16) -> &'static str {
        self.protocol.operation(opnum).unwrap_or_default()
    }
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record().serialize(serializer)
    }
}

/// A graph in the DOT language of Graphviz: an arrow from an operation to the kind that it yields, from a kind to the
/// operations that need it, and a dashed one to those that close it.
#[derive(Clone, Copy, Debug)]
pub struct Dot<'a>(pub &'a Graph);

impl fmt::Display for Dot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(graph) = self;
        writeln!(f, "digraph {} {{", graph.protocol.interface())?;
        writeln!(f, "  rankdir=LR;\n  node [shape=box];")?;
        graph.kinds().iter().try_for_each(|kind| writeln!(f, "  {kind} [shape=ellipse, style=bold];"))?;
        graph.with_handles().try_for_each(|handles| self.operation(f, handles))?;
        let opens = graph.kinds().into_iter().filter(|kind| *kind != GENERIC && fits(kind, GENERIC));
        if graph.kinds().contains(&GENERIC) {
            opens.into_iter().try_for_each(|kind| writeln!(f, "  {kind} -> {GENERIC} [style=dotted];"))?;
        }
        writeln!(f, "}}")
    }
}

impl Dot<'_> {
    fn operation(self, f: &mut fmt::Formatter<'_>, handles: &HandleUse) -> fmt::Result {
        let name = self.0.name(handles.opnum);
        for kind in handles.needs {
            let style = if handles.closes.contains(kind) { " [style=dashed]" } else { "" };
            writeln!(f, "  {kind} -> {name}{style};")?;
        }
        handles.yields.iter().try_for_each(|kind| writeln!(f, "  {name} -> {kind};"))
    }
}
