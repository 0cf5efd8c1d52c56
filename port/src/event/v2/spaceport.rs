//! Events of storage spaces (MS-CMRP 2.2.2.25).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::ClusterChangeSpaceportV2 as Flag;

use super::EventV2;
use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;

/// A storage space: what an event names. Empty strings where nothing is to be named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spaceport<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_SPACEPORT`.
///
/// The specification lists the flag and says nothing of the buffer and the strings. Here they are those of the event
/// that a resource DLL raises (MS-CMRP 3.1.4.2.138): octets that others give a meaning, no parent and no type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceportEvent<'a> {
    /// A custom event of Plug and Play, with these octets.
    CustomPnp(&'a [u8]),
}

impl<'a> SpaceportEvent<'a> {
    /// The event, about this storage space. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of(&self, spaceport: Spaceport<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let Self::CustomPnp(octets) = *self;
        EventV2 {
            filter: ObjectFilter::Spaceport(Flag::CUSTOM_PNP),
            target: "",
            buffer: Content::Octets(octets).write(buffer),
            object_id: spaceport.id,
            parent_id: Some(""),
            name: spaceport.name,
            type_name: Some(""),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    (flag == Flag::CUSTOM_PNP).then(|| Ok(Payload::Octets(octets.rest())))
}
