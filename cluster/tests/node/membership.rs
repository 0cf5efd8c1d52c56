//! Nodes that come and go.

use std::time::Duration;

use cmrp::clusapi3::*;
use cmrp_cluster::change::Change;
use cmrp_cluster::embedded::model::NodeId;
use cmrp_cluster::embedded::{Config, Embedded, Timings};

use crate::laws::{Kept, check};
use crate::rig::*;

/// A cluster whose transitions take a second, and its journal.
fn slow() -> (Rig, Kept) {
    let kept = Kept::new(default_state());
    let timings = Timings { offline: Duration::from_secs(1), ..Timings::default() };
    let cluster = Embedded::new(default_state(), Config { timings, ..Config::default() });
    (Rig::over(cluster.with_journal(Box::new(kept.clone()))), kept)
}

fn evict(rig: &mut Rig, node: &str) -> u32 {
    let h_node = rig.node(node);
    rig.call(ApiEvictNodeRequest { h_node }).return_value
}

#[test]
fn groups_that_nobody_else_can_host_wait_on_another_node() {
    let (mut rig, kept) = slow();
    let h_node = rig.node("node1");
    assert_eq!(rig.call(ApiPauseNodeRequest { h_node }).return_value, 0);
    assert_eq!(evict(&mut rig, "node2"), 0);
    check(&kept.state());
    assert!(kept.state().groups.values().all(|group| group.owner == NodeId(1)));
    let waiting = |kept: &Kept| kept.state().groups.values().filter(|group| group.state == 1).count();
    assert!(waiting(&kept) > 0);
    assert_eq!(rig.call(ApiResumeNodeRequest { h_node }).return_value, 0);
    assert_eq!(waiting(&kept), 0, "they go on when the node takes groups again");
}

#[test]
fn groups_on_their_way_to_a_node_that_is_evicted_stay() {
    let (mut rig, kept) = slow();
    let name = kept.state().groups.values().find(|one| one.owner == NodeId(1)).unwrap().name.clone();
    let (h_group, h_node) = (rig.group(&name), rig.node("node2"));
    assert_eq!(rig.call(ApiMoveGroupToNodeRequest { h_group, h_node }).return_value, 997);
    assert_eq!(evict(&mut rig, "node2"), 0);
    check(&kept.state());
    rig.advance(Duration::from_secs(5));
    check(&kept.state());
    assert_eq!(rig.group_state(&name), (0, "node1".to_owned()));
}

#[test]
fn the_last_node_is_not_evicted() {
    let (mut rig, kept) = slow();
    assert_eq!(evict(&mut rig, "node2"), 0);
    assert_eq!(evict(&mut rig, "node1"), 5009);
    check(&kept.state());
}

#[test]
fn a_node_that_joins_is_not_started_again() {
    let timings = Timings { join: Duration::from_secs(1), ..Timings::default() };
    let mut rig = Rig::of(default_state(), Config { timings, ..Config::default() });
    let node = || "node2".to_owned();
    rig.node.change(rig.now, &Change::NodeDown { node: node() }).unwrap();
    rig.node.change(rig.now, &Change::NodeUp { node: node() }).unwrap();
    let again = rig.node.change(rig.now, &Change::NodeUp { node: node() }).unwrap_err();
    assert!(again.to_string().contains("ERROR_CLUSTER_NODE_UP"), "{again}");
}
