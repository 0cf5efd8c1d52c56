//! Stubs worked out by hand from the specification, and the points where other implementations go wrong.

use cmrp::clusapi2;
use cmrp::clusapi3::{
    ApiAddNotifyResourceRequest, ApiAddNotifyV2Request, ApiGetNotifyAsyncResponse, ApiGetNotifyResponse,
    ApiGetNotifyV2Response, HGenericRpc, HNotifyRpc, HResRpc, NotificationDataAsyncRpc, NotificationDataRpc,
    NotificationRpc, NotifyFilterAndTypeRpc,
};
use cmrp::cluster_change::{ClusterChange, ResourceFilter};
use cmrp::ndr::{ContextHandle, DecodeStub, EncodeStub, Format, Handle, Limits, SizedPtr, Uuid};
use cmrp_testsuite::hex;

const N: ContextHandle = ContextHandle {
    attributes: 0,
    uuid: Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]),
};
const R: ContextHandle = ContextHandle {
    attributes: 0,
    uuid: Uuid::new(0x0102_0304, 0x0506, 0x0708, [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10]),
};

fn octets(lines: &[&str]) -> Vec<u8> {
    let digits: String = lines.concat().split_whitespace().collect();
    hex::decode(&digits).expect("hexadecimal digits")
}

#[track_caller]
fn assert_stub<'a, T: DecodeStub<'a> + EncodeStub + PartialEq + std::fmt::Debug>(
    value: &T,
    stub: &'a [u8],
    format: Format,
) {
    assert_eq!(hex::encode(&value.encode(format).unwrap()), hex::encode(stub));
    assert_eq!(&T::decode(stub, format, &Limits::DEFAULT.with_trailing(0)).unwrap(), value);
}

#[test]
fn add_notify_resource_is_two_handles_a_filter_and_a_key() {
    let stub = octets(&[
        "00 00 00 00 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff",
        "00 00 00 00 04 03 02 01 06 05 08 07 09 0a 0b 0c 0d 0e 0f 10",
        "00 01 00 00 07 00 00 00",
    ]);
    let request = ApiAddNotifyResourceRequest {
        h_notify: HNotifyRpc::new(N),
        h_resource: HResRpc::new(R),
        dw_filter: ResourceFilter::STATE,
        dw_notify_key: 7,
    };
    assert_stub(&request, &stub, Format::NDR20_LE);
    assert_stub(&request, &stub, Format::Ndr64);
}

#[test]
fn get_notify_puts_the_name_behind_a_unique_pointer() {
    let ndr20 = octets(&[
        "07 00 00 00 00 01 00 00 05 00 00 00 00 00 02 00 05 00 00 00 00 00 00 00 05 00 00 00 52 00 65 00",
        "73 00 31 00 00 00 00 00 00 00 00 00 00 00 00 00",
    ]);
    let ndr64 = octets(&[
        "07 00 00 00 00 01 00 00 05 00 00 00 00 00 00 00 00 00 02 00 00 00 00 00 05 00 00 00 00 00 00 00",
        "00 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 52 00 65 00 73 00 31 00 00 00 00 00 00 00 00 00",
        "00 00 00 00",
    ]);
    let response = ApiGetNotifyResponse {
        dw_notify_key: 7,
        dw_filter: ClusterChange::RESOURCE_STATE,
        dw_state_sequence: 5,
        name: Some("Res1".into()),
        rpc_status: 0,
        return_value: 0,
    };
    assert_stub(&response, &ndr20, Format::NDR20_LE);
    assert_stub(&response, &ndr64, Format::Ndr64);
}

/// Protocol version 2 has no `rpc_status`.
#[test]
fn get_notify_of_version_2_ends_with_the_result() {
    let stub = octets(&["00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 02 01 00 00"]);
    let response = clusapi2::ApiGetNotifyResponse { return_value: 258, ..Default::default() };
    assert_stub(&response, &stub, Format::NDR20_LE);
}

/// A null name and an empty one are different values.
#[test]
fn an_empty_name_is_not_a_null_pointer() {
    let empty = ApiGetNotifyResponse { name: Some("".into()), ..Default::default() };
    let null = ApiGetNotifyResponse { name: None, ..Default::default() };
    for format in Format::ALL {
        let (empty_stub, null_stub) = (empty.encode(format).unwrap(), null.encode(format).unwrap());
        assert_ne!(empty_stub, null_stub);
        assert_eq!(ApiGetNotifyResponse::decode(&empty_stub, format, &Limits::DEFAULT).unwrap(), empty);
        assert_eq!(ApiGetNotifyResponse::decode(&null_stub, format, &Limits::DEFAULT).unwrap(), null);
    }
}

/// `isTargetedAtObject` is a BOOL of 4 octets; Samba's IDL has one octet there.
#[test]
fn add_notify_v2_ends_with_a_bool_of_four_octets() {
    let stub = octets(&[
        "00 00 00 00 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff",
        "00 00 00 00 04 03 02 01 06 05 08 07 09 0a 0b 0c 0d 0e 0f 10",
        "03 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00 07 00 00 00 02 00 00 00 01 00 00 00",
    ]);
    let request = ApiAddNotifyV2Request {
        h_notify: HNotifyRpc::new(N),
        h_object: HResRpc::new(R).map(HGenericRpc::from),
        filter: NotifyFilterAndTypeRpc { dw_object_type: 3, filter_flags: 4 },
        dw_notify_key: 7,
        dw_version: 2,
        is_targeted_at_object: 1,
    };
    assert_stub(&request, &stub, Format::NDR20_LE);
    assert_stub(&request, &stub, Format::Ndr64);
}

/// `dwNotifyKey` of `NOTIFICATION_RPC` is a number in place; Samba's IDL has a pointer there.
#[test]
fn get_notify_v2_has_the_key_in_place_and_the_count_behind_the_array() {
    let stub = octets(&[
        "00 00 02 00 01 00 00 00 07 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00 04 00 00 00 00 00 00 00",
        "04 00 02 00 04 00 00 00 08 00 02 00 0c 00 02 00 10 00 02 00 14 00 02 00 04 00 00 00 02 00 00 00",
        "03 00 00 00 00 00 00 00 03 00 00 00 72 00 31 00 00 00 00 00 03 00 00 00 00 00 00 00 03 00 00 00",
        "67 00 31 00 00 00 00 00 05 00 00 00 00 00 00 00 05 00 00 00 52 00 65 00 73 00 31 00 00 00 00 00",
        "02 00 00 00 00 00 00 00 02 00 00 00 54 00 00 00 01 00 00 00 00 00 00 00",
    ]);
    let notification = NotificationRpc {
        dw_notify_key: 7,
        notification_data: NotificationDataRpc {
            filter_and_type: NotifyFilterAndTypeRpc { dw_object_type: 3, filter_flags: 4 },
            buffer: SizedPtr::Array(&[2, 0, 0, 0]),
            object_id: Some("r1".into()),
            parent_id: Some("g1".into()),
            name: Some("Res1".into()),
            r#type: Some("T".into()),
        },
    };
    let response =
        ApiGetNotifyV2Response { notifications: SizedPtr::Array(vec![notification]), return_value: 0 };
    assert_stub(&response, &stub, Format::NDR20_LE);
}

#[test]
fn get_notify_async_defers_the_names_behind_all_elements() {
    let stub = octets(&[
        "00 00 02 00 01 00 00 00 07 00 00 00 00 01 00 00 04 00 02 00 05 00 00 00 00 00 00 00 05 00 00 00",
        "52 00 65 00 73 00 31 00 00 00 00 00 01 00 00 00 00 00 00 00",
    ]);
    let notification = NotificationDataAsyncRpc {
        dw_notify_key: 7,
        dw_filter: ClusterChange::RESOURCE_STATE,
        name: Some("Res1".into()),
    };
    let response =
        ApiGetNotifyAsyncResponse { notifications: SizedPtr::Array(vec![notification]), return_value: 0 };
    assert_stub(&response, &stub, Format::NDR20_LE);
}

/// `ENUM_LIST` with two nodes: the maximum count moves to the front, the names behind the array.
#[test]
fn create_enum_hoists_the_count_of_its_list() {
    let ndr20 = octets(&[
        "00 00 02 00 02 00 00 00 02 00 00 00 01 00 00 00 04 00 02 00 01 00 00 00 08 00 02 00 03 00 00 00",
        "00 00 00 00 03 00 00 00 4e 00 31 00 00 00 00 00 06 00 00 00 00 00 00 00 06 00 00 00 4e 00 6f 00",
        "64 00 65 00 32 00 00 00 00 00 00 00 00 00 00 00",
    ]);
    let ndr64 = octets(&[
        "00 00 02 00 00 00 00 00 02 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00",
        "04 00 02 00 00 00 00 00 01 00 00 00 00 00 00 00 08 00 02 00 00 00 00 00 03 00 00 00 00 00 00 00",
        "00 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00 4e 00 31 00 00 00 00 00 06 00 00 00 00 00 00 00",
        "00 00 00 00 00 00 00 00 06 00 00 00 00 00 00 00 4e 00 6f 00 64 00 65 00 32 00 00 00 00 00 00 00",
        "00 00 00 00",
    ]);
    let entry = |name| cmrp::clusapi3::EnumEntry { r#type: 1, name: Some(name) };
    let list = cmrp::clusapi3::EnumList { entry: vec![entry("N1".into()), entry("Node2".into())] };
    let response =
        cmrp::clusapi3::ApiCreateEnumResponse { return_enum: Some(list), rpc_status: 0, return_value: 0 };
    assert_stub(&response, &ndr20, Format::NDR20_LE);
    assert_stub(&response, &ndr64, Format::Ndr64);
}

/// MS-CMRP 2.2.3.33. The kind is an enumeration of 2 octets in NDR and 4 in NDR64; the tag repeats it.
#[test]
fn a_disk_is_named_by_its_signature_or_its_guid() {
    use cmrp::clusapi3::{ClusdskDiskid, ClusdskDiskidUnion};
    use cmrp::ndr::{Decode, Encode, Reader, Writer};

    let guid = Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
    let guid_octets = "33221100 5544 7766 8899aabbccddeeff";
    for (arm, ndr20, ndr64) in [
        (
            ClusdskDiskidUnion::DiskSignature(0x1122_3344),
            "0100 0000 0100 0000 44332211".to_owned(),
            "01000000 01000000 44332211".to_owned(),
        ),
        (
            ClusdskDiskidUnion::DiskGuid(guid),
            format!("0200 0000 0200 0000 {guid_octets}"),
            format!("02000000 02000000 {guid_octets}"),
        ),
    ] {
        let disk = ClusdskDiskid { arm };
        for (format, digits) in [(Format::NDR20_LE, ndr20), (Format::Ndr64, ndr64)] {
            let stub = octets(&[digits.as_str()]);
            let mut writer = Writer::new(format);
            disk.encode(&mut writer).unwrap();
            assert_eq!(writer.into_stub(), stub, "{format}");
            let mut reader = Reader::new(&stub, format, &Limits::DEFAULT);
            assert_eq!(ClusdskDiskid::decode(&mut reader), Ok(disk.clone()), "{format}");
        }
    }
}
