//! MS-CMRP 3.1.4.2.40-41, MS-DTYP 2.4.6: security descriptors of keys.

use cmrp::clusapi3::*;
use cmrp::ndr::{Varying, VaryingPtr};

use crate::rig::Rig;

/// `O:BAG:BAD:(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;NS)`, put together by hand from MS-DTYP 2.4.
const DEFAULT: &[u8] = &[
    1, 0, 0x04, 0x80, 20, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0, // header
    1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, // S-1-5-32-544
    1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, // S-1-5-32-544
    2, 0, 72, 0, 3, 0, 0, 0, // list
    0, 2, 24, 0, 0x3F, 0, 0x0F, 0, 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0, //
    0, 2, 20, 0, 0x3F, 0, 0x0F, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, //
    0, 2, 20, 0, 0x19, 0, 0x02, 0, 1, 1, 0, 0, 0, 0, 0, 5, 20, 0, 0, 0,
];

/// `O:SYG:SYD:(A;;KR;;;WD)`.
const OTHER: &[u8] = &[
    1, 0, 0x04, 0x80, 20, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, //
    1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, //
    1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0, //
    2, 0, 28, 0, 1, 0, 0, 0, 0, 0, 20, 0, 0x19, 0, 0x02, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
];

fn given(octets: &[u8]) -> RpcSecurityDescriptor<'_> {
    RpcSecurityDescriptor { lp_security_descriptor: VaryingPtr::Array(Varying::full(octets)) }
}

fn room(size: u32) -> RpcSecurityDescriptor<'static> {
    let buffer = Varying { size, data: [].as_slice() };
    RpcSecurityDescriptor { lp_security_descriptor: VaryingPtr::Array(buffer) }
}

fn get(rig: &mut Rig, h_key: Option<HKeyRpc>, information: u32) -> Vec<u8> {
    let request = ApiGetKeySecurityRequest {
        h_key,
        security_information: information,
        p_rpc_security_descriptor: room(4096),
    };
    let answer = rig.call(&request);
    assert_eq!(answer.return_value, 0);
    let VaryingPtr::Array(found) = answer.p_rpc_security_descriptor.lp_security_descriptor else { panic!() };
    found.data.to_vec()
}

fn put(rig: &mut Rig, h_key: Option<HKeyRpc>, information: u32, octets: &[u8]) -> u32 {
    let request = ApiSetKeySecurityRequest {
        h_key,
        security_information: information,
        p_rpc_security_descriptor: given(octets),
    };
    rig.call(&request).return_value
}

#[test]
fn a_new_cluster_has_the_descriptor_of_a_cluster() {
    let mut rig = Rig::new();
    let root = rig.root();
    assert_eq!(get(&mut rig, root, 7), DEFAULT);
    let key = rig.key(root, "Software");
    assert_eq!(get(&mut rig, key, 7), DEFAULT);
}

#[test]
fn it_comes_whole_or_its_size_does() {
    let mut rig = Rig::new();
    let root = rig.root();
    for size in 0..150 {
        let request = ApiGetKeySecurityRequest {
            h_key: root,
            security_information: 7,
            p_rpc_security_descriptor: room(size),
        };
        let answer = rig.call(&request);
        let VaryingPtr::Array(found) = answer.p_rpc_security_descriptor.lp_security_descriptor else {
            panic!()
        };
        if size as usize >= DEFAULT.len() {
            assert_eq!((answer.return_value, found.size, found.data), (0, size, DEFAULT));
        } else {
            assert_eq!((answer.return_value, found.size as usize, found.data), (122, DEFAULT.len(), &[][..]));
        }
    }
}

#[test]
fn what_was_set_is_what_is_read_part_by_part() {
    let mut rig = Rig::new();
    let root = rig.root();
    let key = rig.key(root, "Secured");
    assert_eq!(put(&mut rig, key, 7, OTHER), 0);
    assert_eq!(get(&mut rig, key, 7), OTHER);
    // The list alone, with no other part in its place.
    let list = get(&mut rig, key, 4);
    assert_eq!(&list[..20], &[1, 0, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0]);
    assert_eq!(list[20..], OTHER[44..]);
    assert_eq!(put(&mut rig, key, 4, DEFAULT), 0);
    assert_eq!(get(&mut rig, key, 4)[20..], DEFAULT[52..]);
    assert_eq!(get(&mut rig, key, 1)[20..], OTHER[20..32]);
    // Keys below follow, as long as they have none of their own.
    let below = rig.key(key, "Below");
    assert_eq!(get(&mut rig, below, 7), get(&mut rig, key, 7));
}

#[test]
fn a_new_key_gets_what_it_is_given() {
    let mut rig = Rig::new();
    let root = rig.root();
    let request = |octets| ApiCreateKeyRequest {
        h_key: root,
        lp_sub_key: "Own".into(),
        dw_options: 0,
        sam_desired: 0x0200_0000,
        lp_security_attributes: Some(RpcSecurityAttributes {
            n_length: 24,
            rpc_security_descriptor: given(octets),
            b_inherit_handle: 0,
        }),
    };
    assert_eq!(rig.call(&request(&OTHER[..40])).status, 1338);
    assert_eq!(rig.open(root, "Own", 1).status, 2);
    let key = rig.call(&request(OTHER)).return_value;
    assert_eq!(get(&mut rig, key, 7), OTHER);
}

#[test]
fn what_is_not_well_formed_is_refused_wherever_it_is_cut_or_bent() {
    let mut rig = Rig::new();
    let root = rig.root();
    let key = rig.key(root, "Bent");
    assert_eq!(put(&mut rig, key, 7, OTHER), 0);
    for end in 0..OTHER.len() {
        assert_eq!(put(&mut rig, key, 7, &OTHER[..end]), 1338, "{end}");
    }
    // Revision, self-relative, offsets into the header, a list that claims more, an entry of no size.
    for (at, octet) in [(0, 2), (3, 0), (4, 4), (7, 1), (46, 29), (48, 2), (54, 0), (21, 16)] {
        let mut octets = OTHER.to_vec();
        octets[at] = octet;
        assert_eq!(put(&mut rig, key, 7, &octets), 1338, "{at}");
    }
    assert_eq!(put(&mut rig, key, 0, OTHER), 87);
    assert_eq!(get(&mut rig, key, 7), OTHER);
}

#[test]
fn parts_need_rights() {
    let mut rig = Rig::new();
    let root = rig.root();
    rig.key(root, "Rights");
    let open = |rig: &mut Rig, desired| rig.open(root, "Rights", desired).return_value;
    let list = open(&mut rig, 0x0004_0000);
    assert_eq!(put(&mut rig, list, 4, OTHER), 0);
    assert_eq!(put(&mut rig, list, 1, OTHER), 5);
    let owner = open(&mut rig, 0x0008_0000);
    assert_eq!(put(&mut rig, owner, 3, OTHER), 0);
    assert_eq!(put(&mut rig, owner, 4, OTHER), 5);
    let request = |h_key, security_information| ApiGetKeySecurityRequest {
        h_key,
        security_information,
        p_rpc_security_descriptor: room(4096),
    };
    assert_eq!(rig.call(&request(owner, 4)).return_value, 5);
    let reader = open(&mut rig, 0x0002_0000);
    assert_eq!(rig.call(&request(reader, 4)).return_value, 0);
    assert_eq!(rig.call(&request(reader, 8)).return_value, 5);
}
