//! How a client takes what a server sends.

use super::connection::{Connection, Open, Phase};
use super::event::{Event, Failure, Refusal};
use crate::call::Fault;
use crate::fragments::{Assembled, Fragment, Progress};
use crate::header::{PacketType, PfcFlags};
use crate::label::stub_format;
use crate::pdu::{Body, Pdu};
use crate::status::{self, Executed};

impl Connection {
    pub(super) fn handle_pdu(&mut self, pdu: &Pdu<'_>, length: usize) {
        if pdu.trailer.is_some() {
            return self.fail(Failure::Authentication);
        }
        match (self.phase, &pdu.body) {
            (Phase::Binding, Body::BindAck(ack)) => self.bind_ack(pdu, ack),
            (Phase::Binding, Body::BindNak(nak)) => self.refused(Refusal::Nak(nak.reason)),
            (Phase::Binding, Body::Fault(fault)) => self.refused(Refusal::Fault(fault.status)),
            (Phase::Bound, Body::AlterContextResp(ack)) => self.altered(pdu.call_id, ack),
            (Phase::Bound, Body::Response(_)) => self.response(pdu, length),
            (Phase::Bound, Body::Fault(fault)) => self.fault(pdu, fault),
            (Phase::Binding | Phase::Bound, Body::Shutdown) => self.shut_down(),
            (_, other) => self.fail(Failure::Unexpected(other.packet_type())),
        }
    }

    fn response(&mut self, pdu: &Pdu<'_>, length: usize) {
        if length > usize::from(self.config.fragment()) {
            return self.fail(Failure::Oversized(length));
        }
        match self.open.get(&pdu.call_id) {
            Some(Open::Call { .. }) => {}
            Some(Open::Proposal(_)) => return self.fail(Failure::Unexpected(PacketType::Response)),
            None => return self.check_given_up(pdu.call_id),
        }
        let Some(fragment) = Fragment::from_pdu(pdu) else { return };
        match self.assembler.push(fragment) {
            Ok(Progress::Complete(assembled)) => self.complete(assembled),
            Ok(Progress::More | Progress::Ignored) => {}
            Err(error) => self.fail(Failure::Fragment(error)),
        }
    }

    /// An answer to a call that was given up may still come; one to a call that was never made may not.
    fn check_given_up(&mut self, call: u32) {
        if call >= self.next_call {
            self.fail(Failure::UnknownCall(call));
        }
    }

    fn complete(&mut self, assembled: Assembled<'_>) {
        let call = assembled.call_id;
        let Some(Open::Call { context }) = self.open.remove(&call) else { return };
        let Some(context) = self.context(context) else { return };
        match stub_format(context.transfer_syntax(), assembled.common.label) {
            Ok(format) => {
                self.events.push(Event::Response { call, stub: assembled.stub.into_owned(), format });
            }
            Err(error) => self.fail(Failure::Format(error)),
        }
    }

    /// A fault, which may take the place of the rest of a response.
    fn fault(&mut self, pdu: &Pdu<'_>, fault: &Fault<'_>) {
        let (call, status) = (pdu.call_id, fault.status);
        if !status::may_be_sent(status) {
            return self.fail(Failure::Status(status));
        }
        self.assembler.abandon(call);
        match self.open.remove(&call) {
            Some(Open::Call { .. }) => {
                let did_not = pdu.flags.contains(PfcFlags::DID_NOT_EXECUTE);
                let executed = if did_not { Executed::No } else { Executed::Maybe };
                self.events.push(Event::Fault { call, status, executed });
            }
            Some(Open::Proposal(_)) => {
                let outcome = Err(Refusal::Fault(status));
                self.events.push(Event::Altered { call, outcome });
            }
            None => self.check_given_up(call),
        }
    }

    fn shut_down(&mut self) {
        if !self.is_shut_down {
            self.is_shut_down = true;
            self.events.push(Event::Shutdown);
        }
    }
}
