//! Calls and their answers.

use std::time::Duration;

use crate::raw::{self, Answer, Client, response};
use crate::script::{ECHO, END, NOTIFY, WAIT};
use crate::serve;

#[tokio::test]
async fn an_answer_comes_back() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    assert_eq!(client.call(2, ECHO, b"octets").await, response(2, b"octets"));
    assert_eq!(client.call(3, ECHO, b"").await, response(3, b""));
    drop(client);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn octets_may_come_one_by_one_and_calls_in_fragments() {
    let server = serve(|builder| builder).await;
    let mut client = server.client().await;
    client.stream.set_nodelay(true).unwrap();
    for octet in raw::bind(0) {
        client.send(&[octet]).await;
        tokio::task::yield_now().await;
    }
    client.pdu().await;
    let stub: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
    for fragment in raw::request(2, ECHO, &stub, 1_000) {
        client.send(&fragment).await;
    }
    assert_eq!(client.answer().await, response(2, &stub));
    server.end().await;
}

#[tokio::test]
async fn unknown_operations_get_a_fault_and_the_connection_stays() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    assert_eq!(client.call(2, 99, b"").await, Answer::Fault { call: 2, status: 0x1c01_0002 });
    assert_eq!(client.call(3, ECHO, b"still").await, response(3, b"still"));
    server.end().await;
}

#[tokio::test]
async fn anonymous_calls_are_refused_unless_allowed() {
    let server = serve(|builder| builder.allow_insecure(false)).await;
    let mut client = server.bound().await;
    assert_eq!(client.call(2, ECHO, b"secret").await, Answer::Fault { call: 2, status: 5 });
    let calls = server.handle.with(|script, _| script.calls).await;
    assert_eq!(calls, Ok(0), "the service has seen a call");
    server.end().await;
}

#[tokio::test]
async fn a_call_that_waits_blocks_none() {
    let server = serve(|builder| builder).await;
    let (mut one, mut other) = (server.bound().await, server.bound().await);
    one.request(2, WAIT, b"").await;
    assert_eq!(one.call(3, ECHO, b"meanwhile").await, response(3, b"meanwhile"));
    server.until("it waits", |now| now.calls == 1 && now.service.waiting == 1).await;
    assert_eq!(other.call(2, NOTIFY, b"event").await, response(2, b""));
    assert_eq!(one.answer().await, response(2, b"event"));
    server.end().await;
}

#[tokio::test]
async fn a_cancelled_call_gets_a_fault() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    client.request(2, WAIT, b"").await;
    client.send(&raw::header_only(raw::CANCEL, 2)).await;
    assert_eq!(client.answer().await, Answer::Fault { call: 2, status: 0x1c00_000d });
    server.until_script("it is cancelled", |script| script.cancelled == 1).await;
    server.end().await;
}

#[tokio::test]
async fn an_orphaned_call_gets_nothing_and_is_forgotten() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    client.request(2, WAIT, b"").await;
    client.send(&raw::header_only(raw::ORPHANED, 2)).await;
    server.until_script("it is cancelled", |script| script.cancelled == 1).await;
    server.until("no call is left", |now| now.calls == 0).await;
    assert_eq!(client.call(3, ECHO, b"still").await, response(3, b"still"));
    server.end().await;
}

#[tokio::test]
async fn the_service_can_end_a_connection_after_its_answer() {
    let server = serve(|builder| builder).await;
    let (mut client, mut bystander) = (server.bound().await, server.bound().await);
    assert_eq!(client.call(2, END, b"").await, response(2, b""));
    client.closed().await;
    assert_eq!(bystander.call(2, ECHO, b"here").await, response(2, b"here"));
    server.end().await;
}

#[tokio::test]
async fn last_words_are_not_lost_to_input_that_nobody_read() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    let mut octets = raw::request(2, END, b"", 100).concat();
    octets.extend((3..2_000).flat_map(|call| raw::request(call, ECHO, &[0; 900], 1_000).concat()));
    // The server need not take all of it.
    let (mut reads, mut writes) = client.stream.split();
    let write = async { drop(tokio::io::AsyncWriteExt::write_all(&mut writes, &octets).await) };
    let read = async {
        let mut rest = Vec::new();
        let end = tokio::io::AsyncReadExt::read_to_end(&mut reads, &mut rest).await;
        (end.map(|_| ()).map_err(|error| error.kind()), rest)
    };
    let ((end, rest), ()) = crate::within("it ends", async { tokio::join!(read, write) }).await;
    assert_eq!(end, Ok(()));
    assert_eq!(rest[2], raw::RESPONSE);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn garbage_ends_the_connection() {
    let server = serve(|builder| builder.deadlines(crate::patient())).await;
    let http = b"GET / HTTP/1.1\r\nHost: example\r\n\r\n".as_slice();
    for garbage in [http, &[0; 64], &[0xff; 64], &[5, 0, 11, 3, 0x10, 0, 0, 0, 15, 0, 0, 0, 1, 0, 0, 0]] {
        let mut fresh = server.client().await;
        fresh.send(garbage).await;
        fresh.closed().await;
        let mut bound = server.bound().await;
        bound.request(2, WAIT, b"").await;
        // The server may have closed before the last octet.
        drop(tokio::io::AsyncWriteExt::write_all(&mut bound.stream, garbage).await);
        bound.closed().await;
    }
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn answers_are_not_mixed_up() {
    let server = serve(|builder| builder).await;
    let mut clients: Vec<Client> = Vec::new();
    for _ in 0..8 {
        clients.push(server.bound().await);
    }
    for round in 2..40_u32 {
        for (number, client) in clients.iter_mut().enumerate() {
            let stub = [u8::try_from(number).unwrap(), u8::try_from(round).unwrap()];
            client.request(round, ECHO, &stub.repeat(number * 900 + 1)).await;
        }
    }
    for round in 2..40_u32 {
        for (number, client) in clients.iter_mut().enumerate() {
            let stub = [u8::try_from(number).unwrap(), u8::try_from(round).unwrap()];
            assert_eq!(client.answer().await, response(round, &stub.repeat(number * 900 + 1)));
        }
    }
    server.end().await;
}

#[tokio::test]
async fn a_panic_of_the_service_ends_the_server() {
    let server = serve(|builder| builder).await;
    let mut watcher = server.bound().await;
    watcher.request(2, WAIT, b"").await;
    let mut client = server.bound().await;
    client.request(2, crate::script::PANIC, b"").await;
    watcher.closed().await;
    client.closed().await;
    let end = crate::within("the server ends", server.task).await.unwrap();
    assert!(end.is_err_and(|error| error.to_string().contains("panicked")));
    let late = server.handle.with(|_, _| ()).await;
    assert_eq!(late, Err(cmrp_net::server::Stopped));
    tokio::time::sleep(Duration::from_millis(1)).await;
}
