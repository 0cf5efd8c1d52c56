//! What can't be had without unsafe code: counting allocations, and calling libraries written in C. This is the one
//! place of the repository that has any, and nothing of it is shipped.

pub(crate) mod allocator;
pub(crate) mod samba;
