//! JSON Lines: one object for each request, response and fault.

use std::io;

use dcerpc_proto::auth::Protection;
use serde::Serialize;

use super::message::{Asked, Fault, Head, Message};
use super::report::Report;
use super::text::{self, Addresses, Clock, Text};
use crate::show::output::Output;

/// See the module.
pub(super) struct Json<'a> {
    output: Output<'a>,
    clock: Clock,
    addresses: Addresses,
    /// The line that is being written, here only to keep its memory.
    line: Vec<u8>,
}

impl<'a> Json<'a> {
    pub(super) fn new(output: Output<'a>) -> Self {
        Self { output, clock: Clock::default(), addresses: Addresses::default(), line: Vec::new() }
    }

    /// Makes the line of a message.
    fn write(&mut self, Message { head, fields }: &Message<'_>) -> io::Result<()> {
        let line = &mut self.line;
        line.clear();
        envelope(line, &mut self.clock, &mut self.addresses, head);
        value(line, fields)?;
        line.push_str(",\"sealed\":");
        sealed(line, head.sealed);
        line.push_str(",\"error\":");
        value(line, &head.error)?;
        if let Some(latency) = head.latency {
            line.push_str(",\"latency\":");
            value(line, &latency.as_secs_f64())?;
        }
        if let Some(cause) = head.fault {
            fault(line, cause);
        }
        line.push_str("}");
        Ok(())
    }

    fn tell(&mut self, message: &Message<'_>) -> io::Result<()> {
        self.write(message)?;
        self.output.line(&self.line)
    }
}

impl Report for Json<'_> {
    fn request(&mut self, request: &Message<'_>) -> io::Result<()> {
        self.tell(request)
    }

    /// The line, if it may have to be written later.
    fn keep(&mut self, request: &Message<'_>, is_shown: bool, text: &mut String) {
        if !is_shown && self.write(request).is_ok() {
            text.push_str(&String::from_utf8_lossy(&self.line));
        }
    }

    fn late_request(&mut self, request: &Asked) -> io::Result<()> {
        self.output.line(request.text.as_bytes())
    }

    fn answer(&mut self, _request: Option<&Asked>, answer: &Message<'_>) -> io::Result<()> {
        self.tell(answer)
    }

    fn unanswered(&mut self, _request: &Asked) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// The members before the parameters. None of the strings needs an escape.
fn envelope(line: &mut Vec<u8>, clock: &mut Clock, addresses: &mut Addresses, head: &Head) {
    line.push_str("{\"frame\":");
    text::number(line, head.frame);
    line.push_str(",\"time\":");
    match head.time {
        Some(time) => {
            line.push_str("\"");
            clock.nanos(line, time);
            line.push_str("\"");
        }
        None => line.push_str("null"),
    }
    line.push_str(",\"stream\":");
    text::number(line, head.stream);
    line.push_str(",\"src\":\"");
    addresses.write(line, head.src);
    line.push_str("\",\"dst\":\"");
    addresses.write(line, head.dst);
    line.push_str("\",\"call_id\":");
    text::number(line, head.call_id.into());
    line.push_str(",\"interface\":\"");
    line.push_str(head.interface.name());
    line.push_str("\",\"opnum\":");
    match head.opnum {
        Some(opnum) => text::number(line, opnum.into()),
        None => line.push_str("null"),
    }
    line.push_str(",\"operation\":");
    name(line, head.operation);
    line.push_str(",\"direction\":\"");
    line.push_str(head.direction.name());
    line.push_str("\",\"format\":");
    name(line, head.format);
    line.push_str(",\"fields\":");
}

/// A name without characters that need an escape.
fn name(line: &mut Vec<u8>, name: Option<&str>) {
    let (quote, name) = name.map_or(("", "null"), |name| ("\"", name));
    line.push_str(quote);
    line.push_str(name);
    line.push_str(quote);
}

fn value(line: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer(line, value)?)
}

fn sealed(line: &mut Vec<u8>, sealed: Option<Protection>) {
    match sealed {
        Some(Protection { auth_type, level, .. }) => {
            text::display(line, format_args!("{{\"provider\":\"{auth_type}\",\"level\":\"{level}\"}}"));
        }
        None => line.push_str("false"),
    }
}

fn fault(line: &mut Vec<u8>, fault: Fault) {
    line.push_str(",\"fault\":{\"status\":");
    text::number(line, fault.status.into());
    line.push_str(",\"name\":");
    name(line, fault.name);
    line.push_str("}");
}
