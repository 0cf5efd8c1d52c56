//! The ways in which a stub is broken.

use std::fmt;

/// Declares the ways, each with its name and what it says of itself.
macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal),+ $(,)?) => {
        /// A way in which a stub is broken.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum BreakageKind {
            $($(#[$doc])+ $kind),+
        }

        impl BreakageKind {
            /// All ways.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The name in files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name),+
                }
            }
        }
    };
}

kinds! {
    /// A count is one more or one less than it should be.
    CountOffByOne = "count_off_by_one",
    /// A count is larger by two or more.
    CountTooLarge = "count_too_large",
    /// A count is smaller by two or more.
    CountTooSmall = "count_too_small",
    /// A count is close to a power of two at which sums or products overflow.
    CountHuge = "count_huge",
    /// A count, an offset or a referent of NDR64 has a bit in its upper half.
    HighHalf = "high_half",
    /// An array does not begin with its first element.
    OffsetNonZero = "offset_non_zero",
    /// A pointer is null, and its target is there.
    ReferentNull = "referent_null",
    /// A pointer is not null, and its target is missing.
    ReferentNonNull = "referent_non_null",
    /// Two pointers have the same referent id.
    ReferentDuplicate = "referent_duplicate",
    /// A gap holds something else than zeros.
    GapNonZero = "gap_non_zero",
    /// A gap is missing.
    GapMissing = "gap_missing",
    /// A string does not end with a zero character.
    TerminatorOverwritten = "terminator_overwritten",
    /// A string has a zero character before its end.
    ZeroInString = "zero_in_string",
    /// A union says that another arm follows.
    TagChanged = "tag_changed",
    /// A handle is null.
    HandleZeroed = "handle_zeroed",
    /// A handle is another one of the stub, or one that nobody gave.
    HandleMixedUp = "handle_mixed_up",
    /// The end is missing.
    Truncated = "truncated",
    /// Octets follow behind the last parameter.
    Trailing = "trailing",
    /// A bit is not what it was.
    BitFlipped = "bit_flipped",
}

impl fmt::Display for BreakageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().replace('_', " "))
    }
}
