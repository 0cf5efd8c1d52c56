//! The end: ports first, then objects, then the cluster, then the binding.

use alloc::vec::Vec;

use super::calls::Purpose;
use super::request::Method;
use super::{Client, Notice, Phase, Work};
use crate::object::ObjectKind;

impl Client {
    /// Ends the client: unblocks and closes ports, closes handles, frees the binding. Ends in [`Notice::Closed`];
    /// nothing can be opened any more. If the connection breaks meanwhile, or there is none, that is the end.
    pub fn shut_down(&mut self) {
        if core::mem::replace(&mut self.ending, true) {
            return;
        }
        if !self.is_connected() {
            return self.finish();
        }
        let ports: Vec<_> = self.ports.keys().copied().collect();
        for port in ports {
            self.ask_to_close(port);
        }
        self.work.insert(Work::End);
        self.settle();
    }

    /// Goes on with the end as far as it can.
    pub(super) fn advance_end(&mut self) {
        if !self.ending || !self.is_connected() || !self.ports.is_empty() {
            return;
        }
        let objects: Vec<_> = self.objects.keys().copied().collect();
        for object in objects {
            if let Some(state) = self.objects.get_mut(&object) {
                state.closing = true;
            }
            self.touch_object(object);
        }
        if self.objects.is_empty() {
            self.close_root_key();
        }
    }

    fn close_root_key(&mut self) {
        match self.root_key.handle {
            _ if self.root_key.busy => {}
            Some(handle) => {
                self.root_key.busy = true;
                self.call(Purpose::CloseRootKey, Method::CloseObject { kind: ObjectKind::Key, handle });
            }
            None => self.close_cluster(),
        }
    }

    pub(super) fn root_key_closed(&mut self) {
        self.root_key.handle = None;
        self.root_key.busy = false;
        self.work.insert(Work::End);
    }

    fn close_cluster(&mut self) {
        if core::mem::replace(&mut self.cluster.closing, true) {
            return;
        }
        match self.cluster.handle {
            Some(handle) => {
                let kind = ObjectKind::Cluster;
                self.call(Purpose::CloseCluster, Method::CloseObject { kind, handle });
            }
            None => self.finish(),
        }
    }

    pub(super) fn cluster_closed(&mut self) {
        self.finish();
    }

    /// Forgets everything.
    pub(super) fn finish(&mut self) {
        let ports: Vec<_> = self.ports.keys().copied().collect();
        for port in ports {
            self.drop_port(port);
        }
        self.unbind();
        self.objects.clear();
        self.filters.clear();
        self.work.clear();
        self.cluster.nodes.clear();
        self.phase = Phase::Closed;
        self.note(Notice::Closed);
    }
}
