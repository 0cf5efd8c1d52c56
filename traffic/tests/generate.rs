//! What is generated, held against the codec, the specification's table, and laws.
#![cfg(test)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use cmrp::ndr::{Format, Limits};
use cmrp_traffic::generate::{Call, GenerateError, Generator, Options, Stub};
use cmrp_traffic::graph::fits;
use cmrp_traffic::message::{Direction, Message, Protocol};
use cmrp_traffic::record::Record;
use support::table;

fn calls(options: &Options, count: usize) -> Vec<Call> {
    Generator::new(options.clone()).unwrap().take(count).collect::<Result<_, _>>().unwrap()
}

fn with_sequences(protocol: Protocol, length: u32) -> Options {
    Options { sequence: NonZeroU32::new(length), ..Options::new(protocol) }
}

fn lines(options: &Options, count: usize) -> String {
    let calls = calls(options, count);
    let records =
        calls.iter().flat_map(|call| Direction::ALL.map(|way| Record::of(call, way, Some(200)).unwrap()));
    records.map(|record| serde_json::to_string(&record).unwrap() + "\n").collect()
}

#[test]
fn what_is_not_hostile_is_accepted_by_a_strict_receiver() {
    let limits = Limits::DEFAULT.with_trailing(0);
    for protocol in Protocol::ALL {
        for format in Format::ALL {
            let options = Options { formats: vec![format], seed: 1, ..Options::new(protocol) };
            let count = protocol.callable().count().saturating_mul(2);
            for call in calls(&options, count) {
                assert_eq!(call.format, format);
                let mut decoded = Direction::ALL.map(|way| {
                    let Stub { octets, value, broken, .. } = call.stub(way);
                    assert!(broken.is_empty());
                    let message =
                        Message::decode(protocol, way, call.opnum, octets, format, &limits).unwrap();
                    assert_eq!(serde_json::to_value(&message).unwrap(), *value);
                    message
                });
                let [request, response] = &mut decoded;
                let answer = request.answer(&call.response.octets, format, &limits).unwrap();
                assert_eq!(answer.as_ref(), Ok(&*response), "{} {:?}", call.operation(), call.request.value);
            }
        }
    }
}

#[test]
fn every_operation_has_its_turn() {
    for protocol in Protocol::ALL {
        let rows = table(protocol);
        let expected: BTreeSet<&str> =
            rows.iter().filter(|row| !row.is_reserved).map(|row| row.operation.as_str()).collect();
        let calls = calls(&Options::new(protocol), expected.len());
        assert_eq!(calls.iter().map(Call::operation).collect::<BTreeSet<_>>(), expected);
        assert_eq!(calls.iter().map(|call| call.format.name()).collect::<BTreeSet<_>>().len(), 3);
    }
}

#[test]
fn the_same_seed_makes_the_same_calls() {
    let options = Options { hostile: 0.5, seed: 42, ..Options::new(Protocol::V3) };
    let sequences = Options { sequence: NonZeroU32::new(7), ..options.clone() };
    for options in [options, sequences] {
        let first = lines(&options, 60);
        assert_eq!(lines(&options, 60), first);
        // More of them begin with the same, and another seed makes others.
        assert!(lines(&options, 61).starts_with(&first));
        assert_ne!(lines(&Options { seed: 43, ..options }, 60), first);
    }
}

#[test]
fn hostile_stubs_are_broken_as_they_say() {
    for protocol in Protocol::ALL {
        let options = Options { hostile: 1.0, seed: 5, ..Options::new(protocol) };
        for call in calls(&options, 1000) {
            for stub in Direction::ALL.map(|way| call.stub(way)) {
                assert!(!stub.broken.is_empty());
                let mut octets = stub.octets.clone();
                for breakage in stub.broken.iter().rev() {
                    let end = breakage.offset.saturating_add(breakage.after.len());
                    assert_eq!(octets[breakage.offset..end], breakage.after, "{breakage}");
                    assert_ne!(breakage.before, breakage.after);
                    octets.splice(breakage.offset..end, breakage.before.iter().copied());
                }
                assert_eq!(octets, stub.whole);
            }
        }
    }
}

#[test]
fn as_many_are_broken_as_was_asked_for() {
    let broken = |hostile| {
        let calls = calls(&Options { hostile, seed: 9, ..Options::new(Protocol::V3) }, 1000);
        calls.iter().filter(|call| !call.request.broken.is_empty()).count()
    };
    assert_eq!(broken(0.0), 0);
    assert!((250..=350).contains(&broken(0.3)), "{}", broken(0.3));
    assert_eq!(broken(1.0), 1000);
}

#[test]
fn handles_of_a_sequence_come_from_earlier_calls_of_it() {
    for (protocol, hostile) in [(Protocol::V2, 0.0), (Protocol::V3, 0.0), (Protocol::V3, 0.4)] {
        let rows = table(protocol);
        let options = Options { hostile, seed: 3, ..with_sequences(protocol, 40) };
        let mut opnums = BTreeSet::new();
        for sequence in calls(&options, 2000).chunks(40) {
            let first = &sequence[0];
            let mut open: BTreeMap<(u64, usize), (String, Vec<u8>)> = BTreeMap::new();
            for call in sequence {
                opnums.insert(call.opnum);
                assert_eq!(call.format, first.format);
                let row = &rows[usize::from(call.opnum)];
                let kinds: Vec<&str> = call.needs.iter().map(|need| need.kind).collect();
                assert_eq!(kinds, row.needs, "{}", row.operation);
                for need in &call.needs {
                    let source = need.source.unwrap();
                    let (kind, token) =
                        open.get(&source).expect("an earlier call yields it, and none closed it");
                    assert!(fits(kind, need.kind), "{kind} for {}", need.kind);
                    assert_eq!(call.request.whole[need.offset..][..20], **token);
                    assert_ne!(**token, [0; 20]);
                    if row.closes.iter().any(|closed| closed == need.kind) {
                        open.remove(&source);
                    }
                }
                if call.request.broken.is_empty() {
                    for (yielded, kind) in call.yields.iter().zip(&row.yields) {
                        let token = call.response.whole[yielded.at..][..20].to_vec();
                        open.insert((call.number, yielded.at), (kind.clone(), token));
                    }
                }
            }
        }
        assert_eq!(opnums.len(), protocol.callable().count(), "sequences don't get everywhere");
    }
}

#[test]
fn a_sequence_gets_to_what_was_asked_for() {
    let opnum = |name: &str| Protocol::V3.operations().iter().position(|known| *known == name).unwrap();
    let wanted = u16::try_from(opnum("ApiGetBatchNotification")).unwrap();
    let options = Options { operations: vec![wanted], hostile: 1.0, ..with_sequences(Protocol::V3, 4) };
    for sequence in calls(&options, 40).chunks(4) {
        let names: Vec<&str> = sequence.iter().map(Call::operation).collect();
        assert_eq!(names[0], "ApiGetRootKey");
        assert_eq!(names[1], "ApiCreateBatchPort");
        assert_eq!(names[2..], ["ApiGetBatchNotification"; 2]);
        let broken: Vec<bool> = sequence.iter().map(|call| !call.request.broken.is_empty()).collect();
        assert_eq!(broken, [false, false, true, true]);
    }
}

#[test]
fn a_handle_stands_at_one_offset_in_all_responses_of_an_operation() {
    for protocol in Protocol::ALL {
        for format in Format::ALL {
            let options = Options { formats: vec![format], ..Options::new(protocol) };
            let mut offsets: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
            let count = protocol.callable().count().saturating_mul(2);
            for call in calls(&options, count) {
                let at: Vec<usize> = call.yields.iter().map(|yielded| yielded.at).collect();
                assert_eq!(
                    offsets.entry(call.opnum).or_insert_with(|| at.clone()),
                    &at,
                    "{}",
                    call.operation()
                );
            }
        }
    }
}

#[test]
fn what_was_broken_is_no_handle_to_be_replaced() {
    let options = Options { hostile: 1.0, seed: 8, ..Options::new(Protocol::V3) };
    let mut lost = 0_usize;
    for call in calls(&options, 2000) {
        let now = call.needs_now();
        for need in &now {
            let token = &call.request.octets[need.offset..][..20];
            assert!(call.needs.iter().any(|before| call.request.whole[before.offset..][..20] == *token));
        }
        lost = lost.saturating_add(call.needs.len().saturating_sub(now.len()));
    }
    assert!(lost > 100, "only {lost} handles are broken");
}

#[test]
fn what_there_is_not_is_refused() {
    let refused = |options| Generator::new(options).unwrap_err().to_string();
    let options = Options::new(Protocol::V2);
    for hostile in [-0.1, 1.1, f64::NAN] {
        let error = Generator::new(Options { hostile, ..options.clone() }).unwrap_err();
        assert!(matches!(error, GenerateError::Hostile(_)));
    }
    assert_eq!(refused(Options { operations: vec![1, 109], ..options }), "there is no operation 109");
}
