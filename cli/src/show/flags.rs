//! Numbers that stand for names: events of notification ports and kinds of object.

use std::fmt::Write;

use bitflags::Flags;
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeClusterV2, ClusterChangeGroupSetV2, ClusterChangeGroupV2,
    ClusterChangeNetInterfaceV2, ClusterChangeNetworkV2, ClusterChangeNodeUpgradePhaseV2,
    ClusterChangeNodeV2, ClusterChangeQuorumV2, ClusterChangeRegistryV2, ClusterChangeResourceTypeV2,
    ClusterChangeResourceV2, ClusterChangeSharedVolumeV2, ClusterChangeSpaceportV2, ClusterObjectType,
};

/// Parameters and members that hold flags or a kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// `CLUSTER_CHANGE` values (MS-CMRP 2.2.2.7): all parameters and members of these names.
    Change,
    /// Only in `ApiAddNotifyResourceTypeV2` (MS-CMRP 3.1.4.2.144) is `filter` a number.
    ResourceType,
    /// Flags of the kind of object that stands beside them.
    OfObject,
    ObjectType,
}

impl Field {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "dwFilter" | "Filter" => Self::Change,
            "filter" => Self::ResourceType,
            "FilterFlags" => Self::OfObject,
            "dwObjectType" => Self::ObjectType,
            _ => return None,
        })
    }

    /// Appends what a number means; false if it has no meaning. `kind` is the kind of object in the same structure.
    pub(super) fn meaning(self, text: &mut String, number: u64, kind: Option<u64>) -> bool {
        self.try_meaning(text, number, kind).is_some()
    }

    fn try_meaning(self, text: &mut String, number: u64, kind: Option<u64>) -> Option<()> {
        match self {
            Self::Change => names(text, &ClusterChange::from_bits_retain(u32::try_from(number).ok()?)),
            Self::ResourceType => names(text, &ClusterChangeResourceTypeV2::from_bits_retain(number)),
            Self::OfObject => of_object(text, object_type(kind?)?, number)?,
            Self::ObjectType => {
                let name = object_type(number)?.name()?;
                text.push_str(name.strip_prefix("CLUSTER_OBJECT_TYPE_").unwrap_or(name));
            }
        }
        Some(())
    }
}

fn object_type(number: u64) -> Option<ClusterObjectType> {
    i32::try_from(number).ok().map(ClusterObjectType)
}

/// Flags of the enumeration that belongs to a kind of object (MS-CMRP 2.2.2.11).
fn of_object(text: &mut String, kind: ClusterObjectType, bits: u64) -> Option<()> {
    match kind {
        ClusterObjectType::CLUSTER => names(text, &ClusterChangeClusterV2::from_bits_retain(bits)),
        ClusterObjectType::GROUP => names(text, &ClusterChangeGroupV2::from_bits_retain(bits)),
        ClusterObjectType::RESOURCE => names(text, &ClusterChangeResourceV2::from_bits_retain(bits)),
        ClusterObjectType::RESOURCE_TYPE => names(text, &ClusterChangeResourceTypeV2::from_bits_retain(bits)),
        ClusterObjectType::NETWORK_INTERFACE => {
            names(text, &ClusterChangeNetInterfaceV2::from_bits_retain(bits));
        }
        ClusterObjectType::NETWORK => names(text, &ClusterChangeNetworkV2::from_bits_retain(bits)),
        ClusterObjectType::NODE => names(text, &ClusterChangeNodeV2::from_bits_retain(bits)),
        ClusterObjectType::REGISTRY => names(text, &ClusterChangeRegistryV2::from_bits_retain(bits)),
        ClusterObjectType::QUORUM => names(text, &ClusterChangeQuorumV2::from_bits_retain(bits)),
        ClusterObjectType::SHARED_VOLUME => names(text, &ClusterChangeSharedVolumeV2::from_bits_retain(bits)),
        ClusterObjectType::SPACEPORT => names(text, &ClusterChangeSpaceportV2::from_bits_retain(bits)),
        ClusterObjectType::UPGRADE => names(text, &ClusterChangeNodeUpgradePhaseV2::from_bits_retain(bits)),
        ClusterObjectType::GROUPSET => names(text, &ClusterChangeGroupSetV2::from_bits_retain(bits)),
        _ => return None,
    }
    Some(())
}

/// Appends the names of the flags that are set, and a number for what has none.
fn names<F: Flags + Copy>(text: &mut String, flags: &F)
where
    F::Bits: std::fmt::LowerHex,
{
    let mut named = F::empty();
    let mut separator = "";
    for (name, flag) in flags.iter_names() {
        text.push_str(separator);
        text.push_str(name);
        named = named.union(flag);
        separator = "|";
    }
    let rest = flags.difference(named);
    if separator.is_empty() || !rest.is_empty() {
        // Writing into a String cannot fail.
        let _ = write!(text, "{separator}{:#x}", rest.bits());
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    fn meaning(name: &str, number: u64, kind: Option<u64>) -> Option<String> {
        let mut text = String::new();
        Field::of(name)?.meaning(&mut text, number, kind).then_some(text)
    }

    #[test]
    fn names_what_has_names() {
        assert_eq!(meaning("dwFilter", 0x101, None).unwrap(), "NODE_STATE|RESOURCE_STATE");
        assert_eq!(meaning("Filter", 0, None).unwrap(), "0x0");
        assert_eq!(meaning("dwObjectType", 3, None).unwrap(), "RESOURCE");
        assert_eq!(meaning("dwObjectType", 99, None), None);
        assert_eq!(meaning("FilterFlags", 4, Some(3)).unwrap(), "STATE");
        assert_eq!(meaning("FilterFlags", 1 << 60 | 4, Some(3)).unwrap(), "STATE|0x1000000000000000");
        assert_eq!(meaning("FilterFlags", 4, Some(14)), None);
        assert_eq!(meaning("dwNotifyKey", 1, None), None);
    }
}
