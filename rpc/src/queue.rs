//! A queue that knows how many octets it holds, and keeps no memory once it is empty.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// What a value holds on the heap because of its peer or program.
pub(crate) trait Weight {
    /// Octets.
    fn weight(&self) -> usize;
}

impl Weight for Vec<u8> {
    fn weight(&self) -> usize {
        self.len()
    }
}

/// First in, first out.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    items: VecDeque<T>,
    octets: usize,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { items: VecDeque::new(), octets: 0 }
    }
}

impl<T: Weight> Queue<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.octets = self.octets.saturating_add(item.weight());
        self.items.push_back(item);
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.octets = self.octets.saturating_sub(item.weight());
        if self.items.is_empty() {
            // Ten thousand idle connections would each keep the largest queue they ever had.
            self.items = VecDeque::new();
        }
        Some(item)
    }

    /// Octets of all items.
    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}
