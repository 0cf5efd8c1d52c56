//! The end of a server.

use cmrp_net::server::{Deadlines, Server};

use crate::raw::{self, response};
use crate::script::{BIG, ECHO, GOOD_BYE, OPEN, Script, WAIT};
use crate::{SHORT, is_empty, patient, serve, within};

#[tokio::test]
async fn calls_that_wait_get_their_last_answer() {
    let server = serve(|builder| builder).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = server.bound().await;
        client.call(2, OPEN, b"").await;
        client.request(3, WAIT, b"").await;
        clients.push(client);
    }
    let unbound = server.client().await;
    server.until("all wait", |now| now.service.waiting == 20 && now.connections == 21).await;
    server.handle.shut_down();
    for client in &mut clients {
        assert_eq!(client.answer().await, response(3, &GOOD_BYE));
        assert_eq!(client.pdu().await.kind, raw::SHUTDOWN);
        assert!(client.next().await.is_none());
    }
    drop((clients, unbound));
    within("the server ends", server.task).await.unwrap().unwrap();
    assert!(is_empty(&server.handle.snapshot()), "{:?}", server.handle.snapshot());
    let refused = tokio::net::TcpStream::connect(server.address).await;
    assert!(refused.is_err(), "a connection was accepted");
}

#[tokio::test]
async fn the_last_clients_are_run_down() {
    let server = serve(|builder| builder).await;
    let mut clients = Vec::new();
    for _ in 0..300 {
        let mut client = server.bound().await;
        client.call(2, OPEN, b"").await;
        clients.push(tokio::spawn(async move { client.closed().await }));
    }
    server.end().await;
    for client in clients {
        within("the client ends", client).await.unwrap();
    }
}

#[tokio::test]
async fn answers_on_their_way_are_sent() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    client.request(2, BIG, &(12_u32 << 20).to_le_bytes()).await;
    server.until("the answer is held", |now| now.held > 1 << 20).await;
    server.handle.shut_down();
    tokio::time::sleep(SHORT).await;
    assert_eq!(client.answer().await, response(2, &vec![b'x'; 12 << 20]));
    drop(client);
    within("the server ends", server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn who_does_not_read_or_close_is_cut_off() {
    let deadlines = Deadlines { shutdown: SHORT, ..patient() };
    let server = serve(|builder| builder.deadlines(deadlines)).await;
    let mut client = server.bound().await;
    client.request(2, BIG, &(12_u32 << 20).to_le_bytes()).await;
    let mut other = server.bound().await;
    other.call(2, ECHO, b"").await;
    server.until("the answer is held", |now| now.held > 1 << 20).await;
    let handle = server.handle.clone();
    server.end().await;
    assert!(is_empty(&handle.snapshot()), "{:?}", handle.snapshot());
    client.closed().await;
}

#[tokio::test]
async fn a_future_ends_it_too() {
    let server = Server::builder(Script::default()).bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(server.serve(async {
        drop(stopped.await);
    }));
    drop(stop);
    within("the server ends", task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_is_dropped_cuts_off_its_clients() {
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    client.request(2, WAIT, b"").await;
    server.until("it waits", |now| now.calls == 1).await;
    server.task.abort();
    client.closed().await;
    server.until("no connection is left", |now| now.connections == 0).await;
    let late = within("the thread ends", async {
        loop {
            if let Err(stopped) = server.handle.with(|_, _| ()).await {
                break stopped;
            }
        }
    });
    assert_eq!(late.await, cmrp_net::server::Stopped);
}
