//! Who gets the messages: an output form.

use std::io;

use super::message::Message;

/// An output form. Each call is told in one of three ways: a request and later its answer, a request without an
/// answer, or an answer without a request.
pub(super) trait Report {
    /// A request, as soon as it is known that it is to be shown.
    fn request(&mut self, request: &Message) -> io::Result<()>;
    /// A response or fault, and the request that it answers if the capture has it.
    fn answer(&mut self, request: Option<&Message>, answer: &Message) -> io::Result<()>;
    /// A request that is answered nowhere in the capture.
    fn unanswered(&mut self, request: &Message) -> io::Result<()>;
    /// Nothing follows.
    fn finish(&mut self) -> io::Result<()>;
}
