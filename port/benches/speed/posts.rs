//! The cost of an event that no filter asks for, by the number of filters that ask for other things.

use std::hint::black_box;

use cmrp::clusapi3::ObjectFilter;
use cmrp::cluster_change::{ClusterChange, ClusterChangeGroupV2, ClusterFilter, GroupFilter};
use cmrp_port::event::{EventV1, EventV2};
use criterion::{BenchmarkId, Criterion};

use crate::client::Client;
use crate::report::Report;

const COUNTS: [u32; 3] = [1, 1_000, 1_000_000];
/// So many filters share a port.
const FILTERS_PER_PORT: u32 = 1_000;
/// Events are posted about so many groups in turn.
const GROUPS: u32 = 65_536;

/// What the filters ask for that does not match.
#[derive(Clone, Copy)]
enum Others {
    /// The same event of other groups, each of a group of its own.
    Objects,
    /// Other events of the same group.
    Events,
    /// Other events of all groups.
    ClusterWide,
}

const SCENARIOS: [(Others, &str); 3] = [
    (Others::Objects, "on other objects"),
    (Others::Events, "on the same object for other events"),
    (Others::ClusterWide, "cluster-wide for other events"),
];

pub(crate) fn run(criterion: &mut Criterion) {
    for (others, scenario) in SCENARIOS {
        for version in [1, 2] {
            let mut group = criterion.benchmark_group(name(version, scenario));
            for count in COUNTS {
                let mut client =
                    if version == 1 { filters_v1(others, count) } else { filters_v2(others, count) };
                group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
                    let groups = groups(others);
                    let mut turn = groups.iter().cycle();
                    bencher.iter(|| {
                        let group = turn.next().map_or("", String::as_str);
                        post(&mut client, version, black_box(group));
                    });
                });
            }
        }
    }
}

/// Posts a change of state.
fn post(client: &mut Client, version: u8, group: &str) {
    if version == 1 {
        if let Some(event) = EventV1::new(ClusterChange::GROUP_STATE, group, 1) {
            client.server.post_v1(&event);
        }
    } else {
        client.server.post_v2(&state_v2(group));
    }
}

/// The event with the buffer that `GroupEvent::of` would write, without the cost of writing it.
fn state_v2(name: &str) -> EventV2<'_> {
    EventV2 {
        filter: ObjectFilter::Group(ClusterChangeGroupV2::STATE),
        target: name,
        buffer: &[0; 4],
        object_id: "5a2e1d3c-0000-0000-0000-000000000000",
        parent_id: Some("1"),
        name,
        type_name: Some(""),
    }
}

/// The groups that events are about: the one that is watched, or others than those that are.
fn groups(others: Others) -> Vec<String> {
    match others {
        Others::Events => vec!["watched".to_owned()],
        Others::Objects | Others::ClusterWide => {
            (0..GROUPS).map(|number| format!("quiet {number:07}")).collect()
        }
    }
}

fn filters_v1(others: Others, count: u32) -> Client {
    let mut client = Client::new();
    let wide =
        ClusterFilter::new(ClusterChange::GROUP_PROPERTY | ClusterChange::NODE_STATE).unwrap_or_default();
    let other = GroupFilter::PROPERTY | GroupFilter::DELETED;
    let mut port = client.port_v1();
    for number in 0..count {
        if number > 0 && number % FILTERS_PER_PORT == 0 {
            port = client.port_v1();
        }
        match others {
            Others::Objects => client.watch_group(port, &format!("watched {number:07}"), GroupFilter::STATE),
            Others::Events => client.watch_group(port, "watched", other),
            Others::ClusterWide => client.watch_cluster(port, wide),
        }
    }
    client
}

fn filters_v2(others: Others, count: u32) -> Client {
    let mut client = Client::new();
    let state = ObjectFilter::Group(ClusterChangeGroupV2::STATE);
    let other = ObjectFilter::Group(ClusterChangeGroupV2::COMMON_PROPERTY | ClusterChangeGroupV2::DELETED);
    let mut port = client.port_v2();
    for number in 0..count {
        if number > 0 && number % FILTERS_PER_PORT == 0 {
            port = client.port_v2();
        }
        match others {
            Others::Objects => client.watch_v2(port, Some(&format!("watched {number:07}")), state),
            Others::Events => client.watch_v2(port, Some("watched"), other),
            Others::ClusterWide => client.watch_v2(port, None, other),
        }
    }
    client
}

fn name(version: u8, scenario: &str) -> String {
    format!("post v{version}, filters {scenario}")
}

/// Prints the time of each post in the fastest sample, and how many times that with one filter it is.
pub(crate) fn print(report: &Report) {
    println!("\nA post that nothing matches, with so many filters:\n");
    println!("| version | filters | 1 | 1,000 | 1,000,000 |\n|---|---|--:|--:|--:|");
    for (_, scenario) in SCENARIOS {
        for version in [1, 2] {
            let times = COUNTS.map(|count| report.fastest(&name(version, scenario), &count.to_string()));
            let cells: Vec<String> = times.iter().map(|time| cell(*time, times[0])).collect();
            println!("| {version} | {scenario} | {} |", cells.join(" | "));
        }
    }
}

fn cell(time: Option<f64>, one: Option<f64>) -> String {
    let times = time.zip(one).map(|(time, one)| format!("{time:.0} ns ({:.2}×)", time / one));
    times.unwrap_or_else(|| "–".to_owned())
}
