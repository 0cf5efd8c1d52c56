//! What depends on what (MS-CMRP 3.1.1.1.2).

use cmrp::cluster_change::ClusterChange;
use cmrp_port::event::v2::ResourceEvent;

use super::model::{Expression, GroupId, ResourceId, ResourceState, State};
use super::work::Transaction;
use crate::status::{
    ERROR_CIRCULAR_DEPENDENCY, ERROR_DEPENDENCY_ALREADY_EXISTS, ERROR_DEPENDENCY_NOT_ALLOWED,
    ERROR_DEPENDENCY_NOT_FOUND, ERROR_DEPENDENCY_TREE_TOO_COMPLEX, ERROR_INVALID_PARAMETER,
    ERROR_RESOURCE_NOT_AVAILABLE, ERROR_RESOURCE_ONLINE,
};

/// How deep a tree of dependencies may be (MS-CMRP 3.1.4.2.20).
pub(super) const MAX_DEPTH: usize = 100;

impl State {
    /// Whether a resource can depend on another (MS-CMRP 3.1.4.2.22).
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER`: they are the same, or in different groups. `ERROR_DEPENDENCY_ALREADY_EXISTS`,
    /// `ERROR_CIRCULAR_DEPENDENCY`, `ERROR_DEPENDENCY_TREE_TOO_COMPLEX` say what they say.
    /// `ERROR_DEPENDENCY_NOT_ALLOWED`: the resource that would depend is the quorum resource.
    pub fn can_depend(&self, id: &ResourceId, on: &ResourceId) -> Result<(), u32> {
        let (one, other) = (self.resources.get(id), self.resources.get(on));
        let (Some(one), Some(other)) = (one, other) else { return Err(ERROR_RESOURCE_NOT_AVAILABLE) };
        if id == on || one.group != other.group {
            return Err(ERROR_INVALID_PARAMETER);
        }
        if one.dependencies.names(on.as_str()) {
            return Err(ERROR_DEPENDENCY_ALREADY_EXISTS);
        }
        if self.with_providers(on).contains(id) {
            return Err(ERROR_CIRCULAR_DEPENDENCY);
        }
        if self.quorum.resource.as_ref() == Some(id) {
            return Err(ERROR_DEPENDENCY_NOT_ALLOWED);
        }
        let above = depth(id, &|id| self.dependents(id));
        let below = depth(on, &|id| self.providers(id));
        if above.saturating_add(below) > MAX_DEPTH {
            return Err(ERROR_DEPENDENCY_TREE_TOO_COMPLEX);
        }
        Ok(())
    }

    fn providers(&self, id: &ResourceId) -> Vec<ResourceId> {
        self.resources.get(id).map(|resource| resource.depends_on().collect()).unwrap_or_default()
    }

    /// All that a resource is tied to by dependencies, itself first.
    pub fn tied(&self, id: &ResourceId) -> Vec<ResourceId> {
        let mut found = vec![id.clone()];
        let mut at = 0_usize;
        while let Some(id) = found.get(at).cloned() {
            let near = self.providers(&id).into_iter().chain(self.dependents(&id));
            let new: Vec<ResourceId> = near.filter(|other| !found.contains(other)).collect();
            found.extend(new);
            at = at.saturating_add(1);
        }
        found
    }

    /// A dependency expression with the identifiers of resources.
    pub fn dependency_text(&self, id: &ResourceId) -> String {
        let expression = self.resources.get(id).map(|resource| resource.dependencies.clone());
        expression.unwrap_or_default().text(&str::to_owned)
    }
}

/// How many steps the longest way from a resource has, itself counted.
fn depth(id: &ResourceId, next: &dyn Fn(&ResourceId) -> Vec<ResourceId>) -> usize {
    let mut level = vec![id.clone()];
    let mut depth = 0_usize;
    while !level.is_empty() && depth <= MAX_DEPTH {
        depth = depth.saturating_add(1);
        let mut below: Vec<ResourceId> = level.iter().flat_map(next).collect();
        below.sort();
        below.dedup();
        level = below;
    }
    depth
}

impl Transaction<'_> {
    /// Makes a resource depend on another one as well (MS-CMRP 3.1.4.2.20).
    ///
    /// # Errors
    /// Those of [`State::can_depend`]; `ERROR_RESOURCE_ONLINE`: the resource is online, or about to be, and the other
    /// one is not.
    pub fn add_dependency(&mut self, id: &ResourceId, on: &ResourceId) -> Result<(), u32> {
        self.state().can_depend(id, on)?;
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
