//! A node of a cluster behind the server: watchers that miss nothing, whatever others do.

use std::time::Duration;

use cmrp::clusapi3::{
    ApiAddNotifyKeyRequest, ApiCreateNotifyRequest, ApiGetNotifyRequest, ApiGetRootKeyRequest,
    ApiSetValueRequest, HKeyRpc,
};
use cmrp::cluster_change::KeyFilter;
use cmrp::ndr::{Call, Format, Operation, WStr};
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::{Config, Embedded};
use cmrp_cluster::node::{Node, NodeConfig};
use cmrp_net::server::Deadlines;

use crate::raw::{self, Answer, Client};
use crate::{Served, patient, serve_any, within};

/// b97db8b2-4c63-11cf-bff6-08002be23f2f, version 3.0 (MS-CMRP 1.9).
const CLUSAPI3: [u8; 20] = [
    0xb2, 0xb8, 0x7d, 0xb9, 0x63, 0x4c, 0xcf, 0x11, 0xbf, 0xf6, 0x08, 0x00, 0x2b, 0xe2, 0x3f, 0x2f, 3, 0, 0,
    0,
];

const FORMAT: Format = Format::NDR20_LE;

/// A node of the default cluster.
pub(crate) fn node() -> Node {
    let cluster = Embedded::new(Definition::from_toml(DEFAULT).unwrap().state(1), Config::default());
    Node::new(Box::new(cluster), NodeConfig::new("node1", *b"0123456789abcdef"))
}

async fn bound(server: &Served<Node>) -> Client {
    let mut client = server.client().await;
    client.bind_to(CLUSAPI3, 0).await;
    client
}

/// Makes a call, and picks something of its answer.
async fn ask<C: Call, T>(
    client: &mut Client,
    call: u32,
    request: &C,
    pick: impl FnOnce(<C::Operation as Operation>::Response<'_>) -> T,
) -> T {
    client.request(call, C::Operation::OPNUM, &request.encode(FORMAT).unwrap()).await;
    answered(client, request, pick).await
}

async fn answered<C: Call, T>(
    client: &mut Client,
    request: &C,
    pick: impl FnOnce(<C::Operation as Operation>::Response<'_>) -> T,
) -> T {
    match client.answer().await {
        Answer::Response { stub, .. } => {
            pick(request.decode_response(&stub, FORMAT, &cmrp::ndr::Limits::default()).unwrap())
        }
        fault @ Answer::Fault { .. } => panic!("{fault:?}"),
    }
}

async fn root_key(client: &mut Client, call: u32) -> HKeyRpc {
    let key = ApiGetRootKeyRequest { sam_desired: 0x0002_001f };
    ask(client, call, &key, |answer| answer.return_value).await.unwrap()
}

/// A client with a port that hears of each value that is set below the root key. Its next call has number 5.
async fn watcher(server: &Served<Node>) -> (Client, ApiGetNotifyRequest) {
    let mut client = bound(server).await;
    let h_key = Some(root_key(&mut client, 2).await);
    let h_notify = ask(&mut client, 3, &ApiCreateNotifyRequest {}, |answer| answer.return_value).await;
    let add = ApiAddNotifyKeyRequest {
        h_notify,
        h_key,
        dw_notify_key: 7,
        filter: KeyFilter::VALUE,
        watch_sub_tree: 0,
    };
    assert_eq!(ask(&mut client, 4, &add, |answer| answer.return_value).await, 0);
    (client, ApiGetNotifyRequest { h_notify })
}

/// Hears of so many events, and then of no more until the server shuts down.
async fn watch(mut client: Client, get: ApiGetNotifyRequest, events: u32) {
    for call in 5..5 + events {
        let heard = ask(&mut client, call, &get, |answer| (answer.return_value, answer.dw_notify_key)).await;
        assert_eq!(heard, (0, 7), "event {}", call - 5);
    }
    let last = ask(&mut client, 5 + events, &get, |answer| answer.return_value).await;
    assert_eq!(last, 0x13d1, "ERROR_CLUSTER_NODE_SHUTTING_DOWN");
}

/// Does what no client should.
async fn misbehave(server: &Served<Node>, round: u32) {
    let (mut client, get) = watcher(server).await;
    let get = {
        use cmrp::ndr::EncodeStub;
        get.encode(FORMAT).unwrap()
    };
    client.request(5, 65, &get).await;
    match round % 5 {
        // It is killed in a call, with a reset.
        0 => socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).unwrap(),
        // It says half of something.
        1 => client.send(&raw::request(6, 65, &get, 100)[0][..30]).await,
        // It talks nonsense.
        2 => client.send(&[0xaa; 50]).await,
        // It calls as often as it may, and reads nothing.
        3 => {
            for call in 6..60 {
                client.request(call, 65, &get).await;
            }
        }
        // It gives its call up.
        _ => client.send(&raw::header_only(raw::ORPHANED, 5)).await,
    }
    // A connection that never says a word, beside it.
    let silent = server.client().await;
    tokio::time::sleep(Duration::from_millis(u64::from(round % 7))).await;
    drop((client, silent));
}

#[tokio::test]
async fn watchers_miss_nothing_whatever_others_do() {
    const WATCHERS: u32 = 60;
    const EVENTS: u32 = 40;

    let deadlines = Deadlines { shutdown: Duration::from_secs(20), ..patient() };
    let server = serve_any(node(), |builder| builder.deadlines(deadlines)).await;
    let mut watchers = Vec::new();
    for _ in 0..WATCHERS {
        let (client, get) = watcher(&server).await;
        watchers.push(tokio::spawn(watch(client, get, EVENTS)));
    }
    let mut writer = bound(&server).await;
    let h_key = Some(root_key(&mut writer, 2).await);
    let write = async {
        for number in 0..EVENTS {
            let data = number.to_le_bytes();
            let set =
                ApiSetValueRequest { h_key, lp_value_name: WStr::from("Number"), dw_type: 3, lp_data: &data };
            assert_eq!(ask(&mut writer, 3 + number, &set, |answer| answer.return_value).await, 0);
        }
    };
    let faults = async {
        for round in 0..EVENTS {
            misbehave(&server, round).await;
        }
    };
    within("all is written", async { tokio::join!(write, faults) }).await;
    drop(writer);
    let heard = u64::from(WATCHERS) * u64::from(EVENTS);
    server
        .until("all wait for more", |now| {
            now.service.ports == WATCHERS as usize
                && now.calls == WATCHERS as usize
                && now.service.delivered >= heard
        })
        .await;
    server.until("the others are gone", |now| now.connections == WATCHERS as usize && now.held == 0).await;
    server.end().await;
    for watcher in watchers {
        within("a watcher ends", watcher).await.unwrap();
    }
}

#[tokio::test]
async fn bad_stubs_and_unknown_operations_get_their_faults() {
    let server = serve_any(node(), |builder| builder).await;
    let mut client = bound(&server).await;
    assert_eq!(client.call(2, 65, b"short").await, Answer::Fault { call: 2, status: 0x6f7 });
    assert_eq!(client.call(3, 999, b"").await, Answer::Fault { call: 3, status: 0x1c01_0002 });
    let mut old = server.client().await;
    let mut clusapi2 = CLUSAPI3;
    clusapi2[16] = 2;
    old.bind_to(clusapi2, 0).await;
    assert_eq!(old.call(2, 109, b"").await, Answer::Fault { call: 2, status: 0x1c01_0002 });
    server.end().await;
}
