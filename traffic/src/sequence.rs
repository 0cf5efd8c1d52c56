//! Calls in an order in which each has the handles that it needs.

use cmrp::ndr::ContextHandle;
use cmrp::ndr::arbitrary::{Result, Unstructured};

use crate::graph::{Graph, fits};

/// A handle that an earlier call of the sequence yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// What it stands for, by the name in the IDL.
    pub(crate) kind: &'static str,
    /// What stands for it until a server has given the real one.
    pub(crate) token: ContextHandle,
    /// The number of the call that yields it.
    pub(crate) from: u64,
    /// Where it stands in the response of that call, in octets.
    pub(crate) at: usize,
}

/// A handle for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) token: ContextHandle,
    /// The call that yields it, and where it stands in the response; `None` if it is made up.
    pub(crate) source: Option<(u64, usize)>,
}

/// What to call next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) opnum: u16,
    /// A handle for each that the request needs, in their order.
    pub(crate) handles: Vec<Taken>,
    /// Whether the call is only there for the handle that it yields.
    pub(crate) opens: bool,
}

/// A sequence of calls that goes on for ever.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    graph: Graph,
    open: Vec<Held>,
    /// What is on the way: each yields what the one before it needs.
    pending: Vec<u16>,
}

impl Sequence {
    /// A sequence without a handle.
    pub(crate) fn new(graph: Graph) -> Self {
        Self { graph, open: Vec::new(), pending: Vec::new() }
    }

    /// The next call, all of whose handles are there. It leads to one of the operations that are wanted, which there
    /// must be and which must be reachable.
    pub(crate) fn plan(&mut self, wanted: &[u16], choices: &mut Unstructured<'_>) -> Result<Planned> {
        loop {
            let Some(opnum) = self.pending.last().copied() else {
                self.pending.push(*choices.choose(wanted)?);
                continue;
            };
            match self.missing(opnum) {
                None => {
                    self.pending.pop();
                    return self.take(opnum, choices);
                }
                Some(kind) => self.pending.push(self.opener(kind, choices)?),
            }
        }
    }

    /// Takes note of a handle that a call yields.
    pub(crate) fn hold(&mut self, held: Held) {
        self.open.push(held);
    }

    fn missing(&self, opnum: u16) -> Option<&'static str> {
        let needs = self.graph.use_of(opnum).needs.iter();
        needs.copied().find(|need| !self.open.iter().any(|held| fits(held.kind, need)))
    }

    /// An operation that yields a handle of a kind, and that is nearer to the beginning than the kind is.
    fn opener(&self, kind: &str, choices: &mut Unstructured<'_>) -> Result<u16> {
        let depth = self.graph.depth(kind);
        let is_nearer = |opnum: &u16| {
            let needs = self.graph.use_of(*opnum).needs.iter();
            needs.map(|need| self.graph.depth(need)).all(|of_need| of_need.is_some() && of_need < depth)
        };
        let openers: Vec<u16> = self.graph.yielding(kind).filter(is_nearer).collect();
        choices.choose(&openers).copied()
    }

    fn take(&mut self, opnum: u16, choices: &mut Unstructured<'_>) -> Result<Planned> {
        let uses = self.graph.use_of(opnum);
        let taken = uses.needs.iter().map(|need| self.choose(need, choices)).collect::<Result<Vec<_>>>()?;
        for (held, _) in taken.iter().zip(uses.needs).filter(|(_, need)| uses.closes.contains(need)) {
            self.open.retain(|open| open != held);
        }
        let handles = taken
            .iter()
            .map(|held| Taken { token: held.token, source: Some((held.from, held.at)) })
            .collect();
        Ok(Planned { opnum, handles, opens: !self.pending.is_empty() })
    }

    fn choose(&self, need: &str, choices: &mut Unstructured<'_>) -> Result<Held> {
        let fitting: Vec<Held> = self.open.iter().copied().filter(|held| fits(held.kind, need)).collect();
        choices.choose(&fitting).copied()
    }
}
