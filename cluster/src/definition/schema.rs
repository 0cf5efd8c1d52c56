//! The members of a definition.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use cmrp_port::access::Access;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::change::InterfaceCondition;
use crate::embedded;
use crate::plain::PlainValue;
use crate::source::{parse_duration, show_duration};

/// Names and values of properties, or of a registry key.
pub type Properties = BTreeMap<String, PlainValue>;

/// A cluster as a file defines it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The cluster as a whole.
    pub cluster: Cluster,
    /// Its nodes, in the order in which they joined.
    pub nodes: Vec<Node>,
    /// Its networks. Without any there is one, "Cluster Network 1", to which each node has an interface, unless
    /// interfaces are defined.
    #[serde(default)]
    pub networks: Vec<Network>,
    /// The interfaces of nodes to networks. Without any, each node has one to each network.
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    /// Resource types besides those that every cluster has, or in their place.
    #[serde(default)]
    pub types: Vec<Type>,
    /// Its groups.
    #[serde(default)]
    pub groups: Vec<Group>,
    /// Its group sets.
    #[serde(default)]
    pub group_sets: Vec<GroupSet>,
    /// What decides who goes on when nodes lose sight of each other.
    #[serde(default)]
    pub quorum: Quorum,
    /// Registry keys.
    #[serde(default)]
    pub registry: Vec<Key>,
    /// How long things take.
    #[serde(default)]
    pub timings: Timings,
    /// Who may do what.
    #[serde(default)]
    pub security: Security,
}

/// The cluster as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Its name: 1 to 63 characters (with its NUL, 128 octets on the wire; MS-CMRP 3.1.4.2).
    pub name: String,
    /// The value "`ClusterInstanceID`" of its registry; derived from the name if not given.
    #[serde(default)]
    pub id: Option<String>,
    /// What `ApiGetClusterVersion2` tells.
    #[serde(default)]
    pub version: Version,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
}

/// The version of the cluster software (MS-CMRP 3.1.4.2.102). What is not given is as [`embedded::Version`] has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Version {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
    /// Build number.
    pub build: u16,
    /// The maker.
    pub vendor: String,
    /// The latest service pack.
    pub service_pack: String,
}

impl Default for Version {
    fn default() -> Self {
        let embedded::Version { major, minor, build, vendor, service_pack } = embedded::Version::default();
        Self { major, minor, build, vendor, service_pack }
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its name: 1 to 63 characters.
    pub name: String,
    /// Its id: a number from 1; its place in the list if not given.
    #[serde(default)]
    pub id: Option<u32>,
    /// Its state at the start; up if not given.
    #[serde(default)]
    pub state: NodeHealth,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
}

/// The state of a node at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeHealth {
    /// It is an active member.
    #[default]
    Up,
    /// It is not.
    Down,
    /// It is active and takes no groups.
    Paused,
}

/// A network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Its id, a UUID; derived from the name if not given.
    #[serde(default)]
    pub id: Option<String>,
    /// What it is used for; everything if not given.
    #[serde(default)]
    pub role: NetworkRole,
    /// Its address; 10.0.n.0 for the nth one if not given.
    #[serde(default)]
    pub address: Option<String>,
    /// Its address mask; 255.255.255.0 if not given.
    #[serde(default)]
    pub mask: Option<String>,
    /// What it is like at the start; up if not given.
    #[serde(default)]
    pub state: NetworkHealth,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
}

/// What a network is used for (the common property "Role").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkRole {
    /// Nothing: 0.
    None,
    /// Traffic between nodes: 1.
    Internal,
    /// Traffic between nodes and clients: 3.
    #[default]
    All,
}

impl NetworkRole {
    /// Its number.
    pub const fn number(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Internal => 1,
            Self::All => 3,
        }
    }
}

/// What a network is like at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkHealth {
    /// It works.
    #[default]
    Up,
    /// No node can talk over it.
    Down,
}

/// An interface of a node to a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// Its name; "node - adapter" if not given, as a cluster names it.
    #[serde(default)]
    pub name: Option<String>,
    /// Its id, a UUID; derived from the name if not given.
    #[serde(default)]
    pub id: Option<String>,
    /// The node.
    pub node: String,
    /// The network.
    pub network: String,
    /// The name of the adapter; "Ethernet" if not given.
    #[serde(default)]
    pub adapter: Option<String>,
    /// Its address; the network's with the node's number at its end if not given.
    #[serde(default)]
    pub address: Option<String>,
    /// What it is like at the start; up if not given.
    #[serde(default)]
    pub state: Option<InterfaceCondition>,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
}

impl Interface {
    /// The name of the adapter, given or not.
    pub fn adapter(&self) -> &str {
        self.adapter.as_deref().unwrap_or("Ethernet")
    }

    /// Its name, given or not.
    pub fn full_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{} - {}", self.node, self.adapter()))
    }
}

/// A resource type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// Its name.
    pub name: String,
    /// The name that people see; its name if not given.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The DLL that implements it; clusres.dll if not given.
    #[serde(default)]
    pub dll: Option<String>,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its id, a UUID; derived from the name if not given.
    #[serde(default)]
    pub id: Option<String>,
    /// The number of its type (the common property "`GroupType`"); 9999, unknown, if not given.
    #[serde(default, rename = "type")]
    pub kind: Option<u32>,
    /// The node that has it; the first that is up if not given.
    #[serde(default)]
    pub owner: Option<String>,
    /// The nodes that should have it, the best one first.
    #[serde(default)]
    pub preferred_owners: Vec<String>,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
    /// Its resources.
    #[serde(default)]
    pub resources: Vec<Resource>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Its id, a UUID; derived from the name if not given.
    #[serde(default)]
    pub id: Option<String>,
    /// The name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The resources of its group that must be online before it.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// The nodes that can have it; all if none is given.
    #[serde(default)]
    pub possible_owners: Vec<String>,
    /// Its state at the start; online if not given.
    #[serde(default)]
    pub state: Health,
    /// Whether the cluster cannot do without it, so that it cannot be deleted.
    #[serde(default)]
    pub core: bool,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
}

/// The state of a resource at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It is online.
    #[default]
    Online,
    /// It is offline.
    Offline,
    /// It has failed.
    Failed,
}

/// A group set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSet {
    /// Its name.
    pub name: String,
    /// Its id, a UUID; derived from the name if not given.
    #[serde(default)]
    pub id: Option<String>,
    /// Its groups.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The group sets that come online before it.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// Common properties.
    #[serde(default)]
    pub properties: Properties,
    /// Private properties.
    #[serde(default)]
    pub private_properties: Properties,
}

/// What `ApiGetQuorumResource` tells (MS-CMRP 3.1.4.2.6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quorum {
    /// The resource that is the witness; none if not given: the majority of nodes decides.
    pub resource: Option<String>,
    /// Where the witness keeps its files.
    pub device: String,
    /// How many octets its log may have.
    pub max_log_size: u32,
}

impl Default for Quorum {
    fn default() -> Self {
        Self { resource: None, device: String::new(), max_log_size: 0x0040_0000 }
    }
}

/// A registry key and its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its path below the root key, parts separated by backslashes; empty for the root key.
    pub key: String,
    /// Its values.
    #[serde(default)]
    pub values: Properties,
}

/// How long things take: `"250ms"`, `"1.5s"`, `"2m"`, `"1h"`, up to `"1000h"`. What is not given takes no time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timings {
    /// Until a resource is online.
    pub online: Span,
    /// Until a resource is offline.
    pub offline: Span,
    /// Until a failed resource is brought online again.
    pub restart: Span,
    /// Until a node that joins is up.
    pub join: Span,
}

/// A duration that is written with a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span(pub Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_duration(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&show_duration(self.0))
    }
}

/// Who may do what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Security {
    /// What everyone may do whom the server lets in.
    pub everyone: Everyone,
}

/// What everyone may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Everyone {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Everything.
    #[default]
    All,
}

impl Everyone {
    /// The access level (MS-CMRP 3.1.4.2).
    pub const fn access(self) -> Option<Access> {
        match self {
            Self::None => None,
            Self::Read => Some(Access::Read),
            Self::All => Some(Access::All),
        }
    }
}
