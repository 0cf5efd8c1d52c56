//! How a connection takes requests, and what the client says about calls that it has made.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::calls;
use super::connection::Connection;
use super::contexts::Meaning;
use super::event::{Call, Event, Violation};
use crate::auth::AuthLevel;
use crate::call::Request;
use crate::fragments::{Assembled, Fragment, FragmentError, Progress};
use crate::header::{PacketType, PfcFlags};
use crate::label::stub_format;
use crate::pdu::Pdu;
use crate::status::{self, Executed};
use crate::verification;

/// The request of which not all fragments have come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming {
    pub(super) call_id: u32,
    /// Whether it was refused, so that its fragments are dropped.
    is_refused: bool,
    /// How often it was cancelled already.
    cancels: u8,
}

/// How far behind the latest request a fragment may be that is dropped instead of ending the connection: that of a
/// call that has failed while the client was still sending it (MS-RPCE 3.3.3.5.6).
const LATE: u32 = 150;

/// What to do with a fragment.
enum Step {
    Begin,
    Continue,
    Drop,
}

impl Connection {
    pub(super) fn request(&mut self, pdu: &Pdu<'_>, request: &Request<'_>, length: usize) {
        let Some(fragment) = Fragment::from_pdu(pdu) else { return };
        let step = self.check_request(pdu, length).and_then(|()| self.step(&fragment));
        let outcome = match step {
            Ok(Step::Begin) => self.begin(fragment),
            Ok(Step::Continue) => self.push(fragment),
            Ok(Step::Drop) => Ok(()),
            Err(violation) => Err(violation),
        };
        match outcome {
            Ok(()) => self.forget_refused(&fragment),
            Err(violation) => {
                self.end_with_fault(pdu.label, pdu.call_id, request.context_id, violation);
            }
        }
    }

    fn check_request(&self, pdu: &Pdu<'_>, length: usize) -> Result<(), Violation> {
        if !self.is_bound() {
            Err(Violation::Unexpected(PacketType::Request))
        } else if length > usize::from(self.config.fragment()) {
            Err(Violation::Oversized(length))
        } else {
            // This is where a security provider will be asked.
            pdu.trailer.map_or(Ok(()), |_| Err(Violation::Authentication))
        }
    }

    /// Where the fragment belongs. Clients send one request at a time (MS-RPCE 3.3.1.5.8), with rising numbers
    /// (MS-RPCE 3.3.3.5.2). The bind's number is no request's, and may come again (as from Wine).
    fn step(&self, fragment: &Fragment<'_>) -> Result<Step, Violation> {
        match (self.incoming, self.last_call) {
            (Some(incoming), _) if incoming.call_id == fragment.call_id && !fragment.is_first() => {
                Ok(if incoming.is_refused { Step::Drop } else { Step::Continue })
            }
            (Some(incoming), _) if fragment.is_first() && !incoming.is_refused => {
                Err(Violation::Fragment(FragmentError::RepeatedFirst))
            }
            (_, Some(last)) if fragment.is_first() && fragment.call_id <= last => {
                Err(Violation::CallId(last))
            }
            _ if fragment.is_first() => Ok(Step::Begin),
            (_, Some(last)) if last.checked_sub(fragment.call_id).is_some_and(|behind| behind < LATE) => {
                Ok(Step::Drop)
            }
            _ => Err(Violation::Fragment(FragmentError::MissingFirst)),
        }
    }

    fn begin(&mut self, fragment: Fragment<'_>) -> Result<(), Violation> {
        if !self.session.multiplexing && self.calls.has_awaited() {
            return Err(Violation::NotMultiplexed);
        }
        let Fragment { call_id, flags, .. } = fragment;
        self.last_call = Some(call_id);
        let cancels = u8::from(flags.contains(PfcFlags::PENDING_CANCEL));
        self.incoming = Some(Incoming { call_id, is_refused: false, cancels });
        if let Some(status) = self.refusal(&fragment) {
            self.refuse(&fragment, status);
            return Ok(());
        }
        self.push(fragment)
    }

    /// The status of the fault that answers a request at its first fragment, if it cannot be taken.
    fn refusal(&self, fragment: &Fragment<'_>) -> Option<u32> {
        if self.config.minimum_level > AuthLevel::NONE {
            return Some(status::ERROR_ACCESS_DENIED);
        }
        let Some(meaning) = self.contexts.meaning(fragment.common.context_id, &self.config) else {
            return Some(status::NCA_INVALID_PRES_CONTEXT_ID);
        };
        if stub_format(meaning.transfer, fragment.common.label).is_err() {
            return Some(status::NCA_UNSUPPORTED_TYPE);
        }
        let is_full = self.calls.len() >= self.config.limits.max_pending;
        (is_full || self.is_shut_down()).then_some(status::NCA_SERVER_TOO_BUSY)
    }

    fn push(&mut self, fragment: Fragment<'_>) -> Result<(), Violation> {
        let held = self.calls.octets().saturating_add(self.assembler.held());
        if held.saturating_add(fragment.stub.len()) > self.config.limits.max_requests {
            self.refuse(&fragment, status::NCA_SERVER_TOO_BUSY);
            return Ok(());
        }
        match self.assembler.push(fragment) {
            Ok(Progress::Complete(assembled)) => self.complete(&fragment, assembled),
            Ok(Progress::More | Progress::Ignored) => {}
            // The only breach that has a status of its own (MS-RPCE 3.3.3.5.4).
            Err(FragmentError::StubTooLong(_)) => self.refuse(&fragment, status::ERROR_ACCESS_DENIED),
            Err(error) => return Err(Violation::Fragment(error)),
        }
        Ok(())
    }

    /// Refuses a request at once, and drops what else comes of it (MS-RPCE 3.3.3.5.8).
    fn refuse(&mut self, fragment: &Fragment<'_>, status: u32) {
        let id = fragment.call_id;
        self.assembler.abandon(id);
        if let Some(incoming) = &mut self.incoming {
            incoming.is_refused = true;
        }
        let common = fragment.common;
        self.send_fault(common.label, id, common.context_id, 0, status, Executed::No);
        self.events.push(Event::Faulted { id, status });
    }

    /// After the last fragment of a request that was refused there is nothing more to drop.
    fn forget_refused(&mut self, fragment: &Fragment<'_>) {
        let is_its = |incoming: &Incoming| incoming.call_id == fragment.call_id;
        if fragment.is_last() && self.incoming.as_ref().is_some_and(is_its) {
            self.incoming = None;
        }
    }

    fn complete(&mut self, fragment: &Fragment<'_>, assembled: Assembled<'_>) {
        let common = assembled.common;
        let meaning = self.contexts.meaning(common.context_id, &self.config);
        let format = meaning.and_then(|meaning| stub_format(meaning.transfer, common.label).ok());
        let (Some(meaning), Some(format)) = (meaning, format) else { return };
        let (id, object, opnum) = (assembled.call_id, assembled.object, common.opnum.unwrap_or(0));
        let Some(stub) = verified_parameters(&meaning, assembled) else {
            return self.refuse(fragment, status::ERROR_ACCESS_DENIED);
        };
        let cancels = self.incoming.take().map_or(0, |incoming| incoming.cancels);
        self.calls.open(calls::Call {
            id,
            octets: u32::try_from(stub.len()).unwrap_or(u32::MAX),
            context_id: common.context_id,
            label: common.label,
            cancels,
            is_orphaned: false,
        });
        let (interface, level) = (meaning.interface, AuthLevel::NONE);
        self.events.push(Event::Call(Call { id, interface, opnum, object, format, level, stub }));
        if cancels > 0 {
            self.events.push(Event::Cancelled { id });
        }
    }

    /// The client asks to cancel a call. The answer may have crossed that, so unknown calls are none of its faults.
    pub(super) fn cancel(&mut self, id: u32) {
        if let Some(incoming) = self.incoming.as_mut().filter(|incoming| incoming.call_id == id) {
            incoming.cancels = incoming.cancels.saturating_add(1);
        } else if let Some(call) = self.calls.awaited(id) {
            let is_first = call.cancels == 0;
            call.cancels = call.cancels.saturating_add(1);
            if is_first {
                self.events.push(Event::Cancelled { id });
            }
        }
    }

    /// The client gives a call up, and closes the connection unless it was agreed to keep it (MS-RPCE 3.3.1.5.10).
    pub(super) fn orphan(&mut self, id: u32) {
        if self.incoming.is_some_and(|incoming| incoming.call_id == id) {
            self.assembler.abandon(id);
            self.incoming = None;
        } else if let Some(call) = self.calls.awaited(id) {
            call.is_orphaned = true;
            self.events.push(Event::Orphaned { id });
        }
        if !self.session.keeps_on_orphan {
            self.stop();
        }
    }
}

/// The stub without its verification trailer; `None` if that forbids the call (MS-RPCE 2.2.2.13).
fn verified_parameters(meaning: &Meaning, assembled: Assembled<'_>) -> Option<Vec<u8>> {
    let Assembled { call_id, common, stub, .. } = assembled;
    let (parameters, trailer) = verification::split(&stub);
    let opnum = common.opnum.unwrap_or(0);
    let expected = meaning.expected(common.label, call_id, common.context_id, opnum);
    if trailer.is_some_and(|trailer| !expected.permits(&trailer)) {
        return None;
    }
    let length = parameters.len();
    Some(match stub {
        Cow::Borrowed(octets) => octets.get(..length).unwrap_or(octets).to_vec(),
        Cow::Owned(mut octets) => {
            octets.truncate(length);
            octets
        }
    })
}
