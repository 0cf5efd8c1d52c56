//! Lines for people: one for each call, with its request and its answer.

use std::io;
use std::net::SocketAddr;

use anstyle::{AnsiColor, Style};

use super::message::{Asked, Direction, Fault, Head, Message};
use super::report::Report;
use super::text::{self, Addresses, Clock};
use crate::show::output::Output;
use crate::show::plain::{self, Outcome};

const TIME: Style = Style::new().dimmed();
const OPERATION: Style = Style::new().bold();
const SUCCESS: Style = AnsiColor::Green.on_default();
const FAILURE: Style = AnsiColor::Red.on_default();
const UNREADABLE: Style = AnsiColor::Yellow.on_default();

/// See the module.
pub(super) struct People<'a> {
    output: Output<'a>,
    clock: Clock,
    addresses: Addresses,
    brush: Brush,
    /// The line that is being written, here only to keep its memory, as are the two below.
    line: String,
    results: String,
    outcome: Outcome,
}

/// Paints, if colours are wanted.
#[derive(Clone, Copy, Debug)]
struct Brush {
    is_coloured: bool,
}

impl Brush {
    fn paint(self, line: &mut String, style: Style, write: impl FnOnce(&mut String)) {
        if self.is_coloured {
            text::display(line, format_args!("{style}"));
        }
        write(line);
        if self.is_coloured {
            text::display(line, format_args!("{style:#}"));
        }
    }

    fn text(self, line: &mut String, style: Style, text: &str) {
        self.paint(line, style, |line| line.push_str(text));
    }
}

impl<'a> People<'a> {
    pub(super) fn new(output: Output<'a>) -> Self {
        Self {
            brush: Brush { is_coloured: output.is_coloured() },
            output,
            clock: Clock::default(),
            addresses: Addresses::default(),
            line: String::new(),
            results: String::new(),
            outcome: Outcome::default(),
        }
    }

    /// Begins a line with time, endpoints, interface and operation. The client is who got the answer.
    fn head(&mut self, head: &Head, [client, server]: [SocketAddr; 2]) {
        let Self { line, clock, addresses, brush, .. } = self;
        line.clear();
        brush.paint(line, TIME, |line| match head.time {
            Some(time) => clock.micros(line, time),
            None => line.push('-'),
        });
        line.push_str("  ");
        addresses.write(line, client);
        line.push_str(" -> ");
        addresses.write(line, server);
        line.push_str("  ");
        line.push_str(head.interface.version());
        line.push(' ');
        brush.paint(line, OPERATION, |line| match (head.operation, head.opnum) {
            (Some(name), _) => line.push_str(name),
            (None, Some(opnum)) => text::display(line, format_args!("opnum {opnum}")),
            (None, None) => line.push_str("unknown operation"),
        });
        line.push('(');
    }

    /// Result and results.
    fn outcome(&mut self, request: Option<&Asked>, Message { head, fields }: &Message<'_>) {
        let Self { line, brush, results, outcome, .. } = self;
        if let (Direction::Fault, Some(fault)) = (head.direction, head.fault) {
            return brush.paint(line, FAILURE, |line| fault_text(line, fault));
        }
        let Some(fields) = fields else {
            return unread(line, *brush, request, head);
        };
        results.clear();
        outcome.text.clear();
        outcome.is_failure = false;
        plain::parameters(results, fields, outcome);
        brush.text(line, if outcome.is_failure { FAILURE } else { SUCCESS }, &outcome.text);
        if !results.is_empty() {
            line.push_str(" [");
            line.push_str(results);
            line.push(']');
        }
    }
}

impl Report for People<'_> {
    /// A call gets its line when it is answered.
    fn request(&mut self, _request: &Message<'_>) -> io::Result<()> {
        Ok(())
    }

    /// The arguments.
    fn keep(&mut self, request: &Message<'_>, _is_shown: bool, text: &mut String) {
        match &request.fields {
            Some(fields) => plain::parameters(text, fields, &mut self.outcome),
            None => unreadable(text, self.brush, &request.head),
        }
    }

    fn late_request(&mut self, _request: &Asked) -> io::Result<()> {
        Ok(())
    }

    fn answer(&mut self, request: Option<&Asked>, answer: &Message<'_>) -> io::Result<()> {
        let call = request.map_or(&answer.head, |request| &request.head);
        self.head(call, [answer.head.dst, answer.head.src]);
        match request {
            Some(request) => self.line.push_str(&request.text),
            None => self.brush.text(&mut self.line, UNREADABLE, "request not captured"),
        }
        self.line.push_str(") = ");
        self.outcome(request, answer);
        let Self { line, brush, .. } = self;
        if let Some(latency) = answer.head.latency {
            brush.paint(line, TIME, |line| {
                line.push_str("  ");
                text::span(line, latency);
            });
        }
        if let Some(request) = request {
            complaint(line, *brush, "request", &request.head);
        }
        complaint(line, *brush, "response", &answer.head);
        self.output.line(self.line.as_bytes())
    }

    fn unanswered(&mut self, request: &Asked) -> io::Result<()> {
        self.head(&request.head, [request.head.src, request.head.dst]);
        let Self { line, brush, .. } = self;
        line.push_str(&request.text);
        line.push_str(") = ");
        brush.text(line, UNREADABLE, "no response");
        complaint(line, *brush, "request", &request.head);
        self.output.line(self.line.as_bytes())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Why the parameters can't be shown, if they can't.
fn unreadable(line: &mut String, brush: Brush, head: &Head) {
    match (head.sealed, &head.error) {
        (Some(sealed), _) => brush.paint(line, UNREADABLE, |line| {
            text::display(line, format_args!("sealed: {}, {}", sealed.auth_type, sealed.level));
        }),
        (None, Some(error)) => brush.text(line, UNREADABLE, error),
        (None, None) => {}
    }
}

/// What is wrong with a message although something of it is shown in its place.
fn complaint(line: &mut String, brush: Brush, who: &str, head: &Head) {
    if let Some(error) = head.complaint() {
        line.push_str("  ");
        brush.paint(line, UNREADABLE, |line| text::display(line, format_args!("!{who}: {error}")));
    }
}

/// Why the results can't be shown, in short if the arguments can't for the same reason.
fn unread(line: &mut String, brush: Brush, request: Option<&Asked>, answer: &Head) {
    let same = request.is_some_and(|request| request.head.is_unreadable_as(answer));
    match (same, answer.sealed) {
        (true, Some(_)) => brush.text(line, UNREADABLE, "sealed"),
        (true, None) => brush.text(line, UNREADABLE, "not decoded"),
        (false, _) => unreadable(line, brush, answer),
    }
}

fn fault_text(line: &mut String, fault: Fault) {
    match fault.name {
        Some(name) => text::display(line, format_args!("fault {name} (0x{:08x})", fault.status)),
        None => text::display(line, format_args!("fault 0x{:08x}", fault.status)),
    }
}
