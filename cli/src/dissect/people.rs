//! Lines for people: one for each call, with its request and its answer.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::message::{Direction, Fault, Message, Sealed};
use super::report::Report;
use crate::show::output::Output;
use crate::show::value;

const TIME: Style = Style::new().dimmed();
const OPERATION: Style = Style::new().bold();
const SUCCESS: Style = AnsiColor::Green.on_default();
const FAILURE: Style = AnsiColor::Red.on_default();
const UNREADABLE: Style = AnsiColor::Yellow.on_default();

/// See the module.
pub(super) struct People<'a> {
    output: Output<'a>,
}

impl<'a> People<'a> {
    pub(super) fn new(output: Output<'a>) -> Self {
        Self { output }
    }
}

impl Report for People<'_> {
    /// A call gets its line when it is answered.
    fn request(&mut self, _request: &Message) -> io::Result<()> {
        Ok(())
    }

    fn answer(&mut self, request: Option<&Message>, answer: &Message) -> io::Result<()> {
        let (client, server) = (answer.dst, answer.src);
        let call = head(request.unwrap_or(answer), client, server);
        let arguments = request.map_or_else(|| paint(UNREADABLE, "request not captured"), arguments);
        let latency = answer.latency.map(span).unwrap_or_default();
        let complaints = complaints(request, Some(answer));
        self.output.line(&format!("{call}({arguments}) = {}{latency}{complaints}", outcome(request, answer)))
    }

    fn unanswered(&mut self, request: &Message) -> io::Result<()> {
        let call = head(request, request.src, request.dst);
        let outcome = paint(UNREADABLE, "no response");
        let line = format!("{call}({}) = {outcome}{}", arguments(request), complaints(Some(request), None));
        self.output.line(&line)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Time, endpoints, interface and operation.
fn head(message: &Message, client: SocketAddr, server: SocketAddr) -> String {
    let time = message.time.map_or_else(|| "-".to_owned(), |time| format!("{time:.6}"));
    let name = match (message.operation, message.opnum) {
        (Some(name), _) => name.to_owned(),
        (None, Some(opnum)) => format!("opnum {opnum}"),
        (None, None) => "unknown operation".to_owned(),
    };
    let version = message.interface.version();
    format!("{}  {client} -> {server}  {version} {}", paint(TIME, &time), paint(OPERATION, &name))
}

fn arguments(request: &Message) -> String {
    match &request.fields {
        Some(fields) => value::parameters(fields),
        None => unreadable(request).unwrap_or_default(),
    }
}

/// Why the parameters can't be shown, if they can't.
fn unreadable(message: &Message) -> Option<String> {
    if let Some(Sealed { provider, level }) = &message.sealed {
        return Some(paint(UNREADABLE, &format!("sealed: {provider}, {level}")));
    }
    message.error.as_ref().map(|error| paint(UNREADABLE, error))
}

/// What is wrong with messages although something of them can be shown in its place.
fn complaints(request: Option<&Message>, answer: Option<&Message>) -> String {
    let complaint = |who: &str, message: Option<&Message>| {
        message
            .and_then(Message::complaint)
            .map(|error| format!("  {}", paint(UNREADABLE, &format!("!{who}: {error}"))))
    };
    [complaint("request", request), complaint("response", answer)].into_iter().flatten().collect()
}

/// Result and results.
fn outcome(request: Option<&Message>, answer: &Message) -> String {
    if let (Direction::Fault, Some(fault)) = (answer.direction, &answer.fault) {
        return paint(FAILURE, &fault_text(fault));
    }
    let Some(fields) = &answer.fields else {
        return unread(request, answer);
    };
    let style = if value::is_failure(fields) { FAILURE } else { SUCCESS };
    let result = fields.get(value::RESULT).map(value::result).unwrap_or_default();
    let results = value::parameters(fields);
    match results.as_str() {
        "" => paint(style, &result),
        results => format!("{} [{results}]", paint(style, &result)),
    }
}

/// Why the results can't be shown, in short if the arguments can't for the same reason.
fn unread(request: Option<&Message>, answer: &Message) -> String {
    let same =
        request.is_some_and(|request| request.sealed == answer.sealed && request.error == answer.error);
    match (same, &answer.sealed) {
        (true, Some(_)) => paint(UNREADABLE, "sealed"),
        (true, None) => paint(UNREADABLE, "not decoded"),
        (false, _) => unreadable(answer).unwrap_or_default(),
    }
}

fn fault_text(fault: &Fault) -> String {
    match fault.name {
        Some(name) => format!("fault {name} (0x{:08x})", fault.status),
        None => format!("fault 0x{:08x}", fault.status),
    }
}

fn span(latency: Duration) -> String {
    let text = if latency >= Duration::from_secs(1) {
        format!("  {:.3} s", latency.as_secs_f64())
    } else {
        format!("  {:.3} ms", latency.as_secs_f64() * 1000.0)
    };
    paint(TIME, &text)
}

/// Colours are always written; the output drops them where they do not belong.
fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
