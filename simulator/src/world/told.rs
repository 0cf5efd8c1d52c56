//! An event as the cluster tells it to its servers: the engines' borrowed events, owned.

use std::fmt;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::{EventV1, EventV2};

/// An event of either version of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the engines' events")]
pub enum Told {
    /// Of version 1 ports.
    V1 { change: ClusterChange, name: String, sequence: u32 },
    /// Of version 2 ports.
    V2 {
        filter: ObjectFilter,
        target: String,
        buffer: Vec<u8>,
        object_id: String,
        parent_id: Option<String>,
        name: String,
        type_name: Option<String>,
    },
}

/// The same, as the engines take it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Of version 1 ports.
    V1(EventV1<'a>),
    /// Of version 2 ports.
    V2(EventV2<'a>),
}

impl Told {
    /// Spells the name in capital letters: it is the same name.
    pub fn shout(&mut self) {
        let (Self::V1 { name, .. } | Self::V2 { target: name, .. }) = self;
        *name = name.to_uppercase();
    }

    /// The event; `None` if no server can cause it.
    pub fn event(&self) -> Option<Event<'_>> {
        match self {
            Self::V1 { change, name, sequence } => EventV1::new(*change, name, *sequence).map(Event::V1),
            Self::V2 { filter, target, buffer, object_id, parent_id, name, type_name } => {
                Some(Event::V2(EventV2 {
                    filter: *filter,
                    target,
                    buffer,
                    object_id,
                    parent_id: parent_id.as_deref(),
                    name,
                    type_name: type_name.as_deref(),
                }))
            }
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V1 { change, name, sequence } => {
                write!(f, "{change:?} {name:?}, state number {sequence}")
            }
            Self::V2 { filter, target, name, .. } if target == name => write!(f, "{filter:?} {name:?}"),
            Self::V2 { filter, target, name, .. } => write!(f, "{filter:?} {name:?} of {target:?}"),
        }
    }
}
