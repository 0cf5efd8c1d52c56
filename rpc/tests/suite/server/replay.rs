//! The client octets of captured connections: the server accepts what the captured server accepted, and hands out the
//! calls that the passive observer sees in the same PDUs.

use cmrp::ndr::{Format, Uuid};
use dcerpc_proto::association::Association;
use dcerpc_proto::event::Event as Seen;
use dcerpc_proto::server::{Call, Config, Event};
use dcerpc_proto::syntax::BindFeatures;
use dcerpc_proto::{Body, PacketType, Pdu, PfcFlags, SyntaxId, status};

use super::support::{Server, open_config};
use crate::flows::{Captured, Flow, OTHERS, READABLE, connections};
use crate::samples::clusapi3;

/// What both must agree on.
#[derive(Debug, PartialEq)]
struct Called {
    id: u32,
    interface: SyntaxId,
    opnum: u16,
    object: Option<Uuid>,
    format: Format,
    stub: Vec<u8>,
}

impl From<Call> for Called {
    fn from(call: Call) -> Self {
        let Call { id, interface, opnum, object, format, stub, .. } = call;
        Self { id, interface, opnum, object, format, stub }
    }
}

fn config() -> Config {
    let mut config = open_config();
    let epm = Uuid::new(0xe1af_8308, 0x5d1f, 0x11c9, [0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa]);
    config.interfaces = vec![clusapi3(), SyntaxId { major: 2, ..clusapi3() }, SyntaxId::new(epm, 3, 0)];
    config.features = BindFeatures::all();
    config
}

fn observed(flow: &Flow) -> Vec<Called> {
    let mut association = Association::<()>::default();
    let events: Vec<_> = flow.pdus.iter().flat_map(|pdu| association.observe(pdu.decode(), ())).collect();
    let call = |event: &Seen<'_, ()>| match event {
        Seen::Request(request) => Some(Called {
            id: request.call_id,
            interface: request.binding.interface.unwrap(),
            opnum: request.opnum,
            object: request.object,
            format: request.payload.format(request.binding.transfer.unwrap()).unwrap(),
            stub: request.parameters().0.to_vec(),
        }),
        Seen::Incomplete(_) => panic!("{event:?}"),
        _ => None,
    };
    events.iter().filter_map(call).collect()
}

/// The client's octets, parted where it waits for the server.
fn turns(flow: &Flow) -> Vec<Vec<u8>> {
    let mut turns = vec![Vec::new()];
    for pdu in flow.pdus.iter().filter(|pdu| pdu.is_from_client) {
        turns.last_mut().unwrap().extend(&pdu.octets);
        if pdu.decode().flags.contains(PfcFlags::LAST_FRAG) {
            turns.push(Vec::new());
        }
    }
    turns
}

/// Replays one connection in chunks of `size` octets, answers each call, and gives the calls and the answers to
/// negotiations.
fn replay(flow: &Flow, size: usize) -> (Vec<Called>, Vec<Vec<u8>>) {
    let mut server = Server::new(config());
    let (mut calls, mut acks) = (Vec::new(), Vec::new());
    for turn in turns(flow) {
        for chunk in turn.chunks(size) {
            server.octets(chunk);
        }
        for event in server.events() {
            match event {
                Event::Call(call) => {
                    server.connection.respond(call.id, &[]).unwrap();
                    calls.push(Called::from(call));
                }
                Event::Bound { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        let is_ack = |octets: &Vec<u8>| octets[2] != PacketType::Response.code();
        acks.extend(server.sent().into_iter().filter(is_ack));
    }
    assert_eq!(server.connection.held(), 0);
    assert_eq!(server.connection.pending_calls(), 0);
    (calls, acks)
}

#[test]
fn captured_clients_are_understood_as_the_observer_understands_them() {
    let mut total = 0;
    for (name, octets) in READABLE {
        for flow in connections(octets) {
            let expected = observed(&flow);
            let sizes: Vec<usize> = if octets.len() < 20_000 {
                (1..48).chain([64, 100, 149, 1460]).collect()
            } else {
                vec![1, 17, 1460, 65_536]
            };
            for size in sizes {
                let (calls, _) = replay(&flow, size);
                assert_eq!(calls, expected, "{name}, chunks of {size}");
            }
            total += expected.len();
        }
    }
    assert!(total > 1000, "{total}");
}

#[test]
fn captured_binds_are_accepted_as_the_captured_server_did() {
    for (name, octets) in READABLE {
        for flow in connections(octets) {
            let (_, acks) = replay(&flow, 1000);
            let captured: Vec<&Captured> = flow.pdus.iter().filter(|pdu| is_ack(pdu)).collect();
            assert_eq!(acks.len(), captured.len(), "{name}");
            for (ours, theirs) in acks.iter().zip(captured) {
                compare_acks(&Pdu::decode(ours).unwrap(), &theirs.decode(), name);
            }
        }
    }
}

fn is_ack(pdu: &Captured) -> bool {
    matches!(pdu.decode().body, Body::BindAck(_) | Body::AlterContextResp(_))
}

fn compare_acks(ours: &Pdu<'_>, theirs: &Pdu<'_>, name: &str) {
    assert_eq!(
        (ours.label, ours.call_id, ours.flags),
        (theirs.label, theirs.call_id, theirs.flags),
        "{name}"
    );
    let (Body::BindAck(ours), Body::BindAck(theirs)) = (&ours.body, &theirs.body) else { panic!("{name}") };
    assert_eq!(ours.results, theirs.results, "{name}");
    assert!(ours.max_recv_frag >= 1432 && ours.max_xmit_frag >= 1432);
}

/// Given the captured results, the server writes the very octets of the captured responses and faults, where those
/// came in one fragment. The stand-in server's hint is not the length of the stub, and is passed over.
#[test]
fn captured_answers_are_written_octet_by_octet() {
    let mut total = 0;
    for (name, octets) in READABLE.iter().filter(|(name, _)| name.contains("notify")) {
        for flow in connections(octets) {
            let mut server = Server::new(config());
            for pdu in &flow.pdus {
                match pdu.decode() {
                    _ if pdu.is_from_client => server.octets(&pdu.octets),
                    Pdu { body: Body::Response(response), call_id, .. } => {
                        server.connection.respond(call_id, response.stub).unwrap();
                        let sent = server.sent();
                        assert_eq!(hintless(&sent[0]), hintless(&pdu.octets), "{name}, call {call_id}");
                        total += 1;
                    }
                    _ => assert_eq!(server.sent().len(), 1),
                }
            }
        }
    }
    assert!(total > 200, "{total}");
}

fn hintless(octets: &[u8]) -> Vec<u8> {
    let mut octets = octets.to_vec();
    octets[16..20].fill(0);
    octets
}

#[test]
fn big_endian_ndr64_is_refused_call_by_call() {
    let flow = &connections(OTHERS[0].1)[0];
    let mut server = Server::new(config());
    for turn in turns(flow) {
        server.octets(&turn);
        for event in server.events() {
            match event {
                Event::Bound { .. } => {}
                Event::Faulted { status, .. } => assert_eq!(status, status::NCA_UNSUPPORTED_TYPE),
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(server.sent().len() > 50);
    assert!(server.connection.is_bound());
}

#[test]
fn a_captured_client_that_authenticates_is_turned_away() {
    let flow = &connections(OTHERS[1].1)[0];
    let mut server = Server::new(config());
    for turn in turns(flow) {
        server.octets(&turn);
    }
    let sent = server.sent();
    assert_eq!(sent.len(), 1);
    let Body::BindNak(nak) = Pdu::decode(&sent[0]).unwrap().body else { panic!() };
    assert_eq!((nak.reason, nak.versions), (8, vec![[5, 0]]));
    assert!(server.connection.is_closing());
    assert!(server.groups.is_empty());
}
