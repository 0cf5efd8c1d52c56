//! What a client is sent: answers of the service by way of the machine to the socket.

use std::io;

use cmrp_port::server::CallId;
use dcerpc_proto::status::{Executed, NCA_OP_RNG_ERROR, NCA_S_FAULT_CANCEL};
use tokio::time::Instant;

use super::unsent::Answer;
use super::{Connection, End, OpenCall};
use crate::server::Service;
use crate::server::outbox::{Mail, Order};

impl<S: Service> Connection<S> {
    /// Takes what the service has for the client.
    pub(super) fn take_mails(&mut self) -> Result<(), End> {
        let delivery = self.admission.outbox().take();
        for mail in delivery.mails {
            self.take_mail(mail);
        }
        match delivery.order {
            Order::Serve => Ok(()),
            Order::Finish => {
                self.ending.get_or_insert(End::Finished);
                Ok(())
            }
            Order::Overflow => Err(End::Overflow),
            Order::Abort => Err(End::Stopped),
        }
    }

    fn take_mail(&mut self, mail: Mail<S::Receipt>) {
        match mail {
            Mail::Response { call, stub, receipt } => self.respond(call, &stub, receipt),
            Mail::Fault { call, status } => self.fault(call, status),
            Mail::Abandoned { call } => self.abandon(call),
            Mail::Holds(holds) => self.held_answer(holds),
            Mail::End => {
                self.ending.get_or_insert(End::Service);
            }
        }
    }

    fn respond(&mut self, call: CallId, stub: &[u8], receipt: Option<S::Receipt>) {
        let answer = Answer { octets: stub.len(), receipt };
        let is_sent = self.close_call(call).is_some_and(|open| self.machine.respond(open.id, stub).is_ok());
        let is_queued = self.collect();
        let rest = if is_sent && is_queued { self.unsent.complete(answer) } else { Some(answer) };
        if let Some(answer) = rest {
            self.lose(answer);
        }
    }

    fn fault(&mut self, call: CallId, status: u32) {
        let executed = if status == NCA_OP_RNG_ERROR { Executed::No } else { Executed::Maybe };
        if let Some(open) = self.close_call(call) {
            // A call that the client orphaned has no answer.
            let _ = self.machine.fault(open.id, status, executed);
            self.collect();
        }
    }

    fn abandon(&mut self, call: CallId) {
        let Some(open) = self.close_call(call) else { return };
        if open.is_cancelled {
            let _ = self.machine.fault(open.id, NCA_S_FAULT_CANCEL, Executed::Maybe);
            self.collect();
        } else {
            let _ = self.machine.abandon(open.id);
        }
    }

    fn held_answer(&mut self, holds: bool) {
        let is_still_idle =
            self.asked.take() >= self.timers.idle_since() && self.timers.idle_since().is_some();
        if is_still_idle && !holds {
            self.ending.get_or_insert(End::Idle);
        }
    }

    fn close_call(&mut self, call: CallId) -> Option<OpenCall> {
        let place = self.calls.iter().position(|open| open.call == call)?;
        let open = self.calls.swap_remove(place);
        if self.calls.is_empty() {
            self.calls = Vec::new();
        }
        Some(open)
    }

    /// Takes what the machine has for the client. `false`: it has nothing.
    pub(super) fn collect(&mut self) -> bool {
        let mut is_any = false;
        while let Some(pdu) = self.machine.poll_transmit() {
            self.unsent.push(pdu);
            is_any = true;
        }
        is_any
    }

    /// Gives the socket what it takes now.
    pub(super) fn write(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            let written = self.unsent.write(&self.stream)?;
            self.shared.metrics.sent.inc_by(written.octets as u64);
            for answer in written.answers {
                self.settle(answer.octets);
            }
            self.timers.wrote(Instant::now(), written.pdus > 0, written.octets, self.unsent.octets());
            if written.octets == 0 {
                break;
            }
        }
        Ok(())
    }

    /// An answer is nobody's any more.
    fn settle(&self, octets: usize) {
        self.admission.outbox().settle(octets);
    }

    pub(super) fn lose_mail(&mut self, mail: Mail<S::Receipt>) {
        match mail {
            Mail::Response { call, stub, receipt } => {
                self.close_call(call);
                self.lose(Answer { octets: stub.len(), receipt });
            }
            Mail::Fault { call, .. } | Mail::Abandoned { call } => drop(self.close_call(call)),
            Mail::Holds(_) | Mail::End => {}
        }
    }

    /// An answer cannot be sent.
    pub(super) fn lose(&mut self, answer: Answer<S::Receipt>) {
        self.settle(answer.octets);
        self.lost.extend(answer.receipt);
    }

    /// Tells how much of requests is held.
    ///
    /// # Errors
    /// If it is more than all connections together may have.
    pub(super) fn tell_held(&mut self) -> Result<(), End> {
        let held_back = self.held_back.as_ref().map_or(0, |call| call.stub.len());
        let held = self.machine.held().saturating_add(held_back);
        let more = held.saturating_sub(self.held);
        if more > 0 && !self.shared.levels.hold(more, held) {
            return Err(End::Held);
        }
        self.shared.levels.release(self.held.saturating_sub(held));
        self.held = held;
        Ok(())
    }
}
