//! How much clients may have.

use cmrp_net::server::{Limits, Server};

use crate::raw;
use crate::raw::response;
use crate::script::{BIG, ECHO, NOTIFY, Script, WAIT};
use crate::{Served, patient, serve, within};

#[tokio::test]
async fn connections_over_the_limit_are_closed() {
    let server = serve(|builder| builder.limits(Limits { connections: 2, ..Limits::default() })).await;
    let (mut one, two) = (server.bound().await, server.bound().await);
    let mut three = server.client().await;
    three.closed().await;
    assert_eq!(one.call(2, ECHO, b"here").await, response(2, b"here"));
    drop(two);
    server.until("there is a place", |now| now.connections == 1).await;
    let mut four = server.bound().await;
    assert_eq!(four.call(2, ECHO, b"here").await, response(2, b"here"));
    server.end().await;
}

#[tokio::test]
async fn one_address_cannot_take_all_connections() {
    let limits = Limits { connections: 3, connections_per_address: 2, ..Limits::default() };
    let server = serve(|builder| builder.limits(limits)).await;
    let (one, _two) = (server.bound().await, server.bound().await);
    server.client().await.closed().await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let stream = socket.connect(server.address).await.unwrap();
    let mut elsewhere = crate::Client { stream, group: 0 };
    elsewhere.bind(0).await;
    assert_eq!(elsewhere.call(2, ECHO, b"here").await, response(2, b"here"));
    drop(one);
    server.until("there is a place", |now| now.connections == 2).await;
    server.bound().await;
    server.end().await;
}

#[tokio::test]
async fn who_leaves_too_much_unread_is_disconnected() {
    let limits = Limits { unsent: 1 << 20, ..Limits::default() };
    let server = serve(|builder| builder.limits(limits).deadlines(patient())).await;
    let (mut client, mut other) = (server.bound().await, server.bound().await);
    for call in 2..40 {
        client.request(call, WAIT, b"").await;
    }
    server.until("all wait", |now| now.calls == 38).await;
    assert_eq!(other.call(2, NOTIFY, &vec![7; 1 << 19]).await, response(2, b""));
    client.closed().await;
    drop(other);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn who_does_not_read_is_not_read_from() {
    let server = serve(|builder| builder.deadlines(patient())).await;
    let mut client = server.bound().await;
    client.request(2, BIG, &(12_u32 << 20).to_le_bytes()).await;
    server.until("the answer is held", |now| now.held > 1 << 20 && now.calls == 0).await;
    for call in 3..60 {
        client.request(call, ECHO, b"").await;
    }
    let mut other = server.bound().await;
    other.call(2, ECHO, b"").await;
    assert_eq!(server.handle.with(|script, _| script.calls).await, Ok(2));
    drop(client);
    server.until("one is there", |now| now.connections == 1 && now.held == 0).await;
    server.end().await;
}

#[tokio::test]
async fn calls_over_the_limit_are_refused() {
    let mut rpc = dcerpc_proto::server::Limits::default();
    rpc.max_pending = 3;
    let server = serve(|builder| builder.rpc_limits(rpc)).await;
    let mut client = server.bound().await;
    for call in 2..5 {
        client.request(call, WAIT, b"").await;
    }
    let busy = crate::raw::Answer::Fault { call: 5, status: 0x1c01_0014 };
    assert_eq!(client.call(5, WAIT, b"").await, busy);
    server.until("three wait", |now| now.calls == 3).await;
    server.end().await;
}

#[tokio::test]
async fn who_calls_ahead_gets_all_answers() {
    let limits = Limits { unsent: 1 << 20, ..Limits::default() };
    let server = serve(|builder| builder.limits(limits).deadlines(patient())).await;
    let mut client = server.bound().await;
    let octets = (1_u32 << 18).to_le_bytes();
    let calls: Vec<u8> = (2..62).flat_map(|call| raw::request(call, BIG, &octets, 100).concat()).collect();
    client.send(&calls).await;
    for call in 2..62 {
        assert_eq!(client.answer().await, response(call, &vec![b'x'; 1 << 18]));
    }
    drop(client);
    server.until_empty().await;
    server.end().await;
}

/// A server whose clients may hold 1 MiB together.
async fn small() -> Served {
    let limits = Limits { held: 1 << 20, ..Limits::default() };
    serve(|builder| builder.limits(limits).deadlines(patient())).await
}

#[tokio::test]
async fn unfinished_requests_of_all_connections_are_limited() {
    let server = small().await;
    let stub = vec![7; 800_000];
    let fragments = raw::request(2, ECHO, &stub, 5_000);
    let (last, rest) = fragments.split_last().unwrap();
    let mut first = server.bound().await;
    first.send(&rest.concat()).await;
    server.until("the request is held", |now| now.held >= 795_000).await;
    let mut second = server.bound().await;
    // The server need not take all of it.
    drop(tokio::io::AsyncWriteExt::write_all(&mut second.stream, &rest.concat()).await);
    second.closed().await;
    // Little is always possible.
    let mut modest = server.bound().await;
    assert_eq!(modest.call(2, ECHO, b"here").await, response(2, b"here"));
    drop(modest);
    server.until("the others have gone", |now| now.connections == 1).await;
    assert!(server.handle.snapshot().held <= 1 << 20);
    first.send(last).await;
    assert_eq!(first.answer().await, response(2, &stub));
    drop(first);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn requests_that_wait_for_the_service_are_limited() {
    let server = small().await;
    let (first, second) = (server.bound().await, server.bound().await);
    let (go_on, waits) = std::sync::mpsc::channel::<()>();
    let handle = server.handle.clone();
    let blocked = tokio::spawn(async move { handle.with(move |_, _| waits.recv().is_err()).await });
    let stub = vec![7; 800_000];
    let call = |mut client: raw::Client| {
        let octets = raw::request(2, ECHO, &stub, 5_000).concat();
        async move {
            drop(tokio::io::AsyncWriteExt::write_all(&mut client.stream, &octets).await);
            client
        }
    };
    let mut first = call(first).await;
    server.until("the request is held", |now| now.held == 800_000).await;
    let mut second = call(second).await;
    second.closed().await;
    assert!(server.handle.snapshot().held <= 1 << 20);
    drop(go_on);
    assert_eq!(blocked.await.unwrap(), Ok(true));
    assert_eq!(first.answer().await, response(2, &stub));
    drop(first);
    server.until_empty().await;
    server.end().await;
}

#[tokio::test]
async fn unread_answers_of_all_connections_are_limited() {
    let server = small().await;
    let mut client = server.bound().await;
    client.request(2, BIG, &(2_u32 << 20).to_le_bytes()).await;
    client.closed().await;
    server.until_empty().await;
    let undelivered = server.handle.with(|script, _| script.undelivered.clone()).await;
    assert_eq!(undelivered, Ok(vec![2 << 20]));
    let mut other = server.bound().await;
    assert_eq!(other.call(2, ECHO, b"here").await, response(2, b"here"));
    server.end().await;
}

/// After a restart all clients come at once, sooner than they can be accepted.
#[tokio::test]
async fn many_can_connect_before_they_are_accepted() {
    let server = Server::builder(Script::default()).allow_insecure(true).bind("127.0.0.1:0").await.unwrap();
    let mut clients = Vec::new();
    within("the system takes them", async {
        for _ in 0..400 {
            clients.push(tokio::net::TcpStream::connect(server.local_addr()).await.unwrap());
        }
    })
    .await;
}
