//! What happens in a cluster, owned: an event of version 1 ports, of version 2 ports, or of both.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::{EventV1, EventV2};
use cmrp_port::object::ObjectKind;

/// One happening, as both versions of ports tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    v1: Option<First>,
    v2: Option<Second>,
    renamed: Option<Renamed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct First {
    change: ClusterChange,
    name: String,
    state_sequence: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Second {
    filter: ObjectFilter,
    target: String,
    buffer: Vec<u8>,
    object_id: String,
    parent_id: Option<String>,
    name: String,
    type_name: Option<String>,
}

/// An object has another name: handles and filters have to follow before the event is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The kind of the object; the cluster itself is one.
    pub kind: ObjectKind,
    /// The former name.
    pub old: String,
    /// The name now.
    pub new: String,
}

impl Event {
    /// A happening that version 1 ports tell so.
    #[must_use]
    pub fn with_v1(mut self, event: EventV1<'_>) -> Self {
        self.v1 = Some(First {
            change: event.change(),
            name: event.name().to_owned(),
            state_sequence: event.state_sequence(),
        });
        self
    }

    /// A happening that version 2 ports tell so.
    #[must_use]
    pub fn with_v2(mut self, event: EventV2<'_>) -> Self {
        self.v2 = Some(Second {
            filter: event.filter,
            target: event.target.to_owned(),
            buffer: event.buffer.to_owned(),
            object_id: event.object_id.to_owned(),
            parent_id: event.parent_id.map(str::to_owned),
            name: event.name.to_owned(),
            type_name: event.type_name.map(str::to_owned),
        });
        self
    }

    /// A happening by which an object gets another name.
    #[must_use]
    pub fn with_rename(mut self, kind: ObjectKind, old: &str, new: &str) -> Self {
        self.renamed = Some(Renamed { kind, old: old.to_owned(), new: new.to_owned() });
        self
    }

    /// The event of version 1 ports.
    pub fn v1(&self) -> Option<EventV1<'_>> {
        self.v1.as_ref().and_then(|event| EventV1::new(event.change, &event.name, event.state_sequence))
    }

    /// The event of version 2 ports.
    pub fn v2(&self) -> Option<EventV2<'_>> {
        self.v2.as_ref().map(|event| EventV2 {
            filter: event.filter,
            target: &event.target,
            buffer: &event.buffer,
            object_id: &event.object_id,
            parent_id: event.parent_id.as_deref(),
            name: &event.name,
            type_name: event.type_name.as_deref(),
        })
    }

    /// The new name that an object has got by it.
    pub fn renamed(&self) -> Option<&Renamed> {
        self.renamed.as_ref()
    }
}
