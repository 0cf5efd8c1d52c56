//! The JSON form of constructs that ClusAPI does not have, there and back.

use std::fmt::Debug;

use cmrp::ndr::json::{Arena, FromJson, Members, Value};
use cmrp::ndr::{ContextHandle, FileTime, Uuid, Varying, VaryingPtr};
use cmrp_ndr_tests::constructs::{
    Always, Awkward, Blob, Broad, Colour, Folder, GetBlobResponse, GetItemsResponse, InPlace, Labeled, Mark,
    Note, Palette, Pixel, Pointers, Rest, Row, SendAlignedRequest, SendAwkwardRequest, SendChainRequest,
    SendEnumsRequest, SendFolderRequest, SendInPlaceRequest, SendIntegersRequest, SendMarksRequest,
    SendPairsRequest, SendPaletteRequest, SendPixelsRequest, SendPointersRequest, SendSpreadRequest,
    SendVaryingRequest, Shape, SignedWide, Spread, Tinted, Triple, Wide, Wordy,
};
use serde::Serialize;
use serde_json::json;

use super::Open;

#[track_caller]
fn survives<T: Serialize + for<'a> Same<'a> + Debug>(value: &T) {
    let json = serde_json::to_value(value).unwrap();
    value.assert_read(&json, &Arena::new());
}

/// Compares a value of one lifetime with JSON of another.
trait Same<'a> {
    fn assert_read(&self, json: &'a Value, arena: &'a Arena);
}

macro_rules! same {
    ($($type:ident $(<$lifetime:lifetime>)?),+) => {$(
        impl<'a> Same<'a> for $type $(<$lifetime>)? {
            fn assert_read(&self, json: &'a Value, arena: &'a Arena) {
                assert_eq!($type::from_json(json, arena).as_ref(), Ok(self), "{json}");
            }
        }
    )+};
}

same!(
    SendAwkwardRequest<'_>,
    SendVaryingRequest,
    GetItemsResponse,
    SendChainRequest<'_>,
    SendAlignedRequest,
    SendFolderRequest<'_>,
    SendEnumsRequest,
    SendIntegersRequest,
    SendPointersRequest,
    SendPairsRequest,
    SendInPlaceRequest<'_>,
    GetBlobResponse<'_>,
    SendPixelsRequest,
    SendPaletteRequest,
    SendSpreadRequest,
    SendMarksRequest
);

#[test]
fn constructs_that_clusapi_lacks_survive_json() {
    survives(&SendEnumsRequest { colour: Colour(-3), wide: Wide::ONE });
    survives(&SendIntegersRequest { word: u64::MAX, huge: i64::MIN, few: -1 });
    let triple = Triple { a: 1, b: 2, c: -128 };
    let pointers = Pointers { always: triple.clone(), perhaps: Some(triple), number: Some(7) };
    survives(&SendPointersRequest { pointers: Some(pointers) });
    survives(&SendPointersRequest { pointers: Some(Pointers::default()) });
    survives(&SendPointersRequest { pointers: None });
    survives(&SendPairsRequest { keys: vec![1, 2], values: vec![-3, i64::MAX] });
    let units = [0xD800, 0x61];
    let value = InPlace { raw: [1, 2, 3], name: units[..].into(), numbers: [0, 0xFFFF] };
    survives(&SendInPlaceRequest { value });
    let value = Awkward { raw: [7; 40], reader_: -1, fixed_: 2, target_: Some(-3), r#type: Some("a".into()) };
    survives(&SendAwkwardRequest { value, reader_: 4, writer_: 5, map_: 6, wide: SignedWide::MINUS });
    for items in
        [VaryingPtr::Array(Varying { size: 3, data: vec![1, 2] }), VaryingPtr::Null { size: 3, length: 2 }]
    {
        survives(&SendVaryingRequest { items });
    }
    for items in [Some(vec![1, 2]), None] {
        survives(&GetItemsResponse { items, always: Always { items: vec![3] } });
    }
    for number in [Some(7), None] {
        survives(&SendChainRequest { number, name: "a".into() });
    }
    let tinted = vec![Tinted { colour: Colour::RED, shades: [1, -2, 3] }];
    survives(&SendAlignedRequest {
        wordy: vec![Wordy { word: -2, tag: 1 }],
        tinted,
        broad: vec![Broad { wide: Wide::ONE, tag: 5 }],
    });
    let note = Note { name: "a".into(), initials: [0x62, 0x63], number: Some(7) };
    survives(&SendFolderRequest {
        folder: Folder { note, tag: 9 },
        labeled: Labeled { label: Some(8), octets: &[1, 2] },
        row: Row { triples: vec![Triple { a: 1, b: 2, c: 3 }] },
    });
    survives(&SendPixelsRequest { self_: -1, pixels: vec![Pixel { level: 1, shift: -2 }] });
    for (perhaps, shape) in [(Some(Colour(-1)), Some(Shape::_2)), (None, None)] {
        let palette = Palette { perhaps, shape, always: Colour(-3), shade: -2 };
        survives(&SendPaletteRequest { palette });
    }
    survives(&SendSpreadRequest { spread: Spread { items: Varying { size: 3, data: vec![1, 2] } } });
    let rest = Rest::Default { tag: 3 };
    survives(&SendMarksRequest { first: Mark::Default { tag: 7 }, second: Mark::CaseMinus3, rest });
    survives(&GetBlobResponse { blob: Some(Blob { octets: &[0, 0xFF] }), return_value: -1 });
}

/// What [`FromJson`] takes besides what is written, against the strict form of the same value.
#[test]
fn looser_forms_mean_the_same() {
    let pairs = [
        json!({"keys": [1, 2], "values": {"max": 2, "data": [-3, 4]}}),
        json!({"keys": {"max": 2, "data": [1, 2]}, "values": [18_446_744_073_709_551_613_u64, 4], "count": 2}),
    ];
    let expected = SendPairsRequest { keys: vec![1, 2], values: vec![-3, 4] };
    for json in pairs {
        assert_eq!(SendPairsRequest::from_json(&json, &Arena::new()).as_ref(), Ok(&expected), "{json}");
    }
}

#[track_caller]
fn refuses<T: for<'a> Refuse<'a>>(json: &Value, message: &str) {
    assert_eq!(T::refusal(json, &Arena::new()), message);
}

trait Refuse<'a> {
    fn refusal(json: &'a Value, arena: &'a Arena) -> String;
}

impl<'a, T: FromJson<'a> + Debug> Refuse<'a> for T {
    fn refusal(json: &'a Value, arena: &'a Arena) -> String {
        T::from_json(json, arena).unwrap_err().to_string()
    }
}

#[test]
fn errors_of_arrays_handles_and_counts() {
    let pairs = |keys: Value| json!({"keys": keys, "values": [1, 2]});
    refuses::<SendPairsRequest>(
        &pairs(json!({"max": 3, "data": [1, 2]})),
        "keys.max: 3 is stated, the array says 2",
    );
    refuses::<SendPairsRequest>(&pairs(json!({"data": [1, 2]})), "keys.max: is missing");
    refuses::<SendPairsRequest>(&pairs(json!([1, -1])), "keys[1]: -1 is outside the range 0 to 4294967295");
    let stated = json!({"keys": [1], "values": [1], "count": 2});
    refuses::<SendPairsRequest>(&stated, "count: 2 is stated, the array says 1");
    let uneven = json!({"keys": [1], "values": [1, 2], "count": 1});
    refuses::<SendPairsRequest>(&uneven, "count: 1 is stated, the array says 2");
    let integers = json!({"word": 0, "huge": 0, "few": -32769});
    refuses::<SendIntegersRequest>(&integers, "few: -32769 is outside the range -32768 to 65535");
    refuses::<[u8; 3]>(&json!([1, 2]), "expected 3 elements, found 2");
    refuses::<cmrp::ndr::Uuid>(&json!(1), "expected a UUID, found an integer");
    for text in [
        "",
        "00112233-4455-6677-8899-aabbccddeef",
        "0011223344556677-8899-aabb-ccdd-eeff",
        "+0112233-4455-6677-8899-aabbccddeeff",
    ] {
        refuses::<cmrp::ndr::Uuid>(
            &json!(text),
            "not a UUID of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        );
    }
}

#[test]
fn errors_of_octets() {
    let blob = |octets: Value| json!({"blob": {"octets": octets}, "return": 0});
    for (octets, message) in [
        (json!("0"), "blob.octets: 1 hexadecimal digits are not whole octets"),
        (json!("00é0"), "blob.octets: not a hexadecimal digit at index 2"),
        (json!([1]), "blob.octets: expected octets in hexadecimal digits, found a list"),
        (json!({"max": 1, "data": "0g"}), "blob.octets.data: not a hexadecimal digit at index 1"),
        (
            json!({"max": 4_294_967_296_u64, "data": ""}),
            "blob.octets.max: 4294967296 is outside the range 0 to 4294967295",
        ),
    ] {
        let json = blob(octets);
        let arena = Arena::new();
        let error = GetBlobResponse::from_json(&json, &arena).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_number_that_is_no_integer_is_called_so() {
    refuses::<u32>(&json!(1.5), "expected an integer, found a number that is no 64-bit integer");
    refuses::<u32>(&json!("1"), "expected an integer, found a string");
    refuses::<u32>(&json!(null), "expected an integer, found null");
    refuses::<u32>(&json!(true), "expected an integer, found a boolean");
}

#[test]
fn uuids_handles_and_times_are_read() {
    let arena = Arena::new();
    let uuid = Uuid::new(0x0011_2233, 0x4455, 0x6677, [0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]);
    let text = json!("00112233-4455-6677-8899-AABBCCDDEEFF");
    assert_eq!(Uuid::from_json(&text, &arena), Ok(uuid));
    assert_eq!(FileTime::from_json(&json!(7), &arena), Ok(FileTime(7)));
    let handle = |attributes| ContextHandle { attributes, uuid };
    let token = |value: &Value| ContextHandle::from_json(value, &Arena::new());
    assert_eq!(token(&json!({"uuid": text})), Ok(handle(0)));
    assert_eq!(token(&json!({"attributes": 3, "uuid": text})), Ok(handle(3)));
    assert_eq!(token(&json!(null)), Ok(ContextHandle::NULL));
}

#[test]
fn a_member_may_be_a_handle() {
    let (json, arena) = (json!({"one": {"attributes": 1, "uuid": Uuid::NIL}, "other": null}), Arena::new());
    let members = Members::new(&json, &arena, &["one", "other", "third"]).unwrap();
    let open = Open(ContextHandle { attributes: 1, uuid: Uuid::NIL });
    assert_eq!(members.handle(&"one"), Ok(Some(open)));
    assert_eq!(members.handle::<Open>(&"other"), Ok(None));
    assert!(members.handle::<Open>(&"third").is_err());
}

/// At most a third of the letters may have to change, whatever their case.
#[test]
fn a_name_that_is_unknown_may_be_near_another() {
    let integers = |name: &str| {
        let json = Value::Object([(name.to_owned(), json!(0))].into_iter().collect());
        SendIntegersRequest::from_json(&json, &Arena::new()).unwrap_err().to_string()
    };
    for (name, meant) in [("HUGE", "huge"), ("wrd", "word"), ("words", "word"), ("new", "few")] {
        let expected = format!("{name}: there is no such member; did you mean `{meant}`?");
        assert_eq!(integers(name), expected);
    }
    for name in ["wxyz", "", "h", "hugehuge"] {
        assert_eq!(integers(name), format!("{name}: there is no such member"));
    }
}

#[test]
fn an_arena_shows_how_much_it_holds() {
    let (json, arena) = (json!("0102ff"), Arena::new());
    assert_eq!(<&[u8]>::from_json(&json, &arena), Ok(&[1, 2, 0xFF][..]));
    assert_eq!(format!("{arena:?}"), "Arena { octets: 3, units: 0 }");
}

/// As integers are that stand by themselves.
#[test]
fn what_stands_behind_a_pointer_is_written_unsigned_too() {
    let palette = Palette { perhaps: Some(Colour(-1)), shape: None, always: Colour(-3), shade: -2 };
    let json = json!({"perhaps": u32::MAX, "shape": null, "always": u32::MAX - 2, "shade": 254});
    assert_eq!(serde_json::to_value(palette).unwrap(), json);
}
