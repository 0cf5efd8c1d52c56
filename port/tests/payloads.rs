//! The table of buffers and strings of version 2 events: section 9.2 of the fact sheet, MS-CMRP 3.1.4.2.138.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use cmrp::clusapi3::{ApiGetNotifyV2Response, NotificationDataRpc, NotificationRpc, ObjectFilter};
use cmrp::ndr::{EncodeStub, Format, SizedPtr};
use cmrp_port::event::EventV2;
use cmrp_port::event::v2::{
    ClusterEvent, Group, GroupEvent, GroupSet, GroupSetEvent, GroupState, Membership, NetInterface,
    NetInterfaceEvent, NetInterfaceState, Network, NetworkEvent, NetworkState, Node, NodeEvent, NodeState,
    Payload, PayloadError, PayloadErrorKind, Property, PropertyList, PropertyValue, QuorumEvent,
    QuorumResource, Redirection, RegistryEvent, Resource, ResourceEvent, ResourceState, ResourceTypeEvent,
    SharedVolume, SharedVolumeEvent, SharedVolumeState, Spaceport, SpaceportEvent, UpgradeEvent,
    VolumeResource,
};

const GROUP: Group<'_> = Group { id: "g1", name: "SQL", node_id: "2" };
const RESOURCE: Resource<'_> =
    Resource { id: "r1", name: "Laufwerk Ä", group_id: "g1", type_name: "Physical Disk" };
const NETWORK: Network<'_> = Network { id: "w1", name: "Cluster Network 1" };
const INTERFACE: NetInterface<'_> = NetInterface { id: "i1", name: "node3 - LAN", node_id: "3" };
const NODE: Node<'_> = Node { id: "3", name: "node3" };
const SET: GroupSet<'_> = GroupSet { id: "s1", name: "Web" };
const OWNERS: [&str; 2] = ["4", "15"];
const RESOURCES: [&str; 2] = ["r1", "r2"];
const SETS: [&str; 1] = ["s2"];
const MEMBERSHIP: Membership<'_> = Membership { has_quorum: true, up_nodes: &[1, 3] };
const EXPRESSION: &str = "[r1] or [r2]";

/// What the words in the table stand for.
const WORDS: &[(&str, &str)] = &[
    ("empty", ""),
    ("none", ""),
    ("group-id", "g1"),
    ("group-name", "SQL"),
    ("host-id", "2"),
    ("other-group-id", "g9"),
    ("resource-id", "r1"),
    ("resource-name", "Laufwerk Ä"),
    ("type-name", "Physical Disk"),
    ("network-id", "w1"),
    ("network-name", "Cluster Network 1"),
    ("interface-id", "i1"),
    ("interface-name", "node3 - LAN"),
    ("node-id", "3"),
    ("node-name", "node3"),
    ("owner-id", "4"),
    ("owner-ids", "4\0\u{31}5\0"),
    ("resource-ids", "r1\0r2\0"),
    ("set-ids", "s2\0"),
    ("set-id", "s1"),
    ("set-name", "Web"),
    ("space-id", "sp"),
    ("space-name", "Pool"),
    ("cluster-name", "CL2"),
    ("key-name", "Software\\App"),
    ("value-name", "Level"),
    ("expression", "[r1] or [r2]"),
];

/// What the numbers in the table are.
const NUMBERS: &[(&str, u32)] = &[
    ("group-type", 106),
    ("node-state", 2),
    ("version", 0x0009_0001),
    ("group-state", 3),
    ("resource-state", 0x81),
    ("interface-state", 1),
    ("network-state", 0xFFFF_FFFF),
    ("set-state", 77),
];

/// A `PROPERTY_LIST` of a `DWORD` and a `WORD`, by hand from MS-CMRP 2.2.3.10.
const PROPERTIES: &[u8] = &[
    2, 0, 0, 0, //
    3, 0, 4, 0, 8, 0, 0, 0, b'P', 0, b'r', 0, b'i', 0, 0, 0, //
    2, 0, 1, 0, 4, 0, 0, 0, 0xB8, 0x0B, 0, 0, //
    0, 0, 0, 0, //
    3, 0, 4, 0, 6, 0, 0, 0, b'A', 0, b'b', 0, 0, 0, 0, 0, //
    0x0B, 0, 1, 0, 2, 0, 0, 0, 0x34, 0x12, 0, 0, //
    0, 0, 0, 0,
];

fn properties() -> PropertyList<'static> {
    let priority = Property::new("Pri", PropertyValue::Dword(3000));
    [priority, Property::new("Ab", PropertyValue::Word(0x1234))].into_iter().collect()
}

fn volume() -> SharedVolume<'static> {
    SharedVolume {
        name: r"\\?\Volume{0}\".into(),
        node: "node3".into(),
        state: SharedVolumeState::ACTIVE,
        redirection: Some(Redirection { friendly_name: "Volume1".into(), file_system: 2, block: 1 << 40 }),
    }
}

/// The property list of one volume, by hand from MS-CMRP 2.2.3.10 and 2.2.3.32.
fn volume_octets() -> Vec<u8> {
    let fixed = |text: &str| {
        let mut octets = wide(text);
        octets.resize(520, 0);
        octets
    };
    let mut octets = [1_u32, 0x0004_0003, 4].map(u32::to_le_bytes).concat();
    octets.extend(b"V\0\0\0");
    octets.extend([0x0001_0001_u32, 1580].map(u32::to_le_bytes).concat());
    octets.extend(fixed(r"\\?\Volume{0}\"));
    octets.extend(fixed("node3"));
    octets.extend(2_u32.to_le_bytes());
    octets.extend(fixed("Volume1"));
    octets.extend([2_u64, 1 << 40].map(u64::to_le_bytes).concat());
    octets.extend([0; 4]);
    octets
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A row of the table.
struct Row<'a> {
    columns: Vec<&'a str>,
}

impl Row<'_> {
    fn filter(&self) -> ObjectFilter {
        let value =
            u64::from_str_radix(self.columns[3].trim_start_matches("0x"), 16).expect("a hexadecimal value");
        ObjectFilter::received(self.columns[1].parse().expect("a number"), value)
    }

    fn text(&self, column: usize) -> Option<&'static str> {
        (self.columns[column] != "null").then(|| word(self.columns[column]))
    }

    fn buffer(&self) -> Vec<u8> {
        match self.columns[5].split_once(' ').unwrap_or((self.columns[5], "")) {
            ("empty", _) => Vec::new(),
            ("number", name) => number(name).to_le_bytes().to_vec(),
            ("text" | "texts", name) => wide(&format!("{}\0", word(name))),
            ("properties", _) => PROPERTIES.to_vec(),
            ("membership", _) => vec![1, 2, 0, 0, 0, 1, 3],
            ("volumes", _) => volume_octets(),
            ("octets", _) => vec![9, 8, 7],
            (other, _) => panic!("{other}: no such kind of buffer"),
        }
    }
}

fn word(name: &str) -> &'static str {
    WORDS.iter().find(|(word, _)| *word == name).unwrap_or_else(|| panic!("{name}: no such word")).1
}

fn number(name: &str) -> u32 {
    NUMBERS.iter().find(|(number, _)| *number == name).unwrap_or_else(|| panic!("{name}: no such number")).1
}

fn rows() -> Vec<Row<'static>> {
    let lines = include_str!("payloads.tsv").lines().skip(1);
    lines.map(|line| Row { columns: line.split('\t').collect() }).collect()
}

/// Calls back with each event there is, and what its buffer is understood as.
fn each_event(mut check: impl FnMut(EventV2<'_>, Payload<'_>)) {
    let list = &properties();
    cluster_events(list, &mut check);
    group_events(list, &mut check);
    resource_events(list, &mut check);
    network_events(list, &mut check);
    node_events(list, &mut check);
    registry_and_storage_events(&mut check);
    group_set_events(list, &mut check);
}

type Check<'c> = &'c mut dyn FnMut(EventV2<'_>, Payload<'_>);

fn props() -> Payload<'static> {
    Payload::Properties(properties())
}

fn ids(ids: &[&'static str]) -> Payload<'static> {
    Payload::Ids(ids.iter().map(|id| (*id).into()).collect())
}

fn cluster_events(list: &PropertyList<'_>, check: Check<'_>) {
    let mut buffer = vec![0xAA; 3];
    for (event, payload) in [
        (ClusterEvent::GroupAdded { group: GROUP, group_type: 106 }, Payload::GroupType(106)),
        (ClusterEvent::NetworkAdded(NETWORK), Payload::Empty),
        (
            ClusterEvent::NodeAdded { node: NODE, state: NodeState::PAUSED },
            Payload::NodeState(NodeState::PAUSED),
        ),
        (ClusterEvent::ResourceTypeAdded("Physical Disk"), Payload::Empty),
        (ClusterEvent::CommonProperty(list), props()),
        (ClusterEvent::PrivateProperty(list), props()),
        (ClusterEvent::LostNotifications, Payload::Empty),
        (ClusterEvent::Renamed("CL2"), Payload::Empty),
        (ClusterEvent::Membership(MEMBERSHIP), Payload::Membership(MEMBERSHIP)),
        (ClusterEvent::Upgraded(0x0009_0001), Payload::OperatingVersion(0x0009_0001)),
    ] {
        check(event.event(&mut buffer), payload);
    }
}

fn group_events(list: &PropertyList<'_>, check: Check<'_>) {
    let mut buffer = Vec::new();
    for (event, payload) in [
        (GroupEvent::Deleted, Payload::Empty),
        (GroupEvent::CommonProperty(list), props()),
        (GroupEvent::PrivateProperty(list), props()),
        (GroupEvent::State(GroupState::PARTIAL_ONLINE), Payload::GroupState(GroupState::PARTIAL_ONLINE)),
        (GroupEvent::OwnerNode("4"), Payload::Id("4".into())),
        (GroupEvent::PreferredOwners(&OWNERS), ids(&OWNERS)),
        (GroupEvent::ResourceAdded { id: RESOURCE.id, name: RESOURCE.name }, Payload::Id("g1".into())),
        (GroupEvent::ResourceGained("r1"), Payload::Id("r1".into())),
        (GroupEvent::ResourceLost("r1"), Payload::Id("r1".into())),
    ] {
        check(event.of(GROUP, &mut buffer), payload);
    }
}

fn resource_events(list: &PropertyList<'_>, check: Check<'_>) {
    let mut buffer = Vec::new();
    let pending = ResourceState::ONLINE_PENDING;
    for (event, payload) in [
        (ResourceEvent::CommonProperty(list), props()),
        (ResourceEvent::PrivateProperty, Payload::Empty),
        (ResourceEvent::State(pending), Payload::ResourceState(pending)),
        (ResourceEvent::OwnerGroup("g9"), Payload::Id("g9".into())),
        (ResourceEvent::Dependencies(EXPRESSION), Payload::Expression(EXPRESSION.into())),
        (ResourceEvent::Dependents(&RESOURCES), ids(&RESOURCES)),
        (ResourceEvent::PossibleOwners(&OWNERS), ids(&OWNERS)),
        (ResourceEvent::Deleted("g9"), Payload::Id("g9".into())),
        (ResourceEvent::DllUpgraded("4"), Payload::Id("4".into())),
    ] {
        check(event.of(RESOURCE, &mut buffer), payload);
    }
    for (event, payload) in [
        (ResourceTypeEvent::Deleted, Payload::Empty),
        (ResourceTypeEvent::CommonProperty(list), props()),
        (ResourceTypeEvent::PrivateProperty, Payload::Empty),
        (ResourceTypeEvent::PossibleOwners(&OWNERS), ids(&OWNERS)),
        (ResourceTypeEvent::DllUpgraded("4"), Payload::Id("4".into())),
        (ResourceTypeEvent::Specific(&[9, 8, 7]), Payload::Octets(&[9, 8, 7])),
    ] {
        check(event.of("Physical Disk", &mut buffer), payload);
    }
}

fn network_events(list: &PropertyList<'_>, check: Check<'_>) {
    let mut buffer = Vec::new();
    for (event, payload) in [
        (NetInterfaceEvent::Deleted, Payload::Empty),
        (NetInterfaceEvent::CommonProperty(list), props()),
        (NetInterfaceEvent::PrivateProperty(list), props()),
        (
            NetInterfaceEvent::State(NetInterfaceState::UNREACHABLE),
            Payload::NetInterfaceState(NetInterfaceState::UNREACHABLE),
        ),
    ] {
        check(event.of(INTERFACE, &mut buffer), payload);
    }
    for (event, payload) in [
        (NetworkEvent::Deleted, Payload::Empty),
        (NetworkEvent::CommonProperty(list), props()),
        (NetworkEvent::PrivateProperty(list), props()),
        (NetworkEvent::State(NetworkState::UNKNOWN), Payload::NetworkState(NetworkState::UNKNOWN)),
    ] {
        check(event.of(NETWORK, &mut buffer), payload);
    }
}

fn node_events(list: &PropertyList<'_>, check: Check<'_>) {
    let mut buffer = Vec::new();
    for (event, payload) in [
        (NodeEvent::NetInterfaceAdded { id: INTERFACE.id, name: INTERFACE.name }, Payload::Id("3".into())),
        (NodeEvent::Deleted(NodeState::PAUSED), Payload::NodeState(NodeState::PAUSED)),
        (NodeEvent::CommonProperty(list), props()),
        (NodeEvent::PrivateProperty(list), props()),
        (NodeEvent::State(NodeState::PAUSED), Payload::NodeState(NodeState::PAUSED)),
        (NodeEvent::GroupGained("g1"), Payload::Id("g1".into())),
        (NodeEvent::GroupLost("g1"), Payload::Id("g1".into())),
    ] {
        check(event.of(NODE, &mut buffer), payload);
    }
}

fn registry_and_storage_events(check: Check<'_>) {
    let mut buffer = Vec::new();
    let pending = ResourceState::ONLINE_PENDING;
    for event in
        [RegistryEvent::Attributes, RegistryEvent::Name { value: "Level" }, RegistryEvent::Value("Level")]
    {
        check(event.of("Software\\App"), Payload::Empty);
    }
    let quorum = QuorumResource { id: RESOURCE.id, name: RESOURCE.name };
    check(QuorumEvent::State(Some(pending)).of(quorum, &mut buffer), Payload::ResourceState(pending));
    check(QuorumEvent::State(None).of(quorum, &mut buffer), Payload::Empty);
    let resource = VolumeResource { id: RESOURCE.id, name: RESOURCE.name };
    check(
        SharedVolumeEvent::State(&[("V", volume())]).of(resource, &mut buffer),
        Payload::SharedVolumes(vec![("V".into(), volume())]),
    );
    let space = Spaceport { id: "sp", name: "Pool" };
    check(SpaceportEvent::CustomPnp(&[9, 8, 7]).of(space, &mut buffer), Payload::Octets(&[9, 8, 7]));
    for event in [UpgradeEvent::Prepare, UpgradeEvent::Commit, UpgradeEvent::PostCommit] {
        check(event.of(NODE), Payload::Empty);
    }
}

fn group_set_events(list: &PropertyList<'_>, check: Check<'_>) {
    let mut buffer = Vec::new();
    for (event, payload) in [
        (GroupSetEvent::Deleted, Payload::Empty),
        (GroupSetEvent::CommonProperty(list), props()),
        (GroupSetEvent::PrivateProperty(list), props()),
        (GroupSetEvent::State(77), Payload::GroupSetState(77)),
        (GroupSetEvent::GroupAdded("g1"), Payload::Id("g1".into())),
        (GroupSetEvent::GroupRemoved("g1"), Payload::Id("g1".into())),
        (GroupSetEvent::Dependencies(EXPRESSION), Payload::Expression(EXPRESSION.into())),
        (GroupSetEvent::Dependents(&SETS), ids(&SETS)),
    ] {
        check(event.of(SET, &mut buffer), payload);
    }
}

/// Rows: 9.2/1, 9.2/2
#[test]
fn s9_2_every_event_is_its_row_of_the_table() {
    let mut rows = rows().into_iter();
    each_event(|event, _| {
        let row = rows.next().expect("a row for each event");
        let name = format!("{} {}", row.columns[0], row.columns[2]);
        assert_eq!(event.filter, row.filter(), "{name}");
        assert_eq!(event.filter.flags().count_ones(), 1, "{name}");
        assert_eq!(event.target, word(row.columns[4]), "{name}");
        assert_eq!(event.buffer, row.buffer(), "{name}");
        assert_eq!(Some(event.object_id), row.text(6), "{name}");
        assert_eq!(event.parent_id, row.text(7), "{name}");
        assert_eq!(Some(event.name), row.text(8), "{name}");
        assert_eq!(event.type_name, row.text(9), "{name}");
    });
    assert!(rows.next().is_none(), "an event for each row");
}

/// Rows: 9.2/2
#[test]
fn s9_2_every_event_has_a_row_and_only_those() {
    for object_type in 0..=17 {
        for bit in 0..64 {
            let filter = ObjectFilter::received(object_type, 1 << bit);
            let listed = rows().iter().any(|row| row.filter() == filter);
            let unlisted = |error: PayloadError| error.kind() == PayloadErrorKind::Unlisted(filter);
            assert_eq!(!listed, Payload::decode(filter, &[]).is_err_and(unlisted), "{filter:?}");
        }
    }
}

/// Rows: 9.2/3
#[test]
fn s9_2_what_is_written_is_understood_again() {
    each_event(|event, payload| {
        assert_eq!(Payload::decode(event.filter, event.buffer), Ok(payload), "{:?}", event.filter);
    });
}

/// Rows: 9.2/4
#[test]
fn s9_2_membership_is_packed() {
    let mut buffer = Vec::new();
    let event = ClusterEvent::Membership(MEMBERSHIP).event(&mut buffer);
    assert_eq!(event.buffer, [1, 2, 0, 0, 0, 1, 3]);
}

/// Section 16 of the fact sheet: the reply of `ApiGetNotifyV2` with one event `RESOURCE` / `STATE`.
///
/// Rows: 9.2/2
#[test]
fn s9_2_the_reply_with_a_resource_state_is_the_test_vector() {
    let resource = Resource { id: "r1", name: "Res1", group_id: "g1", type_name: "T" };
    let mut buffer = Vec::new();
    let event = ResourceEvent::State(ResourceState::ONLINE).of(resource, &mut buffer);
    let notification = NotificationRpc { dw_notify_key: 7, notification_data: data(&event) };
    let response =
        ApiGetNotifyV2Response { notifications: SizedPtr::Array(vec![notification]), return_value: 0 };
    let octets = hex(
        "00000200010000000700000000000000030000000000000004000000000000000400020004000000080002000c000200\
                  1000020014000200040000000200000003000000000000000300000072003100000000000300000000000000030000006700\
                  310000000000050000000000000005000000520065007300310000000000020000000000000002000000540000000100000000\
                  000000",
    );
    let encoded = response.encode(Format::NDR20_LE).expect("a reply that can be encoded");
    assert_eq!(encoded, octets);
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len() / 2).map(|pair| &digits[2 * pair..2 * pair + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two hexadecimal digits")).collect()
}

fn data<'a>(event: &EventV2<'a>) -> NotificationDataRpc<'a> {
    NotificationDataRpc {
        filter_and_type: event.filter.into(),
        buffer: SizedPtr::Array(event.buffer),
        object_id: Some(event.object_id.into()),
        parent_id: event.parent_id.map(Into::into),
        name: Some(event.name.into()),
        r#type: event.type_name.map(Into::into),
    }
}
