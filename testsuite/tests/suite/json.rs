//! The JSON form, there and back.

use cmrp::clusapi3::{ApiGetNotifyAsyncResponse, ApiGetNotifyResponse, ApiReAddNotifyNodeRequest, Response};
use cmrp::ndr::json::{Arena, FromJson, JsonErrorKind, Value};
use cmrp::ndr::{EncodeStub, Format, SizedPtr};
use cmrp_testsuite::input::{Input, Strictness};
use cmrp_testsuite::message::Message;
use cmrp_testsuite::vector::{self, Vector};
use cmrp_testsuite::{hex, oracle};
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

/// What [`FromJson`] takes besides what is written, against the strict form of the same value.
#[test]
fn looser_forms_of_handles_mean_the_same() {
    let uuid = "00112233-4455-6677-8899-AABBCCDDEEFF";
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

#[test]
fn errors_deep_in_a_value_have_the_whole_path() {
    let entry = |data: Value| json!({"dwNotifyKey": 1, "dwFilter": 1, "Name": data});
    let response = |data: Value| json!({"Notifications": {"max": 2, "data": [entry(json!("a")), entry(data)]}, "return": 0});
    let (bad, arena) = (response(json!(7)), Arena::new());
    let error = ApiGetNotifyAsyncResponse::from_json(&bad, &arena).unwrap_err();
    assert_eq!(error.to_string(), "Notifications.data[1].Name: expected a string, found an integer");
    assert_eq!(error.path().to_string(), "Notifications.data[1].Name");
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
