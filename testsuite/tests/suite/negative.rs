//! Malformed and borderline stubs, with the verdict that the specification asks for at level 6.0.

use cmrp::clusapi3::{Request, Response};
use cmrp::ndr::{Error, Format, Limits};
use cmrp_testsuite::hex;
use serde_json::Value;

/// Made by an independent writer; `libndr` is what Samba says of each.
const CASES: &str = include_str!("../../vectors/negative.jsonl");

/// Operation, case, and our verdict: `ok`, or the kind of error and its offset.
const VERDICTS: [(&str, &str, &str); 53] = [
    ("ApiOpenResource", "valid", "ok"),
    ("ApiOpenResource", "offset!=0", "NonZeroOffset at 4"),
    ("ApiOpenResource", "actual>max", "ActualExceedsMaximum at 8"),
    ("ApiOpenResource", "max>actual", "ok"),
    ("ApiOpenResource", "no terminator", "MissingTerminator at 12"),
    ("ApiOpenResource", "actual=0", "MissingTerminator at 12"),
    ("ApiOpenResource", "max=1,actual=0", "MissingTerminator at 12"),
    ("ApiOpenResource", "embedded NUL", "EmbeddedTerminator at 12"),
    ("ApiOpenResource", "two terminators", "EmbeddedTerminator at 12"),
    ("ApiOpenResource", "lone high surrogate", "ok"),
    ("ApiOpenResource", "lone low surrogate", "ok"),
    ("ApiOpenResource", "truncated data", "Truncated at 12"),
    ("ApiOpenResource", "truncated header", "Truncated at 8"),
    ("ApiOpenResource", "huge count", "CountTooLarge at 0"),
    ("ApiOpenResource", "count 0x7fffffff", "Truncated at 12"),
    ("ApiOpenResource", "trailing 4 bytes", "ok"),
    ("ApiOpenResource", "empty", "Truncated at 0"),
    ("ApiGetNotify", "valid", "ok"),
    ("ApiGetNotify", "null name", "ok"),
    ("ApiGetNotify", "odd referent 1", "ok"),
    ("ApiGetNotify", "referent 0xffffffff", "ok"),
    ("ApiGetNotify", "padding bytes nonzero", "ok"),
    ("ApiGetNotify", "missing return", "Truncated at 40"),
    ("ApiGetNotify", "missing rpc_status and return", "Truncated at 36"),
    ("ApiCreateEnum", "valid 1", "ok"),
    ("ApiCreateEnum", "valid 0", "ok"),
    ("ApiCreateEnum", "null list", "ok"),
    ("ApiCreateEnum", "EntryCount<max", "SizeMismatch at 8"),
    ("ApiCreateEnum", "EntryCount>max", "SizeMismatch at 8"),
    ("ApiCreateEnum", "huge max and count", "Truncated at 12"),
    ("ApiClusterControl", "valid", "ok"),
    ("ApiClusterControl", "null buffer", "ok"),
    ("ApiClusterControl", "null buffer, size 5", "NullWithCount at 32"),
    ("ApiClusterControl", "max != size", "SizeMismatch at 44"),
    ("ApiClusterControl", "max < size", "SizeMismatch at 44"),
    ("ApiClusterControl", "nOutBufferSize 0xffffffff", "ok"),
    ("ApiClusterControl", "nOutBufferSize 0x7fffffff", "ok"),
    ("ApiClusterControl", "valid", "ok"),
    ("ApiClusterControl", "actual>max", "ActualExceedsMaximum at 8"),
    ("ApiClusterControl", "offset 1", "NonZeroOffset at 4"),
    ("ApiClusterControl", "lpBytesReturned != actual", "LengthMismatch at 20"),
    ("ApiClusterControl", "max != nOutBufferSize", "SizeMismatch at 0"),
    ("ApiGetNotifyAsync", "valid 2", "ok"),
    ("ApiGetNotifyAsync", "count != max", "SizeMismatch at 36"),
    ("ApiGetNotifyAsync", "null array, count 3", "NullWithCount at 8"),
    ("ApiGetNotifyAsync", "huge", "Truncated at 8"),
    ("ApiAddNotifyCluster", "valid", "ok"),
    ("ApiAddNotifyCluster", "short", "Truncated at 44"),
    ("ApiAddNotifyCluster", "handle attributes nonzero", "ok"),
    ("ApiOpenResource", "ndr64 valid", "ok"),
    ("ApiOpenResource", "ndr64 count high dword", "CountTooLarge at 0"),
    ("ApiOpenResource", "ndr64 offset 1", "NonZeroOffset at 8"),
    ("ApiOpenResource", "ndr20 bytes as ndr64", "CountTooLarge at 8"),
];

/// Where we refuse what libndr takes, or the other way round, and why.
const DIFFERENCES: [(&str, &str); 8] = [
    (
        "embedded NUL",
        "C706 14.3.4: the first zero character ends a string, so that none may stand before the last",
    ),
    ("two terminators", "the same: what stands behind the first zero is not part of the string"),
    ("lone high surrogate", "MS-RPCE 2.2.4.1.1: wchar_t is a 16-bit number; NDR has no opinion on UTF-16"),
    ("lone low surrogate", "the same; libndr converts to UTF-8 and can't"),
    (
        "null buffer, size 5",
        "MS-RPCE 3.1.1.5.3.3.1.2, level 6.0: a null pointer to a sized array has a count of 0",
    ),
    ("null array, count 3", "the same, in a response"),
    (
        "nOutBufferSize 0xffffffff",
        "the IDL gives no range; libndr allocates the buffer while it reads the request",
    ),
    ("nOutBufferSize 0x7fffffff", "the same"),
];

fn cases() -> Vec<Value> {
    CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_default()
}

/// Decodes a request, or a response together with its request.
fn decode(case: &Value) -> Result<(), Error> {
    let opnum = u16::try_from(case["opnum"].as_u64().unwrap()).unwrap();
    let format: Format = text(case, "format").parse().unwrap();
    let octets = |key| hex::decode(text(case, key)).unwrap();
    let (stub, request) = (octets("hex"), octets("request_hex"));
    if text(case, "direction") == "request" {
        return Request::decode(opnum, &stub, format, &Limits::DEFAULT).map(drop);
    }
    let request = Request::decode(opnum, &request, format, &Limits::DEFAULT).unwrap();
    request.decode_response(&stub, format, &Limits::DEFAULT).map(drop)
}

fn verdict(result: Result<(), Error>) -> String {
    let Err(error) = result else { return "ok".to_owned() };
    assert!(!error.path().is_empty(), "no path: {error}");
    let kind = format!("{:?}", error.kind());
    format!("{} at {}", kind.split(' ').next().unwrap(), error.offset())
}

#[test]
fn every_case_gets_the_verdict_of_the_specification() {
    let cases = cases();
    assert_eq!(cases.len(), VERDICTS.len());
    for (case, (operation, name, expected)) in cases.iter().zip(VERDICTS) {
        assert_eq!((text(case, "operation"), text(case, "case")), (operation, name));
        assert_eq!(verdict(decode(case)), expected, "{operation}, {name}");
    }
}

#[test]
fn every_difference_to_libndr_has_its_reason() {
    for case in cases() {
        let (ours, theirs) = (decode(&case).is_ok(), text(&case, "libndr") == "ok");
        let explained = DIFFERENCES.iter().any(|(name, _)| *name == text(&case, "case"));
        assert_eq!(ours != theirs, explained, "{} {}", text(&case, "operation"), text(&case, "case"));
    }
}

/// What breaks a rule and still has a meaning is read leniently, and the breach is told; what has none is refused.
#[test]
fn a_lenient_decode_forgives_what_has_a_meaning_and_says_so() {
    for case in cases() {
        let opnum = u16::try_from(case["opnum"].as_u64().unwrap()).unwrap();
        let format: Format = text(&case, "format").parse().unwrap();
        let stub = hex::decode(text(&case, "hex")).unwrap();
        let lenient = if text(&case, "direction") == "request" {
            let strict = Request::decode(opnum, &stub, format, &Limits::DEFAULT).map(drop);
            (
                strict,
                Request::decode_lenient(opnum, &stub, format, &Limits::DEFAULT).map(|(_, forgiven)| forgiven),
            )
        } else {
            let strict = Response::decode(opnum, &stub, format, &Limits::DEFAULT).map(drop);
            (
                strict,
                Response::decode_lenient(opnum, &stub, format, &Limits::DEFAULT)
                    .map(|(_, forgiven)| forgiven),
            )
        };
        match lenient {
            (Ok(()), forgiven) => assert_eq!(forgiven, Ok(Vec::new())),
            (Err(error), forgiven) if error.kind().is_forgivable() => assert_eq!(forgiven, Ok(vec![error])),
            (Err(error), refused) => assert_eq!(refused, Err(error)),
        }
    }
}
