//! Nodes that come and go.

use std::time::Duration;

use cmrp::clusapi3::*;
use cmrp::cluster_change::ClusterChange;
use cmrp_cluster::change::Change;
use cmrp_cluster::embedded::model::{Expression, NodeId, ResourceId, ResourceState};
use cmrp_cluster::embedded::{Config, Embedded, Timings};

use crate::laws::{Kept, check};
use crate::rig::*;
use crate::watch::Watch;

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

#[test]
fn what_loses_a_possible_owner_tells_so() {
    let mut state = default_state();
    state.resources.values_mut().for_each(|one| one.possible = None);
    let owners = || Some([NodeId(1), NodeId(2)].into());
    let disk = state.resource("Cluster Disk 2").unwrap().0.clone();
    state.resources.get_mut(&disk).unwrap().possible = owners();
    state.resource_types.get_mut(&"File Server".into()).unwrap().possible = owners();
    let mut rig = Rig::of(state, Config::default());
    let watch = Watch::new(&mut rig);
    assert_eq!(evict(&mut rig, "node2"), 0);
    let told = watch.first(&mut rig);
    let of = |change| -> Vec<&str> {
        told.iter().filter(|one| one.change == change).map(|one| one.name.as_str()).collect()
    };
    assert_eq!(of(ClusterChange::RESOURCE_PROPERTY), ["Cluster Disk 2"]);
    assert_eq!(of(ClusterChange::RESOURCE_TYPE_PROPERTY), ["File Server"]);
    let told = watch.second(&mut rig);
    let possible: Vec<&str> = told
        .iter()
        .filter(|one| {
            let rpc = NotifyFilterAndTypeRpc::from(one.filter);
            matches!((rpc.dw_object_type, rpc.filter_flags), (3, 0x40) | (4, 8))
        })
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(possible, ["Cluster Disk 2", "File Server"]);
}

#[test]
fn what_needs_another_resource_is_offline_before_that_fails() {
    let mut state = default_state();
    let group = state.add_group("Triples", 9999, NodeId(1));
    state.groups.get_mut(&group).unwrap().state = 0;
    for triple in 0..8 {
        let [a, b, c] = ["A", "B", "C"]
            .map(|one| state.add_resource(&format!("{one}{triple}"), "Generic Service", &group));
        let on = |id: &ResourceId| Expression::On(id.to_string());
        state.resources.get_mut(&b).unwrap().dependencies = on(&a);
        state.resources.get_mut(&c).unwrap().dependencies = Expression::All(vec![on(&a), on(&b)]);
        for id in [a, b, c] {
            state.resources.get_mut(&id).unwrap().state = ResourceState::Online;
        }
    }
    let mut rig = Rig::of(state, Config::default());
    let watch = Watch::new(&mut rig);
    for triple in 0..4 {
        let h_resource = rig.resource(&format!("A{triple}"));
        assert_eq!(rig.call(ApiFailResourceRequest { h_resource }).return_value, 0);
        let told = watch.first(&mut rig);
        let order = told.iter().filter(|one| one.change == ClusterChange::RESOURCE_STATE);
        let order: Vec<&str> = order.map(|one| one.name.as_str()).collect();
        assert_eq!(order, ["C", "B", "A"].map(|one| format!("{one}{triple}")));
    }
}
