//! Dependency expressions of resources, and shared volumes (MS-CMRP 3.1.4.2.109-110, 3.1.4.2.122, 3.1.4.2.164).

use std::collections::{BTreeMap, BTreeSet};

use cmrp::clusapi3::{self, Request};
use cmrp::ndr::Handle;
use cmrp_port::event::v2::{SharedVolume, SharedVolumeEvent, SharedVolumeState, VolumeResource};

use super::control::write;
use super::{Done, Work, kept_text};
use crate::dependency::Expression as Written;
use crate::embedded::graph::Ties;
use crate::embedded::lifetime::CORE_GROUP;
use crate::embedded::model::{
    Expression, GroupId, Name, Property, Resource, ResourceId, ResourceState, State,
};
use crate::embedded::property::Subject;
use crate::event::Event;
use crate::session::Refusal;
use crate::status::{
    ERROR_CLUSTER_INVALID_REQUEST, ERROR_CLUSTER_RESTYPE_NOT_SUPPORTED, ERROR_DEPENDENCY_ALREADY_EXISTS,
    ERROR_INVALID_PARAMETER, ERROR_RESOURCE_NOT_FOUND, ERROR_RESOURCE_NOT_ONLINE, ERROR_RESOURCE_ONLINE,
};

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    Some(match request {
        Request::ApiSetResourceDependencyExpression(call) => set(work, call),
        Request::ApiGetResourceDependencyExpression(call) => get(work, call),
        Request::ApiChangeCsvState(call) => {
            let changed = change_volume(work, call.h_resource, call.dw_state, None);
            changed.and_then(|()| work.answer(clusapi3::ApiChangeCsvStateResponse::default()))
        }
        Request::ApiChangeCsvStateEx(call) => {
            let name = kept_text(call.lpsz_volume_name).map_err(Refusal::from);
            let changed =
                name.and_then(|name| change_volume(work, call.h_resource, call.dw_state, Some(&name)));
            changed.and_then(|()| work.answer(clusapi3::ApiChangeCsvStateExResponse::default()))
        }
        _ => return None,
    })
}

fn set(work: &mut Work<'_, '_>, call: &clusapi3::ApiSetResourceDependencyExpressionRequest<'_>) -> Done {
    let id = work.resource(call.h_resource)?;
    let text: String = match call.lpsz_dependency_expression {
        Some(text) => text.chars().collect::<Result<_, _>>().map_err(|_| ERROR_INVALID_PARAMETER)?,
        None => String::new(),
    };
    let written = Written::parse_resource(&text).map_err(|_| ERROR_INVALID_PARAMETER)?;
    let known = known(work.model.state());
    let find =
        |name: &str| known.get(&Name::from(name)).map(ToString::to_string).ok_or(ERROR_RESOURCE_NOT_FOUND);
    let written = written.map(find)?;
    let expression = expression(&written);
    allowed(work.model.state(), &id, &written, &expression)?;
    work.model.set_dependencies(&id, expression);
    work.answer(clusapi3::ApiSetResourceDependencyExpressionResponse::default())
}

/// The identifiers of resources by their identifiers and, before these, their names: an expression may have many.
fn known(state: &State) -> BTreeMap<Name, ResourceId> {
    let by_id = state.resources.keys().map(|id| (Name::from(id.as_str()), id.clone()));
    let by_name = state.resources.iter().map(|(id, one)| (Name::from(one.name.as_str()), id.clone()));
    by_id.chain(by_name).collect()
}

/// Whether the resource may depend so: on each as if it were added to nothing; and while it runs, what it depends on has
/// to hold.
fn allowed(state: &State, id: &ResourceId, written: &Written, kept: &Expression) -> Result<(), u32> {
    let ties = Ties::of(state, id);
    ties.room(kept.leaves().len())?;
    let mut seen = BTreeSet::new();
    for provider in written.names().filter(|name| seen.insert(*name)) {
        match ties.admit(&ResourceId::new(provider)) {
            // It is one of those that are being replaced.
            Ok(()) | Err(ERROR_DEPENDENCY_ALREADY_EXISTS) => {}
            Err(code) => return Err(code),
        }
    }
    let is_online = |id: &ResourceId| {
        state.resources.get(id).is_some_and(|resource| resource.state == ResourceState::Online)
    };
    let rests =
        |resource: &Resource| matches!(resource.state, ResourceState::Offline | ResourceState::Failed);
    let idle = state.resources.get(id).is_some_and(rests);
    let holds = written.holds(|provider| is_online(&ResourceId::new(provider)));
    if idle || holds { Ok(()) } else { Err(ERROR_RESOURCE_ONLINE) }
}

/// The expression of the model for one with identifiers.
fn expression(written: &Written) -> Expression {
    let any = |ids: &Vec<String>| joined(Expression::Any, once(ids).cloned().map(Expression::On).collect());
    joined(Expression::All, once(written.all_of()).map(any).collect())
}

/// Each of these once, in their order: what is said again would take room and say nothing.
fn once<T: Ord>(all: &[T]) -> impl Iterator<Item = &T> {
    let mut seen = BTreeSet::new();
    all.iter().filter(move |one| seen.insert(*one))
}

fn joined(join: fn(Vec<Expression>) -> Expression, mut parts: Vec<Expression>) -> Expression {
    match parts.len() {
        0 => Expression::None,
        1 => parts.pop().unwrap_or_default(),
        _ => join(parts),
    }
}

fn get(work: &mut Work<'_, '_>, call: &clusapi3::ApiGetResourceDependencyExpressionRequest) -> Done {
    let id = work.resource(call.h_resource)?;
    let text = work.model.state().dependency_text(&id);
    work.answer(clusapi3::ApiGetResourceDependencyExpressionResponse {
        lpsz_dependency_expression: Some(text.as_str().into()),
        ..Default::default()
    })
}

/// Where a disk keeps that its volumes are shared (`ResourceSharedVolumes`, MS-CMRP 3.1.1.1.1.2), and by which name.
const SHARED: &str = "ResourceSharedVolumes";

/// Makes the volumes of a disk shared ones, or ends that.
fn change_volume<H: Handle>(
    work: &mut Work<'_, '_>,
    handle: Option<H>,
    wanted: u32,
    name: Option<&str>,
) -> Result<(), Refusal> {
    let id = work.resource(handle)?;
    match wanted {
        1 => may_share(work.model.state(), &id)?,
        0 if is_shared(work.model.state(), &id) => {}
        0 => return Err(ERROR_CLUSTER_INVALID_REQUEST.into()),
        _ => return Err(ERROR_INVALID_PARAMETER.into()),
    }
    let shared = (wanted == 1).then(|| name.filter(|name| !name.is_empty()).unwrap_or("Volume1").to_owned());
    set_shared(work, &id, shared);
    tell_volume(work, &id, wanted == 1);
    Ok(())
}

fn is_shared(state: &State, id: &ResourceId) -> bool {
    state.resources.get(id).is_some_and(|resource| resource.common.contains_key(&Name::from(SHARED)))
}

fn may_share(state: &State, id: &ResourceId) -> Result<(), u32> {
    let resource = state.resources.get(id).ok_or(ERROR_INVALID_PARAMETER)?;
    if resource.type_name != Name::from("Physical Disk") {
        return Err(ERROR_CLUSTER_RESTYPE_NOT_SUPPORTED);
    }
    if resource.state != ResourceState::Online {
        return Err(ERROR_RESOURCE_NOT_ONLINE);
    }
    let disabled = state.cluster.common.get(&Name::from("EnableSharedVolumes")) == Some(&Property::Dword(0));
    let maintained = resource.private.get(&Name::from("MaintenanceMode")) == Some(&Property::Dword(1));
    let used = !state.dependents(id).is_empty() || state.quorum.resource.as_ref() == Some(id);
    let depends = resource.dependencies != Expression::None;
    if disabled || maintained || used || depends { Err(ERROR_CLUSTER_INVALID_REQUEST) } else { Ok(()) }
}

fn set_shared(work: &mut Work<'_, '_>, id: &ResourceId, name: Option<String>) {
    let Some(resource) = work.model.change().resources.get_mut(id) else { return };
    let group = resource.group.clone();
    let told = Property::Sz(name.clone().unwrap_or_default());
    let shared = name.is_some();
    match name {
        Some(name) => resource.common.insert(SHARED.into(), Property::Sz(name)),
        None => resource.common.remove(&Name::from(SHARED)),
    };
    write::tell_common(&mut work.model, &Subject::Resource(id.clone()), SHARED, told);
    set_group_type(work, &group, shared);
}

/// A group that has nothing but the disk is a group of shared volumes as long (MS-CMRP 3.1.1.1.4). The core group stays
/// what it is.
fn set_group_type(work: &mut Work<'_, '_>, id: &GroupId, shared: bool) {
    const SHARED_VOLUMES: u32 = 4;
    let alone = work.model.state().resources_of(id).count() == 1;
    let Some(group) = work.model.change().groups.get_mut(id) else { return };
    let before = group.group_type;
    if shared && alone && before != CORE_GROUP && before != SHARED_VOLUMES {
        group.former_type = Some(before);
        group.group_type = SHARED_VOLUMES;
    } else if !shared {
        group.group_type = group.former_type.take().unwrap_or(before);
    }
    let now = group.group_type;
    if now != before {
        let of = Subject::Group(id.clone());
        write::tell_common(&mut work.model, &of, "GroupType", Property::Dword(now));
    }
}

fn tell_volume(work: &mut Work<'_, '_>, id: &ResourceId, shared: bool) {
    let Some(resource) = work.model.state().resources.get(id) else { return };
    let volume = match resource.common.get(&Name::from(SHARED)) {
        Some(Property::Sz(name)) => name.clone(),
        _ => resource.name.clone(),
    };
    let state = if shared { SharedVolumeState::ACTIVE } else { SharedVolumeState::UNAVAILABLE };
    let told = SharedVolume {
        name: volume.as_str().into(),
        node: work.session.node().into(),
        state,
        redirection: None,
    };
    let mut buffer = Vec::new();
    let named = VolumeResource { id: id.as_str(), name: &resource.name };
    let volumes = [(volume.as_str(), told)];
    let event = Event::default().with_v2(SharedVolumeEvent::State(&volumes).of(named, &mut buffer));
    work.model.tell(event);
}
