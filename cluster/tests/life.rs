//! The plausible life of a cluster: every change is accepted, the same seed lives the same life, nobody stays dead.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cmrp_cluster::change::{Change, Scheduled};
use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::{NodeState, ResourceState, State};
use cmrp_cluster::embedded::{Config, Embedded, Timings};
use cmrp_cluster::life::{self, Life};
use cmrp_cluster::store::faults;
use cmrp_port::time::Instant;

const THREE_NODES: &str = "
    [cluster]
    name = 'LAB'
    [[nodes]]
    name = 'a'
    [[nodes]]
    name = 'b'
    [[nodes]]
    name = 'c'
    [[groups]]
    name = 'Files'
    [[groups.resources]]
    name = 'Share'
    type = 'File Server'
";

const ONE_NODE: &str = "[cluster]\nname='LAB'\n[[nodes]]\nname='a'\n";

/// The default cluster with its witness among the disks of a role, which must stay online.
fn witness() -> String {
    DEFAULT.replace("resource = \"Cluster Disk 1\"", "resource = \"Cluster Disk 2\"")
}

/// A cluster and its life, in a time of their own.
struct World {
    cluster: Embedded,
    life: Life,
    now: Instant,
}

impl World {
    fn new(definition: &str, seed: u64, transition: Duration) -> Self {
        let config = Config {
            timings: Timings { online: transition, offline: transition, ..Timings::default() },
            ..Config::default()
        };
        let cluster = Embedded::new(Definition::from_text(definition).unwrap().state(0), config);
        let life = Life::new(seed, &life::Config { interval: Duration::from_secs(1) }, Instant::ORIGIN);
        Self { cluster, life, now: Instant::ORIGIN }
    }

    fn state(&self) -> &State {
        self.cluster.state()
    }

    /// Goes on to the next thing that is due; the changes that happen then.
    fn step(&mut self) -> Vec<Scheduled> {
        let due = self
            .cluster
            .poll_timeout()
            .map_or(self.life.poll_timeout(), |due| due.min(self.life.poll_timeout()));
        let (before, mut changes) = (self.now, Vec::new());
        self.now = due.max(self.now);
        self.cluster.handle_timeout(self.now);
        while let Some(change) = self.life.handle_timeout(self.now, self.cluster.state()) {
            self.cluster.change(self.now, &change).unwrap_or_else(|error| panic!("{change}: {error}"));
            changes.push(Scheduled { after: self.now.since(before), change });
        }
        while self.cluster.next_event().is_some() {}
        changes
    }

    /// The changes of so many steps.
    fn live(&mut self, steps: usize) -> Vec<Scheduled> {
        (0..steps).flat_map(|_| self.step()).collect()
    }
}

#[test]
fn every_change_is_accepted_and_leaves_a_sound_cluster() {
    for seed in 0..5 {
        for (definition, transition) in [
            (DEFAULT, 0),
            (DEFAULT, 150),
            (DEFAULT, 3_000),
            (THREE_NODES, 100),
            (ONE_NODE, 0),
            (&witness(), 100),
        ] {
            let mut world = World::new(definition, seed, Duration::from_millis(transition));
            for _ in 0..400 {
                world.step();
                assert_eq!(faults(world.state()), Vec::<String>::new());
                let up = world.state().nodes.values().filter(|node| node.state == NodeState::Up).count();
                assert!(up > 0, "seed {seed}: no node is up");
            }
        }
    }
}

#[test]
fn the_same_seed_lives_the_same_life_and_another_one_another() {
    let lived = |seed| World::new(DEFAULT, seed, Duration::from_millis(200)).live(500);
    assert_eq!(lived(7), lived(7));
    assert_ne!(lived(7), lived(8));
}

#[test]
fn a_life_has_everything_in_it() {
    let changes = World::new(DEFAULT, 3, Duration::from_millis(200)).live(3_000);
    let kinds: BTreeSet<String> = changes.iter().map(|one| kind(&one.change)).collect();
    let expected = [
        "group_created",
        "group_deleted",
        "group_moved",
        "group_offline",
        "group_online",
        "group_renamed",
        "interface_state",
        "network_state",
        "node_down",
        "node_paused",
        "node_resumed",
        "node_up",
        "property_set",
        "registry_set",
        "resource_created",
        "resource_deleted",
        "resource_failed",
        "resource_offline",
        "resource_online",
    ];
    assert_eq!(kinds, expected.map(str::to_owned).into());
}

fn kind(change: &Change) -> String {
    let line: serde_json::Value = serde_json::from_str(&change.to_string()).unwrap();
    line["change"].as_str().unwrap().to_owned()
}

#[test]
fn what_goes_down_comes_up_again() {
    for seed in 0..3 {
        let mut world = World::new(DEFAULT, seed, Duration::from_millis(200));
        let mut down_since: BTreeMap<String, Instant> = BTreeMap::new();
        let mut online = 0_usize;
        let mut all = 0_usize;
        for _ in 0..2_500 {
            world.step();
            let now = world.now;
            let state = world.cluster.state();
            for node in state.nodes.values() {
                if node.state == NodeState::Up {
                    down_since.remove(&node.name);
                } else {
                    let since = *down_since.entry(node.name.clone()).or_insert(now);
                    assert!(
                        now.since(since) < Duration::from_secs(60),
                        "seed {seed}: {} stays away",
                        node.name
                    );
                }
            }
            all += state.resources.len();
            online += state.resources.values().filter(|one| one.state == ResourceState::Online).count();
            assert!(state.groups.len() < 12, "roles that come must go");
        }
        assert!(online * 100 / all >= 65, "seed {seed}: {online} of {all} are online");
    }
}

#[test]
fn the_rate_is_the_one_that_was_asked_for() {
    let mut world = World::new(DEFAULT, 5, Duration::ZERO);
    let changes = world.live(2_000);
    let seconds = usize::try_from(world.now.since_origin().as_secs()).unwrap();
    // A story has a little less than two chapters in the mean.
    let rate = changes.len() * 10 / seconds;
    assert!((10..30).contains(&rate), "{rate} changes in ten seconds");
}

#[test]
fn somebody_else_may_take_things_away() {
    let mut world = World::new(DEFAULT, 9, Duration::ZERO);
    let mut refused = 0;
    for number in 0..3_000 {
        world.step();
        let line = match number % 7 {
            0 => "{\"change\":\"group_offline\",\"group\":\"File Server\"}",
            1 => "{\"change\":\"node_down\",\"node\":\"node2\"}",
            2 => "{\"change\":\"node_up\",\"node\":\"node2\"}",
            3 => "{\"change\":\"resource_deleted\",\"resource\":\"SQL Server Agent\"}",
            4 => "{\"change\":\"group_renamed\",\"group\":\"Available Storage\",\"to\":\"Storage\"}",
            5 => "{\"change\":\"node_paused\",\"node\":\"node2\",\"drain\":true}",
            _ => "{\"change\":\"group_online\",\"group\":\"File Server\"}",
        };
        let other: Scheduled = line.parse().unwrap();
        refused += usize::from(world.cluster.change(world.now, &other.change).is_err());
    }
    assert!(refused > 100, "they did get into each other's way");
}
