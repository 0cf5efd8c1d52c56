//! Servers that go and come.

use std::net::SocketAddr;
use std::time::Duration;

use cmrp_net::client::{Change, Options, Protocol, Retry, WatchEvent, Watcher};
use cmrp_port::client::{Backoff, Indication};
use cmrp_port::event::v2::GroupState;
use cmrp_port::sequence::StateSequences;
use cmrp_port::status::RPC_S_CALL_FAILED;

use super::events::{group, is_change, states_v1};
use super::node::{Running, until, watcher};

fn hasty() -> Backoff {
    Backoff { first: Duration::from_millis(1), ..Backoff::default() }
}

fn sequence(event: &WatchEvent) -> Option<u32> {
    match event {
        WatchEvent::Changed(Change { indication: Indication::V1 { state_sequence, .. }, .. }) => {
            Some(*state_sequence)
        }
        _ => None,
    }
}

/// A node dies, the other one has what happened meanwhile.
#[tokio::test]
async fn to_the_other_node() {
    for graceful in [false, true] {
        let one = Running::start("node1", StateSequences::new()).await;
        let two = Running::start("node2", StateSequences::new()).await;
        let nodes = [("node1", one.address), ("node2", two.address)];
        let (_watcher, mut events) =
            watcher(Protocol::V3, &nodes).interest(states_v1(group("SQL"))).backoff(hasty()).start().unwrap();
        until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
        one.change("SQL", GroupState::OFFLINE).await;
        two.change("SQL", GroupState::OFFLINE).await;
        assert_eq!(sequence(&until(&mut events, is_change).await), Some(1));
        two.change("SQL", GroupState::ONLINE).await;
        if graceful {
            one.shut_down().await;
        } else {
            one.kill().await;
        }
        until(&mut events, |event| matches!(event, WatchEvent::Reconnecting { .. })).await;
        let event = until(&mut events, |event| matches!(event, WatchEvent::Reconnected { .. })).await;
        assert_eq!(event, WatchEvent::Reconnected { server: "node2".into() });
        // The state that it has now, told by its number, and that there was a reconnect.
        let mut told = [until(&mut events, is_change).await, until(&mut events, is_change).await];
        told.sort_by_key(sequence);
        assert_eq!(told.iter().map(sequence).collect::<Vec<_>>(), [Some(0), Some(2)]);
        two.change("SQL", GroupState::FAILED).await;
        assert_eq!(sequence(&until(&mut events, is_change).await), Some(3));
        assert_eq!(two.statistics().await.ports, 1);
    }
}

/// What a program gives a watcher to run may panic; the watcher tries the next server as after any other failure.
#[tokio::test]
async fn after_a_panic() {
    let node = Running::start("node1", StateSequences::new()).await;
    let address = node.address.to_string();
    let options = Options::new(Protocol::V3).with_port(1).with_resolver(move |name| match name {
        "broken" => panic!("as this test wants it"),
        _ => Some(address.clone()),
    });
    let (_watcher, mut events) = Watcher::builder(["broken", "node1"], Protocol::V3)
        .options(options)
        .backoff(hasty())
        .start()
        .unwrap();
    let failed = until(&mut events, |event| matches!(event, WatchEvent::AttemptFailed { .. })).await;
    assert!(
        matches!(failed, WatchEvent::AttemptFailed { ref server, code: RPC_S_CALL_FAILED, .. } if server == "broken"),
        "{failed:?}"
    );
    until(&mut events, |event| matches!(event, WatchEvent::Connected { .. })).await;
}

#[tokio::test]
async fn an_object_that_is_gone_keeps_no_other_from_being_watched() {
    let one = Running::start("node1", StateSequences::new()).await;
    let two = Running::start("node2", StateSequences::new()).await;
    let nodes = [("node1", one.address), ("node2", two.address)];
    let (_watcher, mut events) = watcher(Protocol::V3, &nodes)
        .interest(states_v1(group("SQL")))
        .interest(states_v1(group("Files")))
        .backoff(hasty())
        .start()
        .unwrap();
    for _ in 0..2 {
        until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    }
    two.remove("SQL").await;
    one.kill().await;
    let failed = until(&mut events, |event| matches!(event, WatchEvent::FilterFailed { .. })).await;
    assert!(
        matches!(failed, WatchEvent::FilterFailed { interest, code: 5013, .. } if interest.subject == group("SQL"))
    );
    until(&mut events, |event| matches!(event, WatchEvent::Reconnected { .. })).await;
    two.change("Files", GroupState::FAILED).await;
    until(&mut events, |event| sequence(event) == Some(1)).await;
}

/// No node is there for a while: the watcher goes on for ever, and has the newest state then.
#[tokio::test]
async fn for_ever() {
    let node = Running::start("node1", StateSequences::new()).await;
    let address = node.address;
    let retry = Retry { first: Duration::from_millis(5), longest: Duration::from_millis(20) };
    let (_watcher, mut events) = watcher(Protocol::V3, &[("node1", address)])
        .interest(states_v1(group("SQL")))
        .backoff(hasty())
        .for_ever(retry)
        .start()
        .unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    node.change("SQL", GroupState::OFFLINE).await;
    until(&mut events, is_change).await;
    let mut sequences = node.sequences().await;
    node.kill().await;
    for _ in 0..3 {
        let lost = until(&mut events, |event| matches!(event, WatchEvent::Lost { .. })).await;
        assert!(matches!(lost, WatchEvent::Lost { retry: Some(wait), .. } if wait <= retry.longest));
    }
    sequences.transition(&cmrp_port::object::Object::new(cmrp_port::object::ObjectKind::Group, "SQL"));
    let node = Running::start_at(&address.to_string(), "node1", sequences).await;
    until(&mut events, |event| matches!(event, WatchEvent::Reconnected { .. })).await;
    until(&mut events, |event| sequence(event) == Some(2)).await;
    assert_eq!(node.statistics().await.ports, 1);
}

/// The names of the nodes have no addresses here; what the program gave leads to the same node again.
#[tokio::test]
async fn to_a_node_whose_name_has_no_address() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) =
        Watcher::builder([node.address.to_string()], Protocol::V3).backoff(hasty()).start().unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::Connected { .. })).await;
    let bound = watcher.bound_cluster().await.unwrap();
    watcher.failed(&bound, RPC_S_CALL_FAILED).await.unwrap();
    let mut attempts = Vec::new();
    until(&mut events, |event| {
        if let WatchEvent::AttemptFailed { server, .. } = event {
            attempts.push(server.clone());
        }
        matches!(event, WatchEvent::Reconnected { .. })
    })
    .await;
    // Nobody was ever connected to node2; node1 was in use, so that its turn comes last.
    assert_eq!(attempts, ["C", "node2"]);
}

#[tokio::test]
async fn on_command() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (watcher, mut events) =
        watcher(Protocol::V3, &[("node1", address)]).backoff(hasty()).start().unwrap();
    let failed = until(&mut events, |event| matches!(event, WatchEvent::ConnectFailed { .. })).await;
    assert_eq!(failed, WatchEvent::ConnectFailed { code: 1722, retry: None });
    let _node = Running::start_at(&address.to_string(), "node1", StateSequences::new()).await;
    watcher.reconnect().await.unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::Connected { .. })).await;
}

/// A server that accepts connections and says nothing costs its deadline, no more.
#[tokio::test]
async fn past_a_server_that_hangs() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let node = Running::start("node2", StateSequences::new()).await;
    let nodes = [("node1", silent.local_addr().unwrap()), ("node2", node.address)];
    let options = cmrp_net::client::Options::new(Protocol::V3)
        .with_connect_deadline(Duration::from_millis(100))
        .with_name("node1", &nodes[0].1.to_string())
        .with_name("node2", &nodes[1].1.to_string());
    let (_watcher, mut events) =
        watcher(Protocol::V3, &nodes).options(options).backoff(hasty()).start().unwrap();
    let connected = until(&mut events, |event| matches!(event, WatchEvent::Connected { .. })).await;
    assert!(matches!(connected, WatchEvent::Connected { server, .. } if server == "node2"));
}

/// Hands its first connection to one server and all later ones to another, as if the first server had been started
/// again while that connection hangs.
async fn relay(first: SocketAddr, later: SocketAddr) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut servers = std::iter::once(first).chain(std::iter::repeat(later));
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = tokio::net::TcpStream::connect(servers.next().unwrap()).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    address
}

/// The server does not know the association any more, and the client has not heard of the end of its connection.
#[tokio::test]
async fn when_a_further_connection_finds_no_association() {
    let one = Running::start("node1", StateSequences::new()).await;
    let two = Running::start("node1", StateSequences::new()).await;
    let address = relay(one.address, two.address).await;
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", address)])
        .interest(states_v1(group("SQL")))
        .backoff(hasty())
        .start()
        .unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    // Whichever call was the first to find the only connection busy: all is on the second server soon.
    let moved = async {
        while two.statistics().await.waiting == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), moved).await.expect("the port is on the second server");
    watcher.add(None, states_v1(group("Files"))).await.unwrap();
    two.change("SQL", GroupState::FAILED).await;
    until(&mut events, |event| sequence(event) == Some(1)).await;
}
