//! Control codes: what each number asks for (MS-CMRP 3.1.4.3).
//!
//! A code has its object in the topmost octet and, below, a function whose two lowest bits say what it needs: 1 reads,
//! 2 writes. [`find`] looks a code up in the table of those that the embedded cluster knows; each is offered for the
//! objects that MS-CMRP lists it for.
//!
//! ```
//! use cmrp_cluster::control::{ControlledObject, find};
//!
//! let code = find(ControlledObject::Group, 0x0300_0059).unwrap();
//! assert_eq!(code.name(ControlledObject::Group), "CLUSCTL_GROUP_GET_COMMON_PROPERTIES");
//! assert!(!code.writes());
//! ```

/// What a code is about: its topmost octet (`CLUSTER_CONTROL_OBJECT` in clusapi.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ControlledObject {
    /// A resource.
    Resource = 1,
    /// A resource type.
    ResourceType = 2,
    /// A group.
    Group = 3,
    /// A node.
    Node = 4,
    /// A network.
    Network = 5,
    /// A network interface.
    NetInterface = 6,
    /// The cluster.
    Cluster = 7,
    /// A group set.
    GroupSet = 8,
}

use ControlledObject::{Cluster, Group, GroupSet, NetInterface, Network, Node, Resource, ResourceType};

impl ControlledObject {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Resource, ResourceType, Group, Node, Network, NetInterface, Cluster, GroupSet];

    const fn name(self) -> &'static str {
        match self {
            Resource => "RESOURCE",
            ResourceType => "RESOURCE_TYPE",
            Group => "GROUP",
            Node => "NODE",
            Network => "NETWORK",
            NetInterface => "NETINTERFACE",
            Cluster => "CLUSTER",
            GroupSet => "GROUPSET",
        }
    }
}

/// What a code does, whatever it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are those of the codes")]
pub enum Function {
    GetCharacteristics,
    GetFlags,
    GetClassInfo,
    GetRequiredDependencies,
    GetName,
    GetResourceType,
    GetNode,
    GetNetwork,
    GetId,
    GetFqdn,
    GetServiceAccountName,
    CheckVoterEvict,
    CheckVoterDown,
    EnumCommonProperties,
    GetRoCommonProperties,
    GetCommonProperties,
    SetCommonProperties,
    ValidateCommonProperties,
    GetCommonPropertyFormats,
    GetCommonResourcePropertyFormats,
    EnumPrivateProperties,
    GetRoPrivateProperties,
    GetPrivateProperties,
    SetPrivateProperties,
    ValidatePrivateProperties,
    GetPrivatePropertyFormats,
    GetPrivateResourcePropertyFormats,
    AddRegistryCheckpoint,
    DeleteRegistryCheckpoint,
    GetRegistryCheckpoints,
    AddCryptoCheckpoint,
    DeleteCryptoCheckpoint,
    GetCryptoCheckpoints,
    GetNetworkName,
    GetDnsName,
    GetDiskInfo,
    GetDiskInfoEx,
    GetDiskNumberInfo,
    GetMountPoints,
    QueryMaintenanceMode,
    SetMaintenanceMode,
    GetClusterDatabaseTimestamp,
    GetGroupsOfSet,
    GetProviderGroups,
    GetProviderGroupSets,
}

/// A code of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlCode {
    /// What it does.
    pub function: Function,
    bits: u32,
    name: &'static str,
    objects: &'static [ControlledObject],
}

impl ControlCode {
    /// Its number for this object.
    pub const fn number(&self, object: ControlledObject) -> u32 {
        (object as u32) << 24 | self.bits
    }

    /// Its name for this object, as MS-CMRP writes it.
    pub fn name(&self, object: ControlledObject) -> String {
        format!("CLUSCTL_{}_{}", object.name(), self.name)
    }

    /// Whether it changes anything: then it needs the level "All" and the server state Read/Write.
    pub const fn writes(&self) -> bool {
        self.bits & 2 != 0
    }

    /// What it can be about.
    pub const fn objects(&self) -> &'static [ControlledObject] {
        self.objects
    }
}

/// The code of this number, if it is one for the object.
pub fn find(object: ControlledObject, number: u32) -> Option<&'static ControlCode> {
    CODES.iter().find(|code| code.objects.contains(&object) && code.number(object) == number)
}

/// The table.
pub const fn all() -> &'static [ControlCode] {
    CODES
}

const ALL: &[ControlledObject] = &ControlledObject::ALL;
/// All but group sets, whose codes are few.
const OLD: &[ControlledObject] = &[Resource, ResourceType, Group, Node, Network, NetInterface, Cluster];
const NAMED: &[ControlledObject] = &[Resource, Group, Node, Network, NetInterface];
const IDENTIFIED: &[ControlledObject] = &[Resource, Group, Node, Network, NetInterface, GroupSet];
const PROVIDED: &[ControlledObject] = &[GroupSet];
const CHARACTERIZED: &[ControlledObject] = &[Resource, ResourceType, Group, Node, Network, NetInterface];

macro_rules! codes {
    ($($bits:literal $name:ident $function:ident $objects:expr;)+) => {
        &[$(ControlCode {
            function: Function::$function,
            bits: $bits,
            name: stringify!($name),
            objects: $objects,
        },)+]
    };
}

/// By section 3.1.4.3 of MS-CMRP, in the order of the numbers.
#[rustfmt::skip]
const CODES: &[ControlCode] = codes! {
    0x00_0005 GET_CHARACTERISTICS GetCharacteristics CHARACTERIZED;
    0x00_0009 GET_FLAGS GetFlags CHARACTERIZED;
    0x00_000D GET_CLASS_INFO GetClassInfo &[Resource, ResourceType];
    0x00_0011 GET_REQUIRED_DEPENDENCIES GetRequiredDependencies &[Resource, ResourceType];
    0x00_0029 GET_NAME GetName NAMED;
    0x00_002D GET_RESOURCE_TYPE GetResourceType &[Resource];
    0x00_0031 GET_NODE GetNode &[NetInterface];
    0x00_0035 GET_NETWORK GetNetwork &[NetInterface];
    0x00_0039 GET_ID GetId IDENTIFIED;
    0x00_003D GET_FQDN GetFqdn &[Cluster];
    0x00_0041 GET_CLUSTER_SERVICE_ACCOUNT_NAME GetServiceAccountName &[Node];
    0x00_0045 CHECK_VOTER_EVICT CheckVoterEvict &[Cluster];
    0x00_0049 CHECK_VOTER_DOWN CheckVoterDown &[Cluster];
    0x00_0051 ENUM_COMMON_PROPERTIES EnumCommonProperties OLD;
    0x00_0055 GET_RO_COMMON_PROPERTIES GetRoCommonProperties ALL;
    0x00_0059 GET_COMMON_PROPERTIES GetCommonProperties ALL;
    0x40_005E SET_COMMON_PROPERTIES SetCommonProperties ALL;
    0x00_0061 VALIDATE_COMMON_PROPERTIES ValidateCommonProperties OLD;
    0x00_0065 GET_COMMON_PROPERTY_FMTS GetCommonPropertyFormats OLD;
    0x00_0069 GET_COMMON_RESOURCE_PROPERTY_FMTS GetCommonResourcePropertyFormats &[ResourceType];
    0x00_0079 ENUM_PRIVATE_PROPERTIES EnumPrivateProperties OLD;
    0x00_007D GET_RO_PRIVATE_PROPERTIES GetRoPrivateProperties OLD;
    0x00_0081 GET_PRIVATE_PROPERTIES GetPrivateProperties OLD;
    0x40_0086 SET_PRIVATE_PROPERTIES SetPrivateProperties OLD;
    0x00_0089 VALIDATE_PRIVATE_PROPERTIES ValidatePrivateProperties OLD;
    0x00_008D GET_PRIVATE_PROPERTY_FMTS GetPrivatePropertyFormats OLD;
    0x00_0091 GET_PRIVATE_RESOURCE_PROPERTY_FMTS GetPrivateResourcePropertyFormats &[ResourceType];
    0x40_00A2 ADD_REGISTRY_CHECKPOINT AddRegistryCheckpoint &[Resource];
    0x40_00A6 DELETE_REGISTRY_CHECKPOINT DeleteRegistryCheckpoint &[Resource];
    0x00_00A9 GET_REGISTRY_CHECKPOINTS GetRegistryCheckpoints &[Resource];
    0x40_00AE ADD_CRYPTO_CHECKPOINT AddCryptoCheckpoint &[Resource];
    0x40_00B2 DELETE_CRYPTO_CHECKPOINT DeleteCryptoCheckpoint &[Resource];
    0x00_00B5 GET_CRYPTO_CHECKPOINTS GetCryptoCheckpoints &[Resource];
    0x00_0169 GET_NETWORK_NAME GetNetworkName &[Resource];
    0x00_0175 GET_DNS_NAME GetDnsName &[Resource];
    0x00_0191 STORAGE_GET_DISK_INFO GetDiskInfo &[Resource];
    0x00_01A1 STORAGE_GET_DISK_NUMBER_INFO GetDiskNumberInfo &[Resource];
    0x00_01E1 QUERY_MAINTENANCE_MODE QueryMaintenanceMode &[Resource];
    0x40_01E6 SET_MAINTENANCE_MODE SetMaintenanceMode &[Resource];
    0x00_01F1 STORAGE_GET_DISK_INFO_EX GetDiskInfoEx &[Resource];
    0x00_0211 STORAGE_GET_MOUNTPOINTS GetMountPoints &[Resource];
    0x00_02A9 GET_CLUSDB_TIMESTAMP GetClusterDatabaseTimestamp &[Cluster];
    0x00_2D71 GET_GROUPS GetGroupsOfSet PROVIDED;
    0x00_2D75 GET_PROVIDER_GROUPS GetProviderGroups PROVIDED;
    0x00_2D79 GET_PROVIDER_GROUPSETS GetProviderGroupSets PROVIDED;
    0x00_2D7D GET_PROVIDER_GROUPS GetProviderGroups &[Group];
    0x00_2D81 GET_PROVIDER_GROUPSETS GetProviderGroupSets &[Group];
};
