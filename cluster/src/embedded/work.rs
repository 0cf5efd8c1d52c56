//! What a method works with: the model, events, its caller.

use std::sync::Arc;

use cmrp::clusapi3::{Request, Response};
use cmrp::ndr::FileTime;
use cmrp::ndr::Handle;
use cmrp_port::access::Access;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::time::Instant;

use super::config::Config;
use super::model::{GroupId, GroupSetId, InterfaceId, NetworkId, NodeId, ResourceId, State};
use super::volatile::Volatile;
use crate::event::Event;
use crate::session::{Held, Outcome, Refusal, Session};

/// A change of the model that is not certain yet: it is kept or undone as a whole.
pub struct Transaction<'a> {
    /// When it happens.
    pub now: Instant,
    /// What is set for the cluster.
    pub config: &'a Config,
    pub(super) state: &'a mut Arc<State>,
    pub(super) events: &'a mut Vec<Event>,
}

impl Transaction<'_> {
    /// The model as it is now.
    pub fn state(&self) -> &State {
        self.state
    }

    /// The model, to be changed. The first change of a transaction copies it.
    pub fn change(&mut self) -> &mut State {
        Arc::make_mut(self.state)
    }

    /// The time of the day, in steps of 100 ns since 1601.
    pub fn file_time(&self) -> FileTime {
        self.config.file_time(self.now)
    }

    /// Tells what has happened, if the transaction is kept: events come in the order of their telling.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// A call of a method.
pub struct Work<'a, 's> {
    /// The model.
    pub model: Transaction<'a>,
    /// The caller.
    pub session: &'a mut Session<'s>,
    /// What is not part of the model: batch ports.
    pub volatile: &'a mut Volatile,
}

/// Finds the object of a handle, and makes a handle to an object.
macro_rules! objects {
    ($($(#[$doc:meta])+ $find:ident, $open:ident: $map:ident, $kind:ident, $id:ident, $gone:ident;)+) => {
        impl Work<'_, '_> {
            $(
                $(#[$doc])+
                ///
                /// # Errors
                /// Those of [`Session::resolve`], and a code that says so if the object does not exist any more.
                pub fn $find<H: Handle>(&self, handle: Option<H>) -> Result<$id, Refusal> {
                    let held = self.session.resolve(handle, ObjectKind::$kind)?;
                    let found = self.model.state().$find(&held.object.name);
                    let same = found.filter(|(_, object)| object.born == held.detail);
                    same.map(|(id, _)| id.clone()).ok_or(Refusal::Status(crate::status::$gone))
                }

                /// Makes a handle to the object.
                ///
                /// # Errors
                /// It does not exist, or the client has all the handles that it may have.
                pub fn $open<H: Handle>(&mut self, id: &$id, access: Access) -> Result<H, u32> {
                    let object = self.model.state().$map.get(id).ok_or(crate::status::$gone)?;
                    let (born, object) = (object.born, Object::new(ObjectKind::$kind, object.name.as_str()));
                    self.session.open(&object, access, born)
                }
            )+
        }
    };
}

objects! {
    /// The node of a handle.
    node, open_node: nodes, Node, NodeId, ERROR_NODE_NOT_AVAILABLE;
    /// The group of a handle.
    group, open_group: groups, Group, GroupId, ERROR_GROUP_NOT_AVAILABLE;
    /// The resource of a handle.
    resource, open_resource: resources, Resource, ResourceId, ERROR_RESOURCE_NOT_AVAILABLE;
    /// The network of a handle.
    network, open_network: networks, Network, NetworkId, ERROR_NETWORK_NOT_AVAILABLE;
    /// The network interface of a handle.
    interface, open_interface: interfaces, NetInterface, InterfaceId, ERROR_CLUSTER_NETINTERFACE_NOT_FOUND;
    /// The group set of a handle.
    group_set, open_group_set: group_sets, GroupSet, GroupSetId, ERROR_GROUPSET_NOT_FOUND;
}

impl Work<'_, '_> {
    /// Answers the call with a code and nothing else of meaning.
    ///
    /// # Errors
    /// The answer would be too large.
    pub fn returns(&self, request: &Request<'_>, code: u32) -> super::methods::Done {
        let response = crate::node::refused::response(request, code).map_err(Refusal::Fault)?;
        self.answer(response)
    }

    /// Makes sure that a handle is one to the cluster.
    ///
    /// # Errors
    /// Those of [`Session::resolve`].
    pub fn cluster<H: Handle>(&self, handle: Option<H>) -> Result<(), Refusal> {
        self.session.resolve(handle, ObjectKind::Cluster).map(drop)
    }

    /// The registry key of a handle: its path and, as `detail`, what the handle was opened with.
    ///
    /// # Errors
    /// Those of [`Session::resolve`]. Whether the key still exists is not looked at.
    pub fn key<H: Handle>(&self, handle: Option<H>) -> Result<Held, Refusal> {
        self.session.resolve(handle, ObjectKind::Key)
    }

    /// Answers the call.
    ///
    /// # Errors
    /// The answer cannot be encoded: the client never sees what the call did, so that it is undone.
    pub fn answer<'r>(&self, response: impl Into<Response<'r>>) -> super::methods::Done {
        let answer = self.session.reply().answer(response);
        match answer.stub {
            Ok(_) => Ok(Outcome::Answered(answer)),
            Err(status) => Err(Refusal::Fault(status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use cmrp::ndr::{Endian, Format};
    use cmrp_port::protocol::Protocol;
    use cmrp_port::server::{self, AssociationId, CallId, Caller, Server};

    use super::*;
    use crate::session::Reply;

    #[test]
    fn an_answer_that_cannot_be_encoded_refuses_the_call() {
        let limits = server::Limits::default();
        let mut server = Server::new(server::Config { limits, seed: [1; 16], cluster_name: "c".into() });
        let association = AssociationId(1);
        let caller = Caller { association, access: Some(Access::All) };
        let format = Format::Ndr20(Endian::Little);
        let reply = Reply { call: CallId(1), association, protocol: Protocol::V3, format };
        let mut session = Session::new(&mut server, caller, reply, Access::All, "n");
        let (config, mut volatile) = (Config::default(), Volatile::default());
        let (mut state, mut events) = (Arc::default(), Vec::new());
        let model =
            Transaction { now: Instant::ORIGIN, config: &config, state: &mut state, events: &mut events };
        let work = Work { model, session: &mut session, volatile: &mut volatile };
        let answer = |name: &'static str| {
            work.answer(cmrp::clusapi3::ApiGetClusterNameResponse {
                cluster_name: Some(name.into()),
                node_name: Some("n".into()),
                return_value: 0,
            })
        };
        assert!(matches!(answer("good"), Ok(Outcome::Answered(_))));
        // A zero within a string would end it.
        let refusal = Refusal::Fault(crate::status::NCA_S_FAULT_REMOTE_NO_MEMORY);
        assert_eq!(answer("a\0b").err(), Some(refusal));
    }
}
