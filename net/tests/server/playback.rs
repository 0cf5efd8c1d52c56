//! What clients of others once sent, sent again: each of their calls gets its answer.

use crate::node::node;
use crate::raw::{Client, FAULT, LAST, REQUEST, RESPONSE};
use crate::serve_any;

macro_rules! flows {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../../rpc/tests/suite/data/flows/", $name, ".flows")).as_slice())),*]
    };
}

/// Samba's test suite, without authentication.
const TORTURE: [(&str, &[u8]); 3] =
    flows!["smbtorture_anon_ndr20be", "smbtorture_anon_ndr20le_dangerous", "smbtorture_anon_ndr64le"];

/// With stubs of many fragments.
const FRAGMENTS: [(&str, &[u8]); 1] = flows!["samba_fragments_anon"];

/// The PDUs of a capture's clients, a connection each: see the `README.md` beside them.
fn connections(mut octets: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut connections = Vec::new();
    while let [kind, low, high, rest @ ..] = octets {
        let (pdu, later) = rest.split_at(usize::from(u16::from_le_bytes([*low, *high])));
        octets = later;
        match kind {
            2 => connections.push(Vec::new()),
            0 => connections.last_mut().unwrap().push(pdu.to_vec()),
            _ => {}
        }
    }
    connections
}

/// The number of the call that this PDU of a client completes.
fn call(pdu: &[u8]) -> Option<u32> {
    let octets = pdu[12..16].try_into().unwrap();
    let number = if pdu[4] >> 4 == 1 { u32::from_le_bytes(octets) } else { u32::from_be_bytes(octets) };
    (pdu[2] == REQUEST && pdu[3] & LAST != 0).then_some(number)
}

/// Reads to the end of an answer: what its last PDU is, its number, its octets.
async fn answer(client: &mut Client) -> (u8, u32, Vec<u8>) {
    let mut stub = Vec::new();
    loop {
        let pdu = client.pdu().await;
        stub.extend(pdu.body);
        if pdu.kind == FAULT || pdu.kind == RESPONSE && pdu.flags & LAST != 0 {
            return (pdu.kind, pdu.call, stub);
        }
    }
}

/// Plays a capture to a server of its own, and gives all that it answers.
async fn play(name: &str, octets: &[u8]) -> Vec<u8> {
    let server = serve_any(node(), |builder| builder).await;
    let mut stubs = Vec::new();
    for pdus in connections(octets) {
        let mut client = Client::connect(server.address).await;
        for pdu in pdus {
            // Not as the client cut it.
            for chunk in pdu.chunks(1_009) {
                client.send(chunk).await;
            }
            if let Some(due) = call(&pdu) {
                let (kind, answered, stub) = answer(&mut client).await;
                assert_eq!(answered, due, "{name}");
                if kind == FAULT {
                    // The handles are those of a server of old; all else must be understood.
                    let is_little = pdu[4] >> 4 == 1;
                    let status = stub[8..12].try_into().unwrap();
                    let status =
                        if is_little { u32::from_le_bytes(status) } else { u32::from_be_bytes(status) };
                    assert_eq!(status, 0x1c00_001a, "{name}: call {due}");
                }
                stubs.extend(stub);
            }
        }
    }
    server.until_empty().await;
    server.end().await;
    stubs
}

/// Whether octets hold a text, in either byte order.
fn tells(octets: &[u8], text: &str) -> bool {
    [u16::to_le_bytes, u16::to_be_bytes].iter().any(|order| {
        let text: Vec<u8> = text.encode_utf16().flat_map(order).collect();
        octets.windows(text.len()).any(|window| window == text)
    })
}

#[tokio::test]
async fn the_calls_of_a_test_suite_are_answered() {
    for (name, octets) in TORTURE {
        let answers = play(name, octets).await;
        assert!(tells(&answers, "CLUSTER1") && tells(&answers, "node1"), "{name}");
    }
}

#[tokio::test]
async fn calls_in_many_fragments_are_answered() {
    for (name, octets) in FRAGMENTS {
        play(name, octets).await;
    }
}
