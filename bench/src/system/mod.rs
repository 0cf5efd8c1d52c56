//! What can't be had without unsafe code: counting allocations.

pub(crate) mod allocator;
