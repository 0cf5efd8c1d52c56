//! Laws that hold after any sequence of calls and happenings.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cmrp::clusapi3::*;
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::SizedPtr;
use cmrp_cluster::change::{Change, InterfaceCondition, NetworkCondition};
use cmrp_cluster::embedded::model::{Expression, ResourceState, State};
use cmrp_cluster::embedded::{Config, Embedded, Journal, JournalError, Timings};
use cmrp_cluster::life::Random;
use cmrp_cluster::store::faults;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::sequence::{StateNumbers, StateSequences};

use crate::rig::*;
use crate::watch::{Watch, state_kind, state_kind_v2};

/// What a journal has kept, and whether it keeps the next change.
#[derive(Clone)]
pub(crate) struct Kept(Arc<Mutex<(State, bool)>>);

impl Kept {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new((state, true))))
    }

    pub(crate) fn state(&self) -> State {
        self.0.lock().unwrap().0.clone()
    }

    pub(crate) fn works(&self, works: bool) {
        self.0.lock().unwrap().1 = works;
    }
}

impl Journal for Kept {
    fn commit(&mut self, before: &State, after: &State) -> Result<(), JournalError> {
        let mut kept = self.0.lock().unwrap();
        assert_eq!(*before, kept.0, "what was kept last");
        if !kept.1 {
            return Err(JournalError { source: "the disk is full".into() });
        }
        kept.0 = after.clone();
        Ok(())
    }
}

/// Numbers and states as a client makes them out from what it is told.
struct Told {
    numbers: StateSequences,
    states: BTreeMap<(ObjectKind, String), u32>,
}

fn objects(state: &State) -> Vec<(ObjectKind, String, u32, u32)> {
    let mut all = Vec::new();
    all.extend(
        state
            .nodes
            .values()
            .map(|one| (ObjectKind::Node, one.name.clone(), one.sequence, one.state.wire().0)),
    );
    all.extend(
        state.groups.values().map(|one| (ObjectKind::Group, one.name.clone(), one.sequence, one.state)),
    );
    let resource = |one: &cmrp_cluster::embedded::model::Resource| {
        (ObjectKind::Resource, one.name.clone(), one.sequence, one.state.wire().0)
    };
    all.extend(state.resources.values().map(resource));
    let networks = state.networks.values();
    all.extend(networks.map(|one| (ObjectKind::Network, one.name.clone(), one.sequence, one.state.wire().0)));
    let interfaces = state.interfaces.values();
    all.extend(
        interfaces.map(|one| (ObjectKind::NetInterface, one.name.clone(), one.sequence, one.state.wire().0)),
    );
    all
}

impl Told {
    fn new(state: &State) -> Self {
        let all = objects(state);
        let numbers = all.iter().map(|(kind, name, number, _)| (Object::new(*kind, name.as_str()), *number));
        let states = all.iter().map(|(kind, name, _, state)| ((*kind, name.clone()), *state));
        Self { numbers: numbers.collect(), states: states.collect() }
    }

    /// Objects that have another name keep their numbers and states. Events tell the new name alone.
    fn rename(&mut self, before: &State, after: &State) {
        let pairs = |kind, old: Option<&String>, new: &String| {
            old.filter(|old| *old != new).map(|old| (kind, old.clone(), new.clone()))
        };
        let groups = after.groups.iter().filter_map(|(id, one)| {
            pairs(ObjectKind::Group, before.groups.get(id).map(|one| &one.name), &one.name)
        });
        let resources = after.resources.iter().filter_map(|(id, one)| {
            pairs(ObjectKind::Resource, before.resources.get(id).map(|one| &one.name), &one.name)
        });
        for (kind, old, new) in groups.chain(resources) {
            self.numbers.renamed(kind, &old, &new);
            if let Some(state) = self.states.remove(&(kind, old)) {
                self.states.insert((kind, new), state);
            }
        }
    }

    /// Takes what both ports told of one step, and compares it with the model.
    fn take(&mut self, rig: &mut Rig, watch: &Watch, kept: &Kept) {
        let (first, second) = (watch.first(rig), watch.second(rig));
        let states = first.iter().filter_map(|event| Some((state_kind(event.change)?, event.name.clone())));
        let told: Vec<_> = second
            .iter()
            .filter_map(|event| {
                Some((state_kind_v2(event.filter)?, event.name.clone(), event.state.unwrap()))
            })
            .collect();
        assert_eq!(
            states.collect::<Vec<_>>(),
            told.iter().map(|(kind, name, _)| (*kind, name.clone())).collect::<Vec<_>>(),
            "both versions tell the same transitions in the same order"
        );
        for event in &first {
            self.number(event.change, &event.name, event.sequence);
        }
        for (kind, name, state) in told {
            let old = self.states.insert((kind, name.clone()), state);
            assert_ne!(old, Some(state), "{kind:?} {name}: a transition leads to another state");
        }
        for (kind, name, number, state) in objects(&kept.state()) {
            let object = Object::new(kind, name.as_str());
            assert_eq!(self.numbers.state_sequence(&object), number, "{object:?}: {first:?}");
            let known = self.states.get(&(kind, name)).copied();
            // An object that has been created since starts in a state of which only its creation is told.
            assert!(known.is_none() || known == Some(state), "{object:?} {known:?} {state}");
        }
    }

    fn number(&mut self, change: ClusterChange, name: &str, number: u32) {
        if let Some(kind) = state_kind(change) {
            assert_eq!(self.numbers.transition(&Object::new(kind, name)), number, "{kind:?} {name}");
        }
        let created = match change {
            ClusterChange::NODE_ADDED => Some(ObjectKind::Node),
            ClusterChange::GROUP_ADDED => Some(ObjectKind::Group),
            ClusterChange::RESOURCE_ADDED => Some(ObjectKind::Resource),
            _ => None,
        };
        if let Some(kind) = created {
            assert_eq!(number, 0);
            self.numbers.created(Object::new(kind, name));
            self.states.remove(&(kind, name.to_owned()));
        }
        let gone = match change {
            ClusterChange::NODE_DELETED => Some(ObjectKind::Node),
            ClusterChange::GROUP_DELETED => Some(ObjectKind::Group),
            ClusterChange::RESOURCE_DELETED => Some(ObjectKind::Resource),
            ClusterChange::NETINTERFACE_DELETED => Some(ObjectKind::NetInterface),
            _ => None,
        };
        if let Some(kind) = gone {
            assert!(self.numbers.removed(&Object::new(kind, name)).is_some(), "{kind:?} {name}");
            self.states.remove(&(kind, name.to_owned()));
        }
        // Only a resource that moves to another group has a new number without a new state (MS-CMRP 3.1.4.1.26).
        let resource = Object::new(ObjectKind::Resource, name);
        if change == ClusterChange::RESOURCE_PROPERTY && number == self.numbers.state_sequence(&resource) + 1
        {
            self.numbers.moved(name);
        }
    }
}

/// What holds in every state.
pub(crate) fn check(state: &State) {
    assert_eq!(faults(state), Vec::<String>::new(), "a file with this state would be refused");
    for (id, group) in &state.groups {
        let active = state.nodes.get(&group.owner).is_some_and(|node| node.state.is_active());
        let idle = |state| matches!(state, ResourceState::Offline | ResourceState::Failed);
        let asleep = state.resources_of(id).all(|(_, one)| idle(one.state));
        assert!(active || asleep, "{}: runs on a node that is not active", group.name);
        assert_eq!(group.state, state.group_state(id).0, "{}", group.name);
        assert!(group.preferred.iter().all(|node| state.nodes.contains_key(node)), "{}", group.name);
    }
    for (id, resource) in &state.resources {
        assert!(state.groups.contains_key(&resource.group), "{}", resource.name);
        for provider in resource.depends_on() {
            let of = state.resources.get(&provider).unwrap_or_else(|| panic!("{provider} is gone"));
            assert_eq!(of.group, resource.group, "{}", resource.name);
            assert!(!state.with_providers(&provider).contains(id), "{} depends on itself", resource.name);
        }
        if resource.state == ResourceState::Online {
            assert!(
                satisfied(state, &resource.dependencies),
                "{} is online before its providers",
                resource.name
            );
            assert!(state.can_be_hosted(id), "{}", resource.name);
        }
    }
    let mut order = state.network_order.clone();
    order.sort();
    assert_eq!(order, state.networks.keys().cloned().collect::<Vec<_>>());
    for interface in state.interfaces.values() {
        assert!(state.networks.contains_key(&interface.network) && state.nodes.contains_key(&interface.node));
    }
    let all = objects(state);
    let mut names: Vec<(ObjectKind, String)> =
        all.iter().map(|(kind, name, ..)| (*kind, name.to_lowercase())).collect();
    names.sort();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "two objects of one name");
}

fn satisfied(state: &State, expression: &Expression) -> bool {
    match expression {
        Expression::None => true,
        Expression::On(id) => {
            let named = state.resources.iter().find(|(other, _)| other.as_str() == id);
            named.is_some_and(|(_, one)| one.state == ResourceState::Online)
        }
        Expression::All(parts) => parts.iter().all(|part| satisfied(state, part)),
        Expression::Any(parts) => parts.iter().any(|part| satisfied(state, part)),
    }
}

/// Does something at random.
fn act(rig: &mut Rig, random: &mut Random, state: &State) -> String {
    let pick = |random: &mut Random, names: Vec<String>| random.pick(&names).cloned().unwrap_or_default();
    let node = pick(random, state.nodes.values().map(|one| one.name.clone()).collect());
    let group = pick(random, state.groups.values().map(|one| one.name.clone()).collect());
    let to = pick(random, state.groups.values().map(|one| one.name.clone()).collect());
    let resource = pick(random, state.resources.values().map(|one| one.name.clone()).collect());
    let other = pick(random, state.resources.values().map(|one| one.name.clone()).collect());
    let network = pick(random, state.networks.values().map(|one| one.name.clone()).collect());
    let interface = pick(random, state.interfaces.values().map(|one| one.name.clone()).collect());
    let fresh = format!("New {}", random.below(6));
    let h_node = rig.call(ApiOpenNodeRequest { lpsz_node_name: (&node).into() }).return_value;
    let h_group = rig.call(ApiOpenGroupRequest { lpsz_group_name: (&group).into() }).return_value;
    let h_to = rig.call(ApiOpenGroupRequest { lpsz_group_name: (&to).into() }).return_value;
    let h_resource = rig.call(ApiOpenResourceRequest { lpsz_resource_name: (&resource).into() }).return_value;
    let h_other = rig.call(ApiOpenResourceRequest { lpsz_resource_name: (&other).into() }).return_value;
    macro_rules! made {
        ($request:expr) => {{
            let request = $request;
            format!("{request:?} -> {:?}", rig.try_call(ADMIN, &request).map(|answer| format!("{answer:?}")))
        }};
    }
    let outside =
        |rig: &mut Rig, change: Change| format!("{change} -> {:?}", rig.node.change(rig.now, &change));
    let done = match random.below(40) {
        0 | 1 => made!(ApiOnlineResourceRequest { h_resource }),
        2 => made!(ApiOfflineResourceRequest { h_resource }),
        3 | 4 => made!(ApiFailResourceRequest { h_resource }),
        5 => made!(ApiRestartResourceRequest { h_resource, dw_flags: 0 }),
        6 => made!(ApiDeleteResourceRequest { h_resource }),
        7 => made!(ApiSetResourceNameRequest { h_resource, lpsz_resource_name: (&fresh).into() }),
        8 => made!(ApiAddResourceDependencyRequest { h_resource, h_depends_on: h_other }),
        9 => made!(ApiRemoveResourceDependencyRequest { h_resource, h_depends_on: h_other }),
        10 => made!(ApiAddResourceNodeRequest { h_resource, h_node }),
        11 => made!(ApiRemoveResourceNodeRequest { h_resource, h_node }),
        12 => made!(ApiChangeResourceGroupRequest { h_resource, h_group: h_to }),
        13 => made!(ApiCreateGroupRequest { lpsz_group_name: (&fresh).into() }),
        14 => made!(ApiDeleteGroupRequest { group: h_group, force: i32::from(random.below(2) == 0) }),
        15 => made!(ApiSetGroupNameRequest { h_group, lpsz_group_name: (&fresh).into() }),
        16 | 17 => made!(ApiOnlineGroupRequest { h_group }),
        18 => made!(ApiOfflineGroupRequest { h_group }),
        19 | 20 => made!(ApiMoveGroupRequest { h_group }),
        21 | 22 => made!(ApiMoveGroupToNodeRequest { h_group, h_node }),
        23 => made!(ApiCancelClusterGroupOperationRequest { h_group, dw_cancel_flags: 0 }),
        24 => {
            let list: Vec<u16> = node.encode_utf16().chain([0, 0]).collect();
            made!(ApiSetGroupNodeListRequest { h_group, multi_sz_node_list: SizedPtr::Array(list) })
        }
        25 => made!(ApiPauseNodeRequest { h_node }),
        26 => made!(ApiPauseNodeExRequest { h_node, b_drain_node: 1, dw_pause_flags: 0 }),
        27 | 28 => made!(ApiResumeNodeExRequest {
            h_node,
            dw_resume_failback_type: u32::try_from(random.below(3)).unwrap(),
            dw_resume_flags_reserved: 0
        }),
        29 if random.below(8) == 0 => made!(ApiEvictNodeRequest { h_node }),
        30 => made!(ApiCreateResourceRequest {
            h_group,
            lpsz_resource_name: (&fresh).into(),
            lpsz_resource_type: "Generic Service".into(),
            dw_flags: 0
        }),
        31 => outside(rig, Change::NodeDown { node }),
        32 | 33 => outside(rig, Change::NodeUp { node }),
        34 => {
            let states = [NetworkCondition::Down, NetworkCondition::Up, NetworkCondition::Partitioned];
            outside(rig, Change::NetworkState { network, state: states[random.below(3)] })
        }
        35 => {
            let states = [InterfaceCondition::Failed, InterfaceCondition::Up];
            outside(rig, Change::InterfaceState { interface, state: states[random.below(2)] })
        }
        36 if random.below(4) == 0 => outside(rig, Change::NodeAdded { node: fresh }),
        37 => outside(rig, Change::ClusterRenamed { to: fresh }),
        _ => {
            rig.advance(Duration::from_millis(60));
            "time passes".into()
        }
    };
    for handle in [h_resource, h_other] {
        rig.call(ApiCloseResourceRequest { resource: handle });
    }
    for handle in [h_group, h_to] {
        rig.call(ApiCloseGroupRequest { group: handle });
    }
    rig.call(ApiCloseNodeRequest { node: h_node });
    done
}

fn run(seed: u64, timings: Timings, steps: usize) {
    let kept = Kept::new(default_state());
    let cluster = Embedded::new(default_state(), Config { timings, ..Config::default() });
    let mut rig = Rig::over(cluster.with_journal(Box::new(kept.clone())));
    let watch = Watch::new(&mut rig);
    let mut told = Told::new(&kept.state());
    let mut random = Random::new(seed);
    for step in 0..steps {
        let before = kept.state();
        kept.works(random.below(10) > 0);
        let done = act(&mut rig, &mut random, &before);
        kept.works(true);
        let state = kept.state();
        told.rename(&before, &state);
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            check(&state);
            // A node that stopped serving tells nothing; what happened meanwhile is told when it serves again.
            if rig.node.state() == cmrp_port::access::ServerState::ReadWrite {
                told.take(&mut rig, &watch, &kept);
            }
        }));
        if let Err(panic) = checked {
            eprintln!("seed {seed}, step {step}: {done}");
            std::panic::resume_unwind(panic);
        }
        if rig.node.state() != cmrp_port::access::ServerState::ReadWrite {
            let _ = rig.node.change(rig.now, &Change::NodeUp { node: "node1".into() });
            rig.advance(Duration::from_millis(60));
            rig.outputs();
            if rig.node.state() != cmrp_port::access::ServerState::ReadWrite {
                return;
            }
            told.take(&mut rig, &watch, &kept);
        }
    }
    let statistics = rig.node.statistics();
    assert_eq!((statistics.lost, statistics.queued), (0, 0));
}

#[test]
fn after_any_sequence_of_immediate_changes() {
    for seed in 0..25 {
        run(seed, Timings::default(), 120);
    }
}

#[test]
fn after_any_sequence_of_changes_that_take_time() {
    let time = Duration::from_millis(50);
    let timings = Timings { online: time, offline: time / 2, restart: time, join: time };
    for seed in 0..20 {
        run(seed, timings, 160);
    }
}
