//! Group sets, and what groups and group sets depend on (MS-CMRP 3.1.4.2.146-165).
//!
//! A change that would make anything depend on itself, over whatever way, is undone and refused.

use std::collections::BTreeSet;

use cmrp::clusapi3::{self, EnumEntry, EnumList, Request};
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{Handle, WStr};
use cmrp_port::access::Access;
use cmrp_port::event::v2::{self, GroupSetEvent};
use cmrp_port::object::ObjectKind;

use super::{Done, Work};
use crate::dependency;
use crate::embedded::model::{Expression, GroupId, GroupSetId, State};
use crate::embedded::work::Transaction;
use crate::event::Event;
use crate::session::Refusal;
use crate::status::{
    ERROR_CIRCULAR_DEPENDENCY, ERROR_DEPENDENCY_ALREADY_EXISTS, ERROR_DEPENDENCY_NOT_FOUND,
    ERROR_DIR_NOT_EMPTY, ERROR_GROUPSET_NOT_FOUND, ERROR_INVALID_NAME, ERROR_INVALID_PARAMETER,
    ERROR_NOT_ENOUGH_QUOTA, ERROR_OBJECT_ALREADY_EXISTS,
};

/// Group sets, at most: a client must not fill the memory of the server.
const MAX_SETS: usize = 1024;
/// UTF-16 units of the name of a group set, at most.
const MAX_NAME: usize = 255;

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    Some(match request {
        Request::ApiCreateGroupSet(call) => create(work, call),
        Request::ApiOpenGroupSet(call) => open(work, call),
        Request::ApiCloseGroupSet(call) => close(work, call),
        Request::ApiDeleteGroupSet(call) => delete(work, call),
        Request::ApiAddGroupToGroupSet(call) => {
            let added = add(work, call.group_set, call.group, None);
            added.and_then(|()| work.answer(clusapi3::ApiAddGroupToGroupSetResponse::default()))
        }
        Request::ApiAddGroupToGroupSetEx(call) => {
            let domains = (call.use_domains != 0).then_some((call.fault_domain, call.update_domain));
            let added = add(work, call.group_set, call.group, domains);
            added.and_then(|()| work.answer(clusapi3::ApiAddGroupToGroupSetExResponse::default()))
        }
        Request::ApiMoveGroupToGroupSet(call) => move_group(work, call),
        Request::ApiRemoveGroupFromGroupSet(call) => remove_group(work, call),
        Request::ApiAddGroupSetDependency(call) => add_set_dependency(work, call),
        Request::ApiAddGroupToGroupSetDependency(call) => add_group_dependency(work, call),
        Request::ApiSetGroupDependencyExpression(call) => set_group_expression(work, call),
        Request::ApiSetGroupSetDependencyExpression(call) => set_set_expression(work, call),
        Request::ApiRemoveClusterGroupDependency(call) => remove_group_dependency(work, call),
        Request::ApiRemoveClusterGroupToGroupSetDependency(call) => remove_group_to_set(work, call),
        Request::ApiRemoveGroupSetDependency(call) => remove_set_dependency(work, call),
        Request::ApiCreateGroupSetEnum(call) => enumerate(work, call),
        _ => return None,
    })
}

/// Tells of a group set that exists. Version 1 ports know none.
pub(super) fn tell(model: &mut Transaction<'_>, id: &GroupSetId, what: GroupSetEvent<'_>) {
    let Some(set) = model.state().group_sets.get(id) else { return };
    let mut buffer = Vec::new();
    let event =
        Event::default().with_v2(what.of(v2::GroupSet { id: id.as_str(), name: &set.name }, &mut buffer));
    model.tell(event);
}

fn create(work: &mut Work<'_, '_>, call: &clusapi3::ApiCreateGroupSetRequest<'_>) -> Done {
    let name = text(call.lpsz_group_set_name, ERROR_INVALID_NAME)?;
    let id = create_set(&mut work.model, &name)?;
    let return_value = Some(work.open_group_set(&id, Access::All)?);
    work.answer(clusapi3::ApiCreateGroupSetResponse { return_value, ..Default::default() })
}

/// Creates a group set without groups (MS-CMRP 3.1.4.2.146).
pub(in crate::embedded) fn create_set(model: &mut Transaction<'_>, name: &str) -> Result<GroupSetId, u32> {
    let length = name.encode_utf16().count();
    if length == 0 || length > MAX_NAME || name.chars().any(char::is_control) {
        return Err(ERROR_INVALID_NAME);
    }
    if model.state().group_set(name).is_some() {
        return Err(ERROR_OBJECT_ALREADY_EXISTS);
    }
    if model.state().group_sets.len() >= MAX_SETS {
        return Err(ERROR_NOT_ENOUGH_QUOTA);
    }
    Ok(model.change().add_group_set(name))
}

fn open(work: &mut Work<'_, '_>, call: &clusapi3::ApiOpenGroupSetRequest<'_>) -> Done {
    let name = text(call.lpsz_group_set_name, ERROR_GROUPSET_NOT_FOUND)?;
    let id = work.model.state().group_set(&name).map(|(id, _)| id.clone()).ok_or(ERROR_GROUPSET_NOT_FOUND)?;
    let return_value = Some(work.open_group_set(&id, Access::All)?);
    work.answer(clusapi3::ApiOpenGroupSetResponse { return_value, ..Default::default() })
}

fn close(work: &mut Work<'_, '_>, call: &clusapi3::ApiCloseGroupSetRequest) -> Done {
    work.session.close(call.group_set, ObjectKind::GroupSet)?;
    work.answer(clusapi3::ApiCloseGroupSetResponse::default())
}

fn delete(work: &mut Work<'_, '_>, call: &clusapi3::ApiDeleteGroupSetRequest) -> Done {
    let id = work.group_set(call.group_set)?;
    delete_set(&mut work.model, &id)?;
    work.answer(clusapi3::ApiDeleteGroupSetResponse::default())
}

/// Removes a group set (MS-CMRP 3.1.4.2.149). One with groups in it stays. What depended on the set does no longer.
pub(in crate::embedded) fn delete_set(model: &mut Transaction<'_>, id: &GroupSetId) -> Result<(), u32> {
    if model.state().groups.values().any(|group| group.set.as_ref() == Some(id)) {
        return Err(ERROR_DIR_NOT_EMPTY);
    }
    tell(model, id, GroupSetEvent::Deleted);
    let providers = set_dependencies(model.state(), id);
    model.change().group_sets.remove(id);
    forget(model, id.as_str(), &providers);
    Ok(())
}

/// A group or group set that depended on these providers is gone: what depended on it does no longer.
pub(in crate::embedded) fn forget(model: &mut Transaction<'_>, id: &str, providers: &Expression) {
    let state = model.state();
    let groups = state.groups.iter().filter(|(_, group)| group.dependencies.names(id));
    let groups: Vec<GroupId> = groups.map(|(id, _)| id.clone()).collect();
    let sets = state.group_sets.iter().filter(|(_, set)| set.dependencies.names(id));
    let sets: Vec<GroupSetId> = sets.map(|(id, _)| id.clone()).collect();
    for group in &groups {
        if let Some(group) = model.change().groups.get_mut(group) {
            group.dependencies = without(&group.dependencies, id);
        }
        tell_group(model, group);
    }
    for set in &sets {
        if let Some(set) = model.change().group_sets.get_mut(set) {
            set.dependencies = without(&set.dependencies, id);
        }
        tell_set(model, set);
    }
    tell_dependents(model, providers, &Expression::None);
}

fn add<S: Handle, G: Handle>(
    work: &mut Work<'_, '_>,
    set: Option<S>,
    group: Option<G>,
    domains: Option<(u32, u32)>,
) -> Result<(), Refusal> {
    let (set, group) = (work.group_set(set)?, work.group(group)?);
    join(&mut work.model, &group, &set, domains)
}

/// Puts a group into a set (MS-CMRP 3.1.4.2.150).
pub(in crate::embedded) fn join(
    model: &mut Transaction<'_>,
    group: &GroupId,
    set: &GroupSetId,
    domains: Option<(u32, u32)>,
) -> Result<(), Refusal> {
    if model.state().groups.get(group).is_some_and(|group| group.set.is_some()) {
        return Err(ERROR_OBJECT_ALREADY_EXISTS.into());
    }
    enter(model, group, set, domains)
}

/// Puts a group that is in no set into one.
fn enter(
    model: &mut Transaction<'_>,
    group: &GroupId,
    set: &GroupSetId,
    domains: Option<(u32, u32)>,
) -> Result<(), Refusal> {
    let state = model.change();
    if let Some(group) = state.groups.get_mut(group) {
        group.set = Some(set.clone());
    }
    if let (Some(domains), Some(set)) = (domains, state.group_sets.get_mut(set)) {
        set.domains.insert(group.clone(), domains);
    }
    acyclic(state, &Provider::Group(group.clone()), ERROR_CIRCULAR_DEPENDENCY)?;
    tell(model, set, GroupSetEvent::GroupAdded(group.as_str()));
    Ok(())
}

/// Takes a group out of its set, and tells which that was.
pub(in crate::embedded) fn leave(model: &mut Transaction<'_>, group: &GroupId) -> Option<GroupSetId> {
    model.state().groups.get(group)?.set.as_ref()?;
    let state = model.change();
    let set = state.groups.get_mut(group)?.set.take()?;
    if let Some(set) = state.group_sets.get_mut(&set) {
        set.domains.remove(group);
    }
    tell(model, &set, GroupSetEvent::GroupRemoved(group.as_str()));
    Some(set)
}

fn move_group(work: &mut Work<'_, '_>, call: &clusapi3::ApiMoveGroupToGroupSetRequest) -> Done {
    let (set, group) = (work.group_set(call.group_set)?, work.group(call.group)?);
    let present = work.model.state().groups.get(&group).and_then(|group| group.set.clone());
    if present.as_ref() != Some(&set) {
        leave(&mut work.model, &group);
        enter(&mut work.model, &group, &set, None)?;
    }
    work.answer(clusapi3::ApiMoveGroupToGroupSetResponse::default())
}

fn remove_group(work: &mut Work<'_, '_>, call: &clusapi3::ApiRemoveGroupFromGroupSetRequest) -> Done {
    let group = work.group(call.group)?;
    leave(&mut work.model, &group).ok_or(ERROR_GROUPSET_NOT_FOUND)?;
    work.answer(clusapi3::ApiRemoveGroupFromGroupSetResponse::default())
}

fn add_set_dependency(work: &mut Work<'_, '_>, call: &clusapi3::ApiAddGroupSetDependencyRequest) -> Done {
    let dependent = work.group_set(call.dependent_group_set)?;
    let provider = work.group_set(call.provider_group_set)?;
    let present = set_dependencies(work.model.state(), &dependent);
    let expression = added(&present, provider.as_str())?;
    change_set(work, &dependent, expression, ERROR_CIRCULAR_DEPENDENCY)?;
    work.answer(clusapi3::ApiAddGroupSetDependencyResponse::default())
}

fn add_group_dependency(
    work: &mut Work<'_, '_>,
    call: &clusapi3::ApiAddGroupToGroupSetDependencyRequest,
) -> Done {
    let dependent = work.group(call.dependent_group)?;
    let provider = work.group_set(call.provider_group_set)?;
    let expression = added(&group_dependencies(work.model.state(), &dependent), provider.as_str())?;
    change_group(work, &dependent, expression, ERROR_CIRCULAR_DEPENDENCY)?;
    work.answer(clusapi3::ApiAddGroupToGroupSetDependencyResponse::default())
}

/// The expression names groups; the group sets that the group depends on stay, unless the expression is empty, which
/// clears all (MS-CMRP 3.1.4.2.157).
fn set_group_expression(
    work: &mut Work<'_, '_>,
    call: &clusapi3::ApiSetGroupDependencyExpressionRequest<'_>,
) -> Done {
    let id = work.group(call.h_group)?;
    let state = work.model.state();
    let groups = named(call.lpsz_dependency_expression, |name| {
        let by_name = state.group(name).map(|(id, _)| id);
        let by_id = || state.groups.keys().find(|id| id.as_str().eq_ignore_ascii_case(name));
        by_name.or_else(by_id).map(ToString::to_string)
    })?;
    let present = group_dependencies(state, &id);
    let sets = present.leaves().into_iter().filter(|id| state.group_sets.contains_key(&GroupSetId::new(*id)));
    let kept: Vec<String> = if groups.is_empty() { Vec::new() } else { sets.map(str::to_owned).collect() };
    let expression = all(groups.into_iter().chain(kept).collect());
    change_group(work, &id, expression, ERROR_INVALID_PARAMETER)?;
    work.answer(clusapi3::ApiSetGroupDependencyExpressionResponse::default())
}

fn set_set_expression(
    work: &mut Work<'_, '_>,
    call: &clusapi3::ApiSetGroupSetDependencyExpressionRequest<'_>,
) -> Done {
    let id = work.group_set(call.h_group_set)?;
    let state = work.model.state();
    let sets = named(call.lpsz_dependency_expression, |name| {
        let by_name = state.group_set(name).map(|(id, _)| id);
        let by_id = || state.group_sets.keys().find(|id| id.as_str().eq_ignore_ascii_case(name));
        by_name.or_else(by_id).map(ToString::to_string)
    })?;
    change_set(work, &id, all(sets), ERROR_INVALID_PARAMETER)?;
    work.answer(clusapi3::ApiSetGroupSetDependencyExpressionResponse::default())
}

fn remove_group_dependency(
    work: &mut Work<'_, '_>,
    call: &clusapi3::ApiRemoveClusterGroupDependencyRequest,
) -> Done {
    let (id, provider) = (work.group(call.h_group)?, work.group(call.h_depends_on)?);
    let expression = removed(&group_dependencies(work.model.state(), &id), provider.as_str())?;
    change_group(work, &id, expression, ERROR_CIRCULAR_DEPENDENCY)?;
    work.answer(clusapi3::ApiRemoveClusterGroupDependencyResponse::default())
}

fn remove_group_to_set(
    work: &mut Work<'_, '_>,
    call: &clusapi3::ApiRemoveClusterGroupToGroupSetDependencyRequest,
) -> Done {
    let (id, provider) = (work.group(call.h_group)?, work.group_set(call.h_depends_on)?);
    let expression = removed(&group_dependencies(work.model.state(), &id), provider.as_str())?;
    change_group(work, &id, expression, ERROR_CIRCULAR_DEPENDENCY)?;
    work.answer(clusapi3::ApiRemoveClusterGroupToGroupSetDependencyResponse::default())
}

fn remove_set_dependency(
    work: &mut Work<'_, '_>,
    call: &clusapi3::ApiRemoveGroupSetDependencyRequest,
) -> Done {
    let (id, provider) = (work.group_set(call.h_group_set)?, work.group_set(call.h_depends_on)?);
    let expression = removed(&set_dependencies(work.model.state(), &id), provider.as_str())?;
    change_set(work, &id, expression, ERROR_CIRCULAR_DEPENDENCY)?;
    work.answer(clusapi3::ApiRemoveGroupSetDependencyResponse::default())
}

/// `CLUSTER_ENUM_GROUPSET` would be the type; the method has none, and its entries have type 0.
fn enumerate(work: &mut Work<'_, '_>, call: &clusapi3::ApiCreateGroupSetEnumRequest) -> Done {
    work.cluster(call.h_cluster)?;
    let sets = work.model.state().group_sets.values();
    let entry = sets.map(|set| EnumEntry { r#type: 0, name: Some(set.name.as_str().into()) }).collect();
    let return_enum = Some(EnumList { entry });
    work.answer(clusapi3::ApiCreateGroupSetEnumResponse { return_enum, ..Default::default() })
}

fn group_dependencies(state: &State, id: &GroupId) -> Expression {
    state.groups.get(id).map(|group| group.dependencies.clone()).unwrap_or_default()
}

fn set_dependencies(state: &State, id: &GroupSetId) -> Expression {
    state.group_sets.get(id).map(|set| set.dependencies.clone()).unwrap_or_default()
}

fn change_group(work: &mut Work<'_, '_>, id: &GroupId, to: Expression, circular: u32) -> Result<(), Refusal> {
    let before = group_dependencies(work.model.state(), id);
    let state = work.model.change();
    if let Some(group) = state.groups.get_mut(id) {
        group.dependencies = to;
    }
    acyclic(state, &Provider::Group(id.clone()), circular)?;
    tell_group(&mut work.model, id);
    let now = group_dependencies(work.model.state(), id);
    tell_dependents(&mut work.model, &before, &now);
    Ok(())
}

/// Tells that a group depends on something else now. Version 2 ports have no event for it.
fn tell_group(model: &mut Transaction<'_>, id: &GroupId) {
    model.tell_group(id, Some(ClusterChange::GROUP_PROPERTY), None);
}

fn change_set(
    work: &mut Work<'_, '_>,
    id: &GroupSetId,
    to: Expression,
    circular: u32,
) -> Result<(), Refusal> {
    let before = set_dependencies(work.model.state(), id);
    let state = work.model.change();
    if let Some(set) = state.group_sets.get_mut(id) {
        set.dependencies = to;
    }
    acyclic(state, &Provider::Set(id.clone()), circular)?;
    let now = set_dependencies(work.model.state(), id);
    tell_set(&mut work.model, id);
    tell_dependents(&mut work.model, &before, &now);
    Ok(())
}

/// Tells what a group set depends on now.
fn tell_set(model: &mut Transaction<'_>, id: &GroupSetId) {
    let now = set_dependencies(model.state(), id);
    let expression = dependency::Expression::of_all(now.leaves()).to_string();
    tell(model, id, GroupSetEvent::Dependencies(&expression));
}

/// Tells the sets that something began or ceased to depend on which group sets depend on them now.
fn tell_dependents(model: &mut Transaction<'_>, before: &Expression, now: &Expression) {
    let (before, now): (BTreeSet<&str>, BTreeSet<&str>) =
        (before.leaves().into_iter().collect(), now.leaves().into_iter().collect());
    for id in before.symmetric_difference(&now).map(|id| GroupSetId::new(*id)) {
        let sets = model.state().group_sets.iter();
        let dependents: Vec<String> = sets
            .filter(|(_, set)| set.dependencies.names(id.as_str()))
            .map(|(id, _)| id.to_string())
            .collect();
        let dependents: Vec<&str> = dependents.iter().map(String::as_str).collect();
        tell(model, &id, GroupSetEvent::Dependents(&dependents));
    }
}

/// What something can depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Provider {
    Group(GroupId),
    Set(GroupSetId),
}

impl Provider {
    /// What it depends on at once: a group on its own providers and those of its set, a set on its own and, since it is
    /// ready when they are, on its groups.
    fn providers(&self, state: &State) -> Vec<Self> {
        match self {
            Self::Group(id) => {
                let set = state.groups.get(id).and_then(|group| group.set.clone());
                let inherited = set.map(|set| set_dependencies(state, &set)).unwrap_or_default();
                [group_dependencies(state, id), inherited]
                    .iter()
                    .flat_map(|leaves| Self::all(state, leaves))
                    .collect()
            }
            Self::Set(id) => {
                let members = state.groups.iter().filter(|(_, group)| group.set.as_ref() == Some(id));
                let members = members.map(|(id, _)| Self::Group(id.clone()));
                Self::all(state, &set_dependencies(state, id)).into_iter().chain(members).collect()
            }
        }
    }

    fn all(state: &State, expression: &Expression) -> Vec<Self> {
        let leaf = |id: &str| match GroupSetId::new(id) {
            set if state.group_sets.contains_key(&set) => Self::Set(set),
            _ => Self::Group(GroupId::new(id)),
        };
        expression.leaves().into_iter().map(leaf).collect()
    }
}

/// Makes sure that nothing leads from a group or set back to it. Each is visited once.
fn acyclic(state: &State, from: &Provider, circular: u32) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    let mut next = from.providers(state);
    while let Some(provider) = next.pop() {
        if provider == *from {
            return Err(circular.into());
        }
        if seen.insert(provider.clone()) {
            next.extend(provider.providers(state));
        }
    }
    Ok(())
}

/// The expression with one more identifier.
fn added(expression: &Expression, id: &str) -> Result<Expression, u32> {
    if expression.names(id) {
        return Err(ERROR_DEPENDENCY_ALREADY_EXISTS);
    }
    Ok(all(expression.leaves().into_iter().chain([id]).map(str::to_owned).collect()))
}

/// The expression without an identifier that is in it.
fn removed(expression: &Expression, id: &str) -> Result<Expression, u32> {
    if expression.names(id) { Ok(without(expression, id)) } else { Err(ERROR_DEPENDENCY_NOT_FOUND) }
}

fn without(expression: &Expression, id: &str) -> Expression {
    all(expression.leaves().into_iter().filter(|other| *other != id).map(str::to_owned).collect())
}

/// The expression of all of these, each once.
fn all(ids: Vec<String>) -> Expression {
    let mut once: Vec<String> = Vec::new();
    for id in ids {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    match once.len() {
        0 => Expression::None,
        1 => once.pop().map_or(Expression::None, Expression::On),
        _ => Expression::All(once.into_iter().map(Expression::On).collect()),
    }
}

/// The identifiers of what an expression names.
fn named(expression: WStr<'_>, find: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, Refusal> {
    let text = text(expression, ERROR_INVALID_PARAMETER)?;
    let expression = dependency::Expression::parse_group(&text).map_err(|_| ERROR_INVALID_PARAMETER)?;
    let found: Option<Vec<String>> = expression.names().map(find).collect();
    found.ok_or(Refusal::Status(ERROR_INVALID_PARAMETER))
}

fn text(name: WStr<'_>, wrong: u32) -> Result<String, Refusal> {
    name.chars().collect::<Result<_, _>>().map_err(|_| wrong.into())
}
