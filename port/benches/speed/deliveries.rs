//! Deliveries on one core: from the post to the typed reply that the codec writes.

use std::hint::black_box;

use cmrp::clusapi3::{HNotifyRpc, ObjectFilter};
use cmrp::cluster_change::{ClusterChange, ClusterChangeGroupV2, GroupFilter};
use cmrp_port::event::EventV1;
use cmrp_port::event::v2::{Group, GroupEvent, GroupState};
use cmrp_port::server::Response;
use criterion::{BenchmarkId, Criterion, Throughput};

use crate::client::{Client, Get};
use crate::report::Report;

const GROUP: &str = "deliveries";
const BATCH: u32 = 64;
const WATCHERS: u32 = 10_000;

/// A bench: its name, the get method, and the deliveries of an iteration.
const BENCHES: [(&str, Get, u32); 7] = [
    ("v1, queued, ApiGetNotify", Get::One, 1),
    ("v1, waiting ApiGetNotify", Get::One, 1),
    ("v1, batches of 64, ApiGetNotifyAsync", Get::Async, BATCH),
    ("v2, waiting ApiGetNotifyV2", Get::V2, 1),
    ("v2, batches of 64, ApiGetNotifyV2", Get::V2, BATCH),
    ("v1, one event to 10,000 ports that wait", Get::One, WATCHERS),
    ("v2, one event to 10,000 ports that wait", Get::V2, WATCHERS),
];

pub(crate) fn run(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(GROUP);
    for (name, get, deliveries) in BENCHES {
        group.throughput(Throughput::Elements(deliveries.into()));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            let mut client = Client::new();
            if deliveries == WATCHERS {
                let ports: Vec<HNotifyRpc> = (0..WATCHERS).map(|_| watcher(&mut client, get)).collect();
                bencher.iter(|| fan_out(&mut client, &ports, get));
            } else if name.contains("waiting") {
                let port = watcher(&mut client, get);
                bencher.iter(|| fan_out(&mut client, &[port], get));
            } else {
                let port = watcher(&mut client, get);
                bencher.iter(|| queued(&mut client, port, get, deliveries));
            }
        });
    }
}

/// A port with a filter on the group.
fn watcher(client: &mut Client, get: Get) -> HNotifyRpc {
    if matches!(get, Get::V2) {
        let port = client.port_v2();
        client.watch_v2(port, Some("group"), ObjectFilter::Group(ClusterChangeGroupV2::STATE));
        return port;
    }
    let port = client.port_v1();
    client.watch_group(port, "group", GroupFilter::STATE);
    port
}

/// Each port waits; one event answers all.
fn fan_out(client: &mut Client, ports: &[HNotifyRpc], get: Get) {
    for port in ports {
        assert!(client.get(*port, get).is_none(), "the call waits");
    }
    post(client, get);
    for _ in ports {
        let response = client.answer();
        black_box(response.as_ref().and_then(Response::to_v3).as_ref());
    }
}

/// Events are queued, then fetched by one call.
fn queued(client: &mut Client, port: HNotifyRpc, get: Get, events: u32) {
    for _ in 0..events {
        post(client, get);
    }
    let response = client.get(port, get);
    assert_eq!(response.as_ref().map(Response::indications), Some(events as usize), "all in one reply");
    black_box(response.as_ref().and_then(Response::to_v3).as_ref());
}

fn post(client: &mut Client, get: Get) {
    if matches!(get, Get::V2) {
        let group = Group { id: "5a2e1d3c-0000-0000-0000-000000000000", name: "group", node_id: "1" };
        let mut buffer = Vec::new();
        client.server.post_v2(&GroupEvent::State(GroupState::ONLINE).of(group, &mut buffer));
    } else if let Some(event) = EventV1::new(ClusterChange::GROUP_STATE, "group", 1) {
        client.server.post_v1(&event);
    }
}

/// Prints how many deliveries a second are made.
pub(crate) fn print(report: &Report) {
    println!("\nDeliveries on one core, from the post to the typed reply:\n");
    println!("| | each | a second |\n|---|--:|--:|");
    for (name, _, deliveries) in BENCHES {
        let Some(time) = report.median(GROUP, name) else { continue };
        let each = time / f64::from(deliveries);
        println!("| {name} | {each:.0} ns | {:.2} million |", 1e3 / each);
    }
}
