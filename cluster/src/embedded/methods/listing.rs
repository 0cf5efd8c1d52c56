//! Lists of groups and resources with their properties (MS-CMRP 3.1.4.2.139, 3.1.4.2.140).

use cmrp::clusapi3::{
    ApiCreateGroupEnumRequest, ApiCreateGroupEnumResponse, ApiCreateResourceEnumRequest,
    ApiCreateResourceEnumResponse, GroupEnumEntry, GroupEnumList, Request, ResourceEnumEntry,
    ResourceEnumList,
};
use cmrp::ndr::SizedPtr;

use super::{Done, Work};
use crate::embedded::model::{GroupId, Name, ResourceId, State};
use crate::embedded::property::{Subject, list};
use crate::status::ERROR_INVALID_PARAMETER;

/// `CLUS_FLAG_CORE` of clusapi.h.
const CORE: u32 = 1;

/// Stands for all properties in a list of names.
const EVERY: &str = "*";

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    Some(match request {
        Request::ApiCreateGroupEnum(call) => groups(work, call),
        Request::ApiCreateResourceEnum(call) => resources(work, call),
        _ => return None,
    })
}

/// A property list of what can be set, and one of what cannot.
type Lists = (Vec<u8>, Vec<u8>);

/// Which properties a client asks for.
struct Wanted {
    writable: Vec<Name>,
    read_only: Vec<Name>,
}

impl Wanted {
    fn new(writable: &SizedPtr<&[u8]>, read_only: &SizedPtr<&[u8]>) -> Result<Self, u32> {
        Ok(Self { writable: names(writable)?, read_only: names(read_only)? })
    }

    /// Property lists of the writable and the read-only ones among them.
    fn of(&self, state: &State, subject: &Subject) -> Lists {
        (chosen(state, subject, true, &self.writable), chosen(state, subject, false, &self.read_only))
    }
}

/// The names in a `MULTI_SZ` of octets; none if there is no list.
fn names(list: &SizedPtr<&[u8]>) -> Result<Vec<Name>, u32> {
    let octets = list.as_array().copied().unwrap_or_default();
    if octets.len() % 2 != 0 {
        return Err(ERROR_INVALID_PARAMETER);
    }
    let pairs = octets.chunks_exact(2).filter_map(|pair| pair.try_into().ok());
    let units: Vec<u16> = pairs.map(u16::from_le_bytes).collect();
    let parts = units.split(|unit| *unit == 0).filter(|part| !part.is_empty());
    parts.map(|part| String::from_utf16(part).map(Name::from).map_err(|_| ERROR_INVALID_PARAMETER)).collect()
}

fn chosen(state: &State, subject: &Subject, writable: bool, wanted: &[Name]) -> Vec<u8> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let every = wanted.contains(&Name::from(EVERY));
    let mut listed = subject.listed(state, writable);
    listed.retain(|(name, _)| every || wanted.contains(&Name::from(*name)));
    list::encode(listed.iter().map(|(name, value)| (*name, value)))
}

fn pointer(octets: &[u8]) -> SizedPtr<&[u8]> {
    if octets.is_empty() { SizedPtr::NULL } else { SizedPtr::Array(octets) }
}

fn groups(work: &Work<'_, '_>, call: &ApiCreateGroupEnumRequest<'_>) -> Done {
    work.cluster(call.h_cluster)?;
    let wanted = Wanted::new(&call.p_properties, &call.p_ro_properties)?;
    let state = work.model.state();
    let lists = state.groups.keys().map(|id| (id, wanted.of(state, &Subject::Group(id.clone()))));
    let lists: Vec<(&GroupId, Lists)> = lists.collect();
    let entry = lists.iter().filter_map(|(id, lists)| group(state, id, lists)).collect();
    work.answer(ApiCreateGroupEnumResponse {
        pp_result_list: Some(GroupEnumList { entry }),
        rpc_status: 0,
        return_value: 0,
    })
}

fn group<'s>(
    state: &'s State,
    id: &'s GroupId,
    (properties, read_only): &'s Lists,
) -> Option<GroupEnumEntry<'s>> {
    let group = state.groups.get(id)?;
    let owner = state.nodes.get(&group.owner).map_or("", |node| &node.name);
    let core = group.group_type == crate::embedded::lifetime::CORE_GROUP;
    Some(GroupEnumEntry {
        name: Some(group.name.as_str().into()),
        id: Some(id.as_str().into()),
        dw_state: group.state,
        owner: Some(owner.into()),
        dw_flags: if core { CORE } else { 0 },
        properties: pointer(properties),
        ro_properties: pointer(read_only),
    })
}

fn resources(work: &Work<'_, '_>, call: &ApiCreateResourceEnumRequest<'_>) -> Done {
    work.cluster(call.h_cluster)?;
    let wanted = Wanted::new(&call.p_properties, &call.p_ro_properties)?;
    let state = work.model.state();
    let lists = state.resources.keys().map(|id| (id, wanted.of(state, &Subject::Resource(id.clone()))));
    let lists: Vec<(&ResourceId, Lists)> = lists.collect();
    let entry = lists.iter().filter_map(|(id, lists)| resource(state, id, lists)).collect();
    work.answer(ApiCreateResourceEnumResponse {
        pp_result_list: Some(ResourceEnumList { entry }),
        rpc_status: 0,
        return_value: 0,
    })
}

fn resource<'s>(
    state: &'s State,
    id: &'s ResourceId,
    (properties, read_only): &'s Lists,
) -> Option<ResourceEnumEntry<'s>> {
    let resource = state.resources.get(id)?;
    let group = state.groups.get(&resource.group)?;
    Some(ResourceEnumEntry {
        name: Some(resource.name.as_str().into()),
        id: Some(id.as_str().into()),
        owner_name: Some(group.name.as_str().into()),
        owner_id: Some(resource.group.as_str().into()),
        properties: pointer(properties),
        ro_properties: pointer(read_only),
    })
}
