//! Which operation yields which context handle, and which needs it.

mod shown;

use cmrp::ndr::arbitrary::HandleUse;
use cmrp::{clusapi2, clusapi3};

use crate::message::Protocol;
pub use shown::Dot;

/// The kind that stands for any object which can have a filter.
pub const GENERIC: &str = "HGENERIC_RPC";

/// The kinds whose handles open [`GENERIC`] (MS-CMRP 3.1.4.2.137).
const OPENS_GENERIC: [&str; 8] = [
    "HCLUSTER_RPC",
    "HGROUP_RPC",
    "HGROUPSET_RPC",
    "HKEY_RPC",
    "HNETINTERFACE_RPC",
    "HNETWORK_RPC",
    "HNODE_RPC",
    "HRES_RPC",
];

/// No operation has to do with a handle.
static NOTHING: HandleUse = HandleUse { opnum: 0, needs: &[], yields: &[], closes: &[] };

/// What the operations of one interface do with handles.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    protocol: Protocol,
    uses: &'static [HandleUse],
}

impl Graph {
    /// The graph of a protocol version.
    pub fn of(protocol: Protocol) -> Self {
        let uses = match protocol {
            Protocol::V2 => clusapi2::HANDLES,
            Protocol::V3 => clusapi3::HANDLES,
        };
        Self { protocol, uses }
    }

    /// The protocol version.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What every operation does that has to do with handles, in the order of the opnums.
    pub fn uses(&self) -> &'static [HandleUse] {
        self.uses
    }

    /// What one operation does.
    pub fn use_of(&self, opnum: u16) -> &'static HandleUse {
        self.uses.iter().find(|handles| handles.opnum == opnum).unwrap_or(&NOTHING)
    }

    /// The kinds of handles by their names in the IDL, in the order in which operations first name them.
    pub fn kinds(&self) -> Vec<&'static str> {
        let mut kinds = Vec::new();
        for handles in self.uses {
            for kind in handles.yields.iter().chain(handles.needs) {
                if !kinds.contains(kind) {
                    kinds.push(*kind);
                }
            }
        }
        kinds
    }

    /// The operations whose response brings a handle that can be used as one of this kind.
    pub fn yielding(&self, kind: &str) -> impl Iterator<Item = u16> {
        self.opnums(move |handles| handles.yields.iter().any(|yielded| fits(yielded, kind)))
    }

    /// The operations whose request needs a handle of this kind.
    pub fn needing(&self, kind: &str) -> impl Iterator<Item = u16> {
        self.opnums(move |handles| handles.needs.contains(&kind))
    }

    /// The operations that close a handle of this kind.
    pub fn closing(&self, kind: &str) -> impl Iterator<Item = u16> {
        self.opnums(move |handles| handles.closes.contains(&kind))
    }

    fn opnums(&self, is_meant: impl Fn(&HandleUse) -> bool) -> impl Iterator<Item = u16> {
        self.uses.iter().filter(move |handles| is_meant(handles)).map(|handles| handles.opnum)
    }

    /// How many calls come before the first handle of a kind, at least; `None` if none ever comes.
    ///
    /// A call that needs no handle has depth 0, as has the kind that it yields. Whoever only takes operations of a
    /// smaller depth gets there.
    pub fn depth(&self, kind: &str) -> Option<usize> {
        // Each round finds what takes one more call.
        let mut reached: Vec<&str> = Vec::new();
        for depth in 0..=self.uses.len() {
            let ready: Vec<&HandleUse> =
                (self.uses.iter()).filter(|handles| is_met(handles.needs, &reached)).collect();
            if ready.iter().any(|handles| handles.yields.iter().any(|yielded| fits(yielded, kind))) {
                return Some(depth);
            }
            reached = ready.iter().flat_map(|handles| handles.yields).copied().collect();
        }
        None
    }
}

fn is_met(needs: &[&str], reached: &[&str]) -> bool {
    needs.iter().all(|need| reached.iter().any(|kind| fits(kind, need)))
}

/// Whether a handle of one kind can be used where another is needed: it is of the same kind, or opens the door to
/// [`GENERIC`] (MS-CMRP 3.1.4.2.137).
pub fn fits(yielded: &str, needed: &str) -> bool {
    yielded == needed || (needed == GENERIC && OPENS_GENERIC.contains(&yielded))
}
