//! Octets on the heap that a port, a filter or an indication keeps.

use allocation_counter::measure;
use cmrp::clusapi3::{HNotifyRpc, ObjectFilter};
use cmrp::cluster_change::{ClusterChange, ClusterChangeGroupV2, ClusterFilter, GroupFilter};
use cmrp_port::event::EventV1;

use crate::client::{Client, Get};

/// How many of each are made, so that what tables keep in reserve is spread over many.
const COUNT: u16 = 10_000;

/// The name of the first object.
const FIRST: &str = "group 000000";

/// What each of a kind keeps, in octets.
pub(crate) struct Kept {
    pub(crate) what: &'static str,
    pub(crate) octets: i64,
}

/// All that is measured. The name of an object has 12 octets, which are counted.
pub(crate) fn all() -> Vec<Kept> {
    let cluster = ClusterFilter::new(ClusterChange::GROUP_STATE).unwrap_or_default();
    vec![
        kept("port without filter", port),
        kept("port without filter, and a get call that waits", waiting_port),
        kept("version 1 port with a filter on an object of its own", port_v1),
        kept("the same, after 40 indications that were fetched", drained_port),
        kept("version 2 port with a filter on an object of its own", port_v2),
        at_one_port("filter on an object of its own", |client, port, name| {
            client.watch_group(port, name, GroupFilter::STATE);
        }),
        at_one_port("filter on an object that others watch", |client, port, _| {
            client.watch_group(port, "watched", GroupFilter::STATE);
        }),
        at_one_port("filter on the cluster", |client, port, _| client.watch_cluster(port, cluster)),
        at_one_port("filter on the cluster for every event", |client, port, _| {
            client.watch_cluster(port, ClusterFilter::new(ClusterFilter::VALID).unwrap_or_default());
        }),
        at_one_port("indication in a queue, with an event of its own", |client, port, name| {
            if name == FIRST {
                client.watch_cluster(
                    port,
                    ClusterFilter::new(ClusterChange::GROUP_DELETED).unwrap_or_default(),
                );
            }
            post(client, name);
        }),
    ]
}

fn port(client: &mut Client, _: &str) {
    client.port_v1();
}

fn waiting_port(client: &mut Client, _: &str) {
    let port = client.port_v1();
    client.get(port, Get::One);
}

fn port_v1(client: &mut Client, name: &str) {
    let port = client.port_v1();
    client.watch_group(port, name, GroupFilter::STATE);
}

fn drained_port(client: &mut Client, name: &str) {
    let port = client.port_v1();
    client.watch_group(port, name, GroupFilter::DELETED);
    (0..40).for_each(|_| post(client, name));
    client.get(port, Get::Async);
}

fn port_v2(client: &mut Client, name: &str) {
    let port = client.port_v2();
    client.watch_v2(port, Some(name), ObjectFilter::Group(ClusterChangeGroupV2::STATE));
}

fn post(client: &mut Client, group: &str) {
    if let Some(event) = EventV1::new(ClusterChange::GROUP_DELETED, group, 1) {
        client.server.post_v1(&event);
    }
}

/// What is made many times at one port.
fn at_one_port(what: &'static str, mut make: impl FnMut(&mut Client, HNotifyRpc, &str)) -> Kept {
    let mut port = None;
    kept(what, |client, name| {
        let port = *port.get_or_insert_with(|| client.port_v1());
        make(client, port, name);
    })
}

fn kept(what: &'static str, mut make: impl FnMut(&mut Client, &str)) -> Kept {
    let mut client = Client::new();
    let names: Vec<String> = (0..COUNT).map(|number| format!("group {number:06}")).collect();
    let change = measure(|| names.iter().for_each(|name| make(&mut client, name)));
    Kept { what, octets: change.bytes_current.checked_div(COUNT.into()).unwrap_or_default() }
}
