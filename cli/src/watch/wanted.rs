//! `--events`: which events are wanted, by name.

use std::collections::BTreeMap;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeResourceTypeV2, ClusterFilter, ClusterFilterV2, GroupFilter, KeyFilter,
    NetInterfaceFilter, NetworkFilter, NodeFilter, ResourceFilter,
};
use cmrp_net::client::{Events, Interest, PortVersion, Protocol, Subject};
use cmrp_port::object::ObjectKind;
use thiserror::Error;
use wildmatch::WildMatch;

use super::about;
use crate::show::nearest::nearest;

/// Object types of version 2 filters (MS-CMRP 2.2.2.11) that have events.
const OBJECT_TYPES: std::ops::RangeInclusive<u32> = 1..=32;

/// What is wrong with the choice of events.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Unwanted {
    #[error("--events: no event of version {version} ports is called `{name}`{}; all names: {all}", hint(.meant.as_deref()))]
    Unknown { version: u8, name: String, meant: Option<String>, all: String },
    #[error("--events: none of the events can happen to {subject}; possible are {possible}")]
    Nothing { subject: String, possible: String },
    #[error("protocol version 2 has no version 2 ports: take --port-version 1, or --protocol 3")]
    NoVersion2,
    #[error("{subject} can't be watched with a version 1 port: take --port-version 2")]
    NeedsVersion2 { subject: String },
}

fn hint(meant: Option<&str>) -> String {
    meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// All events that there are for a version of ports: name, object type and bit, where version 1 has object type 0.
type Names = Vec<(String, u32, u64)>;

fn names(version: PortVersion) -> Names {
    match version {
        PortVersion::V1 => {
            let all = ClusterFilter::VALID.iter_names();
            all.map(|(name, flag)| (name.to_owned(), 0, u64::from(flag.bits()))).collect()
        }
        PortVersion::V2 => OBJECT_TYPES.flat_map(names_of_type).collect(),
    }
}

/// The events of one object type that can be asked for.
fn names_of_type(object_type: u32) -> Names {
    let filter = possible(object_type);
    let flags = about::family(filter).map(|(_, flags)| flags).unwrap_or_default();
    let can_be_had = flags.into_iter().filter(|(_, bit)| filter.flags() & bit != 0);
    can_be_had.map(|(name, bit)| (name, object_type, bit)).collect()
}

/// All events of an object type that can be asked for.
fn possible(object_type: u32) -> ObjectFilter {
    let all = ObjectFilter::received(object_type, u64::MAX);
    ObjectFilter::received(object_type, !all.invalid())
}

/// The events that were asked for; all of them if none were.
#[derive(Debug)]
pub(crate) struct Wanted {
    version: PortVersion,
    protocol: Protocol,
    /// Bits by object type; `None` if all events are wanted.
    bits: Option<BTreeMap<u32, u64>>,
}

impl Wanted {
    /// Takes names as they are in the specification or without `CLUSTER_CHANGE_` and `_V2`; `*` stands for any
    /// characters.
    pub(crate) fn new(version: PortVersion, protocol: Protocol, asked: &[String]) -> Result<Self, Unwanted> {
        if (version, protocol) == (PortVersion::V2, Protocol::V2) {
            return Err(Unwanted::NoVersion2);
        }
        let known = names(version);
        let mut bits = BTreeMap::new();
        for name in asked {
            add(&mut bits, &known, version, name)?;
        }
        Ok(Self { version, protocol, bits: (!asked.is_empty()).then_some(bits) })
    }

    /// The filters for one thing to watch.
    pub(crate) fn interests(&self, subject: &Subject, subtree: bool) -> Result<Vec<Interest>, Unwanted> {
        let events = match self.version {
            PortVersion::V1 => self.v1(subject, subtree)?,
            PortVersion::V2 => self.v2(subject),
        };
        if events.is_empty() {
            let possible = self.possible_names(subject).join(", ");
            return Err(Unwanted::Nothing { subject: subject_text(subject), possible });
        }
        Ok(events.into_iter().map(|events| Interest { subject: subject.clone(), events }).collect())
    }

    /// The names of the events that can happen to a subject.
    fn possible_names(&self, subject: &Subject) -> Vec<String> {
        let names = match self.version {
            PortVersion::V1 => {
                let valid = valid_v1(self.protocol, subject).map_or(0, |valid| u64::from(valid.bits()));
                names(self.version).into_iter().filter(|(.., bit)| valid & bit != 0).collect()
            }
            PortVersion::V2 => types_v2(subject).into_iter().flat_map(names_of_type).collect::<Names>(),
        };
        names.into_iter().map(|(name, ..)| name).collect()
    }

    fn v1(&self, subject: &Subject, subtree: bool) -> Result<Vec<Events>, Unwanted> {
        let needs_version_2 = || Unwanted::NeedsVersion2 { subject: subject_text(subject) };
        let valid = valid_v1(self.protocol, subject).ok_or_else(needs_version_2)?;
        let asked = self.asked(0).and_then(|bits| u32::try_from(bits).ok());
        let events = asked.map_or(valid, |bits| valid & ClusterChange::from_bits_retain(bits));
        Ok(if events.is_empty() { Vec::new() } else { vec![Events::V1 { events, subtree }] })
    }

    fn v2(&self, subject: &Subject) -> Vec<Events> {
        let filters = types_v2(subject).into_iter().filter_map(|object_type| self.filter(object_type));
        let events = filters.map(|filter| match (subject, filter) {
            (Subject::ResourceType(_), ObjectFilter::ResourceType(flags)) => Events::ResourceType(flags),
            (Subject::ResourceType(_), _) => Events::ResourceType(ClusterChangeResourceTypeV2::all()),
            _ => Events::V2(filter),
        });
        events.collect()
    }

    /// What is wanted of an object type; `None` if it is nothing.
    fn filter(&self, object_type: u32) -> Option<ObjectFilter> {
        let possible = possible(object_type);
        about::family(possible)?;
        let bits = self.asked(object_type).map_or(possible.flags(), |bits| possible.flags() & bits);
        (bits != 0).then(|| ObjectFilter::received(object_type, bits))
    }

    /// The bits asked for; `None` if all are wanted.
    fn asked(&self, object_type: u32) -> Option<u64> {
        self.bits.as_ref().map(|bits| bits.get(&object_type).copied().unwrap_or_default())
    }
}

fn add(
    bits: &mut BTreeMap<u32, u64>,
    known: &Names,
    version: PortVersion,
    asked: &str,
) -> Result<(), Unwanted> {
    let bare = bare(asked, version);
    let pattern = WildMatch::new(&bare);
    let mut found = known.iter().filter(|(name, ..)| pattern.matches(name)).peekable();
    if found.peek().is_none() {
        return Err(unknown(known, version, asked, &bare));
    }
    for (_, object_type, bit) in found {
        let bits = bits.entry(*object_type).or_default();
        *bits |= bit;
    }
    Ok(())
}

/// A name without what all have in common. The phases of an upgrade have no `_V2`.
fn bare(asked: &str, version: PortVersion) -> String {
    let upper = asked.trim().to_ascii_uppercase();
    let short = upper.strip_prefix("CLUSTER_CHANGE_").unwrap_or(&upper);
    let short = if version == PortVersion::V2 { short.strip_suffix("_V2").unwrap_or(short) } else { short };
    short.to_owned()
}

fn unknown(known: &Names, version: PortVersion, asked: &str, bare: &str) -> Unwanted {
    let names: Vec<&str> = known.iter().map(|(name, ..)| name.as_str()).collect();
    Unwanted::Unknown {
        version: if version == PortVersion::V1 { 1 } else { 2 },
        name: asked.escape_debug().to_string(),
        meant: nearest(bare, names.iter().copied()).map(str::to_owned),
        all: names.join(", "),
    }
}

/// The events of version 1 ports that an object can have (MS-CMRP 3.1.4.2.58 to 3.1.4.2.62).
fn valid_v1(protocol: Protocol, subject: &Subject) -> Option<ClusterChange> {
    let kind = match subject {
        Subject::Cluster => ObjectKind::Cluster,
        Subject::Object { kind, .. } => *kind,
        Subject::ResourceType(_) => ObjectKind::ResourceType,
    };
    Some(match kind {
        ObjectKind::Cluster if protocol == Protocol::V2 => ClusterFilterV2::VALID,
        ObjectKind::Cluster => ClusterFilter::VALID,
        ObjectKind::Node => NodeFilter::VALID,
        ObjectKind::Group => GroupFilter::VALID,
        ObjectKind::Resource => ResourceFilter::VALID,
        ObjectKind::Key => KeyFilter::VALID,
        ObjectKind::Network => NetworkFilter::VALID,
        ObjectKind::NetInterface => NetInterfaceFilter::VALID,
        ObjectKind::GroupSet | ObjectKind::ResourceType => return None,
    })
}

/// The object types of the events that a version 2 filter on a subject can ask for (MS-CMRP 3.1.4.2.137).
fn types_v2(subject: &Subject) -> Vec<u32> {
    let kind = match subject {
        Subject::Cluster => return OBJECT_TYPES.collect(),
        Subject::ResourceType(_) => ObjectKind::ResourceType,
        Subject::Object { kind, .. } => *kind,
    };
    let own = OBJECT_TYPES.filter(|object_type| {
        matches!(
            (kind, ObjectFilter::received(*object_type, 0)),
            (ObjectKind::Cluster, ObjectFilter::Cluster(_))
                | (ObjectKind::Node, ObjectFilter::Node(_))
                | (ObjectKind::Group, ObjectFilter::Group(_))
                | (ObjectKind::Resource, ObjectFilter::Resource(_))
                | (ObjectKind::ResourceType, ObjectFilter::ResourceType(_))
                | (ObjectKind::Key, ObjectFilter::Registry(_))
                | (ObjectKind::Network, ObjectFilter::Network(_))
                | (ObjectKind::NetInterface, ObjectFilter::NetInterface(_))
                | (ObjectKind::GroupSet, ObjectFilter::GroupSet(_))
        )
    });
    own.collect()
}

/// A subject as people write it: `group "SQL"`.
pub(crate) fn subject_text(subject: &Subject) -> String {
    let (kind, name) = match subject {
        Subject::Cluster => return "cluster".to_owned(),
        Subject::ResourceType(name) => ("resource type", name),
        Subject::Object { kind, name } => (kind_text(*kind), name),
    };
    format!("{kind} {name:?}")
}

/// A filter as people write it, with its events where these are of one kind of object among several.
pub(crate) fn interest_text(interest: &Interest) -> String {
    let subject = subject_text(&interest.subject);
    match (&interest.subject, &interest.events) {
        (Subject::Cluster, Events::V2(filter)) => {
            format!("{subject} for {}", about::names_v2(*filter).join(", "))
        }
        _ => subject,
    }
}

/// A kind of object as people write it.
pub(crate) fn kind_text(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Cluster => "cluster",
        ObjectKind::Node => "node",
        ObjectKind::Group => "group",
        ObjectKind::Resource => "resource",
        ObjectKind::Key => "registry key",
        ObjectKind::Network => "network",
        ObjectKind::NetInterface => "network interface",
        ObjectKind::GroupSet => "group set",
        ObjectKind::ResourceType => "resource type",
    }
}

#[cfg(test)]
mod tests;
