//! Clients that go: what they held is run down, what they did not get is reported.

use crate::raw::{self, response};
use crate::script::{BIG, ECHO, NOTIFY, OPEN, WAIT};
use crate::{is_empty, patient, serve};

/// More than the sockets of both sides hold.
const MUCH: u32 = 12 << 20;

#[tokio::test]
async fn a_client_that_is_killed_in_a_call_is_run_down() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    client.call(2, OPEN, b"").await;
    client.request(3, WAIT, b"").await;
    server.until("it waits", |now| now.calls == 1 && now.service.handles == 1).await;
    assert!(!is_empty(&server.handle.snapshot()));
    drop(client);
    server.until_empty().await;
    server.until_script("it is told", |script| script.disconnected == 1).await;
    server.end().await;
}

#[tokio::test]
async fn a_client_that_is_reset_is_run_down() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    client.request(2, WAIT, b"").await;
    server.until("it waits", |now| now.calls == 1).await;
    socket2::SockRef::from(&client.stream).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(client);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn an_association_lives_as_long_as_its_last_connection() {
    let server = serve(|builder| builder).await;
    let mut first = server.bound().await;
    let mut second = server.client().await;
    second.bind(first.group).await;
    assert_eq!(first.group, second.group);
    first.call(2, OPEN, b"").await;
    first.request(3, WAIT, b"").await;
    server.until("both are there", |now| now.connections == 2 && now.associations == 1).await;
    drop(first);
    server.until_script("the call is cancelled", |script| script.cancelled == 1).await;
    server.until("one is there", |now| now.connections == 1 && now.calls == 0).await;
    assert_eq!(server.handle.snapshot().service.handles, 1);
    assert_eq!(second.call(2, ECHO, b"still").await, response(2, b"still"));
    drop(second);
    server.until_empty().await;
    let told = server.handle.with(|script, _| (script.disconnected, script.undelivered.len())).await;
    assert_eq!(told, Ok((1, 0)));
    server.end().await;
}

#[tokio::test]
async fn an_unknown_group_is_refused() {
    let server = serve(|builder| builder).await;
    let mut client = server.client().await;
    client.send(&raw::bind(0x7fff_fff0)).await;
    assert_eq!(client.pdu().await.kind, raw::BIND_NAK);
    client.closed().await;
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn answers_that_a_lost_connection_did_not_take_are_reported() {
    let server = serve(|builder| builder.deadlines(patient())).await;
    let mut first = server.bound().await;
    let mut second = server.client().await;
    second.bind(first.group).await;
    first.request(2, BIG, &MUCH.to_le_bytes()).await;
    server.until("the answer is held", |now| now.held >= MUCH as usize && now.calls == 0).await;
    drop(first);
    let reported = |script: &crate::Script| script.undelivered == [MUCH as usize];
    server.until_script("the answer is reported", reported).await;
    assert_eq!(second.call(2, ECHO, b"still").await, response(2, b"still"));
    drop(second);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn an_answer_to_an_orphaned_call_is_reported() {
    // The call is answered before its orphaning can be heard of: nothing is lost, or it is reported.
    let server = serve(|builder| builder).await;
    let (mut client, mut other) = (server.bound().await, server.bound().await);
    let rounds = 50;
    let mut taken = 0;
    for round in 0..rounds {
        let call = 2 + round * 2;
        client.request(call, WAIT, b"").await;
        server.until("it waits", |now| now.service.waiting == 1).await;
        tokio::join!(other.request(2 + round, NOTIFY, b"event"), async {
            client.stream.writable().await.unwrap();
            client.send(&raw::header_only(raw::ORPHANED, call)).await;
        });
        other.answer().await;
        // The next answer is this call's, or that of the echo behind it.
        match client.call(call + 1, ECHO, b"next").await {
            answer if answer == response(call + 1, b"next") => {}
            answer => {
                assert_eq!(answer, response(call, b"event"));
                assert_eq!(client.answer().await, response(call + 1, b"next"));
                taken += 1;
            }
        }
    }
    let told =
        move |script: &crate::Script| taken + script.cancelled + script.undelivered.len() == rounds as usize;
    server.until_script("each is taken, cancelled or reported", told).await;
    server.end().await;
}
