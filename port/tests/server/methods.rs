//! The methods of notification ports as data, from the method pages (MS-CMRP 3.1.4.1, 3.1.4.2).

use cmrp::ndr::ContextHandle;
use cmrp_port::object::ObjectKind;
use cmrp_port::protocol::Protocol::{self, V2, V3};

use crate::wire::Stub;

/// A parameter with a value that makes the call succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// A port that `ApiCreateNotify` made.
    PortV1,
    /// A port that `ApiCreateNotifyV2` made.
    PortV2,
    /// A port of either version.
    Port,
    Object(ObjectKind),
    Number(u32),
    /// Sent in protocol version 2 only.
    Timeout(u32),
    Long(i64),
    Text(&'static str),
}

impl Parameter {
    pub(crate) const fn is_port(self) -> bool {
        matches!(self, Self::PortV1 | Self::PortV2 | Self::Port)
    }

    pub(crate) const fn is_handle(self) -> bool {
        self.is_port() || matches!(self, Self::Object(_))
    }
}

/// A method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Method {
    pub(crate) opnum: u16,
    pub(crate) name: &'static str,
    /// Which protocol versions have it.
    pub(crate) protocols: &'static [Protocol],
    /// In which protocol versions it is accepted in the Read-Only state.
    pub(crate) read_only: &'static [Protocol],
    pub(crate) parameters: &'static [Parameter],
}

impl Method {
    /// Whether a call may wait.
    pub(crate) const fn is_get(&self) -> bool {
        matches!(self.opnum, 65 | 139 | 147)
    }

    /// Whether the handle is a parameter of direction [in, out], so that a null one reaches the method.
    pub(crate) const fn is_close(&self) -> bool {
        self.opnum == 56
    }
}

use ObjectKind::{Cluster, Group, Key, NetInterface, Network, Node, Resource};
use Parameter::{Long, Number, Object, Port, PortV1, PortV2, Text, Timeout};

const BOTH: &[Protocol] = &[V2, V3];
const NEW: &[Protocol] = &[V3];

macro_rules! methods {
    ($($opnum:literal $name:ident $protocols:ident, read-only $read_only:ident, ($($parameter:expr),*);)+) => {
        /// All methods of notification ports.
        pub(crate) const METHODS: &[Method] = &[$(Method {
            opnum: $opnum,
            name: stringify!($name),
            protocols: $protocols,
            read_only: $read_only,
            parameters: &[$($parameter),*],
        }),+];
    };
}

methods! {
    55 ApiCreateNotify BOTH, read-only NEW, ();
    56 ApiCloseNotify BOTH, read-only BOTH, (Port);
    57 ApiAddNotifyCluster BOTH, read-only BOTH, (PortV1, Object(Cluster), Number(1), Number(7));
    58 ApiAddNotifyNode BOTH, read-only BOTH, (PortV1, Object(Node), Number(1), Number(7));
    59 ApiAddNotifyGroup BOTH, read-only BOTH, (PortV1, Object(Group), Number(0x1000), Number(7));
    60 ApiAddNotifyResource BOTH, read-only BOTH, (PortV1, Object(Resource), Number(0x100), Number(7));
    61 ApiAddNotifyKey BOTH, read-only BOTH, (PortV1, Object(Key), Number(7), Number(0x40), Number(1));
    62 ApiReAddNotifyNode BOTH, read-only BOTH, (PortV1, Object(Node), Number(1), Number(7), Number(0));
    63 ApiReAddNotifyGroup BOTH, read-only BOTH, (PortV1, Object(Group), Number(0x1000), Number(7), Number(0));
    64 ApiReAddNotifyResource BOTH, read-only BOTH, (PortV1, Object(Resource), Number(0x100), Number(7), Number(0));
    65 ApiGetNotify BOTH, read-only BOTH, (PortV1, Timeout(1000));
    90 ApiAddNotifyNetwork BOTH, read-only BOTH, (PortV1, Object(Network), Number(0x10_0000), Number(7));
    91 ApiReAddNotifyNetwork BOTH, read-only BOTH, (PortV1, Object(Network), Number(0x10_0000), Number(7), Number(0));
    99 ApiAddNotifyNetInterface BOTH, read-only BOTH, (PortV1, Object(NetInterface), Number(0x100_0000), Number(7));
    100 ApiReAddNotifyNetInterface BOTH, read-only BOTH, (PortV1, Object(NetInterface), Number(0x100_0000), Number(7), Number(0));
    107 ApiUnblockGetNotifyCall BOTH, read-only BOTH, (Port);
    137 ApiCreateNotifyV2 NEW, read-only NEW, ();
    138 ApiAddNotifyV2 NEW, read-only NEW, (PortV2, Object(Group), Number(2), Long(8), Number(7), Number(2), Number(1));
    139 ApiGetNotifyV2 NEW, read-only NEW, (PortV2);
    147 ApiGetNotifyAsync NEW, read-only NEW, (PortV1);
    155 ApiAddNotifyResourceTypeV2 NEW, read-only NEW, (PortV2, Long(1), Number(7), Text("T"), Number(2));
}

/// The method with this number.
pub(crate) fn method(opnum: u16) -> &'static Method {
    METHODS.iter().find(|method| method.opnum == opnum).expect("a method of ports")
}

/// Every method in every protocol version that has it.
pub(crate) fn everywhere() -> impl Iterator<Item = (&'static Method, Protocol)> {
    METHODS.iter().flat_map(|method| method.protocols.iter().map(move |protocol| (method, *protocol)))
}

/// The handles that a call names.
pub(crate) struct Handles {
    pub(crate) v1: ContextHandle,
    pub(crate) v2: ContextHandle,
    pub(crate) objects: Vec<(ObjectKind, ContextHandle)>,
}

impl Handles {
    pub(crate) fn object(&self, kind: ObjectKind) -> ContextHandle {
        self.objects.iter().find(|(of, _)| *of == kind).expect("a handle of each kind").1
    }

    pub(crate) fn of(&self, parameter: Parameter) -> ContextHandle {
        match parameter {
            PortV2 => self.v2,
            Object(kind) => self.object(kind),
            _ => self.v1,
        }
    }
}

/// Writes a parameter.
pub(crate) fn write(stub: Stub, parameter: Parameter, handle: ContextHandle, protocol: Protocol) -> Stub {
    match parameter {
        Port | PortV1 | PortV2 | Object(_) => stub.handle(handle),
        Number(value) => stub.number(value),
        Timeout(value) if protocol == V2 => stub.number(value),
        Timeout(_) => stub,
        Long(value) => stub.long(value),
        Text(text) => stub.text(text),
    }
}
