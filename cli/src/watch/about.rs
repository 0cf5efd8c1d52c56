//! What an event is about: the kind of object, and what happened to it, by name.

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupSetV2, ClusterChangeGroupV2,
    ClusterChangeNetInterfaceV2, ClusterChangeNetworkV2, ClusterChangeNodeUpgradePhaseV2,
    ClusterChangeNodeV2, ClusterChangeQuorumV2, ClusterChangeRegistryV2, ClusterChangeResourceTypeV2,
    ClusterChangeResourceV2, ClusterChangeSharedVolumeV2, ClusterChangeSpaceportV2,
};
use cmrp_port::object::ObjectKind;

/// The kind of object that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum About {
    Cluster,
    Node,
    Group,
    Resource,
    ResourceType,
    Key,
    Network,
    NetInterface,
    Quorum,
    SharedVolume,
    Spaceport,
    Upgrade,
    GroupSet,
    /// A kind that has no name.
    Other,
}

impl About {
    /// The name in output for programs, where it never changes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::Group => "group",
            Self::Resource => "resource",
            Self::ResourceType => "resource_type",
            Self::Key => "key",
            Self::Network => "network",
            Self::NetInterface => "net_interface",
            Self::Quorum => "quorum",
            Self::SharedVolume => "shared_volume",
            Self::Spaceport => "spaceport",
            Self::Upgrade => "upgrade",
            Self::GroupSet => "group_set",
            Self::Other => "other",
        }
    }

    /// The kind of object of a version 1 event.
    pub(crate) fn of_v1(change: ClusterChange) -> Self {
        let name = change.iter_names().next().map_or("", |(name, _)| name);
        // Longer names come first where one begins with another.
        let prefixes = [
            ("NODE_", Self::Node),
            ("RESOURCE_TYPE_", Self::ResourceType),
            ("RESOURCE_", Self::Resource),
            ("GROUP_", Self::Group),
            ("REGISTRY_", Self::Key),
            ("NETWORK_", Self::Network),
            ("NETINTERFACE_", Self::NetInterface),
            ("QUORUM_", Self::Quorum),
            ("CLUSTER_", Self::Cluster),
        ];
        let found = prefixes.iter().find(|(prefix, _)| name.starts_with(prefix));
        found.map_or(Self::Other, |(_, about)| *about)
    }

    /// The kind of object that a version 2 event names: that of a new resource, say, and not of its group
    /// (MS-CMRP 3.1.4.2.138).
    pub(crate) fn of_v2(filter: ObjectFilter) -> Self {
        match filter {
            ObjectFilter::Cluster(ClusterChangeClusterV2::GROUP_ADDED) => Self::Group,
            ObjectFilter::Cluster(ClusterChangeClusterV2::NODE_ADDED) => Self::Node,
            ObjectFilter::Cluster(ClusterChangeClusterV2::NETWORK_ADDED) => Self::Network,
            ObjectFilter::Cluster(ClusterChangeClusterV2::RESOURCE_TYPE_ADDED) => Self::ResourceType,
            ObjectFilter::Group(ClusterChangeGroupV2::RESOURCE_ADDED) => Self::Resource,
            ObjectFilter::Node(ClusterChangeNodeV2::NETINTERFACE_ADDED) => Self::NetInterface,
            _ => family(filter).map_or(Self::Other, |(about, _)| about),
        }
    }

    /// The kind whose state can be asked for.
    pub(crate) fn with_state(self) -> Option<ObjectKind> {
        WITH_STATE.iter().find(|(about, _)| *about == self).map(|(_, kind)| *kind)
    }
}

/// The kinds that have a state that can be asked for.
pub(crate) const WITH_STATE: [(About, ObjectKind); 5] = [
    (About::Node, ObjectKind::Node),
    (About::Group, ObjectKind::Group),
    (About::Resource, ObjectKind::Resource),
    (About::Network, ObjectKind::Network),
    (About::NetInterface, ObjectKind::NetInterface),
];

/// The names of version 1 events, and a number for bits without a name.
pub(crate) fn names_v1(change: ClusterChange) -> Vec<String> {
    let mut names: Vec<String> = change.iter_names().map(|(name, _)| name.to_owned()).collect();
    let rest = change.difference(ClusterChange::all()).bits();
    if rest != 0 || names.is_empty() {
        names.push(format!("{rest:#x}"));
    }
    names
}

/// The names of version 2 events, such as `GROUP_STATE`, and a number for bits without a name.
pub(crate) fn names_v2(filter: ObjectFilter) -> Vec<String> {
    let known = family(filter).map(|(_, flags)| flags).unwrap_or_default();
    let asked = filter.flags();
    let set = known.iter().filter(|(_, bit)| asked & bit == *bit);
    let mut names: Vec<String> = set.map(|(name, _)| name.clone()).collect();
    let rest = known.iter().fold(asked, |rest, (_, bit)| rest & !bit);
    if rest != 0 || names.is_empty() {
        names.push(format!("{rest:#x}"));
    }
    names
}

/// A kind of object of version 2 events, and the names of its flags, each with its one bit.
pub(crate) type Family = (About, Vec<(String, u64)>);

/// The flags of the kind that a filter is for; none for a kind without a name.
pub(crate) fn family(filter: ObjectFilter) -> Option<Family> {
    macro_rules! family {
        ($about:ident, $prefix:literal, $flags:ident) => {{
            let single = $flags::all().iter_names().filter(|(_, flag)| flag.bits().is_power_of_two());
            let named = single.map(|(name, flag)| (format!(concat!($prefix, "_{}"), name), flag.bits()));
            Some((About::$about, named.collect()))
        }};
    }
    match filter {
        ObjectFilter::Cluster(_) => family!(Cluster, "CLUSTER", ClusterChangeClusterV2),
        ObjectFilter::Group(_) => family!(Group, "GROUP", ClusterChangeGroupV2),
        ObjectFilter::Resource(_) => family!(Resource, "RESOURCE", ClusterChangeResourceV2),
        ObjectFilter::ResourceType(_) => family!(ResourceType, "RESOURCE_TYPE", ClusterChangeResourceTypeV2),
        ObjectFilter::NetInterface(_) => family!(NetInterface, "NETINTERFACE", ClusterChangeNetInterfaceV2),
        ObjectFilter::Network(_) => family!(Network, "NETWORK", ClusterChangeNetworkV2),
        ObjectFilter::Node(_) => family!(Node, "NODE", ClusterChangeNodeV2),
        ObjectFilter::Registry(_) => family!(Key, "REGISTRY", ClusterChangeRegistryV2),
        ObjectFilter::Quorum(_) => family!(Quorum, "QUORUM", ClusterChangeQuorumV2),
        ObjectFilter::SharedVolume(_) => family!(SharedVolume, "SHARED_VOLUME", ClusterChangeSharedVolumeV2),
        ObjectFilter::Spaceport(_) => family!(Spaceport, "SPACEPORT", ClusterChangeSpaceportV2),
        ObjectFilter::Upgrade(_) => family!(Upgrade, "UPGRADE", ClusterChangeNodeUpgradePhaseV2),
        ObjectFilter::GroupSet(_) => family!(GroupSet, "GROUPSET", ClusterChangeGroupSetV2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use cmrp::clusapi3::ObjectFilter;
    use cmrp::cluster_change::ClusterChange;

    use super::{About, names_v1, names_v2};

    #[test]
    fn every_event_of_version_1_has_a_kind() {
        for (name, change) in ClusterChange::all().iter_names() {
            let expected_other = name == "HANDLE_CLOSE";
            assert_eq!(About::of_v1(change) == About::Other, expected_other, "{name}");
        }
        assert_eq!(About::of_v1(ClusterChange::RESOURCE_TYPE_ADDED), About::ResourceType);
        assert_eq!(About::of_v1(ClusterChange::REGISTRY_VALUE), About::Key);
    }

    #[test]
    fn names_are_those_of_the_specification_less_prefix_and_suffix() {
        assert_eq!(
            names_v1(ClusterChange::NODE_STATE | ClusterChange::GROUP_STATE),
            ["NODE_STATE", "GROUP_STATE"]
        );
        assert_eq!(names_v1(ClusterChange::empty()), ["0x0"]);
        // MS-CMRP 2.2.2.14: CLUSTER_CHANGE_RESOURCE_STATE_V2 is 4; 2.2.2.11: a resource is 3.
        assert_eq!(names_v2(ObjectFilter::received(3, 4)), ["RESOURCE_STATE"]);
        assert_eq!(
            names_v2(ObjectFilter::received(3, 1 << 60 | 4)),
            ["RESOURCE_STATE", "0x1000000000000000"]
        );
        assert_eq!(names_v2(ObjectFilter::received(5, 8)), ["NETINTERFACE_STATE"]);
        assert_eq!(names_v2(ObjectFilter::received(99, 8)), ["0x8"]);
        assert_eq!(About::of_v2(ObjectFilter::received(99, 8)), About::Other);
    }
}
