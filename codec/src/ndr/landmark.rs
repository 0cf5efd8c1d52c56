//! Places in a stub that mean something to whoever reads it: counts, referents, gaps.
//!
//! A [`Writer`](super::Writer) that was asked to remembers them, so that test data can be damaged where it matters.

/// What stands at a [`Landmark`].
#[cfg_attr(not(feature = "arbitrary"), expect(unreachable_pub, reason = "the feature exports it"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LandmarkKind {
    /// The maximum count of a conformant array or string.
    MaximumCount,
    /// The offset of a varying array or string, which is always 0.
    Offset,
    /// The actual count of a varying array or string.
    ActualCount,
    /// A referent id, or 0 for a null pointer.
    Referent,
    /// Octets that only align what follows.
    Gap,
    /// The zero unit at the end of a string.
    Terminator,
    /// A parameter or member that states the count of an array.
    CountField,
    /// The tag of a union.
    Tag,
    /// A context handle.
    Handle,
}

impl LandmarkKind {
    /// A name for people and machines, in lower case, with underscores between words.
    #[cfg(feature = "arbitrary")]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaximumCount => "maximum_count",
            Self::Offset => "offset",
            Self::ActualCount => "actual_count",
            Self::Referent => "referent",
            Self::Gap => "gap",
            Self::Terminator => "terminator",
            Self::CountField => "count_field",
            Self::Tag => "tag",
            Self::Handle => "handle",
        }
    }
}

/// A place in a stub that was written.
#[cfg(feature = "arbitrary")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Landmark {
    /// What stands there.
    pub kind: LandmarkKind,
    /// Octets from the start of the stub.
    pub offset: usize,
    /// Octets that it takes.
    pub size: usize,
}
