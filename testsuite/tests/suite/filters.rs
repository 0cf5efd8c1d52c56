//! Which events can be asked for, by the tables of MS-CMRP 3.1.4.1.58 to 3.1.4.2.137.

use cmrp::clusapi2;
use cmrp::clusapi3::{
    self, ApiAddNotifyClusterRequest, ApiAddNotifyNodeRequest, NotifyFilterAndTypeRpc, ObjectFilter,
};
use cmrp::cluster_change::{
    ClusterChange, ClusterChangeGroupV2, ClusterChangeResourceV2, ClusterFilter, ClusterFilterV2,
    GroupFilter, KeyFilter, NetInterfaceFilter, NetworkFilter, NodeFilter, ResourceFilter,
};
use cmrp::ndr::{DecodeStub, EncodeStub, Format, Limits};

#[test]
fn each_method_of_version_1_ports_has_its_mask() {
    for (valid, mask) in [
        (ClusterFilter::VALID, 0x5FF7_FFFF),
        (ClusterFilterV2::VALID, 0x4FF7_FFFF),
        (NodeFilter::VALID, 0x0000_000F),
        (GroupFilter::VALID, 0x0000_F000),
        (ResourceFilter::VALID, 0x0000_0F00),
        (NetworkFilter::VALID, 0x00F0_0000),
        (NetInterfaceFilter::VALID, 0x0F00_0000),
        (KeyFilter::VALID, 0x0000_0070),
    ] {
        assert_eq!(valid.bits(), mask);
    }
}

#[test]
fn a_filter_holds_only_events_of_its_object() {
    let both = NodeFilter::STATE | NodeFilter::PROPERTY;
    assert_eq!((both.bits(), both.invalid()), (0x9, ClusterChange::empty()));
    assert_eq!(NodeFilter::new(ClusterChange::NODE_STATE), Some(NodeFilter::STATE));
    assert_eq!(NodeFilter::new(ClusterChange::NODE_STATE | ClusterChange::GROUP_STATE), None);
    let error = KeyFilter::try_from(ClusterChange::REGISTRY_SUBTREE).unwrap_err();
    assert_eq!(error.invalid, ClusterChange::REGISTRY_SUBTREE);
    assert_eq!(error.to_string(), "events 0x00000080 cannot be asked for here");
}

/// What a peer sends is kept to the bit, and told apart.
#[test]
fn unknown_bits_are_kept_on_receive_and_reported() {
    let sent = ApiAddNotifyNodeRequest {
        dw_filter: NodeFilter::from_bits_retain(0x8000_0101),
        ..Default::default()
    };
    let stub = sent.encode(Format::NDR20_LE).unwrap();
    let request = ApiAddNotifyNodeRequest::decode(&stub, Format::NDR20_LE, &Limits::DEFAULT).unwrap();
    assert_eq!(request.dw_filter.bits(), 0x8000_0101);
    assert_eq!(request.dw_filter.events(), ClusterChange::NODE_STATE);
    assert_eq!(request.dw_filter.invalid().bits(), 0x8000_0100);
}

/// Version 2 servers do not know `QUORUM_STATE`: the types keep the versions apart.
#[test]
fn the_two_versions_have_cluster_filters_of_their_own() {
    let _ = ApiAddNotifyClusterRequest { dw_filter: ClusterFilter::default(), ..Default::default() };
    let _ =
        clusapi2::ApiAddNotifyClusterRequest { dw_filter: ClusterFilterV2::default(), ..Default::default() };
    assert!(ClusterFilter::new(ClusterChange::QUORUM_STATE).is_some());
    assert!(ClusterFilterV2::new(ClusterChange::QUORUM_STATE).is_none());
    let _ = clusapi3::ApiAddNotifyKeyRequest { filter: KeyFilter::NAME, ..Default::default() };
    let _ = clusapi2::ApiAddNotifyKeyRequest { dw_filter: KeyFilter::VALUE, ..Default::default() };
}

/// Object type and allowed mask, MS-CMRP 3.1.4.2.137.
const ALLOWED: [(u32, u64); 13] = [
    (1, 0x1FF4),
    (2, 0x01FF),
    (3, 0x01FF),
    (4, 0x003F),
    (5, 0x000F),
    (6, 0x000F),
    (7, 0x007F),
    (8, 0x000F),
    (9, 0x0001),
    (10, 0x0001),
    (11, 0x0001),
    (12, 0x0007),
    (13, 0x00FF),
];

#[test]
fn each_kind_of_object_has_its_mask() {
    for (object_type, allowed) in ALLOWED {
        let all = ObjectFilter::received(object_type, u64::MAX);
        assert_eq!(all.invalid(), !allowed, "object type {object_type}");
        assert_eq!(ObjectFilter::received(object_type, allowed).invalid(), 0, "object type {object_type}");
    }
}

#[test]
fn object_type_and_flags_travel_as_a_pair() {
    let state = ObjectFilter::Resource(ClusterChangeResourceV2::STATE);
    let pair = NotifyFilterAndTypeRpc::from(state);
    assert_eq!(pair, NotifyFilterAndTypeRpc { dw_object_type: 3, filter_flags: 4 });
    assert_eq!(ObjectFilter::from(&pair), state);
    for (object_type, flags) in [(2, 0x8000_0000_0000_0001), (14, 7), (0, 0), (u32::MAX, u64::MAX)] {
        let pair = NotifyFilterAndTypeRpc::from(ObjectFilter::received(object_type, flags));
        assert_eq!(
            (pair.dw_object_type, pair.filter_flags.to_ne_bytes()),
            (object_type, flags.to_ne_bytes())
        );
    }
    let deleted = ObjectFilter::received(2, 1);
    assert_eq!(deleted, ObjectFilter::Group(ClusterChangeGroupV2::DELETED));
}
