//! How a client proposes contexts, and reads the answer (MS-RPCE 3.3.1.5.3, 3.3.1.5.6).

use alloc::vec;
use alloc::vec::Vec;

use super::connection::{CallError, Connection, Open, Phase};
use super::event::{Context, Event, Failure, Refusal};
use crate::bind::{Bind, BindAck, MIN_FRAGMENT};
use crate::header::PfcFlags;
use crate::label::{FormatLabel, stub_format};
use crate::pdu::{Body, Pdu};
use crate::syntax::{BindFeatures, ContextResult, PresentationContext, SyntaxId};

/// What the bind has settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Session {
    /// 0 until it is known.
    pub(super) group: u32,
    pub(super) multiplexing: bool,
    pub(super) keeps_on_orphan: bool,
    /// Octets of the largest fragment to send.
    pub(super) max_send: u16,
}

impl Session {
    pub(super) const fn new(max_send: u16) -> Self {
        Self { group: 0, multiplexing: false, keeps_on_orphan: false, max_send }
    }
}

/// A proposal that waits for its answer: an element for each transfer syntax, and perhaps one with features.
#[derive(Debug)]
pub(super) struct Proposal {
    interface: SyntaxId,
    /// Number of the first context.
    first: u16,
    /// The transfer syntaxes of the first and the following contexts.
    transfer_syntaxes: Vec<SyntaxId>,
    features: BindFeatures,
}

/// Transfer syntaxes of one proposal, which has at most 255 elements.
const MAX_SYNTAXES: usize = 250;

impl Proposal {
    fn contexts(&self) -> Vec<PresentationContext> {
        let offer = (!self.features.is_empty()).then(|| self.features.to_syntax());
        let syntaxes = self.transfer_syntaxes.iter().copied().chain(offer);
        let element = |(id, syntax)| PresentationContext {
            id,
            abstract_syntax: self.interface,
            transfer_syntaxes: vec![syntax],
        };
        (self.first..).zip(syntaxes).map(element).collect()
    }

    fn is_answered_by(&self, results: &[ContextResult]) -> bool {
        let features = usize::from(!self.features.is_empty());
        results.len() == self.transfer_syntaxes.len().saturating_add(features)
    }

    /// The one context that the server has accepted.
    fn outcome(
        &self,
        results: &[ContextResult],
        label: FormatLabel,
    ) -> Result<Result<Context, Refusal>, Failure> {
        if !self.is_answered_by(results) {
            return Err(Failure::Negotiation);
        }
        let mut answers = (self.first..).zip(&self.transfer_syntaxes).zip(results);
        let Some(((id, syntax), result)) = answers.find(|(_, result)| result.is_accepted()) else {
            let (result, reason) = results.first().map_or((0, 0), |first| (first.result, first.reason));
            return Ok(Err(Refusal::Rejected { result, reason }));
        };
        if result.transfer_syntax != *syntax {
            return Err(Failure::Negotiation);
        }
        // NDR64 is little-endian, whatever the client's label (MS-RPCE 2.2.5).
        let label = if *syntax == SyntaxId::NDR64 { FormatLabel::LITTLE } else { label };
        let format = stub_format(*syntax, label).map_err(Failure::Format)?;
        Ok(Ok(Context { id, interface: self.interface, format }))
    }
}

impl Context {
    /// The transfer syntax that was accepted.
    pub const fn transfer_syntax(&self) -> SyntaxId {
        if self.format.is_ndr64() { SyntaxId::NDR64 } else { SyntaxId::NDR20 }
    }
}

impl Connection {
    pub(super) fn bind(&mut self) {
        let proposal = Proposal { features: self.config.features, ..self.proposal(self.config.interface) };
        let multiplexing = if self.config.multiplexing { PfcFlags::CONC_MPX } else { PfcFlags::empty() };
        let bind = self.bind_body(&proposal, self.config.group);
        if let Ok(call) = self.number_call() {
            self.send(PfcFlags::WHOLE | multiplexing, self.config.label, call, Body::Bind(bind));
            self.open.insert(call, Open::Proposal(proposal));
        }
    }

    pub(super) fn propose(&mut self, interface: SyntaxId) -> Result<u32, CallError> {
        let proposal = self.proposal(interface);
        let count = u16::try_from(proposal.transfer_syntaxes.len()).unwrap_or(u16::MAX);
        let next = self.next_context.checked_add(count).ok_or(CallError::Exhausted)?;
        let call = self.number_call()?;
        self.next_context = next;
        let body = Body::AlterContext(self.bind_body(&proposal, self.session.group));
        self.send(PfcFlags::WHOLE, self.config.label, call, body);
        self.open.insert(call, Open::Proposal(proposal));
        Ok(call)
    }

    fn proposal(&self, interface: SyntaxId) -> Proposal {
        let syntaxes = self.config.transfer_syntaxes.iter().take(MAX_SYNTAXES);
        Proposal {
            interface,
            first: self.next_context,
            transfer_syntaxes: syntaxes.copied().collect(),
            features: BindFeatures::empty(),
        }
    }

    fn bind_body(&self, proposal: &Proposal, assoc_group_id: u32) -> Bind {
        let fragment = self.config.fragment();
        let (max_xmit_frag, max_recv_frag) = (fragment, fragment);
        Bind { max_xmit_frag, max_recv_frag, assoc_group_id, contexts: proposal.contexts() }
    }

    /// The proposal that an answer with this number answers.
    fn answered_proposal(&mut self, call: u32) -> Option<Proposal> {
        match self.open.remove(&call)? {
            Open::Proposal(proposal) => Some(proposal),
            Open::Call { .. } => None,
        }
    }

    pub(super) fn bind_ack(&mut self, pdu: &Pdu<'_>, ack: &BindAck<'_>) {
        let Some(proposal) = self.answered_proposal(pdu.call_id) else {
            return self.fail(Failure::UnknownCall(pdu.call_id));
        };
        match proposal.outcome(&ack.results, self.config.label) {
            Ok(Ok(context)) => self.settle(pdu, ack, &proposal, context),
            Ok(Err(refusal)) => self.refused(refusal),
            Err(error) => self.fail(error),
        }
    }

    fn settle(&mut self, pdu: &Pdu<'_>, ack: &BindAck<'_>, proposal: &Proposal, context: Context) {
        let features = ack.results.iter().find_map(ContextResult::features);
        let features = features.unwrap_or(BindFeatures::empty()) & self.config.features;
        let count = proposal.transfer_syntaxes.len();
        self.next_context = u16::try_from(count).unwrap_or(u16::MAX);
        self.phase = Phase::Bound;
        self.contexts.push(context);
        let multiplexing = self.config.multiplexing && pdu.flags.contains(PfcFlags::CONC_MPX);
        let max_fragment = self.config.fragment().min(ack.max_recv_frag.max(MIN_FRAGMENT));
        let group = ack.assoc_group_id;
        self.session = Session {
            group,
            multiplexing,
            keeps_on_orphan: features.contains(BindFeatures::KEEP_CONNECTION_ON_ORPHAN),
            max_send: max_fragment,
        };
        let format = context.format;
        self.events.push(Event::Bound { group, format, multiplexing, features, max_fragment });
    }

    pub(super) fn altered(&mut self, call: u32, ack: &BindAck<'_>) {
        let Some(proposal) = self.answered_proposal(call) else {
            return self.fail(Failure::UnknownCall(call));
        };
        match proposal.outcome(&ack.results, self.config.label) {
            Ok(outcome) => {
                self.contexts.extend(outcome);
                self.events.push(Event::Altered { call, outcome });
            }
            Err(error) => self.fail(error),
        }
    }

    /// The bind failed.
    pub(super) fn refused(&mut self, refusal: Refusal) {
        self.stop();
        self.events.push(Event::Refused(refusal));
    }
}
