//! What programs ask their client engines for.

use std::collections::VecDeque;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeResourceTypeV2};
use cmrp_port::client::{FilterId, Target};
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::{PortVersion, Protocol};

use super::program::{Opened, Port, Program, Watch};
use crate::model::matching::OBJECT_TYPES;
use crate::script::Command;

/// The bits of `CLUSTER_CHANGE` that filters can ask for.
const fn valid(kind: Option<ObjectKind>, protocol: Protocol) -> u32 {
    match (kind, protocol) {
        (None | Some(ObjectKind::Cluster), Protocol::V2) => 0x4FF7_FFFF,
        (None | Some(ObjectKind::Cluster), Protocol::V3) => 0x5FF7_FFFF,
        (Some(ObjectKind::Node), _) => 0x0000_000F,
        (Some(ObjectKind::Group), _) => 0x0000_F000,
        (Some(ObjectKind::Resource), _) => 0x0000_0F00,
        (Some(ObjectKind::Key), _) => 0x0000_0070,
        (Some(ObjectKind::Network), _) => 0x00F0_0000,
        (Some(ObjectKind::NetInterface), _) => 0x0F00_0000,
        _ => 0,
    }
}

impl Program {
    /// Asks the engine for something; what it was.
    pub(super) fn ask(&mut self, command: Command, cluster: &crate::world::Cluster) -> String {
        match command {
            Command::CreatePort(version) => {
                let id = self.engine.create_port(version);
                self.ports.push(Port {
                    id,
                    version,
                    expected: VecDeque::new(),
                    created: false,
                    closing: false,
                    over: false,
                    due: [0; 3],
                    told: [0; 3],
                    before: None,
                    marker_at: None,
                });
                format!("creates {id:?}, version {version:?}")
            }
            Command::Open { kind, which } => {
                if kind == ObjectKind::GroupSet && self.protocol == Protocol::V2 {
                    return "opens nothing".to_owned();
                }
                let name = match kind {
                    ObjectKind::Cluster => cluster.name.clone(),
                    kind => cluster.name_of(kind, which),
                };
                let id = self.engine.open(kind, &name);
                let text = format!("opens {kind:?} {name:?} as {id:?}");
                self.objects.push(Opened { id, kind, name, open: false, over: false });
                text
            }
            Command::AddFilter { port, object, bits, subtree } => self.add(port, object, bits, subtree),
            Command::AddResourceType { port, which, bits } => {
                let name = cluster.name_of(ObjectKind::ResourceType, which);
                self.add_resource_type(port, &name, bits)
            }
            Command::ClosePort(which) => {
                let Some(index) = which.checked_rem(self.ports.len()) else { return "-".to_owned() };
                let Some(port) = self.ports.get_mut(index) else { return "-".to_owned() };
                port.closing = true;
                self.engine.close_port(port.id);
                format!("closes {:?}", port.id)
            }
            Command::Close(which) => self.close(which),
            Command::Reconnect => {
                self.engine.reconnect();
                "wants to reconnect".to_owned()
            }
        }
    }

    fn close(&mut self, which: usize) -> String {
        let Some(index) = which.checked_rem(self.objects.len()) else { return "-".to_owned() };
        let Some(object) = self.objects.get_mut(index) else { return "-".to_owned() };
        let (id, open) = (object.id, object.open && !object.over);
        object.over = true;
        self.engine.close(id);
        for port in 0..self.ports.len() {
            let on = |watch: &Watch| {
                watch.port == port && watch.object == Some(index) && watch.registered && !watch.over
            };
            let watched = self.watches.iter().any(on);
            let Some(port) = self.ports.get_mut(port) else { continue };
            // Version 1 ports are not told of cluster handles.
            let told = port.version == PortVersion::V2 || object_is_told(self.objects.get(index));
            if open && watched && told && port.lives() {
                let [_, _, due] = &mut port.due;
                *due = due.saturating_add(1);
            }
        }
        for watch in self.watches.iter_mut().filter(|watch| watch.object == Some(index)) {
            watch.over = true;
        }
        format!("closes {id:?}")
    }

    fn add(&mut self, port: usize, object: Option<usize>, bits: u32, subtree: bool) -> String {
        let Some(index) = port.checked_rem(self.ports.len()) else { return "has no port".to_owned() };
        let Some(port) = self.ports.get(index) else { return "has no port".to_owned() };
        let object = object.and_then(|object| object.checked_rem(self.objects.len()));
        let kind = object.and_then(|object| self.objects.get(object)).map(|object| object.kind);
        let target = object
            .and_then(|object| self.objects.get(object))
            .map_or(Target::Cluster, |object| Target::Object(object.id));
        let context = u32::try_from(self.watches.len()).unwrap_or(0).saturating_add(1000);
        let some = |mask: u32| if mask & bits == 0 { mask } else { mask & bits };
        let (events, added) = match port.version {
            PortVersion::V1 => {
                let events = some(valid(kind, self.protocol));
                let subtree = subtree && kind == Some(ObjectKind::Key);
                let change = ClusterChange::from_bits_retain(events);
                (events, self.engine.add_filter(port.id, target, change, subtree, context))
            }
            PortVersion::V2 => {
                let fits = |row: &&(u32, ObjectKind, u64)| kind.is_none_or(|kind| row.1 == kind);
                let rows: Vec<_> = OBJECT_TYPES.iter().filter(fits).collect();
                let nth = usize::try_from(bits % 13).unwrap_or(0).checked_rem(rows.len()).unwrap_or(0);
                let Some((number, _, mask)) = rows.get(nth) else { return "adds nothing".to_owned() };
                let flags = u64::from(some(u32::try_from(*mask).unwrap_or(0)));
                let filter = ObjectFilter::received(*number, flags);
                (0, self.engine.add_filter_v2(port.id, target, filter, context))
            }
        };
        let text = format!("adds to {:?} a filter on {target:?}: {events:#x} {added:?}", port.id);
        if let Ok(id) = added {
            self.watch_more(id, index, object, events, context);
        }
        text
    }

    fn add_resource_type(&mut self, port: usize, name: &str, bits: u32) -> String {
        let Some(index) = port.checked_rem(self.ports.len()) else { return "has no port".to_owned() };
        let Some(port) = self.ports.get(index) else { return "has no port".to_owned() };
        let flags = ClusterChangeResourceTypeV2::from_bits_retain(u64::from(bits & 0x3F).max(1));
        let context = u32::try_from(self.watches.len()).unwrap_or(0).saturating_add(1000);
        let added = self.engine.add_resource_type(port.id, name, flags, context);
        let text = format!("adds to {:?} a filter on resource type {name:?}: {added:?}", port.id);
        if let Ok(id) = added {
            self.watch_more(id, index, None, 0, context);
        }
        text
    }

    fn watch_more(&mut self, id: FilterId, port: usize, object: Option<usize>, events: u32, context: u32) {
        let (registered, over, seen) = (false, false, None);
        self.watches.push(Watch { id, port, object, context, events, registered, over, seen });
    }
}

fn object_is_told(object: Option<&Opened>) -> bool {
    object.is_some_and(|object| object.kind != ObjectKind::Cluster)
}
