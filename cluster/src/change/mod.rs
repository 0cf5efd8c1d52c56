//! What happens to a cluster from outside, as data: one JSON object a line.
//!
//! `docs/changes.md` lists every kind with an example.

mod error;
mod parse;

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::error::ChangeError;
pub use self::parse::{MOST_OCTETS, read_line};
use crate::plain::PlainValue;

/// Something that happens to a cluster from outside: hardware that fails, an administrator on another node.
///
/// Names are compared without case. Nodes, groups, resources, networks and interfaces can be given by id as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// The node stops being an active member; its groups move to others where they can.
    NodeDown {
        /// The node.
        node: String,
    },
    /// The node joins and becomes an active member.
    NodeUp {
        /// The node.
        node: String,
    },
    /// The node takes no more groups; with `drain`, its groups move to others first.
    NodePaused {
        /// The node.
        node: String,
        /// Whether its groups leave it.
        #[serde(default, skip_serializing_if = "is_false")]
        drain: bool,
    },
    /// The node takes groups again.
    NodeResumed {
        /// The node.
        node: String,
    },
    /// A node is added to the configuration; it is down until it is told to come up.
    NodeAdded {
        /// The name of the new node.
        node: String,
    },
    /// The node is removed from the configuration.
    NodeEvicted {
        /// The node.
        node: String,
    },
    /// The resource fails its health check; its restart policy decides what follows.
    ResourceFailed {
        /// The resource.
        resource: String,
    },
    /// The resource is brought online, after those that it depends on.
    ResourceOnline {
        /// The resource.
        resource: String,
    },
    /// The resource is taken offline, after those that depend on it.
    ResourceOffline {
        /// The resource.
        resource: String,
    },
    /// A resource is created in a group; it is offline.
    ResourceCreated {
        /// The name of the new resource.
        resource: String,
        /// The group that it belongs to.
        group: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: String,
    },
    /// The resource is deleted.
    ResourceDeleted {
        /// The resource.
        resource: String,
    },
    /// The resource gets another name.
    ResourceRenamed {
        /// The resource.
        resource: String,
        /// Its new name.
        to: String,
    },
    /// The resource moves to another group.
    ResourceMoved {
        /// The resource.
        resource: String,
        /// Its new group.
        group: String,
    },
    /// The resource depends on another one from now on.
    DependencyAdded {
        /// The resource.
        resource: String,
        /// What it depends on.
        on: String,
    },
    /// The resource no longer depends on another one.
    DependencyRemoved {
        /// The resource.
        resource: String,
        /// What it depended on.
        on: String,
    },
    /// The group and its resources are brought online.
    GroupOnline {
        /// The group.
        group: String,
    },
    /// The group and its resources are taken offline.
    GroupOffline {
        /// The group.
        group: String,
    },
    /// The group moves to another node: to this one, or to the one that suits best.
    GroupMoved {
        /// The group.
        group: String,
        /// The node.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// An empty group is created.
    GroupCreated {
        /// The name of the new group.
        group: String,
    },
    /// The group is deleted; it must be empty.
    GroupDeleted {
        /// The group.
        group: String,
    },
    /// The group gets another name.
    GroupRenamed {
        /// The group.
        group: String,
        /// Its new name.
        to: String,
    },
    /// Something happens to the network.
    NetworkState {
        /// The network.
        network: String,
        /// What has become of it.
        state: NetworkCondition,
    },
    /// The network gets another name.
    NetworkRenamed {
        /// The network.
        network: String,
        /// Its new name.
        to: String,
    },
    /// Something happens to the interface.
    InterfaceState {
        /// The interface.
        interface: String,
        /// What has become of it.
        state: InterfaceCondition,
    },
    /// A property of an object gets a value.
    PropertySet {
        /// The object.
        of: Target,
        /// The name of the property.
        property: String,
        /// Its new value.
        value: PlainValue,
        /// Whether it is a private property of the object's type; a common one otherwise.
        #[serde(default, skip_serializing_if = "is_false")]
        private: bool,
    },
    /// The cluster gets another name.
    ClusterRenamed {
        /// Its new name.
        to: String,
    },
    /// The active nodes lose their majority, or have it again. Without it no node serves clients.
    Quorum {
        /// Whether there is a quorum.
        held: bool,
    },
    /// A value of the registry is set; its key is created where it is missing.
    RegistrySet {
        /// The path of the key below the root key, parts separated by backslashes.
        key: String,
        /// The name of the value.
        value: String,
        /// What it is set to.
        data: PlainValue,
    },
    /// A value of the registry is deleted.
    RegistryValueDeleted {
        /// The path of the key below the root key.
        key: String,
        /// The name of the value.
        value: String,
    },
    /// A key of the registry is created, with the keys above it.
    RegistryKeyCreated {
        /// The path of the key below the root key.
        key: String,
    },
    /// A key of the registry is deleted; it must have no keys below it.
    RegistryKeyDeleted {
        /// The path of the key below the root key.
        key: String,
    },
    /// A resource type is added.
    TypeAdded {
        /// The name of the new type.
        #[serde(rename = "type")]
        kind: String,
    },
    /// A resource type is removed; no resource may be of it.
    TypeDeleted {
        /// The type.
        #[serde(rename = "type")]
        kind: String,
    },
    /// An empty group set is created.
    GroupSetCreated {
        /// The name of the new group set.
        group_set: String,
    },
    /// The group set is deleted; it must be empty.
    GroupSetDeleted {
        /// The group set.
        group_set: String,
    },
    /// The group joins the group set.
    GroupSetJoined {
        /// The group set.
        group_set: String,
        /// The group.
        group: String,
    },
    /// The group leaves the group set.
    GroupSetLeft {
        /// The group set.
        group_set: String,
        /// The group.
        group: String,
    },
}

/// An object that has properties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The cluster.
    Cluster,
    /// A node.
    Node(String),
    /// A group.
    Group(String),
    /// A resource.
    Resource(String),
    /// A resource type.
    Type(String),
    /// A network.
    Network(String),
    /// A network interface.
    Interface(String),
    /// A group set.
    GroupSet(String),
}

/// What can be told of a network; the state that follows depends on its interfaces and nodes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkCondition {
    /// No node can talk over it.
    Down,
    /// Its last interface whose node is active is cut off from the others.
    Partitioned,
    /// It works, and so do all its interfaces.
    Up,
}

/// What can be told of a network interface; the state that follows depends on its node and network too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InterfaceCondition {
    /// It is broken.
    Failed,
    /// It works.
    Up,
}

/// A change, and how long after the one before it: a line of a file of changes.
///
/// ```
/// use std::time::Duration;
/// use cmrp_cluster::change::{Change, Scheduled};
///
/// let line: Scheduled = r#"{"change":"node_down","node":"node2","after":"1.5s"}"#.parse().unwrap();
/// assert_eq!(line.after, Duration::from_millis(1500));
/// assert_eq!(line.change, Change::NodeDown { node: "node2".into() });
///
/// let error = r#"{"change":"node_dwon","node":"node2"}"#.parse::<Scheduled>().unwrap_err();
/// assert_eq!(error.help.as_deref(), Some("did you mean `node_down`?"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// How long after the change before it, to the millisecond; zero if the line does not say.
    pub after: Duration,
    /// What happens.
    pub change: Change,
}

impl fmt::Display for Change {
    /// The change as JSON on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::write(self, Duration::ZERO, f)
    }
}

impl fmt::Display for Scheduled {
    /// The change as JSON on one line; it reads back as the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parse::write(&self.change, self.after, f)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
