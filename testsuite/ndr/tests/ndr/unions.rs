//! Unions, against octets worked out by hand from C706 14.3.8, MS-RPCE 2.2.4.5 and 2.2.5.3.4.4.

use cmrp::ndr::json::{Arena, FromJson};
use cmrp::ndr::{Decode, DecodeStub, EncodeErrorKind, EncodeStub, ErrorKind, Format, Limits};
use cmrp_ndr_tests::constructs::{
    Choice, Id, IdKind, IdUnion, Loose, SendChoiceRequest, SendChoicesRequest, SendIdRequest,
    SendSwitchedRequest, Strict, Switched, Triple,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::constructs::assert_stubs;
use super::octets;

const TRIPLE: Triple = Triple { a: 1, b: 2, c: 3 };

fn choices() -> SendChoicesRequest<'static> {
    let choices = vec![
        Choice::Name(Some("a".into())),
        Choice::Triple(TRIPLE),
        Choice::Few { tag: 4, value: 7 },
        Choice::Case5,
        Choice::Huge(8),
    ];
    SendChoicesRequest { choices }
}

#[test]
fn the_tag_is_sent_beside_and_inside_a_union_with_switch_is() {
    let request = SendIdRequest { id: Id { arm: IdUnion::Signature(0x11) } };
    assert_eq!(request.id.arm.tag(), IdKind::SIGNATURE);
    assert_stubs(&request, "0100 0000 0100 0000 11000000", "01000000 01000000 11000000");
    let request = SendIdRequest { id: Id { arm: IdUnion::Words(TRIPLE) } };
    assert_stubs(&request, "0200 0000 0200 0000 01000000 0200 03", "02000000 02000000 01000000 0200 03 00");
}

#[test]
fn tags_that_differ_or_select_nothing_are_refused_at_the_tag() {
    for (stub, kind) in [
        ("0100 0000 0200 0000 11000000 0200 03", ErrorKind::TagMismatch { tag: 2, switch: 1 }),
        ("8813 0000 8813 0000 11000000", ErrorKind::InvalidTag { tag: 5000 }),
    ] {
        let error = SendIdRequest::decode(&octets(stub), Format::NDR20_LE, &Limits::DEFAULT).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, 4));
        assert_eq!(error.path().to_string(), "id.arm");
    }
}

/// Tag and arm are aligned to the largest of both, the pointees of all elements follow the last, and no gap follows
/// an arm.
#[test]
fn a_union_with_its_own_tag_sends_it_once_and_defers_its_pointees() {
    assert_stubs(
        &choices(),
        "05000000 05000000
         01000000 00000000 00000200 00000000
         02000000 00000000 04000200 00000000
         04000000 00000000 07 00000000000000
         05000000 00000000
         06000000 00000000 0800000000000000
         02000000 00000000 02000000 6100 0000 01000000 0200 03",
        "05000000 00000000 0500000000000000
         01000000 00000000 0000020000000000
         02000000 00000000 0400020000000000
         04000000 00000000 07 00000000000000
         05000000 00000000
         06000000 00000000 0800000000000000
         0200000000000000 0000000000000000 0200000000000000 6100 0000 01000000 0200 03 00",
    );
    let choice = Some(Choice::Few { tag: -3, value: -1 });
    assert_stubs(
        &SendChoiceRequest { choice, behind: 1 },
        "00000200 00000000 fdffffff 00000000 ff 01",
        "0000020000000000 fdffffff 00000000 ff 01",
    );
}

/// With `ms_union` the tag has its own alignment in NDR; in NDR64 the attribute has no meaning.
#[test]
fn the_tag_of_an_ms_union_is_not_aligned_to_the_arms_in_ndr() {
    let send = |loose, strict| SendSwitchedRequest {
        switched: Switched { before: 1, loose, between: 2, strict, behind: 4 },
    };
    assert_stubs(
        &send(Loose::Other { tag: 9, value: 0x22 }, Strict::Few(3)),
        "01 00 0900 0900 0000 22000000 02 00 0200 0200 000000000000 03 04",
        "01 00 0900 00000000 0900 000000000000 22000000 02 00 0200 0200 000000000000 03 04 000000000000",
    );
    assert_stubs(
        &send(Loose::Huge(5), Strict::Default { tag: 7 }),
        "01 00 0100 0100 0000 0500000000000000 02 00 0700 00000000 0700 000000000000 04",
        "01 00 0100 00000000 0100 000000000000 0500000000000000
         02 00 0700 00000000 0700 000000000000 04 00000000000000",
    );
}

#[test]
fn a_tag_that_does_not_select_its_arm_is_not_sent() {
    let loose = Loose::Other { tag: 1, value: 0 };
    let switched = Switched { loose, ..Switched::default() };
    let error = SendSwitchedRequest { switched }.encode(Format::Ndr64).unwrap_err();
    assert_eq!(error.kind(), EncodeErrorKind::InvalidTag { tag: 1 });
    assert_eq!(error.path().to_string(), "switched.loose");
    let choice = Some(Choice::Few { tag: 5, value: 0 });
    let error = SendChoiceRequest { choice, behind: 1 }.encode(Format::Ndr64).unwrap_err();
    assert_eq!(error.kind(), EncodeErrorKind::InvalidTag { tag: 5 });
}

/// The octets of the tag, and of the smallest arm.
#[test]
fn the_least_size_of_a_union_is_that_of_its_smallest_arm() {
    assert_eq!(<IdUnion as Decode<'_>>::MIN_WIRE_SIZE, 2 + 4);
    assert_eq!(<Choice<'_> as Decode<'_>>::MIN_WIRE_SIZE, 4);
    assert_eq!(<Loose as Decode<'_>>::MIN_WIRE_SIZE, 2 + 1);
}

#[track_caller]
fn assert_json<T: Serialize + PartialEq + std::fmt::Debug>(
    value: &T,
    json: &Value,
    read: impl FnOnce(&T) -> bool,
) {
    assert_eq!(serde_json::to_value(value).unwrap(), *json);
    assert!(read(value), "{json} is read as another value");
}

#[test]
fn the_json_of_a_union_has_the_name_of_the_arm_and_a_tag_where_that_does_not_tell() {
    let arena = Arena::new();
    let request = SendIdRequest { id: Id { arm: IdUnion::Signature(17) } };
    let json = json!({"id": {"IdType": 1, "arm": {"Signature": 17}}});
    assert_json(&request, &json, |value| SendIdRequest::from_json(&json, &arena).as_ref() == Ok(value));
    let short = json!({"id": {"arm": {"Signature": 17}}});
    assert_eq!(SendIdRequest::from_json(&short, &arena), Ok(request));

    let json = json!({"count": 5, "choices": {"max": 5, "data": [
        {"name": "a"}, {"triple": {"a": 1, "b": 2, "c": 3}}, {"tag": 4, "few": 7}, {"tag": 5}, {"huge": 8},
    ]}});
    assert_json(&choices(), &json, |value| {
        SendChoicesRequest::from_json(&json, &arena).as_ref() == Ok(value)
    });

    let switched = Switched {
        before: 1,
        loose: Loose::Other { tag: 9, value: 34 },
        between: 2,
        strict: Strict::Default { tag: 7 },
        behind: -1,
    };
    let json = json!({"switched": {
        "before": 1, "loose_tag": 9, "loose": {"tag": 9, "other": 34}, "between": 2,
        "strict_tag": 7, "strict": {"tag": 7}, "behind": 255,
    }});
    let request = SendSwitchedRequest { switched };
    assert_json(&request, &json, |value| SendSwitchedRequest::from_json(&json, &arena).as_ref() == Ok(value));
}

#[test]
fn json_that_is_no_value_of_a_union_is_refused() {
    let arena = Arena::new();
    for (id, message) in [
        (json!({"IdType": 2, "arm": {"Signature": 17}}), "id.IdType: 2 is stated, the arm has tag 1"),
        (json!({"arm": {"tag": 3, "Signature": 17}}), "id.arm.tag: 3 is stated, the arm has tag 1"),
        (json!({"arm": {}}), "id.arm: is missing"),
        (
            json!({"arm": {"Signature": 17, "Words": {"a": 1, "b": 2, "c": 3}}}),
            "id.arm.Words: a union has one arm, and there is another",
        ),
        (
            json!({"arm": {"Signatures": 17}}),
            "id.arm.Signatures: there is no such member; did you mean `Signature`?",
        ),
    ] {
        let json = json!({ "id": id });
        let error = SendIdRequest::from_json(&json, &arena).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
