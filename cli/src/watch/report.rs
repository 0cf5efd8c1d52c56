//! Who gets the news: an output form.

use std::io;

use super::news::News;

/// An output form.
pub(crate) trait Report {
    /// Tells one thing, at once.
    fn tell(&mut self, news: &News) -> io::Result<()>;
}

/// Tells nothing: the news are shown elsewhere.
pub(crate) struct Silence;

impl Report for Silence {
    fn tell(&mut self, _news: &News) -> io::Result<()> {
        Ok(())
    }
}
