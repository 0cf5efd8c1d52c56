//! Events of the quorum (MS-CMRP 2.2.2.20).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChangeQuorumV2 as Flag;

use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;
use super::{EventV2, ResourceState};

/// The quorum resource: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumResource<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_QUORUM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumEvent {
    /// The quorum changed; the state of the quorum disk, if one is involved.
    State(Option<ResourceState>),
}

impl QuorumEvent {
    /// The event, about this quorum resource. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of<'a>(&self, resource: QuorumResource<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let Self::State(state) = *self;
        let content = state.map_or(Content::Empty, |state| Content::Number(state.0));
        EventV2 {
            filter: ObjectFilter::Quorum(Flag::STATE),
            target: "",
            buffer: content.write(buffer),
            object_id: resource.id,
            parent_id: None,
            name: resource.name,
            type_name: None,
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    (flag == Flag::STATE).then(|| {
        if octets.is_empty() {
            return octets.none();
        }
        octets.number(|state| Payload::ResourceState(ResourceState(state)))
    })
}
