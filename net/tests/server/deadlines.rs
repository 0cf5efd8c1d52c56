//! Clients that take too long.

use cmrp_net::server::Deadlines;

use crate::raw::{self, response};
use crate::script::{BIG, ECHO, OPEN, WAIT};
use crate::{SHORT, patient, serve};

#[tokio::test]
async fn who_does_not_bind_is_disconnected() {
    let server = serve(|builder| builder.deadlines(Deadlines { handshake: SHORT, ..patient() })).await;
    let mut silent = server.client().await;
    let mut half = server.client().await;
    half.send(&raw::bind(0)[..40]).await;
    let mut bound = server.bound().await;
    silent.closed().await;
    half.closed().await;
    assert_eq!(bound.call(2, ECHO, b"here").await, response(2, b"here"));
    drop(bound);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn half_a_request_is_not_waited_for() {
    let server = serve(|builder| builder.deadlines(Deadlines { request: SHORT, ..patient() })).await;
    let fragments = raw::request(2, ECHO, &[7; 3_000], 1_000);
    let mut half_a_pdu = server.bound().await;
    half_a_pdu.send(&fragments[0][..100]).await;
    let mut half_a_call = server.bound().await;
    half_a_call.send(&fragments[0]).await;
    half_a_call.send(&fragments[1]).await;
    server.until("octets are held", |now| now.held > 1_000).await;
    half_a_pdu.closed().await;
    half_a_call.closed().await;
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn a_trickle_of_fragments_does_not_prolong_a_request() {
    let server = serve(|builder| builder.deadlines(Deadlines { request: SHORT, ..patient() })).await;
    let mut client = server.bound().await;
    let fragments = raw::request(2, ECHO, &[7; 4_000], 1);
    let trickle = async {
        for fragment in &fragments {
            if tokio::io::AsyncWriteExt::write_all(&mut client.stream, fragment).await.is_err() {
                return;
            }
            tokio::time::sleep(SHORT / 10).await;
        }
        panic!("all fragments were taken");
    };
    crate::within("the connection is closed", trickle).await;
    server.until_empty().await;
    server.end().await;
}

/// Sends these PDUs with pauses, and expects to be cut off before the last.
async fn trickle(client: &mut raw::Client, pdus: impl Iterator<Item = Vec<u8>>) {
    let send = async {
        for pdu in pdus {
            if tokio::io::AsyncWriteExt::write_all(&mut client.stream, &pdu).await.is_err() {
                return;
            }
            tokio::time::sleep(SHORT / 10).await;
        }
        panic!("all was taken");
    };
    crate::within("the connection is closed", send).await;
}

/// A fragment without octets, with these flags: 1 for the first, 0 for a later one.
fn empty_fragment(call: u32, flags: u8) -> Vec<u8> {
    let mut pdu = raw::request(call, ECHO, b"", 1).concat();
    pdu[3] = flags;
    pdu
}

#[tokio::test]
async fn empty_fragments_do_not_prolong_a_request() {
    let server = serve(|builder| builder.deadlines(Deadlines { request: SHORT, ..patient() })).await;
    let mut client = server.bound().await;
    let rest = std::iter::repeat_with(|| empty_fragment(2, 0)).take(600);
    trickle(&mut client, std::iter::once(empty_fragment(2, 1)).chain(rest)).await;
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn what_becomes_of_other_calls_does_not_prolong_a_request() {
    let server = serve(|builder| builder.deadlines(Deadlines { request: SHORT, ..patient() })).await;
    let mut client = server.bound().await;
    for call in 2..60 {
        client.request(call, WAIT, b"").await;
    }
    client.send(&raw::request(60, ECHO, &[7; 2_000], 1_000)[0]).await;
    trickle(&mut client, (2..60).map(|call| raw::header_only(raw::ORPHANED, call))).await;
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn who_holds_nothing_is_disconnected_when_idle() {
    let server = serve(|builder| builder.deadlines(Deadlines { idle: SHORT, ..patient() })).await;
    let mut idle = server.bound().await;
    idle.call(2, ECHO, b"").await;
    let mut holder = server.bound().await;
    holder.call(2, OPEN, b"").await;
    let mut waiter = server.bound().await;
    waiter.request(2, WAIT, b"").await;
    idle.closed().await;
    tokio::time::sleep(SHORT * 3).await;
    assert_eq!(holder.call(3, ECHO, b"here").await, response(3, b"here"));
    assert_eq!(waiter.call(3, ECHO, b"here").await, response(3, b"here"));
    drop((holder, waiter));
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn who_does_not_read_is_disconnected() {
    let server = serve(|builder| builder.deadlines(Deadlines { write: SHORT, ..patient() })).await;
    let mut client = server.bound().await;
    client.request(2, BIG, &(12_u32 << 20).to_le_bytes()).await;
    server.until("the answer is held", |now| now.held > 1 << 20).await;
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn who_reads_slowly_gets_all() {
    use tokio::io::AsyncReadExt;

    // It takes more than twice the deadline to read all, and a small part of it to read some.
    let second = std::time::Duration::from_secs(1);
    let server = serve(|builder| builder.deadlines(Deadlines { write: second, ..patient() })).await;
    let mut client = server.bound().await;
    client.request(2, BIG, &(12_u32 << 20).to_le_bytes()).await;
    let mut octets = vec![0; 1 << 19];
    for _ in 0..24 {
        crate::within("octets come", client.stream.read_exact(&mut octets)).await.unwrap();
        tokio::time::sleep(second / 10).await;
    }
    server.end().await;
}
