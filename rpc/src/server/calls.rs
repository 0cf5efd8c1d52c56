//! The calls that were handed out and not answered.

use alloc::vec::Vec;

use crate::label::FormatLabel;

/// Open calls in the order of their numbers. A sorted vector, since calls come with rising numbers and a watcher has
/// one: a tree would take a node of a dozen.
#[derive(Debug, Default)]
pub(super) struct Calls {
    open: Vec<Call>,
    /// Octets of the stubs of all of them.
    octets: usize,
}

/// What the answer to a call needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) id: u32,
    /// Octets of its stub.
    pub(super) octets: u32,
    pub(super) context_id: u16,
    /// As the client represents numbers.
    pub(super) label: FormatLabel,
    /// How often the client asked to cancel it.
    pub(super) cancels: u8,
    /// Whether nobody waits for the answer.
    pub(super) is_orphaned: bool,
}

impl Calls {
    /// Adds a call whose number is above all others.
    pub(super) fn open(&mut self, call: Call) {
        self.octets = self.octets.saturating_add(wide(call.octets));
        self.open.push(call);
    }

    /// Takes out a call that is answered.
    pub(super) fn close(&mut self, id: u32) -> Option<Call> {
        let call = self.open.remove(self.place(id)?);
        self.octets = self.octets.saturating_sub(wide(call.octets));
        // A watcher that waits with one call keeps no room for those that it had at its busiest.
        if self.open.capacity() / 4 >= self.open.len() {
            self.open.shrink_to(self.open.len().saturating_mul(2));
        }
        Some(call)
    }

    /// A call that somebody waits for.
    pub(super) fn awaited(&mut self, id: u32) -> Option<&mut Call> {
        let place = self.place(id)?;
        self.open.get_mut(place).filter(|call| !call.is_orphaned)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether somebody waits for an answer.
    pub(super) fn has_awaited(&self) -> bool {
        self.open.iter().any(|call| !call.is_orphaned)
    }

    /// Octets of the stubs of all calls.
    pub(super) const fn octets(&self) -> usize {
        self.octets
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.open.binary_search_by_key(&id, |call| call.id).ok()
    }
}

fn wide(octets: u32) -> usize {
    usize::try_from(octets).unwrap_or(usize::MAX)
}
