//! How a connection answers binds and `alter_context` PDUs (MS-RPCE 3.3.1.5.3, 3.3.1.5.6, 3.3.1.5.7).

use alloc::vec;
use alloc::vec::Vec;

use super::connection::{Connection, Phase, Session};
use super::event::{Event, Violation};
use super::groups::{GroupId, Join, JoinError};
use crate::bind::{Bind, BindAck, BindNak, MIN_FRAGMENT};
use crate::header::{PacketType, PfcFlags};
use crate::label::FormatLabel;
use crate::pdu::{Body, Pdu};
use crate::syntax::{BindFeatures, ContextResult};

impl Connection {
    pub(super) fn bind(&mut self, pdu: &Pdu<'_>, bind: &Bind, groups: &mut dyn Join) {
        match self.admit(pdu, bind, groups) {
            Ok(group) => self.accept(pdu, bind, group),
            Err(reason) => self.refuse_bind(pdu.label, pdu.call_id, reason),
        }
    }

    /// Finds the group of a client that may bind, or the reason why it may not.
    fn admit(&self, pdu: &Pdu<'_>, bind: &Bind, groups: &mut dyn Join) -> Result<GroupId, u16> {
        if self.phase != Phase::Fresh || !pdu.flags.contains(PfcFlags::WHOLE) || bind.contexts.is_empty() {
            return Err(BindNak::PROTOCOL);
        }
        // This is where a security provider will be asked.
        if pdu.trailer.is_some() {
            return Err(BindNak::AUTHENTICATION_TYPE);
        }
        let contexts = bind.contexts.iter().filter(|element| element.features().is_none()).count();
        if contexts > self.config.limits.max_contexts {
            return Err(BindNak::LOCAL_LIMIT);
        }
        groups.join(bind.assoc_group_id, self.peer).map_err(|error| match error {
            JoinError::Unknown => BindNak::NOT_SPECIFIED,
            JoinError::Limit => BindNak::LOCAL_LIMIT,
        })
    }

    fn accept(&mut self, pdu: &Pdu<'_>, bind: &Bind, group: GroupId) {
        self.phase = Phase::Bound;
        self.group = Some(group);
        let results = self.contexts.negotiate(&self.config, &bind.contexts, self.config.features);
        let features = accepted_features(&results);
        let limit = self.config.fragment();
        let multiplexing = self.config.multiplexing && pdu.flags.contains(PfcFlags::CONC_MPX);
        let max_send = limit.min(bind.max_recv_frag.max(MIN_FRAGMENT));
        let max_receive = limit.min(bind.max_xmit_frag.max(MIN_FRAGMENT));
        let keeps_on_orphan = features.contains(BindFeatures::KEEP_CONNECTION_ON_ORPHAN);
        self.session = Session { multiplexing, keeps_on_orphan, max_send, max_receive };
        let mut address = core::mem::take(&mut self.secondary_address).into_string();
        address.push('\0');
        self.acknowledge(pdu, address.as_bytes(), results, Body::BindAck);
        let joined = bind.assoc_group_id != 0;
        self.events.push(Event::Bound { group, joined, multiplexing, features, max_fragment: max_send });
    }

    /// Answers a bind that is refused, and ends the connection.
    pub(super) fn refuse_bind(&mut self, label: FormatLabel, call_id: u32, reason: u16) {
        let nak = BindNak { reason, versions: vec![[5, 0]], rest: &[] };
        self.send(PfcFlags::WHOLE, label, call_id, Body::BindNak(nak));
        self.stop();
        self.events.push(Event::Refused { reason });
    }

    pub(super) fn alter_context(&mut self, pdu: &Pdu<'_>, proposal: &Bind) {
        if let Some(violation) = self.check_alter_context(pdu) {
            return self.end_with_fault(pdu.label, pdu.call_id, 0, violation);
        }
        // Features are for the whole connection and settled by its bind (MS-RPCE 3.3.1.5.3).
        let none = BindFeatures::empty();
        let results = self.contexts.negotiate(&self.config, &proposal.contexts, none);
        self.acknowledge(pdu, &[], results, Body::AlterContextResp);
    }

    fn check_alter_context(&self, pdu: &Pdu<'_>) -> Option<Violation> {
        if !self.is_bound() {
            Some(Violation::Unexpected(PacketType::AlterContext))
        } else if !pdu.flags.contains(PfcFlags::WHOLE) {
            Some(Violation::Fragmented(PacketType::AlterContext))
        } else {
            pdu.trailer.map(|_| Violation::Authentication)
        }
    }

    fn acknowledge<'a>(
        &mut self,
        pdu: &Pdu<'_>,
        secondary_address: &'a [u8],
        results: Vec<ContextResult>,
        body: fn(BindAck<'a>) -> Body<'a>,
    ) {
        let Session { multiplexing, max_send, max_receive, .. } = self.session;
        let mut flags = PfcFlags::WHOLE;
        flags.set(PfcFlags::CONC_MPX, multiplexing && pdu.flags.contains(PfcFlags::CONC_MPX));
        let ack = BindAck {
            max_xmit_frag: max_send,
            max_recv_frag: max_receive,
            assoc_group_id: self.group.map_or(0, GroupId::get),
            secondary_address,
            results,
        };
        self.send(flags, pdu.label, pdu.call_id, body(ack));
    }
}

fn accepted_features(results: &[ContextResult]) -> BindFeatures {
    results.iter().find_map(ContextResult::features).unwrap_or(BindFeatures::empty())
}
