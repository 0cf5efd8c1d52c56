//! MS-CMRP 3.1.4.2.29-41: keys, values, enumeration, rights, what is told.

use cmrp::clusapi3::*;
use cmrp::ndr::FileTime;
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_port::time::Instant;

use crate::rig::{FORMATS, Rig};

const NAME: u32 = 0x10;
const VALUE: u32 = 0x40;
const READ: u32 = 0x0002_0019;

#[test]
fn what_was_set_is_what_is_read() {
    for format in FORMATS {
        let mut rig = Rig::new();
        rig.format = format;
        let root = rig.root();
        let key = rig.key(root, "Tests");
        for (kind, data) in [(1, &b"a\0\0\0"[..]), (3, b""), (4, b"\x01\0\0\0"), (77, b"odd")] {
            assert_eq!(rig.set(key, "Value", kind, data), 0);
            assert_eq!(rig.query(key, "vALUE"), Ok((kind, data.to_vec())));
        }
        assert_eq!(rig.query(key, ""), Err(2));
        assert_eq!(rig.set(key, "", 3, b"unnamed"), 0);
        assert_eq!(rig.query(key, ""), Ok((3, b"unnamed".to_vec())));
    }
}

#[test]
fn a_value_comes_whole_or_its_size_does() {
    let mut rig = Rig::new();
    let root = rig.root();
    let key = rig.key(root, "Sizes");
    let data: Vec<u8> = (0..40).collect();
    assert_eq!(rig.set(key, "v", 3, &data), 0);
    for room in 0..60_u32 {
        let answer = rig.call(&ApiQueryValueRequest { h_key: key, lp_value_name: "v".into(), cb_data: room });
        assert_eq!((answer.lp_value_type, answer.lpcb_required), (3, 40));
        assert_eq!(answer.lp_data.len(), room as usize);
        if room < 40 {
            assert_eq!(answer.return_value, 234);
            assert!(answer.lp_data.iter().all(|octet| *octet == 0));
        } else {
            assert_eq!((answer.return_value, &answer.lp_data[..40]), (0, data.as_slice()));
        }
        let answer = rig.call(&ApiEnumValueRequest { h_key: key, dw_index: 0, lpcb_data: room });
        assert_eq!((answer.lp_type, answer.total_size), (3, 40));
        assert_eq!(answer.lp_value_name.unwrap(), "v");
        if room < 40 {
            assert_eq!((answer.return_value, answer.lp_data.len()), (234, room as usize));
        } else {
            assert_eq!((answer.return_value, answer.lp_data), (0, data.as_slice()));
        }
    }
}

#[test]
fn enumerating_finds_all_that_was_made_and_ends_with_259() {
    let mut rig = Rig::new();
    let root = rig.root();
    let key = rig.key(root, "Many");
    let names: Vec<String> = (0..50).map(|number| format!("Key {number:02}")).collect();
    for name in names.iter().rev() {
        rig.key(key, name);
        assert_eq!(rig.set(key, name, 4, &[0; 4]), 0);
    }
    assert_eq!(rig.subkeys(key), names);
    let mut values = Vec::new();
    for dw_index in 0.. {
        let answer = rig.call(&ApiEnumValueRequest { h_key: key, dw_index, lpcb_data: 16 });
        if answer.return_value == 259 {
            break;
        }
        values.push(answer.lp_value_name.unwrap().to_string_lossy());
    }
    assert_eq!(values, names);
    assert_eq!(rig.call(&ApiEnumKeyRequest { h_key: key, dw_index: u32::MAX }).return_value, 259);
    let info = rig.call(&ApiQueryInfoKeyRequest { h_key: key });
    let counted = (info.lpc_sub_keys, info.lpc_values, info.lpcb_max_sub_key_len, info.lpcb_max_value_len);
    assert_eq!(counted, (50, 50, 6, 4));
}

#[test]
fn the_cluster_shows_its_identifier() {
    let mut rig = Rig::new();
    let root = rig.root();
    let request = ApiQueryValueRequest { h_key: root, lp_value_name: "ClusterInstanceID".into(), cb_data: 0 };
    let answer = rig.call(&request);
    assert_eq!((answer.return_value, answer.lp_value_type), (234, 1));
    let answer = rig.call(&ApiQueryValueRequest { cb_data: answer.lpcb_required, ..request });
    assert_eq!(answer.return_value, 0);
}

#[test]
fn names_are_equal_without_case_and_keep_theirs() {
    let mut rig = Rig::new();
    let root = rig.root();
    assert_eq!(rig.create(root, "Größe\\Below", READ).lpdw_disposition, 1);
    assert_eq!(rig.create(root, "gRÖSSE", READ).lpdw_disposition, 1);
    assert_eq!(rig.create(root, "GRÖßE\\bELOW", READ).lpdw_disposition, 2);
    let key = rig.open(root, "größe", READ).return_value;
    assert_eq!(rig.subkeys(key), ["Below"]);
}

#[test]
fn paths_are_below_the_key_and_well_formed() {
    let mut rig = Rig::new();
    let root = rig.root();
    let deep = ["k"; 33].join("\\");
    let long = "n".repeat(256);
    for path in ["\\a", "a\\\\b", "\\", deep.as_str(), long.as_str(), "a\u{1}"] {
        assert_eq!(rig.create(root, path, READ).status, 161, "{path}");
        assert_eq!(rig.open(root, path, READ).status, 161, "{path}");
    }
    assert_eq!(rig.create(root, "a\\b\\", READ).status, 0);
    assert_eq!(rig.open(root, "a\\b", READ).status, 0);
    assert_eq!(rig.open(root, "a\\c", READ).status, 2);
    // The empty path is the key itself.
    let key = rig.open(root, "a", READ).return_value;
    let same = rig.open(key, "", READ).return_value;
    assert_eq!(rig.subkeys(same), ["b"]);
}

#[test]
fn a_key_with_subkeys_is_not_deleted() {
    let mut rig = Rig::new();
    let root = rig.root();
    rig.key(root, "a\\b");
    let delete = |rig: &mut Rig, path: &str| {
        rig.call(&ApiDeleteKeyRequest { h_key: root, lp_sub_key: path.into() }).return_value
    };
    assert_eq!(delete(&mut rig, "a"), 5);
    assert_eq!(delete(&mut rig, "a\\b"), 0);
    assert_eq!(delete(&mut rig, "a"), 0);
    assert_eq!(delete(&mut rig, "a"), 2);
    assert_eq!(delete(&mut rig, ""), 87);
}

#[test]
fn a_handle_of_a_deleted_key_stays_one_of_a_deleted_key() {
    let mut rig = Rig::new();
    let root = rig.root();
    let key = rig.key(root, "Gone");
    assert_eq!(rig.call(&ApiDeleteKeyRequest { h_key: root, lp_sub_key: "Gone".into() }).return_value, 0);
    assert_eq!(rig.set(key, "v", 4, &[0; 4]), 1018);
    rig.key(root, "Gone");
    assert_eq!(rig.set(key, "v", 4, &[0; 4]), 1018);
    assert_eq!(rig.query(key, "v"), Err(1018));
    assert_eq!(rig.call(&ApiEnumKeyRequest { h_key: key, dw_index: 0 }).return_value, 1018);
    assert_eq!(rig.open(key, "x", READ).status, 1018);
    let closed = rig.call(&ApiCloseKeyRequest { p_key: key });
    assert_eq!((closed.return_value, closed.p_key), (0, None));
}

#[test]
fn each_method_needs_its_right() {
    let mut rig = Rig::new();
    let root = rig.root();
    let all = rig.key(root, "Rights");
    assert_eq!(rig.set(all, "v", 4, &[0; 4]), 0);
    // A handle, and the codes of setting, querying, enumerating and creating by it.
    let table = [
        (0x0000_0001, [5, 0, 5, 5]),
        (0x0000_0002, [0, 5, 5, 5]),
        (0x0000_0004, [5, 5, 5, 0]),
        (0x0000_0008, [5, 5, 0, 5]),
        (READ, [5, 0, 0, 5]),
        (0x8000_0000, [5, 0, 0, 5]),
        (0x4000_0000, [0, 5, 5, 0]),
        (0x000F_003F, [0, 0, 0, 0]),
        (0x1000_0000, [0, 0, 0, 0]),
        (0x0200_0000, [0, 0, 0, 0]),
    ];
    for (number, (desired, codes)) in table.into_iter().enumerate() {
        let key = rig.open(root, "Rights", desired).return_value;
        let enumerated = rig.call(&ApiEnumKeyRequest { h_key: key, dw_index: 0 }).return_value;
        let found = [
            rig.set(key, "v", 4, &[0; 4]),
            rig.query(key, "v").err().unwrap_or(0),
            if enumerated == 259 { 0 } else { enumerated },
            rig.create(key, &format!("new {number}"), READ).status,
        ];
        let key = rig.open(root, "Rights", 0x0200_0000).return_value;
        rig.call(&ApiDeleteKeyRequest { h_key: key, lp_sub_key: format!("new {number}").as_str().into() });
        assert_eq!(found, codes, "{desired:#x}");
    }
}

#[test]
fn a_client_that_may_read_can_ask_for_no_more() {
    let mut rig = Rig::new();
    rig.access = cmrp_port::access::Access::Read;
    for desired in [0x0000_0002, 0x0000_0004, 0x000F_003F, 0x4000_0000, 0x1000_0000, 0x0001_0000] {
        assert_eq!(rig.call(&ApiGetRootKeyRequest { sam_desired: desired }).status, 5, "{desired:#x}");
    }
    let root = rig.root();
    assert!(!rig.subkeys(root).is_empty());
    assert_eq!(rig.set(root, "v", 4, &[0; 4]), 5);
    assert_eq!(rig.create(root, "new", READ).status, 5);
}

#[test]
fn what_changes_is_told_to_version_1_ports() {
    let mut rig = Rig::new();
    let root = rig.root();
    let port = rig.watch();
    let key = rig.key(root, "New\\Sub");
    // A filter on the cluster is one on the root key alone, without the bit for the subtree.
    rig.set(root, "v", 4, &[0; 4]);
    rig.set(key, "v", 4, &[0; 4]);
    let told = rig.events(port);
    assert!(told.contains(&(VALUE, String::new())), "{told:?}");
    let h_notify = rig.call(&ApiCreateNotifyRequest {}).return_value;
    let filter = ApiAddNotifyKeyRequest {
        h_notify,
        h_key: key,
        dw_notify_key: 9,
        filter: cmrp::cluster_change::KeyFilter::from_bits_retain(0x70),
        watch_sub_tree: 1,
    };
    assert_eq!(rig.call(&filter).return_value, 0);
    rig.set(key, "v", 4, &[1; 4]);
    rig.key(key, "Below");
    rig.call(&ApiDeleteValueRequest { h_key: key, lp_value_name: "v".into() });
    rig.call(&ApiDeleteKeyRequest { h_key: key, lp_sub_key: "Below".into() });
    let path = |name: &str| format!("New\\Sub{name}");
    let expected = [(VALUE, path("")), (NAME, path("\\Below")), (VALUE, path("")), (NAME, path("\\Below"))];
    assert_eq!(rig.events(h_notify), expected);
}

#[test]
fn a_call_that_fails_tells_nothing_and_changes_nothing() {
    let mut rig = Rig::new();
    let root = rig.root();
    rig.key(root, "a\\b");
    let port = rig.watch();
    assert_eq!(rig.call(&ApiDeleteKeyRequest { h_key: root, lp_sub_key: "a".into() }).return_value, 5);
    assert_eq!(rig.call(&ApiDeleteValueRequest { h_key: root, lp_value_name: "x".into() }).return_value, 2);
    assert_eq!(rig.events(port), []);
}

#[test]
fn keys_are_stamped_when_they_are_written() {
    let mut rig = Rig::new();
    let root = rig.root();
    rig.now = cmrp_port::time::Instant::from_millis(5000);
    let key = rig.key(root, "Stamp");
    let stamp = rig.call(&ApiQueryInfoKeyRequest { h_key: key }).lpft_last_write_time.0;
    assert_eq!(stamp, 50_000_000);
    rig.now = cmrp_port::time::Instant::from_millis(7000);
    rig.query(key, "v").unwrap_err();
    assert_eq!(rig.call(&ApiQueryInfoKeyRequest { h_key: key }).lpft_last_write_time.0, stamp);
    rig.set(key, "v", 4, &[0; 4]);
    assert_eq!(rig.call(&ApiQueryInfoKeyRequest { h_key: key }).lpft_last_write_time.0, 70_000_000);
}

#[test]
fn the_registry_holds_so_much_and_no_more() {
    let mut rig = Rig::new();
    let root = rig.root();
    let key = rig.key(root, "Full");
    let large = vec![7; 1 << 20];
    let codes: Vec<u32> = (0..40).map(|number| rig.set(key, &format!("v{number}"), 3, &large)).collect();
    let first = codes.iter().position(|code| *code != 0).unwrap();
    assert!((30..33).contains(&first), "{first}");
    assert!(codes[first..].iter().all(|code| *code == 1816));
    // What is replaced or deleted makes room.
    assert_eq!(rig.set(key, "v0", 3, &[]), 0);
    assert_eq!(rig.set(key, "again", 3, &large[..1 << 19]), 0);
    assert_eq!(rig.set(key, "too large", 3, &vec![0; (1 << 20) + 1]), 87);
}

#[test]
fn the_registry_shows_the_objects_as_they_are() {
    let mut rig = Rig::new();
    rig.node.handle_timeout(rig.now);
    let root = rig.root();
    let kinds =
        ["GroupSets", "Groups", "NetworkInterfaces", "Networks", "Nodes", "ResourceTypes", "Resources"];
    let shown = rig.subkeys(root);
    assert!(kinds.iter().all(|kind| shown.iter().any(|name| name == kind)), "{shown:?}");
    let nodes = rig.open(root, "Nodes", READ).return_value;
    assert_eq!(rig.subkeys(nodes), ["1", "2"]);

    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
    let port = rig.watch();
    let created = rig.call(&ApiCreateGroupRequest { lpsz_group_name: "New".into() });
    let id =
        rig.call(&ApiGetGroupIdRequest { h_group: created.return_value }).p_guid.unwrap().to_string_lossy();
    let key = rig.open(root, &format!("Groups\\{id}"), 0x0200_0000).return_value;
    assert_eq!(rig.query(key, "Name"), Ok((1, utf16("New"))));
    // What a client keeps there stays when the object changes.
    assert_eq!(rig.set(key, "Mine", 3, b"x"), 0);
    let rename = ApiSetGroupNameRequest { h_group: created.return_value, lpsz_group_name: "Newer".into() };
    assert_eq!(rig.call(&rename).return_value, 0);
    assert_eq!(rig.query(key, "Name"), Ok((1, utf16("Newer"))));
    assert_eq!(rig.query(key, "Mine"), Ok((3, b"x".to_vec())));
    let delete = ApiDeleteGroupRequest { group: created.return_value, force: 0 };
    assert_eq!(rig.call(&delete).return_value, 0);
    assert_eq!(rig.query(key, "Name"), Err(1018));
    // The objects tell their own changes; of the registry only what the client wrote is told.
    let told = rig.events(port);
    assert_eq!(told.iter().filter(|(change, _)| change & 0x70 != 0).count(), 1, "{told:?}");
}

/// A client reads 1601 where a key has no time.
#[test]
fn keys_of_the_definition_are_as_old_as_the_first_start() {
    let epoch = FileTime(133_000_000_000_000_000);
    let mut rig =
        Rig::of(|cluster| Embedded::new(cluster.state().clone(), Config { epoch, ..Config::default() }));
    rig.node.handle_timeout(Instant::ORIGIN);
    let root = rig.root();
    for path in ["Software", "Groups"] {
        let h_key = rig.open(root, path, 0x0200_0000).return_value;
        let about = rig.call(&ApiQueryInfoKeyRequest { h_key });
        assert_eq!((about.return_value, about.lpft_last_write_time), (0, epoch), "{path}");
    }
}
