//! A whole cluster as plain data.
//!
//! Objects are found by identifiers that never change; names are looked up without case, as
//! [`cmrp_port::object::same_name`] compares them. What a client sees of an object beyond its members (common
//! properties, say) is made from them, so that nothing is held twice.

mod name;
mod object;
mod properties;
mod state;

pub use name::{GroupId, GroupSetId, InterfaceId, Name, NetworkId, NodeId, ResourceId};
pub use object::{
    Cluster, Expression, Goal, Group, GroupSet, Interface, InterfaceState, Key, KeyValue, Network,
    NetworkState, Node, NodeState, Quorum, Resource, ResourceState, ResourceType,
};
pub use properties::{Properties, Property};
pub use state::State;
