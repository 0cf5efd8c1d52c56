//! Memory for what a value borrows and JSON text does not hold as it is.

use core::fmt;

/// Keeps octets and UTF-16 units alive for the values that [`FromJson`](super::FromJson) makes of them.
///
/// One arena serves any number of values; all its memory is freed with it.
pub struct Arena {
    octets: typed_arena::Arena<u8>,
    units: typed_arena::Arena<u16>,
}

impl Arena {
    /// An arena that holds nothing and has not allocated yet.
    pub fn new() -> Self {
        Self { octets: typed_arena::Arena::with_capacity(0), units: typed_arena::Arena::with_capacity(0) }
    }

    pub(super) fn octets(&self, octets: impl IntoIterator<Item = u8>) -> &[u8] {
        self.octets.alloc_extend(octets)
    }

    pub(super) fn units(&self, units: impl IntoIterator<Item = u16>) -> &[u16] {
        self.units.alloc_extend(units)
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (octets, units) = (self.octets.len(), self.units.len());
        f.debug_struct("Arena").field("octets", &octets).field("units", &units).finish()
    }
}
