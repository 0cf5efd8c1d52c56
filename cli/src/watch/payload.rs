//! What the buffer of a version 2 event says, as text.

use cmrp::clusapi3::ObjectFilter;
use cmrp_port::event::v2::{Membership, Payload, Property, PropertyValue, Text};
use data_encoding::HEXLOWER;

use crate::show::quoted::quoted;

/// Things of one buffer that are told; `...` stands for the rest.
const MAX_PARTS: usize = 8;

/// The text of a buffer; `None` if nothing is known of it, or it is empty.
pub(super) fn text(filter: ObjectFilter, buffer: &[u8]) -> Option<String> {
    Some(match Payload::decode(filter, buffer).ok()? {
        Payload::GroupType(number) => format!("group type {number}"),
        Payload::OperatingVersion(number) => format!("version {number}"),
        Payload::NodeState(state) => state.to_string(),
        Payload::GroupState(state) => state.to_string(),
        Payload::ResourceState(state) => state.to_string(),
        Payload::NetworkState(state) => state.to_string(),
        Payload::NetInterfaceState(state) => state.to_string(),
        Payload::GroupSetState(number) => format!("state {number}"),
        Payload::Id(id) | Payload::Expression(id) => in_quotes(id),
        Payload::Ids(ids) => list(ids.into_iter().map(in_quotes)),
        Payload::Properties(properties) => list(properties.properties().iter().map(property)),
        Payload::Membership(membership) => members(membership),
        Payload::SharedVolumes(volumes) => list(volumes.iter().map(|(name, _)| in_quotes(*name))),
        Payload::Octets(octets) => format!("{} octets", octets.len()),
        // `Empty`, too: there is nothing to tell.
        _ => return None,
    })
}

/// The state that the buffer of a version 2 event tells.
pub(super) fn state(filter: ObjectFilter, buffer: &[u8]) -> Option<u32> {
    Some(match Payload::decode(filter, buffer).ok()? {
        Payload::NodeState(state) => state.0,
        Payload::GroupState(state) => state.0,
        Payload::ResourceState(state) => state.0,
        Payload::NetworkState(state) => state.0,
        Payload::NetInterfaceState(state) => state.0,
        _ => return None,
    })
}

fn list(mut parts: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<String> = parts.by_ref().take(MAX_PARTS).collect();
    if parts.next().is_some() {
        shown.push("...".to_owned());
    }
    shown.join(", ")
}

fn in_quotes(text: Text<'_>) -> String {
    let mut line = String::new();
    quoted(&mut line, &text);
    line
}

/// A name as it is, but for characters that a terminal obeys.
fn bare(text: Text<'_>) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

fn property(property: &Property<'_>) -> String {
    format!("{}={}", bare(property.name()), list(property.values().iter().map(value)))
}

fn value(value: &PropertyValue<'_>) -> String {
    match value {
        PropertyValue::Dword(number) => number.to_string(),
        PropertyValue::Word(number) => number.to_string(),
        PropertyValue::Long(number) => number.to_string(),
        PropertyValue::LargeInteger(number) => number.to_string(),
        PropertyValue::ULargeInteger(number) => number.to_string(),
        PropertyValue::Sz(text) | PropertyValue::ExpandSz { stored: text, .. } => in_quotes(*text),
        PropertyValue::MultiSz(texts) => format!("[{}]", list(texts.iter().map(|text| in_quotes(*text)))),
        PropertyValue::Binary(octets)
        | PropertyValue::SecurityDescriptor(octets)
        | PropertyValue::Other { octets, .. } => hexadecimal(octets),
        _ => "?".to_owned(),
    }
}

fn hexadecimal(octets: &[u8]) -> String {
    let (shown, rest) = octets.split_at(octets.len().min(MAX_PARTS));
    format!("{}{}", HEXLOWER.encode(shown), if rest.is_empty() { "" } else { "..." })
}

fn members(membership: Membership<'_>) -> String {
    let nodes = list(membership.up_nodes.iter().map(u8::to_string));
    format!("{}quorum, nodes up: {nodes}", if membership.has_quorum { "" } else { "no " })
}

#[cfg(test)]
mod tests {
    use cmrp::clusapi3::ObjectFilter;
    use cmrp_port::event::v2::{
        ClusterEvent, Group, GroupEvent, GroupState, Membership, Property, PropertyList, PropertyValue,
    };

    use super::text;

    #[test]
    fn buffers_are_told_in_words() {
        let group = Group { id: "g", name: "SQL", node_id: "1" };
        let list: PropertyList<'_> = [
            Property::new("Priority", PropertyValue::Dword(3000)),
            Property::new("Name", PropertyValue::Sz("a\u{1b}".into())),
        ]
        .into_iter()
        .collect();
        let cases = [
            (GroupEvent::State(GroupState::PARTIAL_ONLINE), Some("PartialOnline")),
            (GroupEvent::OwnerNode("2"), Some("\"2\"")),
            (GroupEvent::CommonProperty(&list), Some("Priority=3000, Name=\"a\\u{1b}\"")),
            (GroupEvent::Deleted, None),
        ];
        for (event, expected) in cases {
            let mut buffer = Vec::new();
            let event = event.of(group, &mut buffer);
            assert_eq!(text(event.filter, event.buffer).as_deref(), expected);
        }
        let mut buffer = Vec::new();
        let event =
            ClusterEvent::Membership(Membership { has_quorum: false, up_nodes: &[1, 2] }).event(&mut buffer);
        assert_eq!(text(event.filter, event.buffer).unwrap(), "no quorum, nodes up: 1, 2");
        assert_eq!(text(ObjectFilter::received(99, 1), &[1]), None);
    }
}
