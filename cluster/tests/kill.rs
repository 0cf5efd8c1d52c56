//! A server that is killed at any moment: what it acknowledged is there afterwards, and nothing by halves.
//!
//! The child is this test program itself, told by the environment what to be.
#![cfg(test)]

use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::definition::{DEFAULT, Definition};
use cmrp_cluster::embedded::model::{Key, KeyValue, Name, Property, State};
use cmrp_cluster::embedded::{Embedded, Journal, JournalError};
use cmrp_cluster::life::{self, Life, Random};
use cmrp_cluster::store::{Opened, Store, faults};
use cmrp_port::time::Instant;

/// Tells the child which file to use.
const FILE: &str = "CMRP_KILL_TEST_FILE";
/// How often a child is killed.
const LIVES: usize = 54;
/// How many groups a change may leave.
const MOST_GROUPS: usize = 40;

fn open(path: &Path) -> Opened {
    Store::open(path, &Definition::from_text(DEFAULT).unwrap(), 0).unwrap()
}

/// The change after so many: it touches objects, a key and values, of which each alone tells its number.
fn step(before: &State, number: u32) -> State {
    let mut state = before.clone();
    state.cluster.common.insert("Count".into(), Property::Dword(number));
    state.nodes.values_mut().for_each(|node| node.sequence = number);
    let node = *state.nodes.first_key_value().unwrap().0;
    let group = state.add_group(&format!("group {number}"), number, node);
    state.add_resource(&format!("resource {number}"), "Generic Service", &group);
    let oldest = format!("group {}", number.saturating_sub(u32::try_from(MOST_GROUPS).unwrap()));
    if let Some(id) = state.group(&oldest).map(|(id, _)| id.clone()) {
        state.resources.retain(|_, resource| resource.group != id);
        state.groups.remove(&id);
    }
    let data = Arc::new(vec![u8::try_from(number & 0xFF).unwrap(); length(number)]);
    let key =
        Arc::new(Key { values: [(Name::from("x"), KeyValue { kind: 3, data })].into(), ..Key::default() });
    let root = Arc::make_mut(&mut state.registry);
    root.keys.retain(|name, _| !name.as_str().starts_with("count "));
    root.keys.insert(format!("count {number}").as_str().into(), key);
    state
}

/// The octets of the value that the change of this number leaves.
fn length(number: u32) -> usize {
    usize::try_from(number.rem_euclid(3_000)).unwrap().saturating_add(1)
}

fn count(state: &State) -> u32 {
    match state.cluster.common.get(&"Count".into()) {
        Some(Property::Dword(number)) => *number,
        _ => 0,
    }
}

/// Tells before and after each commit what it is about.
struct Telling(Store);

impl Journal for Telling {
    fn commit(&mut self, before: &State, after: &State) -> Result<(), JournalError> {
        let digest = digest(after);
        tell(&format!("tries {digest}"));
        self.0.commit(before, after)?;
        tell(&format!("kept {digest}"));
        Ok(())
    }
}

/// What a state and its copy from a file have in common, and no other.
fn digest(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(state).unwrap().hash(&mut hasher);
    hasher.finish()
}

/// One write: a pipe takes it whole.
fn tell(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// What the living child does until it is killed: a cluster lives an eventful life.
#[test]
fn living() {
    let Ok(path) = env::var(FILE) else { return };
    let Opened { store, state, .. } = open(Path::new(&path));
    let config = Definition::from_text(DEFAULT).unwrap().config();
    let mut cluster = Embedded::new(state, config).with_journal(Box::new(Telling(store)));
    let seed = u64::from(std::process::id());
    let mut life = Life::new(seed, &life::Config { interval: Duration::from_millis(200) }, Instant::ORIGIN);
    let mut now = Instant::ORIGIN;
    loop {
        now = cluster.poll_timeout().map_or(life.poll_timeout(), |due| due.min(life.poll_timeout())).max(now);
        cluster.handle_timeout(now);
        while let Some(change) = life.handle_timeout(now, cluster.state()) {
            cluster.change(now, &change).unwrap();
        }
        while cluster.next_event().is_some() {}
    }
}

/// What the child does until it is killed.
#[test]
fn child() {
    let Ok(path) = env::var(FILE) else { return };
    let Opened { mut store, mut state, .. } = open(Path::new(&path));
    loop {
        let number = count(&state) + 1;
        let after = step(&state, number);
        store.commit(&state, &after).unwrap();
        state = after;
        tell(&format!("done {number}"));
    }
}

fn start(what: &str, path: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([what, "--exact", "--nocapture", "--test-threads=1"]).env(FILE, path);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// The numbers that the child acknowledges.
fn acknowledgements(child: &mut Child) -> impl Iterator<Item = u32> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The name of the test stands before the first one.
    lines.map_while(Result::ok).filter_map(|line| line.split("done ").nth(1)?.parse().ok())
}

/// Whether all parts of a state tell the same number, as after a whole change.
fn assert_whole(state: &State, number: u32) {
    assert_eq!(faults(state), Vec::<String>::new());
    if number == 0 {
        assert_eq!(*state, Definition::from_text(DEFAULT).unwrap().state(0));
        return;
    }
    assert!(state.nodes.values().all(|node| node.sequence == number));
    let newest = state.group(&format!("group {number}")).expect("the newest group is there").0;
    let resource = state.resource(&format!("resource {number}")).expect("so is its resource").1;
    assert_eq!(resource.group, *newest);
    let counts: Vec<_> =
        state.registry.keys.iter().filter(|(name, _)| name.as_str().starts_with("count ")).collect();
    let [(name, key)] = counts[..] else { panic!("{} keys", counts.len()) };
    assert_eq!(name.as_str(), format!("count {number}"));
    let data = &key.values[&"x".into()].data;
    assert_eq!(data.len(), length(number));
    assert!(data.iter().all(|octet| u32::from(*octet) == number & 0xFF));
}

/// Kills a child some time after so many acknowledgements; the last one of all.
fn one_life(path: &Path, changes: usize, then: Duration) -> Option<u32> {
    let mut child = start("child", path);
    let mut acknowledged = acknowledgements(&mut child);
    let seen = acknowledged.by_ref().take(changes).last();
    thread::sleep(then);
    child.kill().unwrap();
    let last = acknowledged.last().or(seen);
    child.wait().unwrap();
    last
}

/// Kills a child so long after it began to make its file.
fn one_birth(path: &Path, then: Duration) -> Option<u32> {
    let mut child = start("child", path);
    wait_for(&path.with_extension("new"), path);
    thread::sleep(then);
    child.kill().unwrap();
    let last = acknowledgements(&mut child).last();
    child.wait().unwrap();
    last
}

/// Waits until one of two files is there; how long.
fn wait_for(one: &Path, other: &Path) -> Duration {
    let start = std::time::Instant::now();
    while !one.exists() && !other.exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "the child makes no file");
        thread::sleep(Duration::from_micros(100));
    }
    start.elapsed()
}

/// How long it takes to make a file.
fn time_of_birth(path: &Path) -> Duration {
    let mut child = start("child", path);
    wait_for(&path.with_extension("new"), path);
    let time = wait_for(path, path);
    child.kill().unwrap();
    child.wait().unwrap();
    time
}

/// Opens the file as the next server would and compares it with what was acknowledged.
fn survived(path: &Path, acknowledged: Option<u32>, before: u32) -> u32 {
    let state = open(path).state;
    let number = count(&state);
    assert_whole(&state, number);
    let least = acknowledged.unwrap_or(before);
    assert!(
        number == least || number.checked_sub(1) == Some(least),
        "{number} is there after {least} was acknowledged"
    );
    number
}

#[test]
fn killed_at_any_moment_it_has_what_it_acknowledged() {
    if env::var_os(FILE).is_some() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    let mut random = Random::new(1);
    let mut number = 0;
    for _ in 0..LIVES {
        let acknowledged = one_life(&path, random.below(12), microseconds(&mut random, 6_000));
        number = survived(&path, acknowledged, number);
    }
    assert!(usize::try_from(number).unwrap() > LIVES, "{number} changes");
}

#[test]
fn a_cluster_that_is_killed_has_the_state_that_it_kept_last_or_was_about_to_keep() {
    if env::var_os(FILE).is_some() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    let mut random = Random::new(3);
    let mut last = digest(&open(&path).state);
    for _ in 0..LIVES / 3 {
        let mut child = start("living", &path);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let seen: Vec<String> =
            lines.by_ref().filter(|line| line.contains("kept")).take(random.below(20)).collect();
        thread::sleep(microseconds(&mut random, 6_000));
        child.kill().unwrap();
        let rest: Vec<String> = seen.into_iter().chain(lines).collect();
        child.wait().unwrap();
        let newest = |word: &str| {
            rest.iter().rev().find_map(|line| line.split(word).nth(1)?.trim().parse::<u64>().ok())
        };
        let state = open(&path).state;
        assert_eq!(faults(&state), Vec::<String>::new());
        let found = digest(&state);
        let kept = newest("kept ").unwrap_or(last);
        assert!(
            found == kept || Some(found) == newest("tries "),
            "{found} is neither {kept} nor what came next"
        );
        last = found;
    }
}

#[test]
fn killed_while_it_makes_the_file_it_leaves_none_or_a_whole_one() {
    if env::var_os(FILE).is_some() {
        return;
    }
    let mut random = Random::new(2);
    let directory = || tempfile::tempdir().unwrap();
    let birth = time_of_birth(&directory().path().join("data"));
    let most = usize::try_from(birth.as_micros()).unwrap().saturating_mul(2);
    let (mut none, mut whole) = (0, 0);
    for _ in 0..LIVES / 2 {
        let directory = directory();
        let path = directory.path().join("data");
        let acknowledged = one_birth(&path, microseconds(&mut random, most));
        let made = path.exists();
        (none, whole) = (none + usize::from(!made), whole + usize::from(made));
        survived(&path, acknowledged, 0);
    }
    println!("{none} without a file, {whole} with one");
}

fn microseconds(random: &mut Random, most: usize) -> Duration {
    Duration::from_micros(u64::try_from(random.below(most)).unwrap())
}
