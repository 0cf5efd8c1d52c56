//! The methods of notification ports as one-line calls.

use cmrp::ndr::ContextHandle;
use cmrp_port::access::Access;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::server::CallId;

use crate::harness::{ADD_METHODS, Bench, FOR_EVER};
use crate::methods::{self, Parameter};
use crate::reply::{End, Event, EventOfV2};
use crate::wire::Stub;

impl Bench {
    #[track_caller]
    pub(crate) fn create(&mut self, opnum: u16) -> End {
        let call = self.call(opnum, |stub| stub);
        self.end(call)
    }

    /// A version 1 port.
    #[track_caller]
    pub(crate) fn port(&mut self) -> ContextHandle {
        let reply = self.create(55).reply();
        assert_eq!(reply.result, 0, "Status of ApiCreateNotify");
        reply.handle
    }

    /// A version 2 port.
    #[track_caller]
    pub(crate) fn port_v2(&mut self) -> ContextHandle {
        let reply = self.create(137).reply();
        assert_eq!(reply.result, 0, "rpc_error of ApiCreateNotifyV2");
        reply.handle
    }

    /// A handle to an object, as an Open method makes it.
    #[track_caller]
    pub(crate) fn object(&mut self, kind: ObjectKind, name: &str) -> ContextHandle {
        let object = Object::new(kind, name);
        self.server.open(self.caller.association, self.protocol, &object, Access::All).expect("a handle")
    }

    #[track_caller]
    pub(crate) fn close(&mut self, port: ContextHandle) -> End {
        let call = self.call(56, |stub| stub.handle(port));
        self.end(call)
    }

    #[track_caller]
    pub(crate) fn unblock(&mut self, port: ContextHandle) -> u32 {
        let call = self.call(107, |stub| stub.handle(port));
        self.result(call)
    }

    /// An Add or `ReAdd` method other than that of keys; for a `ReAdd` method, `rest` is the state sequence.
    #[track_caller]
    pub(crate) fn try_add(
        &mut self,
        opnum: u16,
        port: ContextHandle,
        object: ContextHandle,
        filter: u32,
        rest: impl FnOnce(Stub) -> Stub,
    ) -> End {
        let call = self.call(opnum, |stub| rest(stub.handle(port).handle(object).number(filter)));
        self.end(call)
    }

    /// `ApiAddNotifyCluster`, by a cluster handle of its own.
    #[track_caller]
    pub(crate) fn add_cluster(&mut self, port: ContextHandle, filter: u32, key: u32) -> u32 {
        let cluster = self.object(ObjectKind::Cluster, "");
        self.try_add(57, port, cluster, filter, |stub| stub.number(key)).result()
    }

    /// The Add method of the kind; the state sequence that it returned.
    #[track_caller]
    pub(crate) fn add(&mut self, port: ContextHandle, object: ContextHandle, filter: u32, key: u32) -> u32 {
        let opnum = opnums(filter).0;
        let reply = self.try_add(opnum, port, object, filter, |stub| stub.number(key)).reply();
        assert_eq!(reply.result, 0, "an Add method");
        reply.sequence
    }

    /// The `ReAdd` method of the kind that the filter is about.
    #[track_caller]
    pub(crate) fn re_add(
        &mut self,
        port: ContextHandle,
        object: ContextHandle,
        filter: u32,
        key: u32,
        sequence: u32,
    ) -> u32 {
        let rest = |stub: Stub| stub.number(key).number(sequence);
        self.try_add(opnums(filter).1, port, object, filter, rest).result()
    }

    #[track_caller]
    pub(crate) fn add_key(
        &mut self,
        port: ContextHandle,
        at: ContextHandle,
        filter: u32,
        subtree: u32,
        key: u32,
    ) -> u32 {
        let write = |stub: Stub| stub.handle(port).handle(at).number(key).number(filter).number(subtree);
        let call = self.call(61, write);
        self.result(call)
    }

    /// `ApiAddNotifyV2` with `dwVersion` 2.
    #[track_caller]
    pub(crate) fn add_v2(
        &mut self,
        port: ContextHandle,
        object: ContextHandle,
        (object_type, flags): (u32, i64),
        key: u32,
        targeted: bool,
    ) -> u32 {
        let write = |stub: Stub| {
            let stub = stub.handle(port).handle(object).number(object_type).long(flags);
            stub.number(key).number(2).number(targeted.into())
        };
        let call = self.call(138, write);
        self.result(call)
    }

    /// `ApiAddNotifyV2` for all objects of a type, by a cluster handle of its own.
    #[track_caller]
    pub(crate) fn watch_v2(&mut self, port: ContextHandle, filter: (u32, i64), key: u32) {
        let cluster = self.object(ObjectKind::Cluster, "");
        assert_eq!(self.add_v2(port, cluster, filter, key, false), 0, "ApiAddNotifyV2");
    }

    /// `ApiAddNotifyResourceTypeV2` with `dwVersion` 2.
    #[track_caller]
    pub(crate) fn add_type(&mut self, port: ContextHandle, name: &str, flags: i64, key: u32) -> u32 {
        let write = |stub: Stub| stub.handle(port).long(flags).number(key).text(name).number(2);
        let call = self.call(155, write);
        self.result(call)
    }

    /// `ApiGetNotify`, without an end to its wait.
    #[track_caller]
    pub(crate) fn get(&mut self, port: ContextHandle) -> CallId {
        self.get_within(port, FOR_EVER)
    }

    /// `ApiGetNotify`. Protocol version 3 has no `Timeout`.
    #[track_caller]
    pub(crate) fn get_within(&mut self, port: ContextHandle, timeout: u32) -> CallId {
        let protocol = self.protocol;
        self.call(65, |stub| methods::write(stub.handle(port), Parameter::Timeout(timeout), port, protocol))
    }

    #[track_caller]
    pub(crate) fn get_async(&mut self, port: ContextHandle) -> CallId {
        self.call(147, |stub| stub.handle(port))
    }

    #[track_caller]
    pub(crate) fn get_v2(&mut self, port: ContextHandle) -> CallId {
        self.call(139, |stub| stub.handle(port))
    }

    /// What `ApiGetNotify` returned.
    #[track_caller]
    pub(crate) fn event(&self, call: CallId) -> Event {
        let reply = self.end(call).reply();
        assert_eq!(reply.result, 0, "ApiGetNotify");
        reply.event
    }

    /// Takes all events off a version 1 port.
    #[track_caller]
    pub(crate) fn drain(&mut self, port: ContextHandle) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let call = self.get(port);
            if self.waits(call) {
                self.cancel(call);
                return events;
            }
            events.push(self.event(call));
        }
    }

    /// Takes all events off a version 2 port.
    #[track_caller]
    pub(crate) fn drain_v2(&mut self, port: ContextHandle) -> Vec<EventOfV2> {
        let mut events = Vec::new();
        loop {
            let call = self.get_v2(port);
            if self.waits(call) {
                self.cancel(call);
                return events;
            }
            events.extend(self.end(call).reply().batch.expect("notifications"));
        }
    }
}

/// The Add and the `ReAdd` method for objects of the kind that the bits are about.
fn opnums(filter: u32) -> (u16, u16) {
    let row = ADD_METHODS.iter().find(|(.., mask)| filter & !mask == 0).expect("bits of one kind of object");
    (row.1, row.2)
}
