//! Resource types.

use cmrp::clusapi3::{ApiCreateResourceTypeRequest, Request};

use super::{Done, Work, kept_text, text};
use crate::embedded::model::ResourceType;
use crate::session::Refusal;

/// `CLUS_RESCLASS_USER` of clusapi.h: the class of types that others than the system bring.
const USER_CLASS: u32 = 32_768;

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    let changed = match request {
        Request::ApiCreateResourceType(call) => create(work, call),
        Request::ApiDeleteResourceType(call) => delete(work, call.lpsz_type_name),
        _ => return None,
    };
    Some(changed.and_then(|()| work.returns(request, 0)))
}

/// MS-CMRP 3.1.4.2.27.
fn create(work: &mut Work<'_, '_>, call: &ApiCreateResourceTypeRequest<'_>) -> Result<(), Refusal> {
    let kind = ResourceType {
        display_name: kept_text(call.lpsz_display_name)?,
        dll: kept_text(call.lpsz_dll_name)?,
        looks_alive: call.dw_looks_alive,
        is_alive: call.dw_is_alive,
        class: USER_CLASS,
        ..ResourceType::default()
    };
    work.model.create_resource_type(&text(call.lpsz_type_name)?, kind)?;
    Ok(())
}

/// MS-CMRP 3.1.4.2.28.
fn delete(work: &mut Work<'_, '_>, name: cmrp::ndr::WStr<'_>) -> Result<(), Refusal> {
    work.model.delete_resource_type(&text(name)?)?;
    Ok(())
}
