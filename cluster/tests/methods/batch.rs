//! MS-CMRP 2.2.3.17, 3.1.4.2.112-115, 3.1.4.2.141: batches and the ports that report them.

use cmrp::clusapi3::*;
use cmrp::ndr::SizedPtr;
use cmrp_cluster::embedded::model::State;
use cmrp_cluster::embedded::{Journal, JournalError};
use cmrp_cluster::registry::command::{Command, CommandType, decode, encode};

use crate::rig::{FORMATS, Rig};

fn command(kind: CommandType, name: &str, data: &[u8]) -> Command<'static> {
    let value_type = u32::from(!data.is_empty());
    Command { kind, value_type, name: name.to_owned(), data: data.to_vec().into() }
}

const SET: CommandType = CommandType::SET_VALUE;
const CREATE: CommandType = CommandType::CREATE_KEY;
const DELETE_KEY: CommandType = CommandType::DELETE_KEY;
const DELETE: CommandType = CommandType::DELETE_VALUE;
const DELETED: CommandType = CommandType::VALUE_DELETED;

fn run(rig: &mut Rig, key: Option<HKeyRpc>, commands: &[Command<'_>]) -> (u32, i32) {
    run_octets(rig, key, &encode(commands))
}

fn run_octets(rig: &mut Rig, h_key: Option<HKeyRpc>, lp_data: &[u8]) -> (u32, i32) {
    let answer = rig.call(&ApiExecuteBatchRequest { h_key, lp_data });
    (answer.return_value, answer.pdw_failed_command)
}

fn port(rig: &mut Rig, h_key: Option<HKeyRpc>) -> Option<HBatchPortRpc> {
    let answer = rig.call(&ApiCreateBatchPortRequest { h_key });
    assert_eq!(answer.return_value, 0);
    answer.ph_batch_port
}

/// What a port has to report; `None` if it would wait.
fn report(
    rig: &mut Rig,
    h_batch_notify: Option<HBatchPortRpc>,
) -> Option<Result<Vec<Command<'static>>, u32>> {
    let request = ApiGetBatchNotificationRequest { h_batch_notify };
    let call = rig.send(&request);
    let Some(outcome) = rig.outcome(call) else {
        rig.node.handle_cancel(call);
        rig.outcome(call);
        return None;
    };
    let answer = rig.read(&request, outcome.unwrap());
    Some(reported(&answer))
}

fn reported(answer: &ApiGetBatchNotificationResponse<'static>) -> Result<Vec<Command<'static>>, u32> {
    match answer.lp_data {
        SizedPtr::Array(octets) if answer.return_value == 0 => Ok(decode(octets).unwrap()),
        _ => Err(answer.return_value),
    }
}

/// The octets of a list, by hand from the table of 2.2.3.17.1.
#[test]
fn a_list_is_written_as_the_table_says() {
    let list = [command(SET, "ab", &[1, 2, 3]), command(DELETE, "", &[])];
    let octets: &[u8] = &[
        1, 0, 0, 0, // version
        1, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, b'a', 0, b'b', 0, 0, 0, 3, 0, 0, 0, 1, 2, 3, 0, //
        4, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(encode(&list), octets);
    assert_eq!(decode(octets).unwrap(), list);
}

#[test]
fn a_list_takes_effect_as_one() {
    for format in FORMATS {
        let mut rig = Rig::new();
        rig.format = format;
        let root = rig.root();
        let base = rig.key(root, "Batch");
        let list = [
            command(SET, "here", b"1\0\0\0"),
            command(CREATE, "a\\b", &[]),
            command(SET, "there", b"2\0\0\0"),
            command(DELETE, "not there", &[]),
            command(DELETE_KEY, "missing", &[]),
            command(CREATE, "a", &[]),
            command(SET, "above", b"3\0\0\0"),
        ];
        assert_eq!(run(&mut rig, base, &list), (0, -1));
        assert_eq!(rig.query(base, "here"), Ok((1, b"1\0\0\0".to_vec())));
        let a = rig.open(base, "a", 0x0200_0000).return_value;
        assert_eq!(rig.query(a, "above"), Ok((1, b"3\0\0\0".to_vec())));
        let b = rig.open(a, "b", 0x0200_0000).return_value;
        assert_eq!(rig.query(b, "there"), Ok((1, b"2\0\0\0".to_vec())));
    }
}

#[test]
fn a_command_that_fails_undoes_all_before_it() {
    let table: [(Command<'_>, u32); 5] = [
        (command(SET, "after", b"xx"), 87), // no key is current behind DELETE_KEY
        (command(DELETE, "after", &[]), 87),
        (command(CREATE, "\\a", &[]), 161),
        (command(CommandType(5), "a", &[]), 87),
        (command(CommandType::READ_VALUE, "a", &[]), 87),
    ];
    for (bad, code) in table {
        let mut rig = Rig::new();
        let root = rig.root();
        let base = rig.key(root, "Batch");
        rig.key(base, "Old\\Below");
        rig.set(base, "v", 3, b"before");
        let (watching, reports) = (rig.watch(), port(&mut rig, base));
        let list = [
            command(SET, "v", b"after"),
            command(CREATE, "New", &[]),
            command(DELETE_KEY, "Old", &[]),
            bad,
            command(CREATE, "Later", &[]),
        ];
        assert_eq!(run(&mut rig, base, &list), (code, 3));
        assert_eq!(rig.query(base, "v"), Ok((3, b"before".to_vec())));
        assert_eq!(rig.subkeys(base), ["Old"]);
        assert_eq!(rig.events(watching), []);
        assert_eq!(report(&mut rig, reports), None);
    }
}

#[test]
fn octets_that_are_no_list_change_nothing() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Batch");
    let list = encode(&[command(SET, "v", b"abc"), command(CREATE, "New", &[])]);
    // Nothing, a list of one, and the whole are lists; padding may be left out at the end.
    let whole = [4, 4 + 20, 4 + 20 + 3, list.len()];
    for end in 0..list.len() {
        let cut = encode(&decode(&list[..end]).unwrap_or_default()).len();
        if !whole.contains(&end) && cut == 4 {
            assert_eq!(run_octets(&mut rig, base, &list[..end]), (87, -1), "{end}");
        }
    }
    for (at, octet) in [(0, 2), (12, 5), (15, 1), (17, 0xD8), (18, 1), (23, 1)] {
        let mut octets = list.clone();
        octets[at] = octet;
        assert_eq!(run_octets(&mut rig, base, &octets), (87, -1), "{at}");
    }
    assert_eq!(rig.query(base, "v"), Err(2));
}

/// The example of MS-CMRP 3.1.4.2.114.
#[test]
fn a_port_reports_what_was_there_before() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Batch");
    let batch_port = port(&mut rig, base);
    let (name, world, universe) = ("NotifyTest", b"hello world", b"hello universe");
    let list = [
        command(DELETE, name, &[]),
        command(SET, name, world),
        command(SET, name, universe),
        command(DELETE, name, &[]),
    ];
    assert_eq!(run(&mut rig, base, &list), (0, -1));
    let expected = [
        command(DELETE, name, &[]),
        command(SET, name, world),
        command(DELETED, name, world),
        command(SET, name, universe),
        command(DELETED, name, universe),
        command(DELETE, name, &[]),
    ];
    assert_eq!(report(&mut rig, batch_port), Some(Ok(expected.to_vec())));
    assert_eq!(report(&mut rig, batch_port), None);
    // What no batch did is not reported.
    rig.set(base, "v", 4, &[0; 4]);
    assert_eq!(report(&mut rig, batch_port), None);
}

#[test]
fn a_port_reports_by_paths_from_its_own_key() {
    let mut rig = Rig::new();
    let root = rig.root();
    let (above, base) = (rig.key(root, "P"), rig.key(root, "P\\B"));
    let (below, beside) = (rig.key(base, "C"), rig.key(root, "Q"));
    let ports: Vec<_> = [above, base, below, beside].map(|key| port(&mut rig, key)).into();
    let list = [
        command(SET, "v", b"1"),
        command(CREATE, "C\\D", &[]),
        command(SET, "w", b"2"),
        command(DELETE_KEY, "E", &[]),
    ];
    assert_eq!(run(&mut rig, base, &list), (0, -1));
    let reports: Vec<_> = ports.into_iter().map(|port| report(&mut rig, port)).collect();
    let from_above = [
        command(CREATE, "B", &[]),
        command(SET, "v", b"1"),
        command(CREATE, "B\\C\\D", &[]),
        command(SET, "w", b"2"),
        command(DELETE_KEY, "B\\E", &[]),
    ];
    let from_below = [command(CREATE, "D", &[]), command(SET, "w", b"2")];
    let expected =
        [Some(Ok(from_above.to_vec())), Some(Ok(list.to_vec())), Some(Ok(from_below.to_vec())), None];
    assert_eq!(reports, expected);
}

#[test]
fn a_call_waits_for_a_report_or_the_end_of_its_port() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Batch");
    let batch_port = port(&mut rig, base);
    let request = ApiGetBatchNotificationRequest { h_batch_notify: batch_port };
    let call = rig.send(&request);
    assert_eq!(rig.outcome(call), None);
    let other = rig.next_call();
    let stub = cmrp::ndr::EncodeStub::encode(
        &ApiExecuteBatchRequest { h_key: base, lp_data: &encode(&[command(SET, "v", b"1")]) },
        rig.format,
    );
    rig.raw(other, 113, &stub.unwrap());
    let answer = rig.outcome(call).expect("the report").unwrap();
    assert_eq!(reported(&rig.read(&request, answer)), Ok(vec![command(SET, "v", b"1")]));

    let call = rig.send(&request);
    let close = ApiCloseBatchPortRequest { ph_batch_port: batch_port };
    let closing = rig.send(&close);
    let mut outcomes = std::collections::BTreeMap::new();
    while let Some(output) = rig.node.poll_output() {
        if let cmrp_cluster::node::Output::Response { call, stub, .. } = output {
            outcomes.insert(call, stub);
        }
    }
    let closed = rig.read(&close, outcomes[&closing].clone());
    assert_eq!((closed.return_value, closed.ph_batch_port), (0, None));
    assert_eq!(reported(&rig.read(&request, outcomes[&call].clone())), Err(259));
    // The handle is gone.
    let call = rig.send(&request);
    assert_eq!(rig.outcome(call), Some(Err(0x1C00_001A)));
}

#[test]
fn reports_that_are_not_fetched_are_kept_up_to_a_limit_and_then_told_as_lost() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Batch");
    let batch_port = port(&mut rig, base);
    for number in 0..12_u8 {
        let list = [command(DELETE, "v", &[]), command(SET, "v", &vec![number; 60_000])];
        assert_eq!(run(&mut rig, base, &list), (0, -1));
    }
    // There would be room for this one; but it comes after those that are lost, and so after the error.
    assert_eq!(run(&mut rig, base, &[command(SET, "x", &[0xFF])]), (0, -1));
    let mut reports = 0;
    while let Some(Ok(report)) = report(&mut rig, batch_port) {
        assert_eq!(report.last().unwrap().data[0], reports);
        reports += 1;
    }
    // The last one was the error in the place of those that were dropped; then it goes on.
    assert!((7..12).contains(&reports), "{reports}");
    assert_eq!(run(&mut rig, base, &[command(SET, "w", b"1")]), (0, -1));
    assert_eq!(report(&mut rig, batch_port), Some(Ok(vec![command(SET, "w", b"1")])));
}

/// Runs a list, and returns the outcomes of calls that have waited.
fn run_and_collect(
    rig: &mut Rig,
    h_key: Option<HKeyRpc>,
    list: &[Command<'_>],
) -> std::collections::BTreeMap<cmrp_port::server::CallId, Vec<u8>> {
    rig.send(&ApiExecuteBatchRequest { h_key, lp_data: &encode(list) });
    let mut outcomes = std::collections::BTreeMap::new();
    while let Some(output) = rig.node.poll_output() {
        if let cmrp_cluster::node::Output::Response { call, stub, .. } = output {
            outcomes.insert(call, stub);
        }
    }
    outcomes
}

#[test]
fn a_report_that_is_too_long_is_lost_to_a_call_that_waits_too() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Batch");
    rig.set(base, "v", 3, &vec![1; 1 << 20]);
    let request = ApiGetBatchNotificationRequest { h_batch_notify: port(&mut rig, base) };
    let call = rig.send(&request);
    assert_eq!(rig.outcome(call), None);
    // A few octets that replace a megabyte.
    let outcomes = run_and_collect(&mut rig, base, &[command(SET, "v", b"1")]);
    assert!(reported(&rig.read(&request, outcomes[&call].clone())) == Err(1816));
    assert_eq!(run(&mut rig, base, &[command(SET, "w", b"1")]), (0, -1));
    assert_eq!(report(&mut rig, request.h_batch_notify), Some(Ok(vec![command(SET, "w", b"1")])));
}

/// One batch of about 900 KiB is not copied for each of 64 calls that wait, nor kept in more than 64 MiB of queues.
#[test]
fn the_reports_of_one_batch_take_a_limited_room_in_all() {
    let mut rig = Rig::new();
    let list = [command(SET, "v", &vec![2; 900_000])];
    let mut calls = Vec::new();
    let mut base = None;
    for association in 1..=2 {
        rig.association = association;
        let root = rig.root();
        base = rig.key(root, "Batch");
        for _ in 0..30 {
            let request = ApiGetBatchNotificationRequest { h_batch_notify: port(&mut rig, base) };
            calls.push((rig.send(&request), request));
        }
    }
    let outcomes = run_and_collect(&mut rig, base, &list);
    let told: Vec<_> =
        calls.iter().map(|(call, request)| reported(&rig.read(request, outcomes[call].clone()))).collect();
    let whole = told.iter().filter(|report| report.is_ok()).count();
    assert_eq!(whole, (32 << 20) / 900_000);
    assert!(told.iter().all(|report| report.is_ok() || *report == Err(1816)));
}

/// 512 keys below one that a list of many commands deletes: what is written is limited, not only what is kept.
#[test]
fn many_ports_below_a_key_do_not_multiply_a_long_list() {
    let mut rig = Rig::new();
    let mut ports = Vec::new();
    let mut base = None;
    for association in 1..=8 {
        rig.association = association;
        let root = rig.root();
        base = rig.key(root, "Batch");
        for number in 0..64 {
            let key = rig.key(base, &format!("a\\{association}\\{number}"));
            ports.push((association, port(&mut rig, key)));
        }
    }
    let list = vec![command(DELETE_KEY, "a", &[]); 5_000];
    assert_eq!(run(&mut rig, base, &list), (0, -1));
    let mut lost = 0;
    for (association, h_port) in ports {
        rig.association = association;
        let report = report(&mut rig, h_port).unwrap();
        lost += usize::from(report == Err(1816));
    }
    // Each report would be of 5,000 commands of 18 octets.
    assert_eq!(512 - lost, (32 << 20) / 90_004);
}

#[test]
fn ports_go_with_their_client_and_are_limited() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Batch");
    let create = |rig: &mut Rig, h_key| rig.call(&ApiCreateBatchPortRequest { h_key }).return_value;
    let made = (0..100).take_while(|_| create(&mut rig, base) == 0).count();
    assert_eq!((made, create(&mut rig, base)), (64, 8));
    rig.node.handle_disconnect(cmrp_port::server::AssociationId(1));
    rig.association = 2;
    let root = rig.root();
    let base = rig.open(root, "Batch", 0x0200_0000).return_value;
    assert_eq!(create(&mut rig, base), 0);
}

#[test]
fn reads_are_answered_in_their_places() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Read");
    rig.key(base, "a\\b");
    rig.set(base, "v", 4, &[1, 0, 0, 0]);
    let b = rig.open(base, "a\\b", 0x0200_0000).return_value;
    rig.set(b, "w", 3, b"odd");
    let (key, value, error) = (CommandType::READ_KEY, CommandType::READ_VALUE, CommandType::READ_ERROR);
    let list = encode(&[
        command(value, "v", &[]),
        command(key, "A\\b", &[]),
        command(value, "w", &[]),
        command(value, "v", &[]),
        command(key, "missing", &[]),
        command(value, "w", &[]),
        command(SET, "w", b"x"),
    ]);
    let answer = rig.call(&ApiExecuteReadBatchRequest { h_key: base, lp_in_data: &list });
    let SizedPtr::Array(octets) = answer.lp_out_data else { panic!() };
    let of = |kind, value_type, name: &str, data: &[u8]| Command { value_type, ..command(kind, name, data) };
    let expected = [
        of(value, 4, "v", &[1, 0, 0, 0]),
        of(key, 0, "A\\b", &[]),
        of(value, 3, "w", b"odd"),
        of(error, 2, "v", &[]),
        of(error, 2, "missing", &[]),
        of(error, 2, "w", &[]),
        of(error, 87, "w", &[]),
    ];
    assert_eq!(decode(octets).unwrap(), expected);
    let isolated = rig.call(&ApiExecuteReadBatchExRequest { h_key: base, lp_in_data: &list, flags: 2 });
    assert_eq!(isolated.lp_out_data, SizedPtr::Array(octets));
}

#[test]
fn many_reads_of_one_large_value_are_refused() {
    let mut rig = Rig::new();
    let root = rig.root();
    let base = rig.key(root, "Read");
    rig.set(base, "v", 3, &vec![0; 1 << 20]);
    let list = encode(&vec![command(CommandType::READ_VALUE, "v", &[]); 5]);
    let answer = rig.call(&ApiExecuteReadBatchRequest { h_key: base, lp_in_data: &list });
    assert_eq!(answer.return_value, 1816);
}

/// A journal that keeps nothing as long as it is told so.
struct Refusing(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Journal for Refusing {
    fn commit(&mut self, _: &State, _: &State) -> Result<(), JournalError> {
        let refuse = self.0.load(std::sync::atomic::Ordering::Relaxed);
        if refuse { Err(JournalError { source: "full".into() }) } else { Ok(()) }
    }
}

#[test]
fn a_batch_that_is_not_kept_is_not_reported() {
    let refuse = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut rig = Rig::of(|cluster| cluster.with_journal(Box::new(Refusing(refuse.clone()))));
    let root = rig.root();
    let base = rig.key(root, "Batch");
    let (watching, batch_port) = (rig.watch(), port(&mut rig, base));
    refuse.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_ne!(run(&mut rig, base, &[command(SET, "v", b"1")]).0, 0);
    assert_eq!(report(&mut rig, batch_port), None);
    assert_eq!(rig.events(watching), []);
    refuse.store(false, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(rig.query(base, "v"), Err(2));
    assert_eq!(run(&mut rig, base, &[command(SET, "w", b"2")]), (0, -1));
    assert_eq!(report(&mut rig, batch_port), Some(Ok(vec![command(SET, "w", b"2")])));
}
