//! JSON Lines: one object for each request, response and fault.

use std::io;

use super::message::Message;
use super::report::Report;
use crate::show::output::Output;

/// See the module.
pub(super) struct Json<'a> {
    output: Output<'a>,
}

impl<'a> Json<'a> {
    pub(super) fn new(output: Output<'a>) -> Self {
        Self { output }
    }
}

impl Report for Json<'_> {
    fn request(&mut self, request: &Message) -> io::Result<()> {
        self.output.line(&serde_json::to_string(request)?)
    }

    fn answer(&mut self, _request: Option<&Message>, answer: &Message) -> io::Result<()> {
        self.output.line(&serde_json::to_string(answer)?)
    }

    fn unanswered(&mut self, _request: &Message) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
