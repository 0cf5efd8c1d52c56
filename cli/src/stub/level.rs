//! How strictly a stub is checked.

use clap::ValueEnum;
use cmrp::ndr::{Limits, TargetLevel};

/// The target levels of MS-RPCE 3.1.1.5.3, and what is below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// Read what has a meaning, and warn of every rule that it breaks; a response is not compared with its request
    Lenient,
    /// Target level 5.0, which version 2 of the protocol asks for
    #[value(name = "5.0")]
    Level5,
    /// Target level 6.0, which version 3 of the protocol asks for: besides, a null pointer to an array has a count
    /// of 0
    #[value(name = "6.0")]
    Level6,
}

impl Level {
    /// The limits that a stub is decoded with.
    pub(super) fn limits(self) -> Limits {
        Limits::DEFAULT.with_level(match self {
            Self::Lenient | Self::Level5 => TargetLevel::Level5,
            Self::Level6 => TargetLevel::Level6,
        })
    }
}
