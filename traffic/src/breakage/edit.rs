//! A change of a stub, before it is made.

use super::{Breakage, BreakageKind};
use cmrp::ndr::arbitrary::LandmarkKind;

/// Octets that take the place of others.
pub(super) struct Edit {
    pub(super) kind: BreakageKind,
    pub(super) landmark: Option<LandmarkKind>,
    pub(super) offset: usize,
    /// How many octets go.
    pub(super) removed: usize,
    pub(super) inserted: Vec<u8>,
    pub(super) numbers: Option<(u64, u64)>,
}

impl Edit {
    /// Makes the change.
    pub(super) fn apply(self, stub: &mut Vec<u8>) -> Breakage {
        let start = self.offset.min(stub.len());
        let end = start.saturating_add(self.removed).min(stub.len());
        let before = stub.splice(start..end, self.inserted.iter().copied()).collect();
        let Self { kind, landmark, inserted: after, numbers, .. } = self;
        Breakage { kind, landmark, offset: start, before, after, numbers }
    }
}
