//! A cluster that starts again from its file, wherever in its life it stopped.
#![cfg(test)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cmrp_cluster::change::Scheduled;
use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::{NodeState, ResourceState, State};
use cmrp_cluster::embedded::{Config, Embedded, Journal, JournalError, Timings};
use cmrp_cluster::life::{self, Life};
use cmrp_cluster::store::{Opened, Store, faults};
use cmrp_port::time::Instant;

/// Long enough that most restarts come while something is under way.
fn config() -> Config {
    let slow = Duration::from_millis(700);
    Config {
        timings: Timings { online: slow, offline: slow, restart: slow, join: slow },
        ..Config::default()
    }
}

fn start(path: &Path) -> Embedded {
    let Opened { store, state, .. } = Store::open(path, &Definition::from_text(DEFAULT).unwrap(), 0).unwrap();
    Embedded::new(state, config()).with_journal(Box::new(store))
}

/// Lets time pass until nothing is due any more, from a time on.
fn settle(cluster: &mut Embedded, mut now: Instant) -> Instant {
    cluster.handle_timeout(now);
    for _ in 0..1_000 {
        let Some(due) = cluster.poll_timeout() else { return now };
        now = due.max(now);
        cluster.handle_timeout(now);
    }
    panic!("it never comes to rest");
}

fn assert_settled(state: &State, when: &str) {
    assert_eq!(faults(state), Vec::<String>::new(), "{when}");
    let pending = state.resources.values().filter(|one| one.state.is_pending());
    assert_eq!(pending.map(|one| &one.name).collect::<Vec<_>>(), Vec::<&String>::new(), "{when}");
    let moving = state.groups.values().filter(|group| group.moving.is_some());
    assert_eq!(moving.map(|group| &group.name).collect::<Vec<_>>(), Vec::<&String>::new(), "{when}");
    let joining = state.nodes.values().filter(|node| node.state == NodeState::Joining);
    assert_eq!(joining.count(), 0, "{when}");
    for resource in state.resources.values().filter(|one| one.state == ResourceState::Online) {
        let needs = resource.depends_on().filter_map(|id| state.resources.get(&id));
        assert!(needs.into_iter().all(|one| one.state == ResourceState::Online), "{when}: {}", resource.name);
    }
}

/// Lives for so many steps and stops at once.
fn live(path: &Path, seed: u64, steps: usize) -> State {
    let mut cluster = start(path);
    let mut life = Life::new(seed, &life::Config { interval: Duration::from_secs(1) }, Instant::ORIGIN);
    let mut now = Instant::ORIGIN;
    cluster.handle_timeout(now);
    for _ in 0..steps {
        now = cluster.poll_timeout().map_or(life.poll_timeout(), |due| due.min(life.poll_timeout())).max(now);
        cluster.handle_timeout(now);
        while let Some(change) = life.handle_timeout(now, cluster.state()) {
            cluster.change(now, &change).unwrap_or_else(|error| panic!("{change}: {error}"));
        }
    }
    cluster.state().clone()
}

#[test]
fn wherever_it_stopped_it_comes_to_rest() {
    let mut under_way = 0;
    for seed in 0..8 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("data");
        let stopped = live(&path, seed, 10 + usize::try_from(seed * 3).unwrap());
        under_way += usize::from(stopped.resources.values().any(|one| one.state.is_pending()));
        let mut unhurt = Embedded::new(stopped, config());
        settle(&mut unhurt, Instant::from_millis(1_000_000));
        let mut cluster = start(&path);
        settle(&mut cluster, Instant::ORIGIN);
        let when = format!("seed {seed}");
        assert_settled(cluster.state(), &when);
        assert_eq!(states(cluster.state()), states(unhurt.state()), "{when}");
        let kept = start_again(cluster, &path);
        assert_settled(&kept, &when);
    }
    assert!(under_way > 1, "{under_way} stopped while something was under way");
}

/// What became of each resource.
fn states(state: &State) -> Vec<(&str, ResourceState)> {
    state.resources.values().map(|one| (one.name.as_str(), one.state)).collect()
}

#[test]
fn a_restart_that_was_waited_for_is_made_after_the_server_has_restarted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    let mut cluster = start(&path);
    let mut now = settle(&mut cluster, Instant::ORIGIN);
    let online =
        |state: &State| state.resources.values().filter(|one| one.state == ResourceState::Online).count();
    let all = online(cluster.state());
    let failed: Scheduled = r#"{"change":"resource_failed","resource":"Cluster Disk 3"}"#.parse().unwrap();
    cluster.change(now, &failed.change).unwrap();
    now = now.saturating_add(Duration::from_millis(100));
    cluster.handle_timeout(now);
    assert!(online(cluster.state()) < all - 1, "what depends on the disk is offline, too");
    drop(cluster);
    let mut cluster = start(&path);
    settle(&mut cluster, Instant::ORIGIN);
    assert_eq!(online(cluster.state()), all);
}

/// A disk that is full now and then.
struct Full(Store, Arc<AtomicBool>);

impl Journal for Full {
    fn commit(&mut self, before: &State, after: &State) -> Result<(), JournalError> {
        if self.1.load(Ordering::Relaxed) {
            return Err(JournalError { source: "the disk is full".into() });
        }
        self.0.commit(before, after)
    }
}

#[test]
fn a_move_goes_on_after_a_restart_whose_first_change_could_not_be_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    let mut cluster = start(&path);
    let now = settle(&mut cluster, Instant::ORIGIN);
    let group =
        |state: &State| state.group("SQL Server (INST1)").map(|(_, one)| (one.owner, one.moving)).unwrap();
    let (owner, _) = group(cluster.state());
    let moved: Scheduled = r#"{"change":"group_moved","group":"SQL Server (INST1)"}"#.parse().unwrap();
    cluster.change(now, &moved.change).unwrap();
    assert!(group(cluster.state()).1.is_some());
    drop(cluster);
    let full = Arc::new(AtomicBool::new(true));
    let Opened { store, state, .. } =
        Store::open(&path, &Definition::from_text(DEFAULT).unwrap(), 0).unwrap();
    let mut cluster = Embedded::new(state, config()).with_journal(Box::new(Full(store, Arc::clone(&full))));
    cluster.handle_timeout(Instant::ORIGIN);
    let again = cluster.poll_timeout().unwrap();
    assert!(again > Instant::ORIGIN, "not at once");
    full.store(false, Ordering::Relaxed);
    settle(&mut cluster, again);
    let (to, moving) = group(cluster.state());
    assert!(to != owner && moving.is_none(), "{to} {moving:?}");
}

/// The state in the file after the server is gone.
fn start_again(cluster: Embedded, path: &Path) -> State {
    let last = cluster.state().clone();
    drop(cluster);
    let kept = start(path).state().clone();
    assert!(kept == last, "the file has what the cluster had");
    kept
}

#[test]
fn a_number_never_comes_twice_with_different_states_in_between() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    let number = |state: &State| state.resource("Cluster Disk 2").unwrap().1.sequence;
    let mut cluster = start(&path);
    let mut seen = number(cluster.state());
    for line in ["resource_offline", "resource_online", "resource_offline"] {
        let change: Scheduled =
            format!("{{\"change\":\"{line}\",\"resource\":\"Cluster Disk 2\"}}").parse().unwrap();
        cluster.change(Instant::ORIGIN, &change.change).unwrap();
        settle(&mut cluster, Instant::ORIGIN);
        let (before, kept) = (number(cluster.state()), start_again(cluster, &path));
        assert_eq!(number(&kept), before);
        assert!(before > seen, "{line}");
        seen = before;
        cluster = start(&path);
    }
}
