//! The cluster registry (MS-CMRP 3.1.4.2.29-41).
//!
//! A handle keeps the rights that it was opened with, and which key it was: one of the same path that came later is
//! another one. The rights are checked at each call, on top of the level that the node has checked.

use std::sync::Arc;

use cmrp::clusapi3::{self, HKeyRpc, Request, RpcSecurityDescriptor};
use cmrp::cluster_change::ClusterChange;
use cmrp::ndr::{FileTime, Varying, VaryingPtr, WStr};
use cmrp_port::event::EventV1;
use cmrp_port::event::v2::RegistryEvent;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::Protocol;

use super::{Done, Work};
use crate::embedded::model::{Key, KeyValue, Name};
use crate::embedded::registry::{Created, Effect, Tree, canonical, find, security};
use crate::embedded::work::Transaction;
use crate::event::Event;
use crate::node::refused::empty_buffer;
use crate::registry::{KeyPath, Parts, RegistryError, Rights, SecurityDescriptor};
use crate::session::Refusal;
use crate::status::{
    ERROR_ACCESS_DENIED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_MORE_DATA,
};

/// Carries out the methods of this area; `None` for those of others.
pub(super) fn serve(work: &mut Work<'_, '_>, request: &Request<'_>) -> Option<Done> {
    Some(match request {
        Request::ApiGetRootKey(call) => get_root(work, call),
        Request::ApiCreateKey(call) => create(work, call),
        Request::ApiOpenKey(call) => open(work, call),
        Request::ApiEnumKey(call) => enumerate_keys(work, call),
        Request::ApiSetValue(call) => set_value(work, call),
        Request::ApiDeleteValue(call) => delete_value(work, call),
        Request::ApiQueryValue(call) => query_value(work, call),
        Request::ApiDeleteKey(call) => delete(work, call),
        Request::ApiEnumValue(call) => enumerate_values(work, call),
        Request::ApiCloseKey(call) => close(work, call),
        Request::ApiQueryInfoKey(call) => query_info(work, call),
        Request::ApiSetKeySecurity(call) => set_security(work, call),
        Request::ApiGetKeySecurity(call) => get_security(work, call),
        _ => return None,
    })
}

impl From<RegistryError> for Refusal {
    fn from(error: RegistryError) -> Self {
        Self::Status(error.code())
    }
}

/// What a key handle stands for.
pub(super) struct OpenKey {
    pub(super) path: KeyPath,
    born: u64,
}

/// The key of a handle, which must carry these rights.
pub(super) fn opened(
    work: &Work<'_, '_>,
    handle: Option<HKeyRpc>,
    rights: Rights,
) -> Result<OpenKey, Refusal> {
    let held = work.session.resolve(handle, ObjectKind::Key)?;
    let [low, high, born @ ..] = held.detail.to_le_bytes();
    Rights::unpacked(u16::from_le_bytes([low, high])).require(rights)?;
    let mut number = [0; 8];
    number.iter_mut().zip(born).for_each(|(to, from)| *to = from);
    let open = OpenKey { path: KeyPath::parse(&held.object.name)?, born: u64::from_le_bytes(number) };
    key(work, &open).map(|_| open)
}

/// The key that a handle was opened on.
fn key<'w>(work: &'w Work<'_, '_>, open: &OpenKey) -> Result<&'w Key, Refusal> {
    let key = find(&work.model.state().registry, &open.path).filter(|key| key.born == open.born);
    Ok(key.ok_or(RegistryError::Deleted)?)
}

/// A handle that keeps the rights and which key it is.
fn handle(work: &mut Work<'_, '_>, path: &KeyPath, born: u64, rights: Rights) -> Result<HKeyRpc, Refusal> {
    let access = work.session.access().ok_or(ERROR_ACCESS_DENIED)?;
    let detail = born.wrapping_shl(16) | u64::from(rights.packed());
    Ok(work.session.open(&Object::new(ObjectKind::Key, path.as_str()), access, detail)?)
}

fn granted(work: &Work<'_, '_>, desired: u32) -> Result<Rights, Refusal> {
    let access = work.session.access().ok_or(ERROR_ACCESS_DENIED)?;
    Ok(Rights::grant(desired, access)?)
}

fn get_root(work: &mut Work<'_, '_>, call: &clusapi3::ApiGetRootKeyRequest) -> Done {
    let rights = granted(work, call.sam_desired)?;
    let born = work.model.state().registry.born;
    let return_value = Some(handle(work, &KeyPath::ROOT, born, rights)?);
    work.answer(clusapi3::ApiGetRootKeyResponse { return_value, ..Default::default() })
}

fn open(work: &mut Work<'_, '_>, call: &clusapi3::ApiOpenKeyRequest<'_>) -> Done {
    let base = opened(work, call.h_key, Rights::NONE)?;
    let path = base.path.join(&path(call.lp_sub_key)?)?;
    let rights = granted(work, call.sam_desired)?;
    let root = &work.model.state().registry;
    let path = canonical(root, &path).ok_or(RegistryError::NotFound)?;
    let born = find(root, &path).ok_or(RegistryError::NotFound)?.born;
    let return_value = Some(handle(work, &path, born, rights)?);
    work.answer(clusapi3::ApiOpenKeyResponse { return_value, ..Default::default() })
}

fn create(work: &mut Work<'_, '_>, call: &clusapi3::ApiCreateKeyRequest<'_>) -> Done {
    const NEW: u32 = 1;
    const OPENED: u32 = 2;
    // Protocol version 3 ignores the options (MS-CMRP 3.1.4.1.30, 3.1.4.2.30).
    if work.session.reply().protocol == Protocol::V2 && call.dw_options != 0 {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    let base = opened(work, call.h_key, Rights::NONE)?;
    let path = base.path.join(&path(call.lp_sub_key)?)?;
    let rights = granted(work, call.sam_desired)?;
    let security = match &call.lp_security_attributes {
        Some(attributes) => given(&attributes.rpc_security_descriptor)?,
        None => None,
    };
    if find(&work.model.state().registry, &path).is_none() {
        opened(work, call.h_key, Rights::CREATE_SUB_KEY)?;
    }
    let Created { path, born, new } = change(&mut work.model, |tree| tree.create(&path, security.as_ref()))?;
    let return_value = Some(handle(work, &path, born, rights)?);
    let lpdw_disposition = if new { NEW } else { OPENED };
    work.answer(clusapi3::ApiCreateKeyResponse { lpdw_disposition, return_value, ..Default::default() })
}

fn delete(work: &mut Work<'_, '_>, call: &clusapi3::ApiDeleteKeyRequest<'_>) -> Done {
    let base = opened(work, call.h_key, Rights::NONE)?;
    let path = path(call.lp_sub_key)?;
    // Its own key is no subkey of it.
    if path.is_root() {
        return Err(ERROR_INVALID_PARAMETER.into());
    }
    granted(work, Rights::DELETE.bits())?;
    let path = base.path.join(&path)?;
    change(&mut work.model, |tree| tree.delete(&path))?;
    work.answer(clusapi3::ApiDeleteKeyResponse::default())
}

fn close(work: &mut Work<'_, '_>, call: &clusapi3::ApiCloseKeyRequest) -> Done {
    work.session.close(call.p_key, ObjectKind::Key)?;
    work.answer(clusapi3::ApiCloseKeyResponse::default())
}

fn enumerate_keys(work: &mut Work<'_, '_>, call: &clusapi3::ApiEnumKeyRequest) -> Done {
    let open = opened(work, call.h_key, Rights::ENUMERATE_SUB_KEYS)?;
    let (name, below) = nth(&key(work, &open)?.keys, call.dw_index)?;
    work.answer(clusapi3::ApiEnumKeyResponse {
        key_name: Some(name.as_str().into()),
        lpft_last_write_time: FileTime(below.written),
        ..Default::default()
    })
}

/// The entry at this place.
fn nth<T>(map: &std::collections::BTreeMap<Name, T>, index: u32) -> Result<(&Name, &T), RegistryError> {
    let index = usize::try_from(index).map_err(|_| RegistryError::NoMore)?;
    // What is beyond the end is not walked to.
    if index >= map.len() {
        Err(RegistryError::NoMore)
    } else {
        map.iter().nth(index).ok_or(RegistryError::NoMore)
    }
}

fn enumerate_values(work: &mut Work<'_, '_>, call: &clusapi3::ApiEnumValueRequest) -> Done {
    let open = opened(work, call.h_key, Rights::QUERY_VALUE)?;
    let (name, value) = nth(&key(work, &open)?.values, call.dw_index)?;
    let fits = value.data.len() <= size(call.lpcb_data);
    // What does not fit is told by its size alone; the array is then the one that the caller has room for.
    let lp_data = if fits { &value.data } else { empty_buffer(call.lpcb_data).map_err(Refusal::Fault)? };
    work.answer(clusapi3::ApiEnumValueResponse {
        lp_value_name: Some(name.as_str().into()),
        lp_type: value.kind,
        lp_data,
        total_size: length(value.data.len()),
        return_value: if fits { 0 } else { ERROR_MORE_DATA },
        ..Default::default()
    })
}

fn query_value(work: &mut Work<'_, '_>, call: &clusapi3::ApiQueryValueRequest<'_>) -> Done {
    let open = opened(work, call.h_key, Rights::QUERY_VALUE)?;
    let name = text(call.lp_value_name)?;
    let value = key(work, &open)?.values.get(&Name::from(name)).ok_or(RegistryError::NotFound)?;
    let fits = value.data.len() <= size(call.cb_data);
    // All octets of the caller's buffer travel back (MS-CMRP 3.1.4.2.35).
    let mut buffer = empty_buffer(call.cb_data).map_err(Refusal::Fault)?.to_vec();
    if fits {
        buffer.iter_mut().zip(value.data.iter()).for_each(|(to, from)| *to = *from);
    }
    work.answer(clusapi3::ApiQueryValueResponse {
        lp_value_type: value.kind,
        lp_data: &buffer,
        lpcb_required: length(value.data.len()),
        return_value: if fits { 0 } else { ERROR_MORE_DATA },
        ..Default::default()
    })
}

fn set_value(work: &mut Work<'_, '_>, call: &clusapi3::ApiSetValueRequest<'_>) -> Done {
    let open = opened(work, call.h_key, Rights::SET_VALUE)?;
    let name = text(call.lp_value_name)?;
    let value = KeyValue { kind: call.dw_type, data: Arc::new(call.lp_data.to_vec()) };
    change(&mut work.model, |tree| tree.set(&open.path, &name, value))?;
    work.answer(clusapi3::ApiSetValueResponse::default())
}

fn delete_value(work: &mut Work<'_, '_>, call: &clusapi3::ApiDeleteValueRequest<'_>) -> Done {
    let open = opened(work, call.h_key, Rights::SET_VALUE)?;
    let name = text(call.lp_value_name)?;
    change(&mut work.model, |tree| tree.unset(&open.path, &name))?;
    work.answer(clusapi3::ApiDeleteValueResponse::default())
}

/// Lengths of names are in UTF-16 units without terminator, as `RegQueryInfoKey` counts them; MS-CMRP leaves the unit
/// open.
fn query_info(work: &mut Work<'_, '_>, call: &clusapi3::ApiQueryInfoKeyRequest) -> Done {
    let open = opened(work, call.h_key, Rights::QUERY_VALUE)?;
    let key = key(work, &open)?;
    let longest = |name: &Name| name.as_str().encode_utf16().count();
    let descriptor = security(&work.model.state().registry, &open.path).ok_or(RegistryError::Deleted)?;
    work.answer(clusapi3::ApiQueryInfoKeyResponse {
        lpc_sub_keys: length(key.keys.len()),
        lpcb_max_sub_key_len: length(key.keys.keys().map(longest).max().unwrap_or(0)),
        lpc_values: length(key.values.len()),
        lpcb_max_value_name_len: length(key.values.keys().map(longest).max().unwrap_or(0)),
        lpcb_max_value_len: length(key.values.values().map(|value| value.data.len()).max().unwrap_or(0)),
        lpcb_security_descriptor: length(descriptor.octets(Parts::ALL).len()),
        lpft_last_write_time: FileTime(key.written),
        ..Default::default()
    })
}

fn set_security(work: &mut Work<'_, '_>, call: &clusapi3::ApiSetKeySecurityRequest<'_>) -> Done {
    let parts = Parts::asked(call.security_information)?;
    let mut rights = Rights::NONE;
    if parts.intersects(Parts::OWNER.or(Parts::GROUP)) {
        rights = rights.with(Rights::WRITE_OWNER);
    }
    if parts.intersects(Parts::DACL) {
        rights = rights.with(Rights::WRITE_DAC);
    }
    if parts.intersects(Parts::SACL) {
        rights = rights.with(Rights::SYSTEM_SECURITY);
    }
    let open = opened(work, call.h_key, rights)?;
    let given = given(&call.p_rpc_security_descriptor)?.ok_or(RegistryError::BadSecurity)?;
    change(&mut work.model, |tree| tree.secure(&open.path, parts, given))?;
    work.answer(clusapi3::ApiSetKeySecurityResponse::default())
}

fn get_security(work: &mut Work<'_, '_>, call: &clusapi3::ApiGetKeySecurityRequest<'_>) -> Done {
    let parts = Parts::asked(call.security_information)?;
    let audit = if parts.intersects(Parts::SACL) { Rights::SYSTEM_SECURITY } else { Rights::NONE };
    let open = opened(work, call.h_key, Rights::READ_CONTROL.with(audit))?;
    let descriptor = security(&work.model.state().registry, &open.path).ok_or(RegistryError::Deleted)?;
    let octets = descriptor.octets(parts);
    let room = match &call.p_rpc_security_descriptor.lp_security_descriptor {
        VaryingPtr::Null { size, .. } => *size,
        VaryingPtr::Array(buffer) => buffer.size,
    };
    let fits = octets.len() <= size(room);
    // What does not fit is told by its size in the place of the size of the buffer, which is the only member that can
    // hold it: cbOutSecurityDescriptor counts what travels (MS-CMRP 2.2.3.1; MS-RRP 3.1.5.13 does the same).
    let lp_security_descriptor = VaryingPtr::Array(if fits {
        Varying { size: room, data: octets.as_slice() }
    } else {
        Varying { size: length(octets.len()), data: &[] }
    });
    work.answer(clusapi3::ApiGetKeySecurityResponse {
        p_rpc_security_descriptor: RpcSecurityDescriptor { lp_security_descriptor },
        return_value: if fits { 0 } else { ERROR_INSUFFICIENT_BUFFER },
        ..Default::default()
    })
}

/// The security descriptor that a client gives; `None` for the null pointer.
fn given(descriptor: &RpcSecurityDescriptor<'_>) -> Result<Option<SecurityDescriptor>, RegistryError> {
    match &descriptor.lp_security_descriptor {
        VaryingPtr::Null { .. } => Ok(None),
        VaryingPtr::Array(buffer) => SecurityDescriptor::parse(buffer.data).map(Some),
    }
}

/// Changes the tree and tells what has changed; if `operation` fails, nothing has.
pub(in crate::embedded) fn change<T, E>(
    model: &mut Transaction<'_>,
    operation: impl FnOnce(&mut Tree) -> Result<T, E>,
) -> Result<T, E> {
    let mut tree = Tree::of(model.state(), model.file_time());
    let done = operation(&mut tree)?;
    if tree.is_changed() {
        let effects = tree.commit(model.change());
        for effect in &effects {
            tell(model, effect);
        }
    }
    Ok(done)
}

fn tell(model: &mut Transaction<'_>, effect: &Effect) {
    let (change, event, path) = match effect {
        Effect::KeyMade(path) | Effect::KeyGone(path) => {
            (ClusterChange::REGISTRY_NAME, RegistryEvent::Name { value: "" }, path)
        }
        Effect::Value(path, name) => (ClusterChange::REGISTRY_VALUE, RegistryEvent::Value(name), path),
        Effect::Security(path) => (ClusterChange::REGISTRY_ATTRIBUTES, RegistryEvent::Attributes, path),
    };
    let told = Event::default().with_v2(event.of(path.as_str()));
    model.tell(match EventV1::new(change, path.as_str(), 0) {
        Some(first) => told.with_v1(first),
        None => told,
    });
}

fn path(name: WStr<'_>) -> Result<KeyPath, RegistryError> {
    KeyPath::parse(&text(name)?)
}

/// A name of the wire; one with lone surrogates names nothing.
fn text(name: WStr<'_>) -> Result<String, RegistryError> {
    name.chars().collect::<Result<_, _>>().map_err(|_| RegistryError::BadParameter)
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
