//! The resource types that every cluster has.

/// A resource type that need not be defined.
pub(super) struct BuiltIn {
    pub(super) name: &'static str,
    /// The file that implements it.
    pub(super) dll: &'static str,
    pub(super) class: Class,
}

/// What a resource type is for, as far as the cluster minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Anything.
    Other,
    /// Storage: `CLUS_RESCLASS_STORAGE`.
    Storage,
    /// Networks: `CLUS_RESCLASS_NETWORK`.
    Network,
    /// Anything; it is known, but its software is on no node.
    NotInstalled,
}

use Class::{Network, NotInstalled, Other, Storage};

/// The types that a cluster has from its start, as a Windows cluster lists them.
pub(super) const BUILT_IN: [BuiltIn; 25] = [
    built_in("DFS Replicated Folder", "dfsrclus.dll", Storage),
    built_in("DHCP Service", "clnetres.dll", Other),
    built_in("Distributed File System", "clusres.dll", Other),
    built_in("Distributed Network Name", "clusres.dll", Network),
    built_in("Distributed Transaction Coordinator", "mtxclu.dll", Other),
    built_in("File Server", "clusres.dll", Other),
    built_in("File Share Witness", "clusres.dll", Other),
    built_in("Generic Application", "clusres.dll", Other),
    built_in("Generic Script", "clusres.dll", Other),
    built_in("Generic Service", "clusres.dll", Other),
    built_in("IP Address", "clusres.dll", Network),
    built_in("IPv6 Address", "clusres.dll", Network),
    built_in("IPv6 Tunnel Address", "clusres.dll", Network),
    built_in("iSCSI Target Server", "wtclusres.dll", Other),
    built_in("MSMQ", "mqclus.dll", NotInstalled),
    built_in("MSMQTriggers", "mqtgclus.dll", NotInstalled),
    built_in("Network Name", "clusres.dll", Network),
    built_in("NFS Share", "nfsres.dll", Other),
    built_in("Physical Disk", "clusres.dll", Storage),
    built_in("Scale Out File Server", "clusres.dll", Other),
    built_in("Storage Pool", "clusres.dll", Storage),
    built_in("Task Scheduler", "clusres.dll", Other),
    built_in("Virtual Machine", "vmclusres.dll", Other),
    built_in("Virtual Machine Configuration", "vmclusres.dll", Other),
    built_in("WINS Service", "clnetres.dll", Other),
];

const fn built_in(name: &'static str, dll: &'static str, class: Class) -> BuiltIn {
    BuiltIn { name, dll, class }
}
