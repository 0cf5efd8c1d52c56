//! What a capture held, in numbers.

use std::collections::BTreeMap;
use std::fmt;

use super::capture::Skipped;
use super::message::{Direction, Head};
use crate::interface::Interface;

/// Counts, by operation and over all. Operations, faults, sealed and undecodable messages are counted as far as the
/// filters let them through; the rest concerns the whole capture.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) capture: Capture,
    operations: BTreeMap<(Interface, Option<u16>), Operation>,
    sealed: u64,
    undecodable: u64,
    flawed: u64,
    /// Requests without an answer.
    pub(super) unanswered: u64,
    /// Answers without a request.
    pub(super) unasked: u64,
    /// Calls that the filters keep back.
    pub(super) hidden: u64,
    /// Calls that `--port-handle` keeps back only because it can't see into them.
    pub(super) hidden_sealed: u64,
    /// Calls of other interfaces.
    pub(super) other_interfaces: u64,
    /// Calls on a presentation context whose making is not in the capture.
    pub(super) unknown_interface: u64,
}

/// What is counted before anybody asks for calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Capture {
    pub(super) frames: u64,
    /// PDUs whose body contradicts its header.
    pub(super) malformed_pdus: u64,
    /// Octets of DCE/RPC connections that belong to no whole PDU.
    pub(super) lost_octets: u64,
    pub(super) ip_fragments: u64,
    pub(super) unknown_links: u64,
    /// Frames of which the capture has only the beginning.
    pub(super) cut_frames: u64,
    pub(super) skipped: Skipped,
}

#[derive(Debug, Default)]
struct Operation {
    name: Option<&'static str>,
    calls: u64,
    faults: u64,
}

impl Summary {
    /// Counts a request and what is special about it.
    pub(super) fn request(&mut self, request: &Head) {
        self.call(request);
        self.message(request);
    }

    /// Counts a request, or an answer that has none.
    pub(super) fn call(&mut self, message: &Head) {
        let calls = &mut self.operation(message).calls;
        *calls = calls.saturating_add(1);
    }

    /// Counts what is special about a message.
    pub(super) fn message(&mut self, message: &Head) {
        let is_fault = message.direction == Direction::Fault;
        if is_fault {
            let faults = &mut self.operation(message).faults;
            *faults = faults.saturating_add(1);
        }
        if message.sealed.is_some() {
            increment(&mut self.sealed);
        } else if !message.is_readable && !is_fault {
            increment(&mut self.undecodable);
        }
        if message.complaint().is_some() {
            increment(&mut self.flawed);
        }
    }

    fn operation(&mut self, message: &Head) -> &mut Operation {
        let operation = self.operations.entry((message.interface, message.opnum)).or_default();
        operation.name = message.operation;
        operation
    }

    /// Whether the capture held nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.capture.frames == 0 && self.capture.skipped == Skipped::default()
    }

    /// What is worth a line: a number and what it counts.
    fn notes(&self) -> impl Iterator<Item = (u64, &'static str)> {
        [
            (self.unanswered, "requests without a response"),
            (self.unasked, "responses without a request"),
            (self.sealed, "messages sealed"),
            (self.undecodable, "messages not decodable"),
            (self.flawed, "messages readable or sealed, but with an error"),
            (self.hidden, "calls not shown because of a filter"),
            (self.hidden_sealed, "of these sealed: --port-handle can't match handles that it can't read"),
            (self.other_interfaces, "calls of other interfaces"),
            (self.unknown_interface, self.unknown_interface_note()),
            (self.capture.malformed_pdus, "malformed PDUs"),
            (self.capture.lost_octets, "octets of RPC connections lost: not captured, or next to a hole"),
            (self.capture.ip_fragments, "IP fragments skipped: they are not put together"),
            (self.capture.unknown_links, "frames of an unsupported link type"),
            (self.capture.cut_frames, "frames captured in part: their ends are cut off"),
            (self.capture.skipped.obsolete, "frames skipped: in packet blocks of an obsolete kind"),
            (self.capture.skipped.beyond, "frames skipped: on too many interfaces"),
            (
                self.capture.skipped.undescribed,
                "frames skipped: on interfaces that the capture does not describe",
            ),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
    }

    /// A frame that was cut may have held the bind.
    fn unknown_interface_note(&self) -> &'static str {
        if self.capture.cut_frames == 0 {
            "calls of an unknown interface, whose bind is not in the capture: see --assume"
        } else {
            "calls of an unknown interface, whose bind is not in the capture or cut off: see --assume"
        }
    }
}

pub(super) fn increment(number: &mut u64) {
    *number = number.saturating_add(1);
}

fn counted(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls =
            self.operations.values().fold(0_u64, |sum, operation| sum.saturating_add(operation.calls));
        let faults =
            self.operations.values().fold(0_u64, |sum, operation| sum.saturating_add(operation.faults));
        let calls = counted(calls, "call");
        writeln!(f, "{calls} in {}, {}", counted(self.capture.frames, "frame"), counted(faults, "fault"))?;
        for ((interface, opnum), operation) in &self.operations {
            write!(f, "{:>8}  {} ", operation.calls, interface.version())?;
            match (operation.name, opnum) {
                (Some(name), _) => write!(f, "{name}")?,
                (None, Some(opnum)) => write!(f, "opnum {opnum}")?,
                (None, None) => write!(f, "unknown operation")?,
            }
            match operation.faults {
                0 => writeln!(f)?,
                faults => writeln!(f, ", {}", counted(faults, "fault"))?,
            }
        }
        self.notes().try_for_each(|(number, what)| writeln!(f, "{number:>8}  {what}"))
    }
}
