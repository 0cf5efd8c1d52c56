use serde_json::{Value, json};

use super::*;

fn shown(value: &Value) -> String {
    let mut text = String::new();
    named(&mut text, Name::Other, value, None);
    text
}

fn message(value: &Value) -> (String, Outcome) {
    let (mut text, mut outcome) = (String::new(), Outcome::default());
    parameters(&mut text, value, &mut outcome);
    (text, outcome)
}

#[test]
fn values_are_short_and_harmless() {
    let uuid = "00112233-4455-6677-8899-aabbccddeeff";
    assert_eq!(shown(&json!({"attributes": 0, "uuid": uuid})), "00112233");
    let nil = "00000000-0000-0000-0000-000000000000";
    assert_eq!(shown(&json!({"attributes": 0, "uuid": nil})), "null");
    assert_eq!(shown(&json!({"attributes": 0, "uuid": 1})), "{attributes=0, uuid=1}");
    assert_eq!(shown(&json!({"attributes": 0, "uuid": "é"})), r#"{attributes=0, uuid="é"}"#);
    assert_eq!(shown(&json!("a\u{1b}[31m\"\n")), r#""a\u{1b}[31m\"\n""#);
    assert_eq!(shown(&json!("'\u{7f}\u{9b}")), r#""\'\u{7f}\u{9b}""#);
    assert_eq!(shown(&json!("x".repeat(80))), format!("\"{}\"", "x".repeat(80)));
    assert_eq!(shown(&json!("x".repeat(81))), format!("\"{}\"...", "x".repeat(80)));
    assert_eq!(shown(&json!({"max": 3, "data": "0102ff"})), "<3 octets: 0102ff>");
    assert_eq!(shown(&json!({"max": 3, "data": ""})), "<0 octets>");
    let more = json!({"max": 3, "data": "0102ff", "more": 1});
    assert_eq!(shown(&more), r#"{max=3, data="0102ff", more=1}"#);
    assert_eq!(
        shown(&json!({"max": 9, "data": [1, 2, 3, 4, 5, 6, 7, 8, 9]})),
        "[1, 2, 3, 4, 5, 6, 7, 8, 1 more]"
    );
    assert_eq!(shown(&json!({"a": null, "b": {"c": 1}, "d": -1})), "{a=null, b={c=1}, d=-1}");
    let deep = (0..100).fold(json!(1), |value, _| json!([value]));
    assert_eq!(shown(&deep), "[[[[[[[[...]]]]]]]]");
    let deep = (0..100).fold(json!(1), |value, _| json!({"a": value, "Status": 5}));
    assert_eq!(shown(&deep).matches("Status=ERROR_ACCESS_DENIED (5)").count(), 8);
}

#[test]
fn results_have_names() {
    let codes = [(0, "ERROR_SUCCESS"), (258, "WAIT_TIMEOUT (258)"), (123_456_789, "error 123456789")];
    for (code, text) in codes {
        assert_eq!(message(&json!({"return": code})).1.text, text);
    }
    let (text, outcome) = message(&json!({"Status": 5007, "return": null, "a": 1}));
    assert_eq!(text, "Status=ERROR_RESOURCE_NOT_FOUND (5007), a=1");
    assert_eq!(outcome.text, "null");
    assert!(outcome.is_failure);
    assert!(!message(&json!({"return": 997})).1.is_failure);
    assert!(!message(&json!({"dwNotifyKey": 7, "rpc_status": 0, "return": 0})).1.is_failure);
}
