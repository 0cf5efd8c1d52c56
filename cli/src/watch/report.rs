//! Who gets the news: an output form.

use std::io;

use super::news::News;

/// An output form.
pub(crate) trait Report {
    /// Tells one thing, at once.
    fn tell(&mut self, news: &News) -> io::Result<()>;
}
