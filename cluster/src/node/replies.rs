//! The calls that have no answer yet, and how they want it.

use std::collections::{BTreeMap, BTreeSet};

use cmrp_port::server::{AssociationId, CallId};

use crate::session::Reply;

/// Replies that are due, by call and by client: the end of a client costs what the client has, not what all have.
#[derive(Debug, Default)]
pub(super) struct Replies {
    calls: BTreeMap<CallId, Reply>,
    clients: BTreeSet<(AssociationId, CallId)>,
}

impl Replies {
    pub(super) fn insert(&mut self, reply: Reply) {
        self.calls.insert(reply.call, reply);
        self.clients.insert((reply.association, reply.call));
    }

    pub(super) fn remove(&mut self, call: CallId) -> Option<Reply> {
        let reply = self.calls.remove(&call)?;
        self.clients.remove(&(reply.association, call));
        Some(reply)
    }

    /// The calls of a client, in their order.
    pub(super) fn of(&self, association: AssociationId) -> Vec<CallId> {
        let all = (association, CallId(0))..=(association, CallId(u64::MAX));
        self.clients.range(all).map(|(_, call)| *call).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }
}

#[cfg(test)]
mod tests {
    use cmrp::ndr::Format;
    use cmrp_port::protocol::Protocol;

    use super::*;

    #[test]
    fn each_client_has_its_own_calls() {
        let mut replies = Replies::default();
        for (call, association) in [(u64::MAX, 1), (0, 2), (7, 1), (3, 3), (5, 2)] {
            let (call, association) = (CallId(call), AssociationId(association));
            replies.insert(Reply { call, association, protocol: Protocol::V3, format: Format::NDR20_LE });
        }
        assert_eq!(replies.of(AssociationId(1)), [CallId(7), CallId(u64::MAX)]);
        assert_eq!(replies.remove(CallId(5)).map(|reply| reply.association), Some(AssociationId(2)));
        assert_eq!(replies.of(AssociationId(2)), [CallId(0)]);
        assert!(replies.remove(CallId(5)).is_none() && replies.of(AssociationId(4)).is_empty());
        assert_eq!(replies.len(), 4);
    }
}
