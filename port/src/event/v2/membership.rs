//! Who belongs to the cluster at the moment (`CLUSTER_MEMBERSHIP_INFO`, MS-CMRP 2.2.3.42).

use alloc::vec::Vec;

use super::content::write_u32;
use super::error::PayloadError;
use super::octets::Octets;

/// The view of the cluster that its active nodes share.
///
/// On the wire the parts follow each other without padding, unlike in the structure of that name in clusapi.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership<'a> {
    /// `HasQuorum`. Any octet but 0 is true.
    pub has_quorum: bool,
    /// `UpNodes`: the identifiers of the nodes that are up, an octet each.
    pub up_nodes: &'a [u8],
}

impl<'a> Membership<'a> {
    pub(super) fn write(&self, buffer: &mut Vec<u8>) {
        buffer.push(u8::from(self.has_quorum));
        write_u32(self.up_nodes.len(), buffer);
        buffer.extend(self.up_nodes);
    }

    pub(super) fn read(octets: &mut Octets<'a>) -> Result<Self, PayloadError> {
        let has_quorum = octets.array()? != [0];
        let nodes = octets.count()?;
        let up_nodes = octets.take(nodes)?;
        octets.finish()?;
        Ok(Self { has_quorum, up_nodes })
    }
}
