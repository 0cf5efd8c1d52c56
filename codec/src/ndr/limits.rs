//! What one decode may cost, and how strictly it checks.

/// What the decoding of one stub may cost. Each limit stops an attack that the others let through.
///
/// Counts are always checked against the octets that remain before anything is reserved, so that memory is bounded
/// by a multiple of the stub even without limits; these cut off what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of memory that the arrays of one value may take, together.
    ///
    /// Stops a large stub of many small elements, whose decoded form is several times larger. Default 64 MiB, which
    /// is 16 times the largest request that MS-RPCE 3.3.3.5.4 lets pass.
    pub memory: usize,
    /// How many pointers may lead from a parameter to a value.
    ///
    /// Stops a list linked through itself from exhausting the stack. Default 32.
    pub depth: u16,
    /// Octets that may follow the last parameter.
    ///
    /// Default unlimited: padding and a verification trailer may follow (MS-RPCE 2.2.2.13), and no rule rejects
    /// other octets. Zero stops a sender from hiding data where no field holds it.
    pub trailing: usize,
    /// How strictly the data is checked; `None` leaves it to the interface: level 6.0 for protocol version 3 of
    /// ClusAPI and 5.0 for version 2 (MS-CMRP 3.1.4.1, 3.1.4.2).
    pub level: Option<TargetLevel>,
}

/// How strictly received data is checked: the target level of the NDR data consistency check (MS-RPCE 3.1.1.5.3).
///
/// Level 6.0 contains all of level 5.0. To read data that breaks even that, as a capture may hold, there is
/// [`decode_lenient`](super::DecodeStub::decode_lenient).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetLevel {
    /// Counts agree with `size_is` and `length_is`, arrays start at 0 and hold what is sent, strings end with their
    /// one terminator, values are in their `range`, and nothing is missing (MS-RPCE 3.1.1.5.3.2).
    #[default]
    Level5,
    /// Besides, a null pointer to a sized array has a count of 0, and counts are in the `range` of their array or
    /// string (MS-RPCE 3.1.1.5.3.3).
    Level6,
}

impl Limits {
    /// The defaults of the fields.
    pub const DEFAULT: Self = Self { memory: 64 << 20, depth: 32, trailing: usize::MAX, level: None };

    /// Sets [`memory`](Self::memory), in octets.
    #[must_use]
    pub const fn with_memory(mut self, octets: usize) -> Self {
        self.memory = octets;
        self
    }

    /// Sets [`depth`](Self::depth), in pointers.
    #[must_use]
    pub const fn with_depth(mut self, pointers: u16) -> Self {
        self.depth = pointers;
        self
    }

    /// Sets [`trailing`](Self::trailing), in octets.
    #[must_use]
    pub const fn with_trailing(mut self, octets: usize) -> Self {
        self.trailing = octets;
        self
    }

    /// Sets [`level`](Self::level).
    #[must_use]
    pub const fn with_level(mut self, level: TargetLevel) -> Self {
        self.level = Some(level);
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
