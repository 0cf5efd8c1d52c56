//! What the generator is told about each IDL file. The build script uses it, and so does the test of the generator that
//! compares its output with `golden`.

use midl_codegen::{Builder, FlagBits, TargetLevel};

/// The flag sets of version 2 notification ports, which travel in 64 bits (MS-CMRP 2.2.2.12 to 2.2.2.26).
const FLAGS_V2: [&str; 13] = [
    "CLUSTER_CHANGE_CLUSTER_V2",
    "CLUSTER_CHANGE_GROUP_V2",
    "CLUSTER_CHANGE_GROUPSET_V2",
    "CLUSTER_CHANGE_NETINTERFACE_V2",
    "CLUSTER_CHANGE_NETWORK_V2",
    "CLUSTER_CHANGE_NODE_UPGRADE_PHASE_V2",
    "CLUSTER_CHANGE_NODE_V2",
    "CLUSTER_CHANGE_QUORUM_V2",
    "CLUSTER_CHANGE_REGISTRY_V2",
    "CLUSTER_CHANGE_RESOURCE_TYPE_V2",
    "CLUSTER_CHANGE_RESOURCE_V2",
    "CLUSTER_CHANGE_SHARED_VOLUME_V2",
    "CLUSTER_CHANGE_SPACEPORT_V2",
];

/// The methods of version 1 ports that take a filter, by what they watch, and the type of the filter
/// (MS-CMRP 3.1.4.2.58 to 3.1.4.2.65, 3.1.4.2.90, 3.1.4.2.91, 3.1.4.2.99, 3.1.4.2.100).
const FILTERS: [(&str, &str); 5] = [
    ("Node", "NodeFilter"),
    ("Group", "GroupFilter"),
    ("Resource", "ResourceFilter"),
    ("Network", "NetworkFilter"),
    ("NetInterface", "NetInterfaceFilter"),
];

/// Context handles, whose leading H is a word of its own.
const HANDLES: [(&str, &str); 11] = [
    ("HBATCH_PORT_RPC", "HBatchPortRpc"),
    ("HCLUSTER_RPC", "HClusterRpc"),
    ("HGENERIC_RPC", "HGenericRpc"),
    ("HGROUPSET_RPC", "HGroupSetRpc"),
    ("HGROUP_RPC", "HGroupRpc"),
    ("HKEY_RPC", "HKeyRpc"),
    ("HNETINTERFACE_RPC", "HNetInterfaceRpc"),
    ("HNETWORK_RPC", "HNetworkRpc"),
    ("HNODE_RPC", "HNodeRpc"),
    ("HNOTIFY_RPC", "HNotifyRpc"),
    ("HRES_RPC", "HResRpc"),
];

/// For `cluster_change.idl`.
pub(crate) fn cluster_change() -> Builder {
    let builder = builder()
        .rename("CLUSTER_CHANGE_GROUPSET_V2", "ClusterChangeGroupSetV2")
        .rename("CLUSTER_CHANGE_NETINTERFACE_V2", "ClusterChangeNetInterfaceV2")
        .flags("CLUSTER_CHANGE", FlagBits::U32);
    FLAGS_V2.iter().fold(builder, |builder, flags| builder.flags(flags, FlagBits::U64))
}

/// For `clusapi2.idl` and `clusapi3.idl`, whose target levels differ.
pub(crate) fn interface(level: TargetLevel) -> Builder {
    let builder = builder()
        .void_is_reserved()
        .target_level(level)
        .external("FILETIME", "crate::ndr::FileTime")
        .external("GUID", "crate::ndr::Uuid")
        .external("CLUSTER_CHANGE", "crate::cluster_change::ClusterChange")
        .flag_field("dwFilter", "CLUSTER_CHANGE");
    let builder = filters(builder, level);
    // Control codes carry it in their buffers, so that no signature names it (MS-CMRP 2.2.3.33).
    let builder = if level == TargetLevel::Level6 { builder.with_type("CLUSDSK_DISKID") } else { builder };
    HANDLES.iter().fold(builder, |builder, (idl, rust)| builder.rename(idl, rust))
}

fn filters(builder: Builder, level: TargetLevel) -> Builder {
    let cluster = if level == TargetLevel::Level5 { "ClusterFilterV2" } else { "ClusterFilter" };
    let builder = typed(builder, "ApiAddNotifyCluster.dwFilter", cluster);
    let builder = typed(builder, "ApiAddNotifyKey.dwFilter", "KeyFilter");
    // Version 3 spells it without the prefix.
    let builder = typed(builder, "ApiAddNotifyKey.Filter", "KeyFilter");
    FILTERS.iter().fold(builder, |builder, (object, filter)| {
        let builder = typed(builder, &format!("ApiAddNotify{object}.dwFilter"), filter);
        typed(builder, &format!("ApiReAddNotify{object}.dwFilter"), filter)
    })
}

fn typed(builder: Builder, field: &str, filter: &str) -> Builder {
    builder.external(filter, &format!("crate::cluster_change::{filter}")).flag_field(field, filter)
}

fn builder() -> Builder {
    Builder::new().runtime("crate::ndr").serde_feature("serde").json_feature("json")
}
