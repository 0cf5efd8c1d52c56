//! A passive observer of one connection: which call of which interface does each stub belong to?
//!
//! It judges nobody. A capture may start in the middle of a connection or lack some of it, so whatever was not seen is
//! reported as unknown, and what contradicts itself is reported and passed over.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::auth::Protection;
use crate::bind::{Bind, BindAck};
use crate::call::{Fault, Request};
use crate::event::{
    Answered, BindAckEvent, BindEvent, Binding, Cause, Direction, Event, FaultEvent, Incomplete, Negotiated,
    Payload, RequestEvent, ResponseEvent,
};
use crate::fragments::{self, Assembled, Assembler, Common, Fragment, Progress};
use crate::header::PfcFlags;
use crate::pdu::{Body, Pdu};
use crate::syntax::{BindFeatures, PresentationContext, SyntaxId};

/// What an [`Association`] may remember.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Limits of the assembly of requests. Default [`fragments::Limits::REQUESTS`].
    pub requests: fragments::Limits,
    /// Limits of the assembly of responses. Default [`fragments::Limits::RESPONSES`].
    pub responses: fragments::Limits,
    /// Requests without an answer. Default 1,024; beyond that the oldest is forgotten, and its response will have no
    /// operation. Stops requests that are never answered.
    pub max_pending: usize,
    /// Presentation contexts. Default 4,096; beyond that new ones are not remembered, and requests on them have no
    /// interface. Stops endless `alter_context` PDUs. Windows allows 4,000 for each interface (MS-RPCE 3.3.3.5.5).
    pub max_contexts: usize,
    /// Proposals without an answer, and security contexts. Default 16 each; beyond that the one with the lowest
    /// number is forgotten.
    pub max_negotiations: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: fragments::Limits::REQUESTS,
            responses: fragments::Limits::RESPONSES,
            max_pending: 1024,
            max_contexts: 4096,
            max_negotiations: 16,
        }
    }
}

/// The observer of one connection. `T` is a tag that the caller gives with each PDU and gets back with the answer to
/// a request: its time, for instance.
#[derive(Debug)]
pub struct Association<T = ()> {
    limits: Limits,
    contexts: BTreeMap<u16, Context>,
    proposals: BTreeMap<u32, Vec<(u16, SyntaxId)>>,
    security: BTreeMap<u32, Protection>,
    pending: BTreeMap<u32, Pending<T>>,
    /// Numbers requests by age.
    requests: u64,
    from_client: Assembler,
    from_server: Assembler,
}

#[derive(Debug)]
struct Context {
    is_accepted: bool,
    binding: Binding,
}

#[derive(Debug)]
struct Pending<T> {
    age: u64,
    request: Answered<T>,
}

impl<T: Copy> Default for Association<T> {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl<T: Copy> Association<T> {
    /// An observer that has seen nothing.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            contexts: BTreeMap::new(),
            proposals: BTreeMap::new(),
            security: BTreeMap::new(),
            pending: BTreeMap::new(),
            requests: 0,
            from_client: Assembler::new(limits.requests),
            from_server: Assembler::new(limits.responses),
        }
    }

    /// Takes a PDU of either direction, in the order in which both were captured. Its kind tells the direction.
    ///
    /// Gives no event for a fragment that is not the last, one for most PDUs, and more if the PDU makes the observer
    /// give up on an earlier call.
    pub fn observe<'a>(&mut self, pdu: Pdu<'a>, tag: T) -> Vec<Event<'a, T>> {
        let mut events = Vec::new();
        self.observe_each(pdu, tag, |event| events.push(event));
        events
    }

    /// As [`Association::observe`], but gives the events one by one, and allocates nothing for them.
    pub fn observe_each<'a>(&mut self, pdu: Pdu<'a>, tag: T, mut tell: impl FnMut(Event<'a, T>)) {
        let protection = pdu.trailer.map(|trailer| trailer.protection);
        let Pdu { call_id, flags, .. } = pdu;
        let event = match pdu.body {
            Body::Request(ref request) => {
                self.remember_request(call_id, flags, request, tag);
                return self.assemble(&pdu, Direction::Request, tell);
            }
            Body::Response(_) => return self.assemble(&pdu, Direction::Response, tell),
            Body::Fault(fault) => self.fault(call_id, flags, &fault, protection),
            Body::Bind(bind) => self.bind(call_id, false, bind, protection),
            Body::AlterContext(bind) => self.bind(call_id, true, bind, protection),
            Body::BindAck(ack) => self.bind_ack(call_id, false, &ack, protection),
            Body::AlterContextResp(ack) => self.bind_ack(call_id, true, &ack, protection),
            Body::BindNak(nak) => self.bind_nak(call_id, nak.reason),
            Body::Auth3 => {
                self.remember_security(protection);
                Event::Auth3 { call_id, protection }
            }
            Body::Shutdown => Event::Shutdown,
            Body::CoCancel => Event::Cancel { call_id },
            Body::Orphaned => Event::Orphaned { call_id },
        };
        tell(event);
    }

    /// Gives up on the unfinished calls of one direction, since octets of it are lost.
    pub fn gap<'a>(&mut self, direction: Direction) -> Vec<Event<'a, T>> {
        self.abandon_all(direction, Cause::Gap)
    }

    /// Gives up on all unfinished calls, since nothing will follow.
    pub fn finish<'a>(&mut self) -> Vec<Event<'a, T>> {
        self.give_up(Cause::End)
    }

    /// Gives up on all unfinished calls for a reason of the caller's.
    pub fn give_up<'a>(&mut self, cause: Cause) -> Vec<Event<'a, T>> {
        let mut events = self.abandon_all(Direction::Request, cause);
        events.extend(self.abandon_all(Direction::Response, cause));
        events
    }

    /// Octets of the unfinished calls, which are all that grows with what is sent; the rest is bounded by counts.
    pub const fn held(&self) -> usize {
        self.from_client.held().saturating_add(self.from_server.held())
    }

    /// What a presentation context stands for, as far as it was seen.
    pub fn binding(&self, context_id: u16) -> Binding {
        self.contexts.get(&context_id).map(|context| context.binding).unwrap_or_default()
    }

    /// The security contexts that were negotiated, by `auth_context_id`. Calls at level connect carry no trailer that
    /// would name theirs.
    pub fn security_contexts(&self) -> impl Iterator<Item = Protection> {
        self.security.values().copied()
    }

    /// Requests without an answer so far, by call.
    pub fn pending(&self) -> impl Iterator<Item = (u32, Answered<T>)> {
        self.pending.iter().map(|(call_id, pending)| (*call_id, pending.request))
    }

    fn remember_request(&mut self, call_id: u32, flags: PfcFlags, request: &Request<'_>, tag: T) {
        if flags.contains(PfcFlags::MAYBE) {
            return;
        }
        let request = Answered { context_id: request.context_id, opnum: request.opnum, tag };
        let is_new = flags.contains(PfcFlags::FIRST_FRAG) || !self.from_client.contains(call_id);
        if is_new {
            self.begin_request(call_id, request);
        } else if let Some(pending) = self.pending.get_mut(&call_id) {
            // Later fragments do not revive a call that a fault has already ended.
            pending.request.tag = tag;
        }
    }

    fn begin_request(&mut self, call_id: u32, request: Answered<T>) {
        self.requests = self.requests.saturating_add(1);
        self.pending.insert(call_id, Pending { age: self.requests, request });
        if self.pending.len() > self.limits.max_pending {
            self.forget_oldest_request();
        }
    }

    fn forget_oldest_request(&mut self) {
        let oldest = self.pending.iter().min_by_key(|(_, pending)| pending.age).map(|(call_id, _)| *call_id);
        oldest.and_then(|call_id| self.pending.remove(&call_id));
    }

    fn assemble<'a>(&mut self, pdu: &Pdu<'a>, direction: Direction, mut tell: impl FnMut(Event<'a, T>)) {
        let Some(fragment) = Fragment::from_pdu(pdu) else { return };
        if let Some(event) = self.make_way(&fragment, direction) {
            tell(event);
        }
        match self.assembler(direction).push(fragment) {
            Ok(Progress::Complete(assembled)) => tell(self.complete(assembled)),
            Ok(Progress::More | Progress::Ignored) => {}
            Err(error) => {
                let cause = Cause::Fragment(error);
                tell(self.incomplete(fragment.call_id, fragment.common, direction, cause));
            }
        }
    }

    /// Gives up on the call that stands in the way of `fragment`: the same call, begun before, or the oldest one.
    fn make_way<'a>(&mut self, fragment: &Fragment<'_>, direction: Direction) -> Option<Event<'a, T>> {
        let assembler = self.assembler(direction);
        let (call_id, cause) = match (assembler.contains(fragment.call_id), fragment.is_first()) {
            (true, true) => (fragment.call_id, Cause::Restarted),
            (false, _) if assembler.is_full() && !fragment.is_last() => (assembler.oldest()?, Cause::Evicted),
            _ => return None,
        };
        self.abandon(call_id, direction, cause)
    }

    fn abandon_all<'a>(&mut self, direction: Direction, cause: Cause) -> Vec<Event<'a, T>> {
        let mut events = Vec::new();
        while let Some(call_id) = self.assembler(direction).oldest() {
            events.extend(self.abandon(call_id, direction, cause));
        }
        events
    }

    fn abandon<'a>(&mut self, call_id: u32, direction: Direction, cause: Cause) -> Option<Event<'a, T>> {
        let common = self.assembler(direction).abandon(call_id)?;
        Some(self.incomplete(call_id, common, direction, cause))
    }

    fn incomplete<'a>(
        &mut self,
        call_id: u32,
        common: Common,
        direction: Direction,
        cause: Cause,
    ) -> Event<'a, T> {
        let request = match direction {
            Direction::Request => None,
            Direction::Response => self.answered(call_id),
        };
        let context_id = common.context_id;
        let binding = self.binding(request.map_or(context_id, |request| request.context_id));
        let opnum = common.opnum.or(request.map(|request| request.opnum));
        let protection = common.protection;
        Event::Incomplete(Incomplete { direction, call_id, context_id, binding, opnum, protection, cause })
    }

    fn complete<'a>(&mut self, assembled: Assembled<'a>) -> Event<'a, T> {
        let Assembled { call_id, common, object, stub, fragments } = assembled;
        let Common { context_id, opnum, label, protection } = common;
        let payload = Payload { label, stub, protection, fragments };
        // Requests carry an opnum, responses do not.
        if let Some(opnum) = opnum {
            let binding = self.binding(context_id);
            return Event::Request(RequestEvent { call_id, context_id, binding, opnum, object, payload });
        }
        let request = self.answered(call_id);
        let binding = self.binding(request.map_or(context_id, |request| request.context_id));
        Event::Response(ResponseEvent { call_id, context_id, binding, request, payload })
    }

    fn fault<'a>(
        &mut self,
        call_id: u32,
        flags: PfcFlags,
        fault: &Fault<'_>,
        protection: Option<Protection>,
    ) -> Event<'a, T> {
        // A fault may take the place of the rest of a response.
        self.from_server.abandon(call_id);
        let request = self.answered(call_id);
        let context_id = fault.context_id;
        Event::Fault(FaultEvent {
            call_id,
            context_id,
            binding: self.binding(request.map_or(context_id, |request| request.context_id)),
            request,
            status: fault.status,
            did_not_execute: flags.contains(PfcFlags::DID_NOT_EXECUTE),
            protection,
        })
    }

    fn bind<'a>(
        &mut self,
        call_id: u32,
        is_alter: bool,
        bind: Bind,
        protection: Option<Protection>,
    ) -> Event<'a, T> {
        self.remember_security(protection);
        self.propose(call_id, &bind.contexts);
        let Bind { assoc_group_id, contexts, .. } = bind;
        Event::Bind(BindEvent { call_id, is_alter, assoc_group_id, contexts, protection })
    }

    fn propose(&mut self, call_id: u32, contexts: &[PresentationContext]) {
        let elements = contexts.iter().map(|context| (context.id, context.abstract_syntax)).collect();
        self.proposals.insert(call_id, elements);
        keep_at_most(self.limits.max_negotiations, &mut self.proposals);
        contexts.iter().filter(|context| context.features().is_none()).for_each(|context| {
            let binding =
                Binding { interface: Some(context.abstract_syntax), transfer: sole_transfer(context) };
            self.remember_context(context.id, Context { is_accepted: false, binding });
        });
    }

    /// Remembers a context unless that would replace an accepted one by a proposal.
    fn remember_context(&mut self, id: u16, context: Context) {
        let known = self.contexts.get(&id);
        let keeps_accepted = known.is_some_and(|known| known.is_accepted) && !context.is_accepted;
        let is_too_many = known.is_none() && self.contexts.len() >= self.limits.max_contexts;
        if !keeps_accepted && !is_too_many {
            self.contexts.insert(id, context);
        }
    }

    fn bind_ack<'a>(
        &mut self,
        call_id: u32,
        is_alter: bool,
        ack: &BindAck<'_>,
        protection: Option<Protection>,
    ) -> Event<'a, T> {
        self.remember_security(protection);
        let proposal = self.proposals.remove(&call_id).unwrap_or_default();
        let contexts = proposal.into_iter().map(Some).chain(core::iter::repeat(None));
        let results: Vec<_> = contexts
            .zip(&ack.results)
            .map(|(context, result)| Negotiated { context, result: *result })
            .collect();
        for negotiated in &results {
            self.settle(negotiated);
        }
        let assoc_group_id = ack.assoc_group_id;
        Event::BindAck(BindAckEvent { call_id, is_alter, assoc_group_id, results, protection })
    }

    fn settle(&mut self, negotiated: &Negotiated) {
        let Some((id, interface)) = negotiated.context else { return };
        let result = negotiated.result;
        if result.is_accepted() {
            let binding = Binding { interface: Some(interface), transfer: Some(result.transfer_syntax) };
            self.remember_context(id, Context { is_accepted: true, binding });
        } else if result.features().is_none() {
            self.forget_proposed(id);
        }
    }

    fn forget_proposed(&mut self, id: u16) {
        if self.contexts.get(&id).is_some_and(|context| !context.is_accepted) {
            self.contexts.remove(&id);
        }
    }

    fn bind_nak<'a>(&mut self, call_id: u32, reason: u16) -> Event<'a, T> {
        let proposal = self.proposals.remove(&call_id).unwrap_or_default();
        for (id, _) in proposal {
            self.forget_proposed(id);
        }
        Event::BindNak { call_id, reason }
    }

    fn remember_security(&mut self, protection: Option<Protection>) {
        if let Some(protection) = protection {
            self.security.insert(protection.context_id, protection);
            keep_at_most(self.limits.max_negotiations, &mut self.security);
        }
    }

    /// The request that is answered, which is no longer pending then.
    fn answered(&mut self, call_id: u32) -> Option<Answered<T>> {
        self.pending.remove(&call_id).map(|pending| pending.request)
    }

    fn assembler(&mut self, direction: Direction) -> &mut Assembler {
        match direction {
            Direction::Request => &mut self.from_client,
            Direction::Response => &mut self.from_server,
        }
    }
}

fn keep_at_most<K: Ord, V>(limit: usize, map: &mut BTreeMap<K, V>) {
    if map.len() > limit {
        map.pop_first();
    }
}

/// The transfer syntax of a context that proposes one and no more.
fn sole_transfer(context: &PresentationContext) -> Option<SyntaxId> {
    match *context.transfer_syntaxes.as_slice() {
        [syntax] if BindFeatures::from_syntax(syntax).is_none() => Some(syntax),
        _ => None,
    }
}
