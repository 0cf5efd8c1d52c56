//! Numbers that stand for names: events of notification ports and kinds of object.

use bitflags::Flags;
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupSetV2, ClusterChangeGroupV2,
    ClusterChangeNetInterfaceV2, ClusterChangeNetworkV2, ClusterChangeNodeUpgradePhaseV2,
    ClusterChangeNodeV2, ClusterChangeQuorumV2, ClusterChangeRegistryV2, ClusterChangeResourceTypeV2,
    ClusterChangeResourceV2, ClusterChangeSharedVolumeV2, ClusterChangeSpaceportV2, ClusterObjectType,
};
use serde_json::{Map, Value};

/// What a parameter or member of this name means, if it holds flags or a kind of object. `siblings` are the members
/// of the same structure.
pub(super) fn meaning(name: &str, number: u64, siblings: &Map<String, Value>) -> Option<String> {
    match name {
        // All parameters and members of these names are CLUSTER_CHANGE values (MS-CMRP 2.2.2.7).
        "dwFilter" | "Filter" => Some(names(&ClusterChange::from_bits_retain(u32::try_from(number).ok()?))),
        // Only in ApiAddNotifyResourceTypeV2 (MS-CMRP 3.1.4.2.144) is `filter` a number.
        "filter" => Some(names(&ClusterChangeResourceTypeV2::from_bits_retain(number))),
        "dwObjectType" => {
            let name = object_type(number)?.name()?;
            Some(name.strip_prefix("CLUSTER_OBJECT_TYPE_").unwrap_or(name).to_owned())
        }
        "FilterFlags" => of_object(object_type(siblings.get("dwObjectType")?.as_u64()?)?, number),
        _ => None,
    }
}

fn object_type(number: u64) -> Option<ClusterObjectType> {
    i32::try_from(number).ok().map(ClusterObjectType)
}

/// Flags of the enumeration that belongs to a kind of object (MS-CMRP 2.2.2.11).
fn of_object(kind: ClusterObjectType, bits: u64) -> Option<String> {
    Some(match kind {
        ClusterObjectType::CLUSTER => names(&ClusterChangeClusterV2::from_bits_retain(bits)),
        ClusterObjectType::GROUP => names(&ClusterChangeGroupV2::from_bits_retain(bits)),
        ClusterObjectType::RESOURCE => names(&ClusterChangeResourceV2::from_bits_retain(bits)),
        ClusterObjectType::RESOURCE_TYPE => names(&ClusterChangeResourceTypeV2::from_bits_retain(bits)),
        ClusterObjectType::NETWORK_INTERFACE => names(&ClusterChangeNetInterfaceV2::from_bits_retain(bits)),
        ClusterObjectType::NETWORK => names(&ClusterChangeNetworkV2::from_bits_retain(bits)),
        ClusterObjectType::NODE => names(&ClusterChangeNodeV2::from_bits_retain(bits)),
        ClusterObjectType::REGISTRY => names(&ClusterChangeRegistryV2::from_bits_retain(bits)),
        ClusterObjectType::QUORUM => names(&ClusterChangeQuorumV2::from_bits_retain(bits)),
        ClusterObjectType::SHARED_VOLUME => names(&ClusterChangeSharedVolumeV2::from_bits_retain(bits)),
        ClusterObjectType::SPACEPORT => names(&ClusterChangeSpaceportV2::from_bits_retain(bits)),
        ClusterObjectType::UPGRADE => names(&ClusterChangeNodeUpgradePhaseV2::from_bits_retain(bits)),
        ClusterObjectType::GROUPSET => names(&ClusterChangeGroupSetV2::from_bits_retain(bits)),
        _ => return None,
    })
}

/// The names of the flags that are set, and a number for what has none.
fn names<F: Flags + Copy>(flags: &F) -> String
where
    F::Bits: std::fmt::LowerHex,
{
    let mut names: Vec<String> = flags.iter_names().map(|(name, _)| name.to_owned()).collect();
    let named = flags.iter_names().fold(F::empty(), |all, (_, flag)| all.union(flag));
    let rest = flags.difference(named);
    if names.is_empty() || !rest.is_empty() {
        names.push(format!("{:#x}", rest.bits()));
    }
    names.join("|")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_what_has_names() {
        let object = |kind: u64| Map::from_iter([("dwObjectType".to_owned(), json!(kind))]);
        let none = Map::new();
        assert_eq!(meaning("dwFilter", 0x101, &none).unwrap(), "NODE_STATE|RESOURCE_STATE");
        assert_eq!(meaning("Filter", 0, &none).unwrap(), "0x0");
        assert_eq!(meaning("dwObjectType", 3, &none).unwrap(), "RESOURCE");
        assert_eq!(meaning("dwObjectType", 99, &none), None);
        assert_eq!(meaning("FilterFlags", 4, &object(3)).unwrap(), "STATE");
        assert_eq!(meaning("FilterFlags", 1 << 60 | 4, &object(3)).unwrap(), "STATE|0x1000000000000000");
        assert_eq!(meaning("FilterFlags", 4, &object(14)), None);
        assert_eq!(meaning("dwNotifyKey", 1, &none), None);
    }
}
