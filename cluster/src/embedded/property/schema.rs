//! The common properties of each kind of object: type, range, default, and whether a client may set them
//! (MS-CMRP 3.1.1.9; ranges and defaults as clusapi.h and the documentation of the client library give them).

use crate::control::ControlledObject;
use crate::embedded::model::Property;

/// One common property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) writable: bool,
}

/// The type of a property, its default and, of numbers, its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Dword { default: u32, least: u32, most: u32 },
    Text(&'static str),
    Texts,
    Long64,
    Time,
    Security,
}

impl Kind {
    /// What an object has that was never given a value.
    pub(crate) fn default(self) -> Property {
        match self {
            Self::Dword { default, .. } => Property::Dword(default),
            Self::Text(text) => Property::Sz(text.to_owned()),
            Self::Texts => Property::MultiSz(Vec::new()),
            Self::Long64 => Property::UlargeInteger(0),
            Self::Time => Property::FileTime(0),
            Self::Security => Property::SecurityDescriptor(Vec::new()),
        }
    }

    /// Whether a value is of the type and within the range.
    pub(crate) fn admits(self, value: &Property) -> bool {
        match (self, value) {
            // The value for "not set" is outside some ranges, and allowed where it is the default.
            (Self::Dword { default, least, most }, Property::Dword(value)) => {
                (least..=most).contains(value) || *value == default
            }
            (Self::Security, Property::SecurityDescriptor(octets)) => {
                crate::registry::SecurityDescriptor::parse(octets).is_ok()
            }
            (Self::Text(_), Property::Sz(_))
            | (Self::Texts, Property::MultiSz(_))
            | (Self::Long64, Property::UlargeInteger(_))
            | (Self::Time, Property::FileTime(_)) => true,
            _ => false,
        }
    }
}

/// Those of a kind of object.
pub(crate) fn of(object: ControlledObject) -> &'static [Schema] {
    match object {
        ControlledObject::Cluster => CLUSTER,
        ControlledObject::Node => NODE,
        ControlledObject::Group => GROUP,
        ControlledObject::Resource => RESOURCE,
        ControlledObject::ResourceType => RESOURCE_TYPE,
        ControlledObject::Network => NETWORK,
        ControlledObject::NetInterface => NET_INTERFACE,
        ControlledObject::GroupSet => GROUP_SET,
    }
}

const ANY: u32 = u32::MAX;

const fn dword(name: &'static str, default: u32, least: u32, most: u32) -> Schema {
    Schema { name, kind: Kind::Dword { default, least, most }, writable: true }
}

const fn flag(name: &'static str, default: u32) -> Schema {
    dword(name, default, 0, 1)
}

const fn text(name: &'static str) -> Schema {
    Schema { name, kind: Kind::Text(""), writable: true }
}

const fn texts(name: &'static str) -> Schema {
    Schema { name, kind: Kind::Texts, writable: true }
}

const fn long(name: &'static str) -> Schema {
    Schema { name, kind: Kind::Long64, writable: true }
}

const fn fixed(schema: Schema) -> Schema {
    Schema { writable: false, ..schema }
}

const fn number(name: &'static str) -> Schema {
    fixed(dword(name, 0, 0, ANY))
}

/// MS-CMRP 3.1.4.3.7.
#[rustfmt::skip]
const CLUSTER: &[Schema] = &[
    text("Description"),
    Schema { name: "Security Descriptor", kind: Kind::Security, writable: true },
    dword("DefaultNetworkRole", 3, 0, 3),
    dword("QuorumArbitrationTimeMax", 20, 1, ANY),
    dword("ClusSvcHangTimeout", 60, 1, ANY),
    dword("HangRecoveryAction", 3, 0, 5),
    dword("RequestReplyTimeout", 60, 0, ANY),
    dword("WitnessRestartInterval", 15, 0, ANY),
    dword("WitnessDatabaseWriteTimeout", 300, 0, ANY),
    dword("AddEvictDelay", 60, 0, ANY),
    flag("IgnorePersistentStateOnStartup", 0),
    Schema { name: "SharedVolumesRoot", kind: Kind::Text("C:\\ClusterStorage"), writable: true },
    flag("EnableSharedVolumes", 1),
    dword("SharedVolumeVssWriterOperationTimeout", 1800, 0, ANY),
    dword("ClusterGroupWaitDelay", 120, 0, ANY),
    dword("MinimumPreemptorPriority", 1, 0, ANY),
    dword("MinimumNeverPreemptPriority", 3000, 0, ANY),
    flag("ClusterEnforcedAntiaffinity", 0),
    dword("ShutdownTimeoutInMinutes", 20, 0, ANY),
    dword("BlockCacheSize", 1024, 0, ANY),
    dword("RouteHistoryLength", 40, 0, ANY),
    Schema { name: "RecentEventsResetTime", kind: Kind::Time, writable: true },
    flag("DrainOnShutdown", 1),
    flag("DynamicQuorum", 1),
    flag("FixQuorum", 0),
    flag("PreventQuorum", 0),
    dword("NetftIPSecEnabled", 1, 0, 1),
    dword("MessageBufferLength", 50, 0, ANY),
    dword("DatabaseReadWriteMode", 0, 0, 2),
    dword("ResiliencyLevel", 2, 1, 2),
    dword("ResiliencyDefaultPeriod", 240, 0, ANY),
    dword("QuarantineThreshold", 3, 0, ANY),
    dword("QuarantineDuration", 7200, 0, ANY),
    text("PreferredSite"),
    dword("AutoBalancerMode", 2, 0, 2),
    dword("AutoBalancerLevel", 1, 1, 3),
    dword("GroupDependencyTimeout", 600, 0, ANY),
    dword("PlacementOptions", 0, 0, ANY),
    dword("SameSubnetDelay", 1000, 250, 2000),
    dword("CrossSubnetDelay", 1000, 250, 4000),
    dword("CrossSiteDelay", 1000, 250, 4000),
    dword("SameSubnetThreshold", 20, 3, 120),
    dword("CrossSubnetThreshold", 20, 3, 120),
    dword("CrossSiteThreshold", 20, 3, 120),
    dword("PlumbAllCrossSubnetRoutes", 0, 0, 2),
    dword("ClusterLogLevel", 3, 0, 5),
    dword("ClusterLogSize", 1536, 8, 2048),
    fixed(flag("BackupInProgress", 0)),
    fixed(flag("WitnessDynamicWeight", 0)),
    fixed(dword("AdminAccessPoint", 1, 0, 2)),
    fixed(dword("ClusterFunctionalLevel", 10, 0, ANY)),
    fixed(dword("ClusterUpgradeVersion", 3, 0, ANY)),
];

/// MS-CMRP 3.1.4.3.4.
#[rustfmt::skip]
const NODE: &[Schema] = &[
    text("Description"),
    flag("NodeWeight", 1),
    texts("FaultDomain"),
    fixed(text("NodeName")),
    fixed(dword("NodeHighestVersion", 0x000A_0003, 0, ANY)),
    fixed(dword("NodeLowestVersion", 0x000A_0003, 0, ANY)),
    fixed(dword("MajorVersion", 10, 0, ANY)),
    number("MinorVersion"),
    fixed(dword("BuildNumber", 17763, 0, ANY)),
    fixed(text("CSDVersion")),
    fixed(text("NodeInstanceID")),
    fixed(flag("DynamicWeight", 1)),
    number("NodeDrainStatus"),
    fixed(dword("NodeDrainTarget", ANY, 0, ANY)),
    fixed(flag("NeedsPreventQuorum", 0)),
    number("StatusInformation"),
];

/// MS-CMRP 3.1.4.3.3.
#[rustfmt::skip]
const GROUP: &[Schema] = &[
    text("Description"),
    flag("PersistentState", 0),
    dword("FailoverThreshold", ANY, 0, ANY),
    dword("FailoverPeriod", 6, 0, 1193),
    flag("AutoFailbackType", 0),
    dword("FailbackWindowStart", ANY, 0, 23),
    dword("FailbackWindowEnd", ANY, 0, 23),
    dword("Priority", 2000, 0, 4999),
    dword("GroupType", 9999, 0, ANY),
    dword("DefaultOwner", ANY, 1, ANY),
    texts("AntiAffinityClassNames"),
    dword("GroupStartDelay", 0, 0, ANY),
    dword("ResiliencyPeriod", 240, 0, ANY),
    text("PreferredSite"),
    dword("ColdStartSetting", 0, 0, 2),
    dword("FaultDomain", 0, 0, ANY),
    dword("UpdateDomain", 0, 0, ANY),
    dword("PlacementOptions", 0, 0, ANY),
    flag("LockedFromMoving", 0),
    fixed(text("Name")),
    fixed(long("StatusInformation")),
];

/// MS-CMRP 3.1.4.3.1.
#[rustfmt::skip]
const RESOURCE: &[Schema] = &[
    text("Description"),
    flag("SeparateMonitor", 0),
    flag("PersistentState", 0),
    dword("LooksAlivePollInterval", ANY, 0, ANY),
    dword("IsAlivePollInterval", ANY, 0, ANY),
    dword("RestartAction", 2, 0, 2),
    dword("RestartThreshold", 1, 0, ANY),
    dword("RestartPeriod", 900_000, 0, ANY),
    dword("RestartDelay", 500, 0, ANY),
    dword("RetryPeriodOnFailure", 3_600_000, 0, ANY),
    dword("EmbeddedFailureAction", 2, 0, 2),
    dword("PendingTimeout", 180_000, 0, ANY),
    dword("DeadlockTimeout", 300_000, 0, ANY),
    fixed(text("Name")),
    fixed(text("Type")),
    number("MonitorProcessId"),
    fixed(long("LastOperationStatusCode")),
    fixed(long("StatusInformation")),
    fixed(long("ResourceSpecificData1")),
    fixed(long("ResourceSpecificData2")),
    fixed(text("ResourceSpecificStatus")),
];

/// MS-CMRP 3.1.4.3.2.
#[rustfmt::skip]
const RESOURCE_TYPE: &[Schema] = &[
    text("Name"),
    text("Description"),
    texts("AdminExtensions"),
    dword("LooksAlivePollInterval", 5000, 0, ANY),
    dword("IsAlivePollInterval", 60_000, 0, ANY),
    dword("PendingTimeout", 180_000, 0, ANY),
    dword("DeadlockTimeout", 300_000, 0, ANY),
    long("DumpPolicy"),
    texts("DumpLogQuery"),
    texts("DumpServices"),
    texts("EnabledEventLogs"),
    dword("MaximumMonitors", 0, 0, ANY),
    fixed(text("DllName")),
];

/// MS-CMRP 3.1.4.3.5.
#[rustfmt::skip]
const NETWORK: &[Schema] = &[
    text("Description"),
    dword("Role", 3, 0, 3),
    dword("Metric", 0, 0, ANY),
    flag("AutoMetric", 1),
    fixed(text("Name")),
    fixed(text("Address")),
    fixed(text("AddressMask")),
    fixed(texts("IPv4Addresses")),
    fixed(texts("IPv4PrefixLengths")),
    fixed(texts("IPv6Addresses")),
    fixed(texts("IPv6PrefixLengths")),
    fixed(long("LinkSpeed")),
    fixed(flag("RdmaCapable", 0)),
    fixed(flag("RssCapable", 0)),
];

/// MS-CMRP 3.1.4.3.6.
#[rustfmt::skip]
const NET_INTERFACE: &[Schema] = &[
    text("Description"),
    fixed(text("Name")),
    fixed(text("Node")),
    fixed(text("Network")),
    fixed(text("Adapter")),
    fixed(text("AdapterId")),
    fixed(text("Address")),
    fixed(flag("DhcpEnabled", 0)),
    fixed(texts("IPv4Addresses")),
    fixed(texts("IPv6Addresses")),
];

/// MS-CMRP 3.1.4.3.8.
#[rustfmt::skip]
const GROUP_SET: &[Schema] = &[
    dword("StartupSetting", 1, 1, 4),
    dword("StartupCount", ANY, 0, ANY),
    dword("StartupDelay", 20, 0, ANY),
    flag("IsGlobal", 0),
    flag("IsAvailabilitySet", 0),
    dword("FaultDomains", 0, 0, ANY),
    dword("UpdateDomains", 0, 0, ANY),
    flag("ReserveSpareNode", 0),
    fixed(text("Name")),
    fixed(long("StatusInformation")),
];
