//! Values made of any octets: what comes out is a value of its operation, and stays one when it is varied; landmarks
//! are where the octets say they are.

use cmrp::ndr::arbitrary::{HandleUse, Landmark, LandmarkKind, Unstructured};
use cmrp::ndr::{DecodeStub, EncodeStub, Format, Limits, Operation, Writer};
use cmrp::{clusapi2, clusapi3};
use cmrp_ndr_tests::laws_of_arbitrary_values;

laws_of_arbitrary_values! {
    arbitrary_values_of_version_2_travel clusapi2
    arbitrary_values_of_version_3_travel clusapi3
}

/// The stub of an `ApiGetNotify` response, taken apart by hand.
#[test]
fn landmarks_stand_where_the_octets_do() {
    let response = clusapi3::ApiGetNotifyResponse { name: Some("ab".into()), ..Default::default() };
    let marks = |format| {
        let mut writer = Writer::marking(format);
        response.write(&mut writer).unwrap();
        let (stub, landmarks) = writer.into_marked();
        assert_eq!(Ok(stub), response.encode(format), "marking changes nothing");
        landmarks
            .into_iter()
            .map(|Landmark { kind, offset, size }| (kind.name(), offset, size))
            .collect::<Vec<_>>()
    };
    // Key, filter, state sequence; then the pointer, its string of three units, a gap, two status values.
    let ndr20 = [
        ("referent", 12, 4),
        ("maximum_count", 16, 4),
        ("offset", 20, 4),
        ("actual_count", 24, 4),
        ("terminator", 32, 2),
        ("gap", 34, 2),
    ];
    assert_eq!(marks(Format::NDR20_LE), ndr20);
    assert_eq!(marks(Format::NDR20_BE), ndr20);
    // The key has 4 octets here too: it is a DWORD in version 1 ports.
    let ndr64 = [
        ("gap", 12, 4),
        ("referent", 16, 8),
        ("maximum_count", 24, 8),
        ("offset", 32, 8),
        ("actual_count", 40, 8),
        ("terminator", 52, 2),
        ("gap", 54, 2),
    ];
    assert_eq!(marks(Format::Ndr64), ndr64);
}

#[test]
fn handles_are_marked_and_listed() {
    let request = clusapi3::ApiAddResourceDependencyRequest::default();
    let mut writer = Writer::marking(Format::NDR20_LE);
    request.write(&mut writer).unwrap();
    let handle = |offset| Landmark { kind: LandmarkKind::Handle, offset, size: 20 };
    assert_eq!(writer.into_marked().1, [handle(0), handle(20)]);
    let used = |opnum| *clusapi3::HANDLES.iter().find(|used| used.opnum == opnum).unwrap();
    assert_eq!(
        used(clusapi3::ApiAddResourceDependency::OPNUM),
        HandleUse { opnum: 19, needs: &["HRES_RPC", "HRES_RPC"], yields: &[], closes: &[] }
    );
    assert_eq!(
        used(clusapi3::ApiCloseNotify::OPNUM),
        HandleUse { opnum: 56, needs: &["HNOTIFY_RPC"], yields: &[], closes: &["HNOTIFY_RPC"] }
    );
    assert_eq!(
        used(clusapi3::ApiOpenGroup::OPNUM),
        HandleUse { opnum: 41, needs: &[], yields: &["HGROUP_RPC"], closes: &[] }
    );
}

/// The same octets make the same value, and no octets make one too.
#[test]
fn no_choices_are_choices() {
    for opnum in 0..265 {
        let make = || clusapi3::Response::arbitrary_of(opnum, &mut Unstructured::new(&[])).unwrap();
        assert_eq!(make(), make());
        if let Some(response) = make() {
            let stub = response.encode(Format::Ndr64).unwrap();
            assert!(clusapi3::Response::decode(opnum, &stub, Format::Ndr64, &Limits::DEFAULT).is_ok());
        }
    }
    let octets = [0x5A; 64];
    let made = clusapi3::ApiGetNotifyResponse::decode(&octets, Format::NDR20_LE, &Limits::DEFAULT);
    assert!(made.is_err(), "what is made of octets has nothing to do with what they say");
}
