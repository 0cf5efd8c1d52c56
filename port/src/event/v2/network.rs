//! Events of networks and network interfaces (MS-CMRP 2.2.2.16, 2.2.2.17).

use alloc::vec::Vec;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChangeNetInterfaceV2 as InterfaceFlag, ClusterChangeNetworkV2 as Flag};

use super::content::Content;
use super::error::PayloadError;
use super::octets::Octets;
use super::payload::Payload;
use super::{EventV2, NetInterfaceState, NetworkState, PropertyList};

/// A network: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_NETWORK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkEvent<'a> {
    /// The network was removed.
    Deleted,
    /// Common properties changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties changed; their new values.
    PrivateProperty(&'a PropertyList<'a>),
    /// The network is in this state now.
    State(NetworkState),
}

impl<'a> NetworkEvent<'a> {
    /// The event, about this network. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of(&self, network: Network<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content();
        EventV2 {
            filter: ObjectFilter::Network(flag),
            target: network.name,
            buffer: content.write(buffer),
            object_id: network.id,
            parent_id: Some(""),
            name: network.name,
            type_name: Some(""),
        }
    }

    fn content(&self) -> (Flag, Content<'a>) {
        match *self {
            Self::Deleted => (Flag::DELETED, Content::Empty),
            Self::CommonProperty(list) => (Flag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty(list) => (Flag::PRIVATE_PROPERTY, Content::Properties(list)),
            Self::State(state) => (Flag::STATE, Content::Number(state.0)),
        }
    }
}

pub(super) fn payload<'a>(flag: Flag, octets: &mut Octets<'a>) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        Flag::DELETED => octets.none(),
        Flag::COMMON_PROPERTY | Flag::PRIVATE_PROPERTY => octets.properties(),
        Flag::STATE => octets.number(|state| Payload::NetworkState(NetworkState(state))),
        _ => return None,
    })
}

/// A network interface: what an event names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetInterface<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The identifier of the node that it belongs to.
    pub node_id: &'a str,
}

/// An event of the object type `CLUSTER_OBJECT_TYPE_NETWORK_INTERFACE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetInterfaceEvent<'a> {
    /// The interface was removed.
    Deleted,
    /// Common properties changed; their new values.
    CommonProperty(&'a PropertyList<'a>),
    /// Private properties changed; their new values.
    PrivateProperty(&'a PropertyList<'a>),
    /// The interface is in this state now.
    State(NetInterfaceState),
}

impl<'a> NetInterfaceEvent<'a> {
    /// The event, about this interface. Its buffer is written into `buffer`, whose former content is dropped.
    pub fn of(&self, interface: NetInterface<'a>, buffer: &'a mut Vec<u8>) -> EventV2<'a> {
        let (flag, content) = self.content();
        EventV2 {
            filter: ObjectFilter::NetInterface(flag),
            target: interface.name,
            buffer: content.write(buffer),
            object_id: interface.id,
            parent_id: Some(interface.node_id),
            name: interface.name,
            type_name: Some(""),
        }
    }

    fn content(&self) -> (InterfaceFlag, Content<'a>) {
        match *self {
            Self::Deleted => (InterfaceFlag::DELETED, Content::Empty),
            Self::CommonProperty(list) => (InterfaceFlag::COMMON_PROPERTY, Content::Properties(list)),
            Self::PrivateProperty(list) => (InterfaceFlag::PRIVATE_PROPERTY, Content::Properties(list)),
            Self::State(state) => (InterfaceFlag::STATE, Content::Number(state.0)),
        }
    }
}

pub(super) fn interface_payload<'a>(
    flag: InterfaceFlag,
    octets: &mut Octets<'a>,
) -> Option<Result<Payload<'a>, PayloadError>> {
    Some(match flag {
        InterfaceFlag::DELETED => octets.none(),
        InterfaceFlag::COMMON_PROPERTY | InterfaceFlag::PRIVATE_PROPERTY => octets.properties(),
        InterfaceFlag::STATE => octets.number(|state| Payload::NetInterfaceState(NetInterfaceState(state))),
        _ => return None,
    })
}
