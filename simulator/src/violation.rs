//! A broken law.

use std::fmt;

/// What went wrong: a law that a run broke, and what was seen instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The law.
    pub law: &'static str,
    /// What was seen.
    pub seen: String,
}

impl Violation {
    /// A violation; the result of whoever finds it.
    ///
    /// # Errors
    /// Always.
    pub fn found<T>(law: &'static str, seen: impl Into<String>) -> Result<T, Self> {
        Err(Self { law, seen: seen.into() })
    }

    /// Requires that a condition holds.
    ///
    /// # Errors
    /// It doesn't.
    pub fn unless(holds: bool, law: &'static str, seen: impl FnOnce() -> String) -> Result<(), Self> {
        if holds { Ok(()) } else { Self::found(law, seen()) }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.seen)
    }
}

impl std::error::Error for Violation {}
