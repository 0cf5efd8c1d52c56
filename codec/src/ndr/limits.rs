//! What one decode may cost.

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
}

impl Limits {
    /// The defaults of the fields.
    pub const DEFAULT: Self = Self { memory: 64 << 20, depth: 32, trailing: usize::MAX };

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
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
