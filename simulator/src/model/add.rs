//! The methods that add filters.

use cmrp_port::access::Access;
use cmrp_port::object::{Object, ObjectKind};
use cmrp_port::protocol::{PortVersion, Protocol};
use cmrp_port::status::{
    ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY,
    ERROR_SUCCESS,
};

use super::matching::{Filter, RESOURCE_TYPE, SUBTREE_V1, Scope, Wanted, object_type};
use super::{Caller, Model, Port, Refusal};
use crate::plain::{Answer, Indication, Method, Token};

/// `dwVersion` must be 2.
const VERSION: u32 = 2;

impl Model {
    /// The Add methods, checks 4 to 6 and what follows.
    pub(super) fn add(
        &mut self,
        caller: Caller,
        method: &Method,
        sequence: &dyn Fn(&Object) -> u32,
    ) -> Result<Answer, Refusal> {
        match *method {
            Method::Add { port, object, kind, events, valid, key, subtree, known } => {
                let (index, object) = self.both(caller, port, object)?;
                let object = self.checked(caller, index, PortVersion::V1, object, kind)?;
                if events == 0 || events & !valid != 0 {
                    return Err(Refusal::Code(ERROR_INVALID_PARAMETER));
                }
                let filter = filter_v1(&object, events, key, subtree);
                self.register(index, filter)?;
                Ok(self.added(index, &object, key, known, sequence(&object)))
            }
            Method::AddV2 { port, object, object_type, flags, key, version, targeted } => {
                let (index, object) = self.both(caller, port, object)?;
                let filter =
                    self.filter_v2(caller, index, object, (object_type, flags, key, version), targeted)?;
                self.register(index, filter)?;
                Ok(Answer::Done { result: ERROR_SUCCESS })
            }
            Method::AddResourceType { port, flags, key, ref name, version } => {
                let index = self.find_usable_port(caller, port)?;
                self.right_version(index, PortVersion::V2)?;
                if version != VERSION || !valid_flags(RESOURCE_TYPE, flags) {
                    return Err(Refusal::Code(ERROR_INVALID_PARAMETER));
                }
                let scope = Scope::Object { kind: ObjectKind::ResourceType, name: name.clone() };
                let wanted = Wanted::V2 { object_type: RESOURCE_TYPE, flags };
                self.register(index, Filter { key, scope, wanted })?;
                Ok(Answer::Done { result: ERROR_SUCCESS })
            }
            _ => Err(Refusal::Fault),
        }
    }

    /// The port and the object of two handles: unknown handles fault before a wrong kind is looked at.
    fn both(
        &self,
        caller: Caller,
        port: Token,
        object: Token,
    ) -> Result<(usize, Option<(Object, Access)>), Refusal> {
        let port = self.find_usable_port(caller, port);
        if matches!(port, Err(Refusal::Fault)) {
            return Err(Refusal::Fault);
        }
        let found = self.object(caller.association, caller.protocol, object);
        if found.is_none() && self.find_port(caller, object).is_err() {
            return Err(Refusal::Fault);
        }
        Ok((port?, found))
    }

    fn right_version(&self, index: usize, version: PortVersion) -> Result<(), Refusal> {
        match self.ports.get(index) {
            Some(port) if port.version == version => Ok(()),
            _ => Err(Refusal::Code(ERROR_INVALID_HANDLE)),
        }
    }

    /// The object, if port and object are those of the method and the handle's level is high enough.
    fn checked(
        &self,
        caller: Caller,
        index: usize,
        version: PortVersion,
        object: Option<(Object, Access)>,
        kind: ObjectKind,
    ) -> Result<Object, Refusal> {
        self.right_version(index, version)?;
        let Some((object, access)) = object.filter(|(object, _)| object.kind == kind) else {
            return Err(Refusal::Code(ERROR_INVALID_HANDLE));
        };
        let least = if caller.protocol == Protocol::V2 { Access::All } else { Access::Read };
        if kind.stores_access() && access < least {
            return Err(Refusal::Code(ERROR_ACCESS_DENIED));
        }
        Ok(object)
    }

    /// The filter that `ApiAddNotifyV2` describes.
    fn filter_v2(
        &self,
        caller: Caller,
        index: usize,
        object: Option<(Object, Access)>,
        (number, flags, key, version): (u32, u64, u32, u32),
        targeted: bool,
    ) -> Result<Filter, Refusal> {
        self.right_version(index, PortVersion::V2)?;
        // The handle of a port is no object; which object it should be, the type tells, if it is one.
        if object.is_none() {
            return Err(Refusal::Code(ERROR_INVALID_HANDLE));
        }
        let kind = match object_type(number) {
            Some((kind, _)) if targeted => kind,
            Some(_) => ObjectKind::Cluster,
            None => return Err(Refusal::Code(ERROR_INVALID_PARAMETER)),
        };
        let object = self.checked(caller, index, PortVersion::V2, object, kind)?;
        if version != VERSION || !valid_flags(number, flags) {
            return Err(Refusal::Code(ERROR_INVALID_PARAMETER));
        }
        let scope = match kind {
            ObjectKind::Cluster => Scope::Everything,
            kind => Scope::Object { kind, name: object.name.to_string() },
        };
        Ok(Filter { key, scope, wanted: Wanted::V2 { object_type: number, flags } })
    }

    fn register(&mut self, index: usize, filter: Filter) -> Result<(), Refusal> {
        let all: usize = self.ports.iter().map(|port| port.filters.len()).sum();
        let Some(port) = self.ports.get_mut(index) else { return Err(Refusal::Fault) };
        if all >= self.limits.filters || port.filters.len() >= self.limits.filters_per_port {
            return Err(Refusal::Code(ERROR_NOT_ENOUGH_MEMORY));
        }
        port.filters.push(filter);
        Ok(())
    }

    /// What the method answers; a `ReAdd` with an old number tells the state at once.
    fn added(
        &mut self,
        index: usize,
        object: &Object,
        key: u32,
        known: Option<u32>,
        sequence: u32,
    ) -> Answer {
        match known {
            None if object.kind.has_state_sequence() => Answer::Added { result: ERROR_SUCCESS, sequence },
            None => Answer::Done { result: ERROR_SUCCESS },
            Some(known) => {
                if known != sequence {
                    let name = Some(object.name.to_string());
                    let change = state_event(object.kind);
                    let indication = Indication::V1 { key, change, sequence: Some(sequence), name };
                    self.missed(index, indication);
                }
                Answer::Done { result: ERROR_SUCCESS }
            }
        }
    }
}

impl Port {
    /// The filters, in the order of their registration.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }
}

fn filter_v1(object: &Object, events: u32, key: u32, subtree: bool) -> Filter {
    let scope = match object.kind {
        ObjectKind::Cluster => Scope::Everything,
        kind => Scope::Object { kind, name: object.name.to_string() },
    };
    let subtree = subtree || events & SUBTREE_V1 != 0;
    Filter { key, scope, wanted: Wanted::V1 { events, subtree } }
}

fn valid_flags(number: u32, flags: u64) -> bool {
    object_type(number).is_some_and(|(_, valid)| flags != 0 && flags & !valid == 0)
}

/// The event that tells the state of an object (sheet 6.6).
pub const fn state_event(kind: ObjectKind) -> u32 {
    match kind {
        ObjectKind::Node => 0x0000_0001,
        ObjectKind::Group => 0x0000_1000,
        ObjectKind::Resource => 0x0000_0100,
        ObjectKind::Network => 0x0010_0000,
        ObjectKind::NetInterface => 0x0100_0000,
        _ => 0,
    }
}
