//! What depends on what (MS-CMRP 3.1.1.1.2).

use std::collections::{BTreeMap, BTreeSet};

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::v2::ResourceEvent;

use super::model::{Expression, GroupId, ResourceId, ResourceState, State};
use super::work::Transaction;
use crate::dependency::MAX_TERMS;
use crate::status::{
    ERROR_CIRCULAR_DEPENDENCY, ERROR_DEPENDENCY_ALREADY_EXISTS, ERROR_DEPENDENCY_NOT_ALLOWED,
    ERROR_DEPENDENCY_NOT_FOUND, ERROR_DEPENDENCY_TREE_TOO_COMPLEX, ERROR_INVALID_PARAMETER,
    ERROR_RESOURCE_NOT_AVAILABLE, ERROR_RESOURCE_ONLINE,
};

/// How deep a tree of dependencies may be (MS-CMRP 3.1.4.2.20).
pub(super) const MAX_DEPTH: usize = 100;
/// Dependencies of all resources together, at most. Stops clients that have each of thousands of resources depend on a
/// thousand others: memory, and work for each resource that goes online or offline.
const MAX_DEPENDENCIES: usize = 16_384;

impl State {
    /// Whether a resource can depend on another (MS-CMRP 3.1.4.2.22).
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER`: they are the same, or in different groups. `ERROR_DEPENDENCY_ALREADY_EXISTS`,
    /// `ERROR_CIRCULAR_DEPENDENCY`, `ERROR_DEPENDENCY_TREE_TOO_COMPLEX` say what they say.
    /// `ERROR_DEPENDENCY_NOT_ALLOWED`: the resource that would depend is the quorum resource.
    pub fn can_depend(&self, id: &ResourceId, on: &ResourceId) -> Result<(), u32> {
        Ties::of(self, id).admit(on)
    }

    fn providers(&self, id: &ResourceId) -> Vec<ResourceId> {
        self.resources.get(id).map(|resource| resource.depends_on().collect()).unwrap_or_default()
    }

    /// All that a resource is tied to by dependencies, itself first.
    pub fn tied(&self, id: &ResourceId) -> Vec<ResourceId> {
        let edges = Edges::of(self);
        let near =
            |id: &str| edges.providers(id).iter().chain(edges.dependents(id)).copied().collect::<Vec<_>>();
        reach(id.as_str(), near).into_iter().map(ResourceId::new).collect()
    }

    /// The resource and all that it depends on, directly or not.
    pub fn with_providers(&self, id: &ResourceId) -> Vec<ResourceId> {
        let providers = |id: &str| {
            let resource = self.resources.get(&ResourceId::new(id));
            resource.map(|resource| resource.dependencies.leaves()).unwrap_or_default()
        };
        reach(id.as_str(), providers).into_iter().map(ResourceId::new).collect()
    }

    /// The resource and all that depend on it, directly or not.
    pub fn with_dependents(&self, id: &ResourceId) -> Vec<ResourceId> {
        // Most have none, and finding that out is cheaper than to look at what depends on what.
        if !self.resources.values().any(|other| other.dependencies.names(id.as_str())) {
            return vec![id.clone()];
        }
        let edges = Edges::of(self);
        let found = reach(id.as_str(), |id| edges.dependents(id).to_vec());
        found.into_iter().map(ResourceId::new).collect()
    }

    /// A dependency expression with the identifiers of resources.
    pub fn dependency_text(&self, id: &ResourceId) -> String {
        let expression = self.resources.get(id).map(|resource| resource.dependencies.clone());
        expression.unwrap_or_default().text(&str::to_owned)
    }
}

/// All dependencies of resources, from both ends, by one look at each.
pub(super) struct Edges<'s> {
    providers: BTreeMap<&'s str, Vec<&'s str>>,
    dependents: BTreeMap<&'s str, Vec<&'s str>>,
}

impl<'s> Edges<'s> {
    /// The dependencies of a state.
    pub(super) fn of(state: &'s State) -> Self {
        let mut edges = Self { providers: BTreeMap::new(), dependents: BTreeMap::new() };
        for (id, resource) in &state.resources {
            let mut providers = resource.dependencies.leaves();
            providers.sort_unstable();
            providers.dedup();
            for provider in &providers {
                edges.dependents.entry(provider).or_default().push(id.as_str());
            }
            if !providers.is_empty() {
                edges.providers.insert(id.as_str(), providers);
            }
        }
        edges
    }

    /// What a resource depends on directly.
    pub(super) fn providers(&self, id: &str) -> &[&'s str] {
        self.providers.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// What depends on a resource directly.
    pub(super) fn dependents(&self, id: &str) -> &[&'s str] {
        self.dependents.get(id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What can be reached from a resource, itself first, each once.
fn reach<'s>(from: &'s str, next: impl Fn(&'s str) -> Vec<&'s str>) -> Vec<&'s str> {
    let mut found = vec![from];
    let mut seen = BTreeSet::from([from]);
    let mut at = 0_usize;
    while let Some(id) = found.get(at).copied() {
        found.extend(next(id).into_iter().filter(|id| seen.insert(id)));
        at = at.saturating_add(1);
    }
    found
}

/// How many steps the longest ways from resources have, themselves counted; one where there is no entry. `ahead` leads
/// on, `back` leads where `ahead` came from; there are no circles, so that each is done after all that it leads to.
fn depths<'s>(
    ahead: &BTreeMap<&'s str, Vec<&'s str>>,
    back: &BTreeMap<&'s str, Vec<&'s str>>,
) -> BTreeMap<&'s str, usize> {
    let mut left: BTreeMap<&str, usize> = ahead.iter().map(|(id, next)| (*id, next.len())).collect();
    let mut done: Vec<&str> = back.keys().copied().filter(|id| !left.contains_key(id)).collect();
    let mut depths = BTreeMap::new();
    while let Some(id) = done.pop() {
        let depth = depths.get(id).map_or(1_usize, |depth| *depth).saturating_add(1);
        for id in back.get(id).into_iter().flatten().copied() {
            let known: &mut usize = depths.entry(id).or_insert(1);
            *known = depth.max(*known);
            if let Some(left) = left.get_mut(id) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    done.push(id);
                }
            }
        }
    }
    depths
}

/// What says whether a resource can depend on others, found once however many they are.
pub(super) struct Ties<'s> {
    state: &'s State,
    id: &'s ResourceId,
    dependents: BTreeSet<&'s str>,
    above: usize,
    below: BTreeMap<&'s str, usize>,
}

impl<'s> Ties<'s> {
    /// Of this resource.
    pub(super) fn of(state: &'s State, id: &'s ResourceId) -> Self {
        let edges = Edges::of(state);
        let above = depths(&edges.dependents, &edges.providers).get(id.as_str()).copied().unwrap_or(1);
        let below = depths(&edges.providers, &edges.dependents);
        let dependents = reach(id.as_str(), |id| edges.dependents(id).to_vec()).into_iter().collect();
        Self { state, id, dependents, above, below }
    }

    /// Whether it can depend on another one.
    ///
    /// # Errors
    /// Those of [`State::can_depend`].
    pub(super) fn admit(&self, on: &ResourceId) -> Result<(), u32> {
        let (one, other) = (self.state.resources.get(self.id), self.state.resources.get(on));
        let (Some(one), Some(other)) = (one, other) else { return Err(ERROR_RESOURCE_NOT_AVAILABLE) };
        if self.id == on || one.group != other.group {
            return Err(ERROR_INVALID_PARAMETER);
        }
        if one.dependencies.names(on.as_str()) {
            return Err(ERROR_DEPENDENCY_ALREADY_EXISTS);
        }
        if self.dependents.contains(on.as_str()) {
            return Err(ERROR_CIRCULAR_DEPENDENCY);
        }
        if self.state.quorum.resource.as_ref() == Some(self.id) {
            return Err(ERROR_DEPENDENCY_NOT_ALLOWED);
        }
        let below = self.below.get(on.as_str()).copied().unwrap_or(1);
        let deep = self.above.saturating_add(below) > MAX_DEPTH;
        if deep { Err(ERROR_DEPENDENCY_TREE_TOO_COMPLEX) } else { Ok(()) }
    }

    /// Whether the resource may depend on so many.
    ///
    /// # Errors
    /// `ERROR_DEPENDENCY_TREE_TOO_COMPLEX`: it would have more than [`MAX_TERMS`] dependencies, or all resources
    /// together more than [`MAX_DEPENDENCIES`].
    pub(super) fn room(&self, count: usize) -> Result<(), u32> {
        let others = self.state.resources.iter().filter(|(id, _)| *id != self.id);
        let all = others.fold(count, |sum, (_, other)| sum.saturating_add(other.dependencies.leaves().len()));
        let fits = count <= MAX_TERMS && all <= MAX_DEPENDENCIES;
        if fits { Ok(()) } else { Err(ERROR_DEPENDENCY_TREE_TOO_COMPLEX) }
    }
}

impl Transaction<'_> {
    /// Makes a resource depend on another one as well (MS-CMRP 3.1.4.2.20).
    ///
    /// # Errors
    /// Those of [`State::can_depend`]; `ERROR_RESOURCE_ONLINE`: the resource is online, or about to be, and the other
    /// one is not.
    pub fn add_dependency(&mut self, id: &ResourceId, on: &ResourceId) -> Result<(), u32> {
        let ties = Ties::of(self.state(), id);
        ties.admit(on)?;
        ties.room(self.expression(id).leaves().len().saturating_add(1))?;
        let state = |id: &ResourceId| self.state().resources.get(id).map(|resource| resource.state);
        let runs = !matches!(state(id), Some(ResourceState::Offline | ResourceState::Failed));
        if runs && state(on) != Some(ResourceState::Online) {
            return Err(ERROR_RESOURCE_ONLINE);
        }
        let expression = self.expression(id).and(on.as_str());
        self.set_dependencies(id, expression);
        Ok(())
    }

    /// Ends that a resource depends on another one (MS-CMRP 3.1.4.2.21).
    ///
    /// # Errors
    /// `ERROR_DEPENDENCY_NOT_FOUND`: it does not.
    pub fn remove_dependency(&mut self, id: &ResourceId, on: &ResourceId) -> Result<(), u32> {
        let expression = self.expression(id);
        if !expression.names(on.as_str()) {
            return Err(ERROR_DEPENDENCY_NOT_FOUND);
        }
        self.set_dependencies(id, expression.without(on.as_str()));
        Ok(())
    }

    fn expression(&self, id: &ResourceId) -> Expression {
        self.state().resources.get(id).map(|resource| resource.dependencies.clone()).unwrap_or_default()
    }

    /// Sets what a resource depends on, and tells so: the resource, those that it depended on, and those that it
    /// depends on now. Whether it may is for the caller to know.
    pub fn set_dependencies(&mut self, id: &ResourceId, expression: Expression) {
        let mut concerned = self.state().providers(id);
        let Some(resource) = self.change().resources.get_mut(id) else { return };
        resource.dependencies = expression;
        concerned.extend(self.state().providers(id));
        concerned.sort();
        concerned.dedup();
        let text = self.state().dependency_text(id);
        let told = ResourceEvent::Dependencies(&text);
        self.tell_resource(id, Some(ClusterChange::RESOURCE_PROPERTY), Some(told));
        for provider in &concerned {
            self.tell_dependents(provider);
        }
    }

    /// Tells which resources depend on one now.
    pub(super) fn tell_dependents(&mut self, id: &ResourceId) {
        let dependents = self.state().dependents(id);
        let dependents: Vec<&str> = dependents.iter().map(ResourceId::as_str).collect();
        self.tell_resource(id, None, Some(ResourceEvent::Dependents(&dependents)));
    }

    /// The group of a resource.
    pub fn group_of(&self, id: &ResourceId) -> Option<GroupId> {
        self.state().resources.get(id).map(|resource| resource.group.clone())
    }
}
