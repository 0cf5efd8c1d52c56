//! The JSON form, there and back.

use std::fmt::Debug;

use cmrp::clusapi3::{ApiGetNotifyAsyncResponse, ApiGetNotifyResponse, ApiReAddNotifyNodeRequest, Response};
use cmrp::ndr::json::{Arena, FromJson, JsonErrorKind, Value};
use cmrp::ndr::{EncodeStub, Format, SizedPtr, Varying, VaryingPtr};
use cmrp_testsuite::constructs::{
    Always, Awkward, Blob, Broad, Colour, Folder, GetBlobResponse, GetItemsResponse, InPlace, Labeled, Note,
    Pointers, Row, SendAlignedRequest, SendAwkwardRequest, SendChainRequest, SendEnumsRequest,
    SendFolderRequest, SendInPlaceRequest, SendIntegersRequest, SendPairsRequest, SendPointersRequest,
    SendVaryingRequest, SignedWide, Tinted, Triple, Wide, Wordy,
};
use cmrp_testsuite::input::{Input, Strictness};
use cmrp_testsuite::message::Message;
use cmrp_testsuite::vector::{self, Vector};
use cmrp_testsuite::{hex, oracle};
use serde::Serialize;
use serde_json::json;

/// What independent implementations take for the meaning of octets becomes these octets.
#[test]
fn values_of_vectors_encode_to_their_octets() {
    let mut failures = Vec::new();
    for vector in vector::all() {
        let arena = Arena::new();
        let read = Message::from_json(vector.protocol, vector.direction, vector.opnum, &vector.value, &arena);
        let encoded = read.map_err(|error| error.to_string()).and_then(|message| {
            message.encode(vector.format).map(|stub| hex::encode(&stub)).map_err(|error| error.to_string())
        });
        if encoded != Ok(hex::encode(&vector.stub)) {
            failures.push(format!("{}: {encoded:?}", vector.name()));
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

/// A value of every operation survives the way to JSON and back, and so does its absence of counts.
#[test]
fn decoded_stubs_survive_json() {
    for vector in vector::all() {
        let message = vector.decode().unwrap();
        let arena = Arena::new();
        let value = serde_json::to_value(&message).unwrap();
        let read = Message::from_json(vector.protocol, vector.direction, vector.opnum, &value, &arena);
        assert_eq!(read.as_ref(), Ok(&message), "{}", vector.name());
    }
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let parts: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(elements) => {
            elements.iter().take(2).enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (name, value) in parts {
        places(value, &format!("{at}/{name}"), all);
    }
}

/// Whatever stands in any place of a value: it is refused, or it means something that can be sent or not, and if it
/// is sent it arrives.
#[test]
fn doctored_values_are_refused_or_mean_something() {
    let substitutes = [
        json!(null),
        json!(-1),
        json!(u64::MAX),
        json!(1e300),
        json!(""),
        json!("00ff"),
        json!("\u{0}"),
        json!([]),
        json!([0, null, "a", {}]),
        json!({}),
        json!({"max": u32::MAX, "data": "00"}),
        json!({"max": 0, "data": [1]}),
        json!({"utf16": [0xD800, 0]}),
    ];
    let (mut refused, mut sent) = (0, 0);
    for vector in vector::all().iter().filter(|vector| vector.format == Format::Ndr64) {
        let mut all = Vec::new();
        places(&vector.value, "", &mut all);
        for (place, substitute) in all.iter().flat_map(|place| substitutes.iter().map(move |it| (place, it)))
        {
            let mut value = vector.value.clone();
            *value.pointer_mut(place).unwrap() = substitute.clone();
            let arena = Arena::new();
            let (protocol, direction, opnum) = (vector.protocol, vector.direction, vector.opnum);
            let Ok(message) = Message::from_json(protocol, direction, opnum, &value, &arena) else {
                refused += 1;
                continue;
            };
            let Ok(stub) = message.encode(vector.format) else { continue };
            sent += 1;
            assert_eq!(
                vector.decode_as(&stub).as_ref(),
                Ok(&message),
                "{} {place} {substitute}",
                vector.name()
            );
        }
    }
    assert!(refused > 10_000 && sent > 1_000, "{refused} refused, {sent} sent");
}

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
    GetBlobResponse<'_>
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
    survives(&GetBlobResponse { blob: Some(Blob { octets: &[0, 0xFF] }), return_value: -1 });
}

/// What [`FromJson`] takes besides what is written, against the strict form of the same value.
#[test]
fn looser_forms_mean_the_same() {
    let uuid = "00112233-4455-6677-8899-AABBCCDDEEFF";
    let pairs = [
        ("SendPairs", json!({"keys": [1, 2], "values": {"max": 2, "data": [-3, 4]}})),
        (
            "SendPairs",
            json!({"keys": {"max": 2, "data": [1, 2]}, "values": [18_446_744_073_709_551_613_u64, 4], "count": 2}),
        ),
    ];
    let expected = SendPairsRequest { keys: vec![1, 2], values: vec![-3, 4] };
    for (name, json) in pairs {
        assert_eq!(
            SendPairsRequest::from_json(&json, &Arena::new()).as_ref(),
            Ok(&expected),
            "{name} {json}"
        );
    }
    let handles = [
        json!({"hNotify": {"uuid": uuid}, "hNode": null, "dwFilter": 1, "dwNotifyKey": 2, "StateSequence": 3}),
        json!({"hNotify": {"attributes": 0, "uuid": uuid.to_lowercase()},
               "hNode": {"attributes": 0, "uuid": "00000000-0000-0000-0000-000000000000"},
               "dwFilter": 1, "dwNotifyKey": 2, "StateSequence": 3}),
    ];
    let read = handles.map(|json| ApiReAddNotifyNodeRequest::from_json(&json, &Arena::new()).unwrap());
    assert_eq!(read[0], read[1]);
    assert_eq!((read[0].h_node, read[0].h_notify.is_some()), (None, true));
}

/// The count beside a null pointer travels, so it is read where it is given.
#[test]
fn counts_beside_null_pointers_are_their_own() {
    for (json, size) in [
        (json!({"Notifications": null, "return": 259}), 0),
        (json!({"Notifications": null, "dwNumNotifications": 7, "return": 259}), 7),
    ] {
        let arena = Arena::new();
        let response = ApiGetNotifyAsyncResponse::from_json(&json, &arena).unwrap();
        assert_eq!(response.notifications, SizedPtr::Null { size });
        let stub = response.encode(Format::NDR20_LE).unwrap();
        assert_eq!(hex::encode(&stub), format!("00000000{size:02x}00000003010000"));
    }
}

#[test]
fn reserved_slots_have_a_form_too() {
    let (json, arena) = (json!({"return": 0x6D1}), Arena::new());
    let response = Response::from_json(80, &json, &arena).unwrap();
    assert_eq!(response.encode(Format::NDR20_BE).unwrap(), [0, 0, 6, 0xD1]);
    let error = Response::from_json(265, &json, &arena).unwrap_err();
    assert_eq!(error.kind(), &JsonErrorKind::UnknownOperation { opnum: 265 });
    assert_eq!(error.to_string(), "the interface has no operation 265");
}

/// `ApiGetNotify` as it should be, with some members replaced; `null` as a whole takes one away.
fn get_notify(changes: &Value) -> Value {
    let mut value = json!({
        "dwNotifyKey": 1, "dwFilter": 2, "dwStateSequence": 3, "Name": "a", "rpc_status": 0, "return": 0,
    });
    for (name, change) in changes.as_object().unwrap() {
        if change == "(none)" {
            value.as_object_mut().unwrap().remove(name);
        } else {
            value[name] = change.clone();
        }
    }
    value
}

#[test]
fn errors_name_the_member_and_the_reason() {
    let max = u64::from(u32::MAX) + 1;
    let cases = [
        (json!({"Name": "(none)"}), "Name: is missing"),
        (json!({"Nmae": 1}), "Nmae: there is no such member; did you mean `Name`?"),
        (json!({"DWFILTER": 1}), "DWFILTER: there is no such member; did you mean `dwFilter`?"),
        (json!({"\u{1b}[31m": 1}), "\\u{1b}[31m: there is no such member"),
        (json!({"dwFilter": "1"}), "dwFilter: expected an integer, found a string"),
        (json!({"dwFilter": 1.5}), "dwFilter: expected an integer, found a number that is no 64-bit integer"),
        (json!({"dwFilter": null}), "dwFilter: expected an integer, found null"),
        (json!({"dwFilter": true}), "dwFilter: expected an integer, found a boolean"),
        (json!({"dwFilter": max}), "dwFilter: 4294967296 is outside the range 0 to 4294967295"),
        (json!({"dwFilter": -1}), "dwFilter: -1 is outside the range 0 to 4294967295"),
        (json!({"Name": 1}), "Name: expected a string, found an integer"),
        (json!({"Name": ["a"]}), "Name: expected a string, found a list"),
        (json!({"Name": {"utf8": []}}), "Name.utf8: there is no such member; did you mean `utf16`?"),
        (json!({"Name": {}}), "Name.utf16: is missing"),
        (json!({"Name": {"utf16": "a"}}), "Name.utf16: expected a list, found a string"),
        (json!({"Name": {"utf16": [0, 65536]}}), "Name.utf16[1]: 65536 is outside the range 0 to 65535"),
    ];
    for (changes, message) in cases {
        let (value, arena) = (get_notify(&changes), Arena::new());
        let error = ApiGetNotifyResponse::from_json(&value, &arena).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let error = ApiGetNotifyResponse::from_json(&Value::Null, &Arena::new()).unwrap_err().to_string();
    assert_eq!(error, "expected an object, found null");
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
fn errors_deep_in_a_value_have_the_whole_path() {
    let entry = |data: Value| json!({"dwNotifyKey": 1, "dwFilter": 1, "Name": data});
    let response = |data: Value| json!({"Notifications": {"max": 2, "data": [entry(json!("a")), entry(data)]}, "return": 0});
    let (bad, arena) = (response(json!(7)), Arena::new());
    let error = ApiGetNotifyAsyncResponse::from_json(&bad, &arena).unwrap_err();
    assert_eq!(error.to_string(), "Notifications.data[1].Name: expected a string, found an integer");
    assert_eq!(error.path().to_string(), "Notifications.data[1].Name");
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

/// Values of one operation are read as those of every other, too: most are refused, none may harm.
#[test]
fn values_keep_the_law_of_the_oracle_whatever_operation_they_are_read_as() {
    for (index, vector) in vector::all().iter().enumerate() {
        let text = vector.value.to_string();
        let other = u16::try_from(index % 265).unwrap();
        for opnum in [vector.opnum, other] {
            let Vector { format, direction, .. } = *vector;
            let input =
                Input { format, direction, strictness: Strictness::Level5, opnum, stub: text.as_bytes() };
            oracle::json(&input.join());
        }
    }
}
