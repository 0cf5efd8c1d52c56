//! Places in a stub that mean something to NDR.

/// A place in a stub that means something to NDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landmark {
    /// What stands there.
    pub kind: LandmarkKind,
    /// Where it begins, in octets from the beginning of the stub.
    pub offset: usize,
    /// How many octets it has.
    pub size: usize,
}

/// What stands at a landmark.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LandmarkKind {
    /// Maximum count of an array.
    MaximumCount,
    /// Offset.
    Offset,
    /// Actual count.
    ActualCount,
    /// Referent id.
    Referent,
    /// Alignment gap.
    Gap,
    /// String terminator.
    Terminator,
    /// A count in a field.
    CountField,
    /// Union tag.
    Tag,
    /// Context handle.
    Handle,
}

impl LandmarkKind {
    /// The name in files.
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
