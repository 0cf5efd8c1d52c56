//! How fast the codec is: next to a hand-written floor, to a copy of the same octets, and to other codecs.
//!
//! Every contestant takes the same [`Message`]s in the same [`Format`](cmrp::ndr::Format)s, and shows that it reads or
//! writes them like ours before it is timed.
#![deny(unsafe_code)]

mod contestant;
mod fact;
mod floor;
mod measure;
mod memory;
mod message;
mod ms_ndr;
mod ours;
mod report;
mod samba;
mod smb_rpc;
#[expect(
    unsafe_code,
    reason = "an allocator and calls to C are unsafe by definition; each block says why it is sound"
)]
mod system;
mod targets;

pub use contestant::{Contestant, Job, Operation, Task};
pub use measure::{Effort, Group, Sample, measure, pin};
pub use message::Message;
pub use report::{json, legend, notes, table};
pub use system::allocator::count as allocations;
pub use targets::{Target, targets};
