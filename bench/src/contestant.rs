//! Who takes part, and what they are asked to do.

use std::fmt;

use anyhow::Result;
use cmrp::ndr::Format;

use crate::{Message, floor, memory, ms_ndr, ours, samba, smb_rpc};

/// What is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Octets to a value, which is then dropped.
    Decode,
    /// A value to octets, in a buffer that earlier encodes have used.
    Encode,
    /// A value to octets in memory of their own, which is then freed.
    EncodeAnew,
}

/// One message in one format, one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// What is read or written.
    pub message: Message,
    /// How it is laid out.
    pub format: Format,
    /// Which of the two.
    pub operation: Operation,
}

/// Something that reads and writes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    /// This repository.
    Ours,
    /// Code written by hand for these messages alone.
    Floor,
    /// A copy of the octets.
    Memcpy,
    /// The crate `ms-ndr`, which is also what the crate `dcerpc` calls its `ndr`.
    MsNdr,
    /// The crate `smb-rpc`.
    SmbRpc,
    /// Samba's libndr, with memory of its own for each message.
    Libndr,
    /// The same, where the caller keeps as much memory as can be used again.
    LibndrKept,
}

/// A task as one contestant does it.
pub struct Job {
    run: Box<dyn FnMut(u32)>,
    /// Allocations that the allocator of Rust does not see.
    foreign_allocations: Option<f64>,
}

impl Job {
    /// Wraps what is to be done once. The loop is compiled together with it, so that calling the job costs nothing
    /// that repeating would not hide.
    pub(crate) fn new(mut once: impl FnMut() + 'static) -> Self {
        Self { run: Box::new(move |times| (0..times).for_each(|_| once())), foreign_allocations: None }
    }

    /// States how often the job allocates, for a contestant that brings its own allocator.
    pub(crate) fn allocating(self, count: f64) -> Self {
        Self { foreign_allocations: Some(count), ..self }
    }

    pub(crate) fn foreign_allocations(&self) -> Option<f64> {
        self.foreign_allocations
    }

    /// Does it so many times.
    pub fn run(&mut self, times: u32) {
        (self.run)(times);
    }
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Decode, Self::Encode, Self::EncodeAnew];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Encode => "encode",
            Self::EncodeAnew => "encode-new",
        }
    }
}

impl Contestant {
    /// All of them. Ours comes first.
    pub const ALL: [Self; 7] =
        [Self::Ours, Self::Floor, Self::Memcpy, Self::MsNdr, Self::SmbRpc, Self::Libndr, Self::LibndrKept];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Floor => "floor",
            Self::Memcpy => "memcpy",
            Self::MsNdr => "ms-ndr",
            Self::SmbRpc => "smb-rpc",
            Self::Libndr => "libndr",
            Self::LibndrKept => "libndr-kept",
        }
    }

    /// Whether it is another crate.
    pub const fn is_crate(self) -> bool {
        matches!(self, Self::MsNdr | Self::SmbRpc)
    }

    /// Whether it is another codec as its users use it.
    pub const fn is_peer(self) -> bool {
        self.is_crate() || matches!(self, Self::Libndr)
    }

    /// Gets ready for a task, after having shown that it does the same as ours; `None` if it can't do it at all.
    ///
    /// # Errors
    /// It reads or writes something else.
    pub fn job(self, task: Task) -> Result<Option<Job>> {
        match self {
            Self::Ours => ours::job(task).map(Some),
            Self::Floor => floor::job(task).map(Some),
            Self::Memcpy => memory::job(task).map(Some),
            Self::MsNdr => ms_ndr::job(task),
            Self::SmbRpc => smb_rpc::job(task),
            Self::Libndr => samba::job(task),
            Self::LibndrKept => samba::kept_job(task),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.message, self.operation, self.format)
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}
