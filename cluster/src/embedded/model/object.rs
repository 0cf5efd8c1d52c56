//! The objects of a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cmrp_port::event::v2;
use cmrp_port::time::Instant;
use serde::{Deserialize, Serialize};

use super::name::{GroupId, GroupSetId, Name, NetworkId, NodeId, ResourceId};
use super::properties::Properties;

/// The cluster itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// The name that `ApiSetClusterName` stored, in effect when the network name resource goes online next.
    pub next_name: Option<String>,
    /// `ClusterInstanceID`: a GUID.
    pub id: String,
    /// Common properties that were set.
    pub common: Properties,
    /// Private properties.
    pub private: Properties,
}

/// What decides which part of a divided cluster goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Quorum {
    /// The quorum resource; `None` for a majority of nodes.
    pub resource: Option<ResourceId>,
    /// `lpszDeviceName` of `ApiSetQuorumResource`.
    pub device: String,
    /// The largest size of the quorum log in octets.
    pub max_log_size: u32,
    /// Whether the active nodes have lost their majority, so that no node serves.
    pub lost: bool,
}

macro_rules! states {
    ($($(#[$doc:meta])+ $name:ident as $wire:ident { $($(#[$state_doc:meta])+ $state:ident = $number:ident,)+ })+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$state_doc])+ $state,)+
        }

        impl $name {
            /// The number on the wire.
            pub const fn wire(self) -> v2::$wire {
                match self {
                    $(Self::$state => v2::$wire::$number,)+
                }
            }
        }
    )+};
}

states! {
    /// The state of a node (MS-CMRP 3.1.4.2.69).
    NodeState as NodeState {
        /// It is an active node.
        Up = UP,
        /// It is not.
        Down = DOWN,
        /// It is an active node that takes no groups.
        Paused = PAUSED,
        /// It is about to become an active node.
        Joining = JOINING,
    }
    /// The state of a resource (MS-CMRP 3.1.4.2.13).
    ResourceState as ResourceState {
        /// It is online.
        Online = ONLINE,
        /// It is offline.
        Offline = OFFLINE,
        /// It has failed.
        Failed = FAILED,
        /// It is going online.
        OnlinePending = ONLINE_PENDING,
        /// It is going offline.
        OfflinePending = OFFLINE_PENDING,
    }
    /// The state of a network (MS-CMRP 3.1.4.2.84).
    NetworkState as NetworkState {
        /// No node can use it, or the cluster is not to.
        Unavailable = UNAVAILABLE,
        /// All its interfaces have failed.
        Down = DOWN,
        /// Some nodes cannot reach others over it.
        Partitioned = PARTITIONED,
        /// It works.
        Up = UP,
    }
    /// The state of a network interface (MS-CMRP 3.1.4.2.95).
    InterfaceState as NetInterfaceState {
        /// Its node is down.
        Unavailable = UNAVAILABLE,
        /// It has failed.
        Failed = FAILED,
        /// It reaches no other interface.
        Unreachable = UNREACHABLE,
        /// It works.
        Up = UP,
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: NodeState,
    /// Its state number.
    #[serde(default)]
    pub sequence: u32,
    /// Which object it is, of those that had its name: handles keep the number.
    #[serde(default)]
    pub born: u64,
    /// When its joining is done. After a restart: at once.
    #[serde(skip)]
    pub due: Option<Instant>,
    /// The groups that left it as it was drained, to come back when it resumes.
    #[serde(default)]
    pub drained: BTreeSet<GroupId>,
    /// Common properties that were set.
    #[serde(default)]
    pub common: Properties,
    /// Private properties.
    #[serde(default)]
    pub private: Properties,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Group {
    /// Its name.
    pub name: String,
    /// `CLUSGROUP_TYPE` of clusapi.h: 1 is the core group, 9999 unknown.
    pub group_type: u32,
    /// The type that it has again when it is no group of shared volumes any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_type: Option<u32>,
    /// The node that owns it.
    pub owner: NodeId,
    /// The nodes that it prefers, the best first.
    #[serde(default)]
    pub preferred: Vec<NodeId>,
    /// Whether it is to be online: `PersistentState`.
    #[serde(default)]
    pub wanted: bool,
    /// Its state as it was told last, in the numbers of the wire (MS-CMRP 3.1.4.2.46).
    #[serde(default = "offline")]
    pub state: u32,
    /// Where it goes when all its resources are offline: it is being moved.
    #[serde(default)]
    pub moving: Option<NodeId>,
    /// How often it has failed over since it was last online at the wish of a client.
    #[serde(default)]
    pub failovers: u32,
    /// Its state number.
    #[serde(default)]
    pub sequence: u32,
    /// Which object it is, of those that had its name.
    #[serde(default)]
    pub born: u64,
    /// The group set that it belongs to.
    #[serde(default)]
    pub set: Option<GroupSetId>,
    /// The groups and group sets that it depends on.
    #[serde(default)]
    pub dependencies: Expression,
    /// Common properties that were set.
    #[serde(default)]
    pub common: Properties,
    /// Private properties.
    #[serde(default)]
    pub private: Properties,
}

fn offline() -> u32 {
    v2::GroupState::OFFLINE.0
}

/// What an object depends on. Leaves are identifiers: of resources where a resource depends, of groups or group sets
/// where a group or group set does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expression {
    /// Nothing.
    #[default]
    None,
    /// The object of this identifier.
    On(String),
    /// All of these.
    All(Vec<Expression>),
    /// One of these.
    Any(Vec<Expression>),
}

/// What is being done about the state of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// Nothing.
    #[default]
    Stay,
    /// It goes online as soon as what it depends on is.
    Online,
    /// It goes offline as soon as what depends on it is.
    Offline,
    /// The same, and then to its persistent state.
    Restart,
}

impl Goal {
    /// Whether nothing is being done. By reference, as serde asks.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that skip_serializing_if wants")]
    fn is_stay(&self) -> bool {
        *self == Self::Stay
    }
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// The name of its type.
    pub type_name: Name,
    /// The group that it belongs to.
    pub group: GroupId,
    /// Its state.
    pub state: ResourceState,
    /// Whether it is to be online: `PersistentState`.
    #[serde(default)]
    pub wanted: bool,
    /// When what is pending is done, or when a resource that failed goes online again. After a restart: at once.
    #[serde(skip)]
    pub due: Option<Instant>,
    /// What is being worked towards. It is kept, so that a restart goes on with it.
    #[serde(default, skip_serializing_if = "Goal::is_stay")]
    pub goal: Goal,
    /// How often it has been restarted since it was last online at the wish of a client.
    #[serde(default)]
    pub restarts: u32,
    /// Its state number.
    #[serde(default)]
    pub sequence: u32,
    /// Which object it is, of those that had its name.
    #[serde(default)]
    pub born: u64,
    /// The resources that it depends on.
    #[serde(default)]
    pub dependencies: Expression,
    /// The nodes that can host it; `None` for all that its type can be hosted by.
    #[serde(default)]
    pub possible: Option<BTreeSet<NodeId>>,
    /// Whether it runs in a monitor of its own (`CLUSTER_RESOURCE_SEPARATE_MONITOR`).
    #[serde(default)]
    pub separate_monitor: bool,
    /// Whether it belongs to the cluster itself, so that it cannot be deleted.
    #[serde(default)]
    pub core: bool,
    /// Common properties that were set.
    #[serde(default)]
    pub common: Properties,
    /// Private properties.
    #[serde(default)]
    pub private: Properties,
}

/// A resource type. Its name is its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ResourceType {
    /// `Name` of its display.
    pub display_name: String,
    /// The file of its DLL.
    pub dll: String,
    /// The time between looks-alive checks in milliseconds.
    pub looks_alive: u32,
    /// The time between is-alive checks in milliseconds.
    pub is_alive: u32,
    /// The nodes that can host it; `None` for all.
    pub possible: Option<BTreeSet<NodeId>>,
    /// Whether a resource of it can be the quorum resource.
    pub quorum_capable: bool,
    /// Whether the cluster knows it but no node has it installed, so that its control codes fail.
    pub not_installed: bool,
    /// `CLUSTER_RESOURCE_CLASS` in clusapi.h: 1 is storage, 2 is network, 32768 and above user-defined.
    pub class: u32,
    /// Common properties that were set.
    pub common: Properties,
    /// Private properties.
    pub private: Properties,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: NetworkState,
    /// Its state number.
    #[serde(default)]
    pub sequence: u32,
    /// Which object it is, of those that had its name.
    #[serde(default)]
    pub born: u64,
    /// `Address`.
    #[serde(default)]
    pub address: String,
    /// `AddressMask`.
    #[serde(default)]
    pub mask: String,
    /// `Role`: 0 none, 1 internal, 2 client access, 3 both.
    #[serde(default)]
    pub role: u32,
    /// Whether it has failed at the wish of a [`Change`](crate::change::Change).
    #[serde(default)]
    pub failed: bool,
    /// Common properties that were set.
    #[serde(default)]
    pub common: Properties,
    /// Private properties.
    #[serde(default)]
    pub private: Properties,
}

/// A network interface: one node's place on one network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// The node.
    pub node: NodeId,
    /// The network.
    pub network: NetworkId,
    /// Its state.
    pub state: InterfaceState,
    /// Its state number.
    #[serde(default)]
    pub sequence: u32,
    /// Which object it is, of those that had its name.
    #[serde(default)]
    pub born: u64,
    /// `Address`.
    #[serde(default)]
    pub address: String,
    /// `Adapter`.
    #[serde(default)]
    pub adapter: String,
    /// Whether it has failed at the wish of a [`Change`](crate::change::Change).
    #[serde(default)]
    pub failed: bool,
    /// Common properties that were set.
    #[serde(default)]
    pub common: Properties,
    /// Private properties.
    #[serde(default)]
    pub private: Properties,
}

/// A group set. The groups in it name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct GroupSet {
    /// Its name.
    pub name: String,
    /// Which object it is, of those that had its name.
    pub born: u64,
    /// The group sets that it depends on.
    pub dependencies: Expression,
    /// The fault domain and update domain of groups that were added with them.
    pub domains: BTreeMap<GroupId, (u32, u32)>,
    /// Common properties that were set.
    pub common: Properties,
    /// Private properties.
    pub private: Properties,
}

/// A key of the cluster registry. Copies share what is below until one changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Key {
    /// The keys below it.
    pub keys: BTreeMap<Name, Arc<Key>>,
    /// Its values.
    pub values: BTreeMap<Name, KeyValue>,
    /// When it was written last, in steps of 100 ns since 1601.
    pub written: u64,
    /// Its security descriptor, self-relative; empty for that of the key above.
    pub security: Vec<u8>,
    /// Which key it is, of those that had its path.
    pub born: u64,
}

/// A value of a registry key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct KeyValue {
    /// Its type: 1 `REG_SZ`, 3 `REG_BINARY`, 4 `REG_DWORD`, and so on.
    pub kind: u32,
    /// Its octets.
    pub data: Arc<Vec<u8>>,
}

impl NodeState {
    /// Whether the node takes part in the cluster (MS-CMRP 3.1.1.6): it is up, paused or not.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Up | Self::Paused)
    }
}

impl ResourceState {
    /// Whether a transition is under way.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::OnlinePending | Self::OfflinePending)
    }
}

impl Expression {
    /// The identifiers in it, each as often as it stands there.
    pub fn leaves(&self) -> Vec<&str> {
        match self {
            Self::None => Vec::new(),
            Self::On(id) => vec![id],
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::leaves).collect(),
        }
    }

    /// What is left without the object of this identifier.
    #[must_use]
    pub fn without(&self, id: &str) -> Self {
        match self {
            Self::On(other) if other == id => Self::None,
            Self::None | Self::On(_) => self.clone(),
            Self::All(parts) => Self::joined(Self::All, parts, id),
            Self::Any(parts) => Self::joined(Self::Any, parts, id),
        }
    }

    fn joined(join: fn(Vec<Self>) -> Self, parts: &[Self], but: &str) -> Self {
        let mut left: Vec<Self> =
            parts.iter().map(|part| part.without(but)).filter(|part| *part != Self::None).collect();
        match (left.pop(), left.is_empty()) {
            (None, _) => Self::None,
            (Some(only), true) => only,
            (Some(last), false) => {
                left.push(last);
                join(left)
            }
        }
    }

    /// This and, besides, the object of this identifier.
    #[must_use]
    pub fn and(&self, id: &str) -> Self {
        let more = Self::On(id.to_owned());
        match self {
            Self::None => more,
            Self::On(_) | Self::Any(_) => Self::All(vec![self.clone(), more]),
            Self::All(parts) => Self::All(parts.iter().cloned().chain([more]).collect()),
        }
    }

    /// The expression as it is written (MS-CMRP 3.1.4.2.109): identifiers or names in square brackets, and parentheses
    /// around what is joined by "or".
    pub fn text(&self, name: &impl Fn(&str) -> String) -> String {
        let join = |parts: &[Self], word: &str| {
            parts.iter().map(|part| part.part(name)).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::None => String::new(),
            Self::On(id) => format!("[{}]", name(id)),
            Self::All(parts) => join(parts, " and "),
            Self::Any(parts) => join(parts, " or "),
        }
    }

    fn part(&self, name: &impl Fn(&str) -> String) -> String {
        match self {
            Self::None | Self::On(_) => self.text(name),
            Self::All(_) | Self::Any(_) => format!("({})", self.text(name)),
        }
    }

    /// Whether the object of this identifier stands in it.
    pub fn names(&self, id: &str) -> bool {
        match self {
            Self::None => false,
            Self::On(other) => other == id,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.names(id)),
        }
    }
}

impl ResourceType {
    /// The nodes of a cluster that can host resources of the type.
    pub fn can_run_on(&self, node: NodeId) -> bool {
        self.possible.as_ref().is_none_or(|nodes| nodes.contains(&node))
    }
}

impl Resource {
    /// Whether something happens to it when its time has come.
    pub fn waits(&self) -> bool {
        self.state.is_pending() || (self.due.is_some() && self.goal == Goal::Online)
    }

    /// Its type's name.
    pub fn kind(&self) -> &str {
        self.type_name.as_str()
    }

    /// The identifiers of the resources that it depends on.
    pub fn depends_on(&self) -> impl Iterator<Item = ResourceId> + '_ {
        self.dependencies.leaves().into_iter().map(ResourceId::new)
    }
}
