//! How resources go online and offline, and what that makes of their groups (MS-CMRP 3.1.1.1.1, 3.1.1.1.2, 3.1.4.2.18,
//! 3.1.4.2.19).
//!
//! A method sets goals; [`Transaction::progress`] works towards them as far as it can go now, and again when the time of
//! a pending transition has come. A resource goes online after what it depends on, and offline after what depends on
//! it.

use std::collections::{BTreeMap, BTreeSet};

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::v2::{GroupEvent, GroupState, ResourceEvent};

use super::graph::Edges;
use super::lifetime::is_network_name;
use super::model::{Expression, Goal, GroupId, Resource, ResourceId, ResourceState, State};
use super::work::Transaction;

impl State {
    /// The resources that depend on this one directly.
    pub fn dependents(&self, id: &ResourceId) -> Vec<ResourceId> {
        let depends = |expression: &Expression| expression.names(id.as_str());
        self.resources
            .iter()
            .filter(|(_, other)| depends(&other.dependencies))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// These resources in the order in which they go offline: each after those of them that depend on it.
    pub(super) fn top_down(&self, ids: &[ResourceId]) -> Vec<ResourceId> {
        let needs = |id: &ResourceId| -> BTreeSet<ResourceId> {
            self.resources.get(id).map(|resource| resource.depends_on().collect()).unwrap_or_default()
        };
        let mut above: BTreeMap<ResourceId, usize> = ids.iter().map(|id| (id.clone(), 0)).collect();
        for provider in ids.iter().flat_map(needs) {
            above.entry(provider).and_modify(|count| *count = count.saturating_add(1));
        }
        let mut order: Vec<ResourceId> = ids.iter().filter(|id| above.get(id) == Some(&0)).cloned().collect();
        let mut at = 0_usize;
        while let Some(id) = order.get(at) {
            for provider in needs(id) {
                if let Some(count) = above.get_mut(&provider) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        order.push(provider);
                    }
                }
            }
            at = at.saturating_add(1);
        }
        order
    }

    /// Whether what an expression names is online as far as it asks for.
    fn is_satisfied(&self, expression: &Expression) -> bool {
        match expression {
            Expression::None => true,
            Expression::On(id) => self
                .resources
                .get(&ResourceId::new(id.as_str()))
                .is_some_and(|resource| resource.state == ResourceState::Online),
            Expression::All(parts) => parts.iter().all(|part| self.is_satisfied(part)),
            Expression::Any(parts) => parts.is_empty() || parts.iter().any(|part| self.is_satisfied(part)),
        }
    }

    /// Whether the owner of a resource's group can host the resource now.
    pub fn can_be_hosted(&self, id: &ResourceId) -> bool {
        let owner = self.resources.get(id).and_then(|resource| self.groups.get(&resource.group));
        owner.is_some_and(|group| {
            let active = self.nodes.get(&group.owner).is_some_and(|node| node.state.is_active());
            active && self.is_possible(id, group.owner)
        })
    }

    /// The state of a group that follows from those of its resources (MS-CMRP 3.1.4.2.46). A group without resources is
    /// as its persistent state wants it.
    pub fn group_state(&self, id: &GroupId) -> GroupState {
        let mut tally = Tally::default();
        self.resources_of(id).for_each(|(_, resource)| tally.count(resource.state));
        tally.state(self.groups.get(id).is_some_and(|group| group.wanted))
    }

    /// The groups whose state is not what it was told to be, by one look at each resource, and the state that it is.
    fn stale_groups(&self) -> Vec<(GroupId, GroupState)> {
        let mut tallies: BTreeMap<&GroupId, Tally> = BTreeMap::new();
        for resource in self.resources.values() {
            tallies.entry(&resource.group).or_default().count(resource.state);
        }
        let none = Tally::default();
        let states = self
            .groups
            .iter()
            .map(|(id, group)| (id, group.state, tallies.get(id).unwrap_or(&none).state(group.wanted)));
        states.filter(|(_, old, new)| *old != new.0).map(|(id, _, new)| (id.clone(), new)).collect()
    }
}

/// How many resources of a group are in which state.
#[derive(Default)]
struct Tally {
    all: usize,
    online: usize,
    offline: usize,
    failed: usize,
    pending: usize,
}

impl Tally {
    fn count(&mut self, state: ResourceState) {
        let of_state = match state {
            ResourceState::Online => &mut self.online,
            ResourceState::Offline => &mut self.offline,
            ResourceState::Failed => &mut self.failed,
            ResourceState::OnlinePending | ResourceState::OfflinePending => &mut self.pending,
        };
        *of_state = of_state.saturating_add(1);
        self.all = self.all.saturating_add(1);
    }

    /// The state of a group that has these, and that is to be online or not.
    fn state(&self, wanted: bool) -> GroupState {
        match self {
            Self { all: 0, .. } if wanted => GroupState::ONLINE,
            Self { all: 0, .. } => GroupState::OFFLINE,
            Self { failed: 1.., .. } => GroupState::FAILED,
            Self { pending: 1.., .. } => GroupState::PENDING,
            Self { all, online, .. } if all == online => GroupState::ONLINE,
            Self { all, offline, .. } if all == offline => GroupState::OFFLINE,
            Self { .. } => GroupState::PARTIAL_ONLINE,
        }
    }
}

impl Transaction<'_> {
    /// Has a resource and what it depends on go online. While its group is being moved nothing is done: on the node that
    /// the group moves to, all go online that are to be.
    pub fn aim_online(&mut self, id: &ResourceId) {
        if self.is_moving(id) {
            return;
        }
        for id in self.state().with_providers(id) {
            self.aim(&id, Goal::Online);
        }
    }

    /// Has a resource and what depends on it go offline, and then to their persistent states.
    pub fn aim_restart(&mut self, id: &ResourceId) {
        for id in self.state().with_dependents(id) {
            let state = self.state().resources.get(&id).map(|resource| resource.state);
            if matches!(state, Some(ResourceState::Online | ResourceState::OnlinePending)) {
                self.aim(&id, Goal::Restart);
            }
        }
    }

    /// Has a resource and what depends on it go offline.
    pub fn aim_offline(&mut self, id: &ResourceId) {
        for id in self.state().with_dependents(id) {
            self.aim(&id, Goal::Offline);
        }
    }

    /// Whether something is being done about a resource.
    pub fn is_busy(&self, id: &ResourceId) -> bool {
        let busy = |resource: &Resource| resource.goal != Goal::Stay || resource.state.is_pending();
        self.state().resources.get(id).is_some_and(busy)
    }

    /// Whether something is being done about a group or one of its resources.
    pub fn is_group_busy(&self, id: &GroupId) -> bool {
        let moving = self.state().groups.get(id).is_some_and(|group| group.moving.is_some());
        moving || self.members(id).iter().any(|resource| self.is_busy(resource))
    }

    fn is_moving(&self, id: &ResourceId) -> bool {
        let group =
            self.state().resources.get(id).and_then(|resource| self.state().groups.get(&resource.group));
        group.is_some_and(|group| group.moving.is_some())
    }

    fn aim(&mut self, id: &ResourceId, goal: Goal) {
        if self.state().resources.get(id).is_some_and(|resource| resource.goal != goal) {
            if let Some(resource) = self.change().resources.get_mut(id) {
                resource.goal = goal;
            }
        }
    }

    /// Works towards all goals as far as it can go now, then brings the states of groups up to date. Whether something
    /// is still under way.
    pub fn progress(&mut self) -> bool {
        while self.step() {}
        self.refresh_groups();
        let state = self.state();
        state.resources.values().any(|resource| resource.goal != Goal::Stay || resource.state.is_pending())
    }

    /// One round over all resources and groups. Whether something has changed.
    fn step(&mut self) -> bool {
        let busy = |state: &State| -> Vec<ResourceId> {
            let resources = state.resources.iter();
            resources
                .filter(|(_, one)| one.goal != Goal::Stay || one.state.is_pending())
                .map(|(id, _)| id.clone())
                .collect()
        };
        let mut changed = false;
        let busy = busy(self.state());
        let dependents = self.dependents_of(&busy);
        for id in &busy {
            changed |= self.step_resource(id, dependents.get(id).map(Vec::as_slice).unwrap_or_default());
        }
        changed | self.step_moves() | self.step_joins()
    }

    /// What depends on those of some resources that are to go offline: a step does not change it.
    fn dependents_of(&self, busy: &[ResourceId]) -> BTreeMap<ResourceId, Vec<ResourceId>> {
        let state = self.state();
        let falls = |id: &&ResourceId| {
            let goal = state.resources.get(id).map(|resource| resource.goal);
            matches!(goal, Some(Goal::Offline | Goal::Restart))
        };
        let mut falling = busy.iter().filter(falls).peekable();
        if falling.peek().is_none() {
            return BTreeMap::new();
        }
        let edges = Edges::of(state);
        let dependents = |id: &ResourceId| edges.dependents(id.as_str()).iter().copied();
        falling.map(|id| (id.clone(), dependents(id).map(ResourceId::new).collect())).collect()
    }

    fn step_resource(&mut self, id: &ResourceId, dependents: &[ResourceId]) -> bool {
        let Some(resource) = self.state().resources.get(id) else { return false };
        let due = resource.due.is_none_or(|due| due <= self.now);
        match (resource.state, resource.goal) {
            (ResourceState::Online | ResourceState::OnlinePending, Goal::Offline | Goal::Restart) => {
                self.try_offline(id, dependents)
            }
            (ResourceState::OnlinePending, _) if due => self.enter(id, ResourceState::Online),
            (ResourceState::OfflinePending, _) if due => self.enter(id, ResourceState::Offline),
            (ResourceState::Failed, Goal::Offline | Goal::Restart) => self.clear(id),
            (ResourceState::OnlinePending | ResourceState::OfflinePending, _) | (_, Goal::Stay) => false,
            (ResourceState::Online, Goal::Online) | (ResourceState::Offline, Goal::Offline) => {
                self.reached(id)
            }
            (ResourceState::Offline, Goal::Restart) => self.restarted(id),
            (ResourceState::Failed, Goal::Online) if resource.due.is_some() => due && self.waited(id),
            (ResourceState::Offline | ResourceState::Failed, Goal::Online) => self.try_online(id),
        }
    }

    /// A failure is over: the resource is offline.
    fn clear(&mut self, id: &ResourceId) -> bool {
        self.enter(id, ResourceState::Offline)
    }

    /// A resource that restarts is offline now: on to its persistent state.
    fn restarted(&mut self, id: &ResourceId) -> bool {
        let wanted = self.state().resources.get(id).is_some_and(|resource| resource.wanted);
        self.aim(id, if wanted { Goal::Online } else { Goal::Stay });
        true
    }

    fn reached(&mut self, id: &ResourceId) -> bool {
        self.aim(id, Goal::Stay);
        self.waited(id)
    }

    /// Nothing is to be waited for any more.
    fn waited(&mut self, id: &ResourceId) -> bool {
        if self.state().resources.get(id).is_some_and(|resource| resource.due.is_some()) {
            self.change().resources.get_mut(id).into_iter().for_each(|resource| resource.due = None);
        }
        true
    }

    /// Starts to go online if what the resource depends on is; gives up if that cannot be any more.
    fn try_online(&mut self, id: &ResourceId) -> bool {
        let state = self.state();
        let Some(resource) = state.resources.get(id) else { return false };
        if self.is_moving(id) || !state.can_be_hosted(id) {
            return self.reached(id);
        }
        if state.is_satisfied(&resource.dependencies) {
            return self.begin(id, ResourceState::OnlinePending, ResourceState::Online);
        }
        let hope = |id: &ResourceId| {
            state
                .resources
                .get(id)
                .is_some_and(|one| one.goal == Goal::Online || one.state == ResourceState::OnlinePending)
        };
        if resource.depends_on().any(|id| hope(&id)) { false } else { self.reached(id) }
    }

    /// Starts to go offline if nothing that depends on the resource is online.
    fn try_offline(&mut self, id: &ResourceId, dependents: &[ResourceId]) -> bool {
        let state = self.state();
        let down = |id: &ResourceId| {
            let state = state.resources.get(id).map(|one| one.state);
            !matches!(
                state,
                Some(ResourceState::Online | ResourceState::OnlinePending | ResourceState::OfflinePending)
            )
        };
        dependents.iter().all(down) && self.begin(id, ResourceState::OfflinePending, ResourceState::Offline)
    }

    /// Enters a pending state, or at once the one that follows if transitions take no time.
    fn begin(&mut self, id: &ResourceId, pending: ResourceState, after: ResourceState) -> bool {
        let timings = &self.config.timings;
        let time = if after == ResourceState::Online { timings.online } else { timings.offline };
        if time.is_zero() {
            return self.enter(id, after);
        }
        let due = self.now.saturating_add(time);
        self.enter(id, pending);
        if let Some(resource) = self.change().resources.get_mut(id) {
            resource.due = Some(due);
        }
        true
    }

    /// Puts a resource into a state and tells so. Whether it was in another.
    pub fn enter(&mut self, id: &ResourceId, state: ResourceState) -> bool {
        if self.state().resources.get(id).is_none_or(|resource| resource.state == state) {
            return false;
        }
        if let Some(resource) = self.change().resources.get_mut(id) {
            resource.state = state;
            resource.due = None;
            resource.sequence = resource.sequence.wrapping_add(1);
        }
        let told = ResourceEvent::State(state.wire());
        self.tell_resource(id, Some(ClusterChange::RESOURCE_STATE), Some(told));
        if self.state().quorum.resource.as_ref() == Some(id) {
            self.tell_quorum();
        }
        let own_name = |one: &Resource| one.core && is_network_name(&one.type_name);
        if state == ResourceState::Online && self.state().resources.get(id).is_some_and(own_name) {
            self.adopt_name();
        }
        true
    }

    /// Brings the states of all groups up to date, and tells of those that have changed.
    pub fn refresh_groups(&mut self) {
        for (id, state) in self.state().stale_groups() {
            if let Some(group) = self.change().groups.get_mut(&id) {
                group.state = state.0;
                group.sequence = group.sequence.wrapping_add(1);
            }
            self.tell_group(&id, Some(ClusterChange::GROUP_STATE), Some(GroupEvent::State(state)));
        }
    }

    /// Sets whether a resource is to be online: its persistent state.
    pub fn want(&mut self, id: &ResourceId, wanted: bool) {
        if self.state().resources.get(id).is_some_and(|resource| resource.wanted != wanted) {
            if let Some(resource) = self.change().resources.get_mut(id) {
                resource.wanted = wanted;
            }
        }
    }
}
