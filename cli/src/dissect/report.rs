//! Who gets the messages: an output form.

use std::io;

use super::message::{Asked, Message};

/// An output form. Each call is told in one of three ways: a request and later its answer, a request without an
/// answer, or an answer without a request.
pub(super) trait Report {
    /// A request that is to be shown, as soon as it is seen.
    fn request(&mut self, request: &Message<'_>) -> io::Result<()>;
    /// Writes what is kept of a request until its answer comes. `is_shown` says whether it was given already.
    fn keep(&mut self, request: &Message<'_>, is_shown: bool, text: &mut String);
    /// A request of which it is only now known that it is to be shown.
    fn late_request(&mut self, request: &Asked) -> io::Result<()>;
    /// A response or fault, and the request that it answers if the capture has it.
    fn answer(&mut self, request: Option<&Asked>, answer: &Message<'_>) -> io::Result<()>;
    /// A request that is answered nowhere in the capture.
    fn unanswered(&mut self, request: &Asked) -> io::Result<()>;
    /// Nothing follows.
    fn finish(&mut self) -> io::Result<()>;
}
