//! What a client makes of a buffer.

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;

use super::error::{PayloadError, PayloadErrorKind};
use super::membership::Membership;
use super::octets::Octets;
use super::property::PropertyList;
use super::shared_volume::SharedVolume;
use super::state::{GroupState, NetInterfaceState, NetworkState, NodeState, ResourceState};
use super::text::Text;
use super::{cluster, group, group_set, network, node, quorum, registry, resource, shared_volume, spaceport};

/// A buffer of `NOTIFICATION_DATA_RPC`, understood (MS-CMRP 3.1.4.2.138).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// No octets.
    Empty,
    /// The type of a new group.
    GroupType(u32),
    /// The operating version of the cluster.
    OperatingVersion(u32),
    /// The state of a node.
    NodeState(NodeState),
    /// The state of a group.
    GroupState(GroupState),
    /// The state of a resource.
    ResourceState(ResourceState),
    /// The state of a network.
    NetworkState(NetworkState),
    /// The state of a network interface.
    NetInterfaceState(NetInterfaceState),
    /// The state of a group set; what its values mean isn't specified.
    GroupSetState(u32),
    /// The identifier of an object. The flag tells of which: a node, a group or a resource.
    Id(Text<'a>),
    /// The identifiers of objects, in their order.
    Ids(Vec<Text<'a>>),
    /// A dependency expression.
    Expression(Text<'a>),
    /// Properties and their new values.
    Properties(PropertyList<'a>),
    /// The nodes that are up.
    Membership(Membership<'a>),
    /// Shared volumes, each with the name of its property.
    SharedVolumes(Vec<(Text<'a>, SharedVolume<'a>)>),
    /// Octets that others than the cluster give a meaning: a resource DLL, or a device.
    Octets(&'a [u8]),
}

impl<'a> Payload<'a> {
    /// Understands the buffer of an event.
    ///
    /// It takes at most 8 octets of memory for each octet of the buffer, whatever counts and sizes stand in it. What the specification
    /// leaves open is taken in any form that makes sense: identifiers and expressions with or without terminator, and
    /// lists of strings with or without the empty string at the end.
    ///
    /// # Errors
    /// `filter` is not a single event whose buffer is known, or the buffer has another form.
    pub fn decode(filter: ObjectFilter, buffer: &'a [u8]) -> Result<Self, PayloadError> {
        let mut octets = Octets::new(buffer);
        let unlisted = octets.error(PayloadErrorKind::Unlisted(filter));
        by_object_type(filter, &mut octets).unwrap_or(Err(unlisted))
    }
}

fn by_object_type<'a>(
    filter: ObjectFilter,
    octets: &mut Octets<'a>,
) -> Option<Result<Payload<'a>, PayloadError>> {
    match filter {
        ObjectFilter::Cluster(flag) => cluster::payload(flag, octets),
        ObjectFilter::Group(flag) => group::payload(flag, octets),
        ObjectFilter::Resource(flag) => resource::payload(flag, octets),
        ObjectFilter::ResourceType(flag) => resource::type_payload(flag, octets),
        ObjectFilter::NetInterface(flag) => network::interface_payload(flag, octets),
        ObjectFilter::Network(flag) => network::payload(flag, octets),
        ObjectFilter::Node(flag) => node::payload(flag, octets),
        ObjectFilter::Registry(flag) => registry::payload(flag, octets),
        ObjectFilter::Quorum(flag) => quorum::payload(flag, octets),
        ObjectFilter::SharedVolume(flag) => shared_volume::payload(flag, octets),
        ObjectFilter::Spaceport(flag) => spaceport::payload(flag, octets),
        ObjectFilter::Upgrade(flag) => node::upgrade_payload(flag, octets),
        ObjectFilter::GroupSet(flag) => group_set::payload(flag, octets),
        _ => None,
    }
}

impl<'a> Octets<'a> {
    /// A buffer that has to be empty.
    pub(super) fn none(&self) -> Result<Payload<'a>, PayloadError> {
        self.finish().map(|()| Payload::Empty)
    }

    /// A buffer of one number.
    pub(super) fn number(&mut self, meaning: fn(u32) -> Payload<'a>) -> Result<Payload<'a>, PayloadError> {
        let number = self.u32()?;
        self.finish().map(|()| meaning(number))
    }

    /// A buffer of one identifier.
    pub(super) fn id(&mut self) -> Result<Payload<'a>, PayloadError> {
        self.text().map(Payload::Id)
    }

    /// A buffer of identifiers.
    pub(super) fn ids(&mut self) -> Result<Payload<'a>, PayloadError> {
        self.strings().map(Payload::Ids)
    }

    /// A buffer of a dependency expression.
    pub(super) fn expression(&mut self) -> Result<Payload<'a>, PayloadError> {
        self.text().map(Payload::Expression)
    }

    /// A buffer of properties.
    pub(super) fn properties(&mut self) -> Result<Payload<'a>, PayloadError> {
        PropertyList::read(self).map(Payload::Properties)
    }
}
