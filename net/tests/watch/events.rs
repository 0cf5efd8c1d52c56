//! What happens in a cluster reaches who watches it.

use std::time::Duration;

use cmrp::clusapi3::{ApiAddNotifyCluster, ApiCloseGroup, ObjectFilter};
use cmrp::cluster_change::{ClusterChange, ClusterChangeGroupV2};
use cmrp::ndr::Operation;
use cmrp_net::client::{
    Change, Events, Interest, Options, Protocol, Subject, WatchError, WatchEvent, Watcher,
};
use cmrp_port::client::{FilterError, Indication};
use cmrp_port::event::v2::GroupState;
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::PortVersion;
use cmrp_port::sequence::StateSequences;
use futures_core::Stream;

use super::node::{Running, until, watcher};

pub(crate) fn group(name: &str) -> Subject {
    Subject::object(ObjectKind::Group, name)
}

pub(crate) fn states_v1(subject: Subject) -> Interest {
    Interest::v1(subject, ClusterChange::GROUP_STATE)
}

fn states_v2(subject: Subject) -> Interest {
    Interest::v2(subject, ObjectFilter::Group(ClusterChangeGroupV2::STATE))
}

pub(crate) fn is_change(event: &WatchEvent) -> bool {
    matches!(event, WatchEvent::Changed(_))
}

#[tokio::test]
async fn of_version_1_ports_in_both_protocols() {
    for protocol in [Protocol::V2, Protocol::V3] {
        let node = Running::start("node1", StateSequences::new()).await;
        let interest = states_v1(group("SQL"));
        let (_watcher, mut events) =
            watcher(protocol, &[("node1", node.address)]).interest(interest.clone()).start().unwrap();
        let added = until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
        assert!(matches!(added, WatchEvent::FilterAdded { state_sequence: Some(0), .. }));
        node.change("Files", GroupState::OFFLINE).await;
        node.change("SQL", GroupState::OFFLINE).await;
        let change = until(&mut events, is_change).await;
        let WatchEvent::Changed(Change { indication, interest: Some(found), .. }) = change else { panic!() };
        assert_eq!(*found, interest);
        let Indication::V1 { change, name, state_sequence, .. } = indication else { panic!() };
        assert_eq!((change, &*name, state_sequence), (ClusterChange::GROUP_STATE, "SQL", 1));
    }
}

#[tokio::test]
async fn of_version_2_ports_with_objects_and_flags() {
    let node = Running::start("node1", StateSequences::new()).await;
    let interests = [states_v2(group("SQL")), states_v2(Subject::Cluster)];
    let builder = watcher(Protocol::V3, &[("node1", node.address)]);
    let builder = interests.iter().fold(builder, |builder, interest| builder.interest(interest.clone()));
    let (watcher, mut events) = builder.start().unwrap();
    for _ in 0..2 {
        until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    }
    assert_eq!(watcher.statistics().await.unwrap().ports, 1);
    node.change("SQL", GroupState::FAILED).await;
    let mut asked = Vec::new();
    for _ in 0..2 {
        let WatchEvent::Changed(change) = until(&mut events, is_change).await else { panic!() };
        let Indication::V2 { filter, name, .. } = change.indication else { panic!() };
        assert_eq!((filter, &*name), (ObjectFilter::Group(ClusterChangeGroupV2::STATE), "SQL"));
        asked.push((*change.interest.unwrap()).clone());
    }
    assert_eq!(asked, interests);
}

#[tokio::test]
async fn filters_can_be_added_later() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", node.address)]).start().unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::Connected { .. })).await;
    let filter = watcher.add(None, states_v1(group("SQL"))).await.unwrap();
    node.change("SQL", GroupState::OFFLINE).await;
    let WatchEvent::Changed(change) = until(&mut events, is_change).await else { panic!() };
    assert!(matches!(change.indication, Indication::V1 { filter: Some(found), .. } if found == filter));

    let nothing = watcher.add(None, states_v1(group("Nothing"))).await;
    assert!(matches!(nothing, Err(WatchError::Refused(5013))), "{nothing:?}");
    let event = until(&mut events, |event| matches!(event, WatchEvent::OpenFailed { .. })).await;
    assert!(
        matches!(event, WatchEvent::OpenFailed { code: 5013, subject, .. } if *subject == group("Nothing"))
    );
    let wrong = Interest {
        subject: Subject::ResourceType("T".into()),
        events: Events::V2(ObjectFilter::Group(ClusterChangeGroupV2::STATE)),
    };
    let wrong = watcher.add(None, wrong).await;
    assert!(matches!(wrong, Err(WatchError::Filter(FilterError::WrongKind))), "{wrong:?}");
}

/// Waits until a watcher holds so many objects and ports.
async fn until_holds(watcher: &Watcher, objects: usize, ports: usize) {
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            let held = watcher.statistics().await.unwrap();
            if (held.objects, held.ports) == (objects, ports) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", watcher.statistics().await);
}

#[tokio::test]
async fn nothing_is_left_of_a_filter_that_makes_no_sense() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", node.address)]).start().unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::Connected { .. })).await;
    let wrong = || Interest::v1(group("SQL"), ClusterChange::RESOURCE_STATE);
    watcher.add(None, wrong()).await.unwrap_err();
    until_holds(&watcher, 0, 0).await;
    // What others use stays.
    watcher.add(None, states_v1(group("SQL"))).await.unwrap();
    watcher.add(None, wrong()).await.unwrap_err();
    until_holds(&watcher, 1, 1).await;
    node.change("SQL", GroupState::OFFLINE).await;
    until(&mut events, is_change).await;
}

/// The server's ports have room for 1,024 filters: the object of one that it refuses is closed again.
#[tokio::test]
async fn nothing_is_left_of_a_filter_that_the_server_refuses() {
    let node = Running::start("node1", StateSequences::new()).await;
    let builder = watcher(Protocol::V3, &[("node1", node.address)]);
    let builder = (0..1024).fold(builder, |builder, _| builder.interest(states_v1(Subject::Cluster)));
    let (watcher, mut events) = builder.interest(states_v1(group("SQL"))).start().unwrap();
    let failed = until(&mut events, |event| matches!(event, WatchEvent::FilterFailed { .. })).await;
    assert!(
        matches!(failed, WatchEvent::FilterFailed { ref interest, .. } if interest.subject == group("SQL"))
    );
    until_holds(&watcher, 0, 1).await;
    assert!(node.log().await.contains(&ApiCloseGroup::OPNUM));
}

/// An object that was opened for filters is closed when the last is gone; one that the program opened is not.
#[tokio::test]
async fn objects_last_as_long_as_the_filters_that_they_are_for() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", node.address)]).start().unwrap();
    let files = watcher.open(ObjectKind::Group, "Files").await.unwrap();
    let ports = [
        watcher.create_port(PortVersion::V1).await.unwrap(),
        watcher.create_port(PortVersion::V1).await.unwrap(),
    ];
    for port in ports {
        watcher.add(Some(port), states_v1(group("SQL"))).await.unwrap();
        watcher.add(Some(port), states_v1(group("Files"))).await.unwrap();
    }
    until_holds(&watcher, 2, 2).await;
    watcher.close_port(ports[0]).await.unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::PortClosed { .. })).await;
    until_holds(&watcher, 2, 1).await;
    assert!(!node.log().await.contains(&ApiCloseGroup::OPNUM));
    watcher.close_port(ports[1]).await.unwrap();
    until_holds(&watcher, 1, 0).await;
    assert!(node.log().await.contains(&ApiCloseGroup::OPNUM));
    watcher.bound(files).await.unwrap();
}

#[tokio::test]
async fn filters_that_make_no_sense_do_not_start() {
    let builder = Watcher::builder(["nowhere:1"], Protocol::V3);
    let started = builder.interest(Interest::v1(group("SQL"), ClusterChange::RESOURCE_STATE)).start();
    assert!(matches!(started, Err(FilterError::InvalidEvents { .. })));
}

/// More events than the stream holds, and a reader that comes late: none is missing and the order is right.
#[tokio::test]
async fn events_wait_for_who_reads_slowly() {
    let node = Running::start("node1", StateSequences::new()).await;
    let (watcher, mut events) = watcher(Protocol::V3, &[("node1", node.address)])
        .interest(states_v1(group("SQL")))
        .buffer(2)
        .start()
        .unwrap();
    until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
    for _ in 0..200 {
        node.change("SQL", GroupState::OFFLINE).await;
    }
    assert!(watcher.statistics().await.unwrap().queued <= 17);
    for expected in 1..=200 {
        let WatchEvent::Changed(change) = until(&mut events, is_change).await else { panic!() };
        assert!(
            matches!(change.indication, Indication::V1 { state_sequence, .. } if state_sequence == expected)
        );
    }
}

/// Who does not read loses the oldest of what is not about the cluster, and is told how many.
#[tokio::test]
async fn other_events_than_changes_do_not_pile_up() {
    let node = Running::start("node1", StateSequences::new()).await;
    let builder = watcher(Protocol::V3, &[("node1", node.address)]).buffer(1);
    let builder = (0..1500).fold(builder, |builder, _| builder.interest(states_v1(Subject::Cluster)));
    let (watcher, mut events) = builder.start().unwrap();
    // Registered or refused, since the server has limits: each filter has been told of.
    while node.log().await.iter().filter(|opnum| **opnum == ApiAddNotifyCluster::OPNUM).count() < 1500 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    while watcher.statistics().await.unwrap().calls > 1 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let (mut told, mut skipped) = (0, 0);
    // Connected, PortCreated and the filters.
    while told + skipped < 1502 {
        match events.next().await.unwrap() {
            WatchEvent::Skipped { events } => skipped += events,
            _ => told += 1,
        }
    }
    assert!((1..=1100).contains(&told) && skipped > 0, "{told} {skipped}");
}

/// Each port that waits has a connection, and all other calls another, unless they share one.
#[tokio::test]
async fn ports_of_both_versions_at_once() {
    for (multiplexing, connections) in [(false, 3), (true, 1)] {
        let node = Running::start("node1", StateSequences::new()).await;
        let server = node.address.to_string();
        let (watcher, mut events) = Watcher::builder([server], Protocol::V3)
            .options(Options::new(Protocol::V3).with_multiplexing(multiplexing))
            .interest(states_v1(group("SQL")))
            .interest(states_v2(group("SQL")))
            .start()
            .unwrap();
        for _ in 0..2 {
            until(&mut events, |event| matches!(event, WatchEvent::FilterAdded { .. })).await;
        }
        let object = watcher.open(ObjectKind::Group, "Files").await.unwrap();
        watcher.bound(object).await.unwrap();
        while node.statistics().await.waiting < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert!(node.connections() <= connections, "{} connections", node.connections());
        node.change("SQL", GroupState::OFFLINE).await;
        for _ in 0..2 {
            until(&mut events, is_change).await;
        }
    }
}

#[tokio::test]
async fn events_are_a_stream() {
    fn is_stream(_: &impl Stream<Item = WatchEvent>) {}
    let node = Running::start("node1", StateSequences::new()).await;
    let (_watcher, mut events) = watcher(Protocol::V3, &[("node1", node.address)]).start().unwrap();
    is_stream(&events);
    let first = std::future::poll_fn(|context| std::pin::Pin::new(&mut events).poll_next(context)).await;
    assert_eq!(first, Some(WatchEvent::Connected { server: "node1".into(), cluster: "C".into() }));
}
