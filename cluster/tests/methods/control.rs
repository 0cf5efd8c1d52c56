//! MS-CMRP 3.1.4.3: control codes of every object.

use cmrp::clusapi3::*;
use cmrp::ndr::SizedPtr;
use cmrp_cluster::control::{ControlledObject, all, find};
use cmrp_cluster::embedded::{Config, Embedded};

use crate::rig::{FORMATS, Rig};

/// What a control method returned: code, data, size needed.
pub(crate) type Controlled = (u32, Vec<u8>, u32);

/// Objects of the default cluster.
pub(crate) const OBJECTS: [(ControlledObject, &str); 8] = [
    (ControlledObject::Resource, "Cluster Disk 2"),
    (ControlledObject::ResourceType, "Physical Disk"),
    (ControlledObject::Group, "File Server"),
    (ControlledObject::Node, "node1"),
    (ControlledObject::Network, "Cluster Network 1"),
    (ControlledObject::NetInterface, "node1 - Ethernet"),
    (ControlledObject::Cluster, ""),
    (ControlledObject::GroupSet, "Databases"),
];

/// Sends a code by the method of its object, and by the one with a node; both must give the same.
pub(crate) fn control(
    rig: &mut Rig,
    object: (ControlledObject, &str),
    code: u32,
    input: &[u8],
    room: u32,
) -> Controlled {
    send(rig, object, code, input, room, false)
}

pub(crate) fn send(
    rig: &mut Rig,
    (object, name): (ControlledObject, &str),
    dw_control_code: u32,
    input: &[u8],
    n_out_buffer_size: u32,
    by_node: bool,
) -> Controlled {
    let lp_in_buffer = if input.is_empty() { SizedPtr::NULL } else { SizedPtr::Array(input) };
    let node = |rig: &mut Rig, name: &str| {
        rig.call(&ApiOpenNodeRequest { lpsz_node_name: name.into() }).return_value
    };
    macro_rules! sent {
        ($request:ident, $node_request:ident, $handle:ident: $value:expr, $node:ident $(, $name:ident: $given:expr)?) => {{
            let $handle = $value;
            let answered = if by_node {
                let $node = node(rig, "node2");
                let answer = rig.call(&$node_request {
                    $handle, $node, $($name: $given,)? dw_control_code, lp_in_buffer, n_out_buffer_size,
                });
                (answer.return_value, answer.lp_out_buffer, answer.lpcb_required)
            } else {
                let answer = rig.call(&$request {
                    $handle, $($name: $given,)? dw_control_code, lp_in_buffer, n_out_buffer_size,
                });
                (answer.return_value, answer.lp_out_buffer, answer.lpcb_required)
            };
            assert_eq!(answered.1.size, n_out_buffer_size);
            (answered.0, answered.1.data.to_vec(), answered.2)
        }};
    }
    match object {
        ControlledObject::Resource => {
            sent!(ApiResourceControlRequest, ApiNodeResourceControlRequest, h_resource: rig.resource(name), h_node)
        }
        ControlledObject::ResourceType => sent!(
            ApiResourceTypeControlRequest, ApiNodeResourceTypeControlRequest,
            h_cluster: rig.cluster(), h_node, lpsz_resource_type_name: name.into()
        ),
        ControlledObject::Group => {
            sent!(ApiGroupControlRequest, ApiNodeGroupControlRequest, h_group: rig.group(name), h_node)
        }
        ControlledObject::Node => {
            sent!(ApiNodeControlRequest, ApiNodeNodeControlRequest, h_node: node(rig, name), h_host_node)
        }
        ControlledObject::Network => {
            let open = ApiOpenNetworkRequest { lpsz_network_name: name.into() };
            let handle = rig.call(&open).return_value;
            sent!(ApiNetworkControlRequest, ApiNodeNetworkControlRequest, h_network: handle, h_node)
        }
        ControlledObject::NetInterface => {
            let open = ApiOpenNetInterfaceRequest { lpsz_net_interface_name: name.into() };
            let handle = rig.call(&open).return_value;
            sent!(ApiNetInterfaceControlRequest, ApiNodeNetInterfaceControlRequest, h_net_interface: handle, h_node)
        }
        ControlledObject::Cluster => {
            sent!(ApiClusterControlRequest, ApiNodeClusterControlRequest, h_cluster: rig.cluster(), h_host_node)
        }
        ControlledObject::GroupSet => {
            let open = ApiOpenGroupSetRequest { lpsz_group_set_name: name.into() };
            let handle = rig.call(&open).return_value;
            sent!(ApiGroupSetControlRequest, ApiNodeGroupSetControlRequest, h_group_set: handle, h_node)
        }
    }
}

/// Octets that a code is content with.
pub(crate) fn input(code: u32) -> Vec<u8> {
    let text: Vec<u8> = "Software\\X\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    match code & 0x3F_FFFF {
        0xA2 | 0xA6 | 0xAE | 0xB2 => text,
        0x45 => b"1\0\0\0".to_vec(),
        0x5E | 0x61 | 0x86 | 0x89 | 0x1E6 => vec![0; 4],
        _ => Vec::new(),
    }
}

pub(crate) fn text(octets: &[u8]) -> String {
    let units: Vec<u16> = octets.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let (last, units) = units.split_last().unwrap();
    assert_eq!(*last, 0);
    String::from_utf16(units).unwrap()
}

/// The law of sizes: for any room either all data or `ERROR_MORE_DATA` and the size.
#[test]
fn every_code_gives_all_or_its_size() {
    for format in FORMATS {
        let mut rig = Rig::new();
        rig.format = format;
        for object in OBJECTS {
            for code in all().iter().filter(|code| code.objects().contains(&object.0) && !code.writes()) {
                let (number, name) = (code.number(object.0), code.name(object.0));
                let input = input(number);
                let (status, data, needed) = control(&mut rig, object, number, &input, 10_000);
                // A disk has no network name.
                if name.ends_with("RESOURCE_GET_NETWORK_NAME") || name.ends_with("RESOURCE_GET_DNS_NAME") {
                    assert_eq!((status, data.len()), (1168, 0));
                    continue;
                }
                assert_eq!((status, needed), (0, 0), "{name}");
                assert_eq!(
                    send(&mut rig, object, number, &input, 10_000, true),
                    (0, data.clone(), 0),
                    "{name}"
                );
                let size = u32::try_from(data.len()).unwrap();
                for room in [0, 1, 2, 3, size / 2, size.saturating_sub(1), size, size + 1] {
                    let expected = if room < size { (234, vec![], size) } else { (0, data.clone(), 0) };
                    assert_eq!(control(&mut rig, object, number, &input, room), expected, "{name} {room}");
                }
            }
        }
    }
}

#[test]
fn a_number_that_is_no_code_of_the_object_is_no_function() {
    let mut rig = Rig::new();
    for object in OBJECTS {
        let kind = object.0 as u32;
        let other = if kind == 3 { 4 } else { 3 };
        for code in [0, kind << 24, other << 24 | 0x59, kind << 24 | 0xFFFF, kind << 24 | 0x40_0059, u32::MAX]
        {
            assert_eq!(control(&mut rig, object, code, &[], 100), (1, vec![], 0), "{object:?} {code:#x}");
        }
    }
}

#[test]
fn the_numbers_are_those_of_clusapi_h() {
    let table = [
        (ControlledObject::Cluster, 0x0700_0059, "CLUSCTL_CLUSTER_GET_COMMON_PROPERTIES"),
        (ControlledObject::Cluster, 0x0700_0055, "CLUSCTL_CLUSTER_GET_RO_COMMON_PROPERTIES"),
        (ControlledObject::Cluster, 0x0700_003D, "CLUSCTL_CLUSTER_GET_FQDN"),
        (ControlledObject::Cluster, 0x0700_0081, "CLUSCTL_CLUSTER_GET_PRIVATE_PROPERTIES"),
        (ControlledObject::Cluster, 0x0700_0049, "CLUSCTL_CLUSTER_CHECK_VOTER_DOWN"),
        (ControlledObject::Cluster, 0x0700_02A9, "CLUSCTL_CLUSTER_GET_CLUSDB_TIMESTAMP"),
        (ControlledObject::ResourceType, 0x0200_000D, "CLUSCTL_RESOURCE_TYPE_GET_CLASS_INFO"),
        (ControlledObject::ResourceType, 0x0200_0005, "CLUSCTL_RESOURCE_TYPE_GET_CHARACTERISTICS"),
        (ControlledObject::Node, 0x0400_0039, "CLUSCTL_NODE_GET_ID"),
        (ControlledObject::Group, 0x0300_0009, "CLUSCTL_GROUP_GET_FLAGS"),
        (ControlledObject::Group, 0x0340_005E, "CLUSCTL_GROUP_SET_COMMON_PROPERTIES"),
        (ControlledObject::Resource, 0x0140_00A2, "CLUSCTL_RESOURCE_ADD_REGISTRY_CHECKPOINT"),
        (ControlledObject::Resource, 0x0100_0191, "CLUSCTL_RESOURCE_STORAGE_GET_DISK_INFO"),
        (ControlledObject::Resource, 0x0100_01F1, "CLUSCTL_RESOURCE_STORAGE_GET_DISK_INFO_EX"),
        (ControlledObject::Resource, 0x0100_002D, "CLUSCTL_RESOURCE_GET_RESOURCE_TYPE"),
        (ControlledObject::GroupSet, 0x0800_2D71, "CLUSCTL_GROUPSET_GET_GROUPS"),
    ];
    for (object, number, name) in table {
        assert_eq!(find(object, number).map(|code| code.name(object)), Some(name.to_owned()));
    }
    // No number twice.
    for object in ControlledObject::ALL {
        let mut numbers: Vec<u32> = all()
            .iter()
            .filter(|code| code.objects().contains(&object))
            .map(|code| code.number(object))
            .collect();
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }
}

#[test]
fn names_and_relations_are_told() {
    let mut rig = Rig::new();
    let table = [
        (ControlledObject::Resource, "File Server", 0x29, "File Server"),
        (ControlledObject::Resource, "File Server", 0x2D, "File Server"),
        (ControlledObject::Resource, "Cluster Disk 1", 0x2D, "Physical Disk"),
        (ControlledObject::Resource, "Network Name", 0x169, "FILES"),
        (ControlledObject::Resource, "Network Name", 0x175, "FILES"),
        (ControlledObject::Resource, "Cluster Name", 0x169, "CLUSTER1"),
        (ControlledObject::Group, "Cluster Group", 0x29, "Cluster Group"),
        (ControlledObject::Node, "node2", 0x29, "node2"),
        (ControlledObject::Node, "node2", 0x39, "2"),
        (ControlledObject::Network, "Cluster Network 2", 0x29, "Cluster Network 2"),
        (ControlledObject::NetInterface, "node1 - Ethernet", 0x31, "node1"),
        (ControlledObject::NetInterface, "node1 - Ethernet", 0x35, "Cluster Network 1"),
        (ControlledObject::Cluster, "", 0x3D, "CLUSTER1"),
    ];
    for (object, name, function, expected) in table {
        let (code, data, _) = control(&mut rig, (object, name), (object as u32) << 24 | function, &[], 1000);
        assert_eq!((code, text(&data).as_str()), (0, expected), "{name} {function:#x}");
    }
    let flags = |rig: &mut Rig, object, name| {
        let (code, data, _) = control(rig, (object, name), (object as u32) << 24 | 9, &[], 4);
        assert_eq!(code, 0);
        data
    };
    assert_eq!(flags(&mut rig, ControlledObject::Resource, "Cluster Name"), [1, 0, 0, 0]);
    assert_eq!(flags(&mut rig, ControlledObject::Resource, "File Server"), [0; 4]);
    assert_eq!(flags(&mut rig, ControlledObject::Group, "Cluster Group"), [1, 0, 0, 0]);
    let groups = (ControlledObject::GroupSet, "Databases");
    let (_, data, _) = control(&mut rig, groups, 0x0800_2D71, &[], 1000);
    assert_eq!(text(&data), "SQL Server (INST1)\0");
    let (_, data, _) = control(&mut rig, groups, 0x0800_2D79, &[], 1000);
    assert_eq!(text(&data), "Cluster Group\0");
}

#[test]
fn a_disk_is_described() {
    let mut rig = Rig::new();
    let disk = (ControlledObject::Resource, "Cluster Disk 2");
    let (code, data, _) = control(&mut rig, disk, 0x0100_0191, &[], 5000);
    assert_eq!(code, 0);
    // Syntax and size of each value, up to the end mark.
    let mut left = data.as_slice();
    let mut found = Vec::new();
    while let [a, b, c, d, rest @ ..] = left {
        let syntax = u32::from_le_bytes([*a, *b, *c, *d]);
        if syntax == 0 {
            assert!(rest.is_empty());
            break;
        }
        let size = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        found.push((syntax, size));
        left = &rest[4 + size.next_multiple_of(4)..];
    }
    // CLUS_PARTITION_INFO of clusapi.h: 4 + 520 + 520 + 12 + 64.
    assert_eq!(found, [(0x5_0002, 4), (0x6_0002, 4), (0x7_0002, 8), (0x8_0001, 1120)]);
    let name = (ControlledObject::Resource, "Network Name");
    assert_eq!(control(&mut rig, name, 0x0100_0191, &[], 5000).0, 1);
    assert_eq!(control(&mut rig, disk, 0x0100_01E1, &[], 4).1, [0; 4]);
    assert_eq!(control(&mut rig, disk, 0x0140_01E6, &[1, 0, 0, 0], 0).0, 0);
    assert_eq!(control(&mut rig, disk, 0x0100_01E1, &[], 4).1, [1, 0, 0, 0]);
    assert_eq!(control(&mut rig, disk, 0x0140_01E6, &[1], 0).0, 87);
}

#[test]
fn checkpoints_are_kept() {
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
    let resource = (ControlledObject::Resource, "SQL Server");
    for (add, delete, get) in
        [(0x0140_00A2, 0x0140_00A6, 0x0100_00A9), (0x0140_00AE, 0x0140_00B2, 0x0100_00B5)]
    {
        let mut rig = Rig::new();
        let mut run = |code, input: &str| control(&mut rig, resource, code, &utf16(input), 1000);
        assert_eq!(run(get, "").1, [0, 0]);
        assert_eq!(run(add, "Software\\A").0, 0);
        assert_eq!(run(add, "Software\\B").0, 0);
        assert_eq!(run(add, "SOFTWARE\\a").0, 183);
        assert_eq!(text(&run(get, "").1), "Software\\A\0Software\\B\0");
        assert_eq!(run(delete, "software\\A").0, 0);
        assert_eq!(run(delete, "software\\A").0, 2);
        assert_eq!(run(add, "Software\\C").0, 0);
        assert_eq!(text(&run(get, "").1), "Software\\C\0Software\\B\0");
        assert_eq!(run(add, "").0, 87);
        // Without a terminator.
        assert_eq!(control(&mut rig, resource, add, b"a\0", 0).0, 87);
    }
}

#[test]
fn voters() {
    let mut rig = Rig::new();
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
    let cluster = (ControlledObject::Cluster, "");
    // Two nodes and a witness: any one of them may go.
    for who in ["1", "2"] {
        assert_eq!(control(&mut rig, cluster, 0x0700_0049, &utf16(who), 4), (0, vec![0; 4], 0));
    }
    assert_eq!(control(&mut rig, cluster, 0x0700_0049, &utf16("3"), 4).0, 87);
    assert_eq!(control(&mut rig, cluster, 0x0700_0049, &[], 4), (0, vec![0; 4], 0));
    assert_eq!(control(&mut rig, cluster, 0x0700_0049, &[], 3), (234, vec![], 4));
    assert_eq!(control(&mut rig, cluster, 0x0700_0045, &[], 4).0, 87, "who, has to be said");
    // Two nodes without a witness: one that is down is missed, one that is evicted is not.
    let mut rig = Rig::of(|cluster| {
        let mut state = cluster.state().clone();
        state.quorum.resource = None;
        Embedded::new(state, Config::default())
    });
    assert_eq!(control(&mut rig, cluster, 0x0700_0049, &utf16("2"), 4), (0, vec![1, 0, 0, 0], 0));
    assert_eq!(control(&mut rig, cluster, 0x0700_0045, &utf16("2"), 4), (0, vec![0; 4], 0));
}

#[test]
fn resource_types_that_are_not_there() {
    let mut rig = Rig::new();
    for code in [0, 0x0200_0059] {
        assert_eq!(control(&mut rig, (ControlledObject::ResourceType, "None"), code, &[], 0).0, 5078);
        assert_eq!(control(&mut rig, (ControlledObject::ResourceType, "MSMQ"), code, &[], 0).0, 5079);
        assert_eq!(control(&mut rig, (ControlledObject::ResourceType, "MSMQTriggers"), code, &[], 0).0, 5079);
    }
}

#[test]
fn codes_that_write_need_a_handle_that_may() {
    for object in OBJECTS {
        for code in all().iter().filter(|code| code.objects().contains(&object.0) && code.writes()) {
            let mut rig = Rig::new();
            rig.access = cmrp_port::access::Access::Read;
            let number = code.number(object.0);
            // Without the level even opening fails where the plain method asks for it.
            let request =
                ApiOpenGroupExRequest { lpsz_group_name: "File Server".into(), dw_desired_access: 1 };
            let handle = rig.call(&request);
            assert_eq!(handle.status, 0);
            if object.0 == ControlledObject::Group {
                let request = ApiGroupControlRequest {
                    h_group: handle.return_value,
                    dw_control_code: number,
                    lp_in_buffer: SizedPtr::Array(&[0, 0, 0, 0]),
                    n_out_buffer_size: 0,
                };
                assert_eq!(rig.call(&request).return_value, 5);
                let request = ApiGroupControlRequest {
                    dw_control_code: 0x0300_0029,
                    n_out_buffer_size: 100,
                    ..request
                };
                assert_eq!(rig.call(&request).return_value, 0);
            }
        }
    }
}

#[test]
fn a_node_that_is_down_carries_out_nothing() {
    let mut rig = Rig::new();
    let down = cmrp_cluster::change::Change::NodeDown { node: "node2".to_owned() };
    rig.node.change(rig.now, &down).unwrap();
    for object in OBJECTS {
        let code = (object.0 as u32) << 24 | 0x55;
        assert_eq!(send(&mut rig, object, code, &[], 5000, true).0, 5005, "{object:?}");
        assert_eq!(send(&mut rig, object, code, &[], 5000, false).0, 0, "{object:?}");
    }
}
