//! The messages, as values of ours: what every contestant is held against.

use std::fmt;
use std::sync::LazyLock;

use anyhow::{Context, Result, ensure};
use cmrp::clusapi3::{
    ApiAddNotifyResourceRequest, ApiClusterControlResponse, ApiCreateEnumResponse, ApiGetNotifyResponse,
    ApiGetNotifyV2Response, ApiQueryValueRequest, ApiQueryValueResponse, EnumEntry, EnumList,
    NotificationDataRpc, NotificationRpc, NotifyFilterAndTypeRpc,
};
use cmrp::cluster_change::{ClusterChange, ResourceFilter};
use cmrp::ndr::{ContextHandle, DecodeStub, EncodeStub, Format, Handle, Limits, SizedPtr, Uuid, Varying};

use crate::fact::{Fact, Source, handle};

/// Entries of the `ENUM_LIST`.
const ENTRIES: u32 = 1000;
/// Notifications of one `ApiGetNotifyV2`.
const NOTIFICATIONS: u32 = 100;
/// Octets of the large control buffer.
const LARGE: u32 = 64 << 10;
/// Octets of the registry value.
const SMALL: u32 = 64;

/// A request or response of protocol version 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// The response of `ApiGetNotify` with a name of 11 characters.
    GetNotifyShort,
    /// The response of `ApiGetNotify` with a name of 60 characters.
    GetNotifyLong,
    /// The request of `ApiAddNotifyResource`.
    AddNotifyResource,
    /// The response of `ApiCreateEnum` with 1,000 entries.
    CreateEnum,
    /// The response of `ApiGetNotifyV2` with 100 notifications.
    ///
    /// Their keys are 0: libndr takes the key for a pointer, and the null pointer is what both readings share.
    GetNotifyV2,
    /// The response of `ApiClusterControl` with 64 KiB.
    ClusterControl,
    /// The response of `ApiClusterControl` with an empty buffer: what the one with 64 KiB costs without its octets.
    ClusterControlEmpty,
    /// The request of `ApiQueryValue`.
    QueryValueRequest,
    /// The response of `ApiQueryValue` with 64 octets.
    QueryValueResponse,
}

/// A message as ours has it.
pub(crate) trait Value: DecodeStub<'static> + EncodeStub + 'static {
    /// What a reader finds, in the order of the wire. Counts that stand beside an array are left out.
    fn facts(&self) -> Vec<Fact>;
}

/// Something to be done with the value of a message, whatever its type.
pub(crate) trait Visit {
    type Output;

    fn visit<T: Value>(self, value: T) -> Self::Output;
}

impl Message {
    /// All messages.
    pub const ALL: [Self; 9] = [
        Self::GetNotifyShort,
        Self::GetNotifyLong,
        Self::AddNotifyResource,
        Self::CreateEnum,
        Self::GetNotifyV2,
        Self::ClusterControl,
        Self::ClusterControlEmpty,
        Self::QueryValueRequest,
        Self::QueryValueResponse,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetNotifyShort => "ApiGetNotify response, 11 characters",
            Self::GetNotifyLong => "ApiGetNotify response, 60 characters",
            Self::AddNotifyResource => "ApiAddNotifyResource request",
            Self::CreateEnum => "ApiCreateEnum response, 1000 entries",
            Self::GetNotifyV2 => "ApiGetNotifyV2 response, 100 events",
            Self::ClusterControl => "ApiClusterControl response, 64 KiB",
            Self::ClusterControlEmpty => "ApiClusterControl response, empty",
            Self::QueryValueRequest => "ApiQueryValue request",
            Self::QueryValueResponse => "ApiQueryValue response",
        }
    }

    /// Arrays of structures in the message, each of which a decoder may allocate once.
    pub const fn arrays(self) -> u64 {
        matches!(self, Self::CreateEnum | Self::GetNotifyV2) as u64
    }

    pub(crate) fn visit<V: Visit>(self, visit: V) -> V::Output {
        match self {
            Self::GetNotifyShort => visit.visit(get_notify(SHORT)),
            Self::GetNotifyLong => visit.visit(get_notify(LONG)),
            Self::AddNotifyResource => visit.visit(add_notify_resource()),
            Self::CreateEnum => visit.visit(create_enum()),
            Self::GetNotifyV2 => visit.visit(get_notify_v2()),
            Self::ClusterControl => visit.visit(cluster_control(&CONTROL)),
            Self::ClusterControlEmpty => visit.visit(cluster_control(&[])),
            Self::QueryValueRequest => visit.visit(query_value_request()),
            Self::QueryValueResponse => visit.visit(query_value_response()),
        }
    }

    /// The octets of the message: the same memory for everyone, so that nobody reads better aligned octets.
    ///
    /// # Errors
    /// Ours can't write it.
    pub fn stub(self, format: Format) -> Result<&'static [u8]> {
        let stub = STUBS.iter().find(|(message, of, _)| (*message, *of) == (self, format));
        let (_, _, octets) = stub.context("all messages have stubs")?;
        octets.as_deref().map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    /// What a reader finds in the message.
    pub(crate) fn facts(self) -> Vec<Fact> {
        self.visit(Facts)
    }

    /// What a contestant makes its own value of.
    pub(crate) fn source(self) -> Source {
        Source::new(self.facts())
    }

    /// Makes sure that a contestant read what ours holds.
    pub(crate) fn agrees(self, read: &[Fact]) -> Result<()> {
        let ours = self.facts();
        let place = ours.iter().zip(read).position(|(ours, theirs)| ours != theirs);
        ensure!(
            place.is_none(),
            "{self}: value {place:?}: {:?}",
            place.map(|at| (ours.get(at), read.get(at)))
        );
        ensure!(ours.len() == read.len(), "{self}: {} values instead of {}", read.len(), ours.len());
        Ok(())
    }

    /// Makes sure that a contestant wrote the octets that ours writes.
    pub(crate) fn is_stub(self, written: &[u8], format: Format) -> Result<()> {
        let ours = self.stub(format)?;
        let place = ours.iter().zip(written).position(|(ours, theirs)| ours != theirs);
        ensure!(place.is_none(), "{self}, {format}: octet {place:?} differs");
        ensure!(
            ours.len() == written.len(),
            "{self}, {format}: {} octets instead of {}",
            written.len(),
            ours.len()
        );
        Ok(())
    }

    /// Makes sure that ours reads in octets of a contestant what the message holds.
    pub(crate) fn is_read_from(self, written: &[u8], format: Format) -> Result<()> {
        let octets: &'static [u8] = written.to_vec().leak();
        self.agrees(&self.visit(Read(octets, format))?)
    }
}

#[cfg(test)]
impl Message {
    /// Whether ours takes the octets for the message.
    pub(crate) fn is_accepted(self, octets: &[u8], format: Format) -> bool {
        match self {
            Self::GetNotifyShort | Self::GetNotifyLong => accepts::<ApiGetNotifyResponse<'_>>(octets, format),
            Self::AddNotifyResource => accepts::<ApiAddNotifyResourceRequest>(octets, format),
            Self::CreateEnum => accepts::<ApiCreateEnumResponse<'_>>(octets, format),
            Self::GetNotifyV2 => accepts::<ApiGetNotifyV2Response<'_>>(octets, format),
            Self::ClusterControl | Self::ClusterControlEmpty => {
                accepts::<ApiClusterControlResponse<'_>>(octets, format)
            }
            Self::QueryValueRequest => accepts::<ApiQueryValueRequest<'_>>(octets, format),
            Self::QueryValueResponse => accepts::<ApiQueryValueResponse<'_>>(octets, format),
        }
    }
}

#[cfg(test)]
fn accepts<'a, T: DecodeStub<'a>>(octets: &'a [u8], format: Format) -> bool {
    T::decode(octets, format, &Limits::default()).is_ok()
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The octets of a message in a format.
type KnownStub = (Message, Format, Result<Vec<u8>>);

static STUBS: LazyLock<Vec<KnownStub>> = LazyLock::new(|| {
    let stubs = |message: Message| Format::ALL.map(|format| (message, format, message.visit(Stub(format))));
    Message::ALL.into_iter().flat_map(stubs).collect()
});

struct Stub(Format);

impl Visit for Stub {
    type Output = Result<Vec<u8>>;

    fn visit<T: Value>(self, value: T) -> Result<Vec<u8>> {
        value.encode(self.0).context("ours can't write it")
    }
}

struct Facts;

impl Visit for Facts {
    type Output = Vec<Fact>;

    fn visit<T: Value>(self, value: T) -> Vec<Fact> {
        value.facts()
    }
}

struct Read(&'static [u8], Format);

impl Visit for Read {
    type Output = Result<Vec<Fact>>;

    fn visit<T: Value>(self, _: T) -> Result<Vec<Fact>> {
        let Self(octets, format) = self;
        let limits = Limits::default().with_trailing(0);
        Ok(T::decode(octets, format, &limits).context("ours can't read it")?.facts())
    }
}

/// 11 characters.
const SHORT: &str = "FileServer1";
/// 60 characters.
const LONG: &str = "SQL Server (MSSQLSERVER) availability group listener DEV-042";

static NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| (0..ENTRIES).map(|index| format!("Cluster Disk {index:04}")).collect());
static IDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    (0..NOTIFICATIONS).map(|index| format!("9d3b1f0c-55ab-4c1e-8f77-0b6a5de1{index:04x}")).collect()
});
static CONTROL: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..LARGE).map(|index| index.to_le_bytes()[0]).collect());
static VALUE: [u8; SMALL as usize] = [0x5A; 64];
static BUFFER: [u8; 16] = [3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xC0, 0xA8, 0, 7];

fn token<H: Handle>(data1: u32) -> Option<H> {
    let uuid = Uuid::new(data1, 0x4D2A, 0x4B91, [0x9E, 0x10, 0x52, 0x54, 0, 0x8C, 0x31, 0x7F]);
    H::new(ContextHandle { attributes: 0, uuid })
}

fn get_notify(name: &'static str) -> ApiGetNotifyResponse<'static> {
    ApiGetNotifyResponse {
        dw_notify_key: 0x0005_0001,
        dw_filter: ClusterChange::from_bits_retain(0x0000_0100),
        dw_state_sequence: 41,
        name: Some(name.into()),
        rpc_status: 0,
        return_value: 0,
    }
}

fn add_notify_resource() -> ApiAddNotifyResourceRequest {
    ApiAddNotifyResourceRequest {
        h_notify: token(0x5DB2_FA84),
        h_resource: token(0x84C4_093E),
        dw_filter: ResourceFilter::from_bits_retain(0x0000_0100),
        dw_notify_key: 0x0005_0001,
    }
}

fn create_enum() -> ApiCreateEnumResponse<'static> {
    let entry = NAMES.iter().map(|name| EnumEntry { r#type: 4, name: Some(name.into()) }).collect();
    ApiCreateEnumResponse { return_enum: Some(EnumList { entry }), rpc_status: 0, return_value: 0 }
}

fn get_notify_v2() -> ApiGetNotifyV2Response<'static> {
    let notifications = IDS.iter().map(|id| notification(id)).collect();
    ApiGetNotifyV2Response { notifications: SizedPtr::Array(notifications), return_value: 0 }
}

fn notification(id: &'static str) -> NotificationRpc<'static> {
    let notification_data = NotificationDataRpc {
        filter_and_type: NotifyFilterAndTypeRpc { dw_object_type: 3, filter_flags: 0x0100 },
        buffer: SizedPtr::Array(&BUFFER),
        object_id: Some(id.into()),
        parent_id: Some("6f1c8c0a-7a43-4c55-9b5d-3d9a0c1e77aa".into()),
        name: Some("FileServer1".into()),
        r#type: Some("Network Name".into()),
    };
    NotificationRpc { dw_notify_key: 0, notification_data }
}

fn cluster_control(buffer: &'static [u8]) -> ApiClusterControlResponse<'static> {
    ApiClusterControlResponse {
        lp_out_buffer: Varying { size: LARGE, data: buffer },
        lpcb_required: 0,
        rpc_status: 0,
        return_value: 0,
    }
}

fn query_value_request() -> ApiQueryValueRequest<'static> {
    ApiQueryValueRequest {
        h_key: token(0x1F0C_9D3B),
        lp_value_name: "ResourceDllName".into(),
        cb_data: SMALL,
    }
}

fn query_value_response() -> ApiQueryValueResponse<'static> {
    ApiQueryValueResponse {
        lp_value_type: 3,
        lp_data: &VALUE,
        lpcb_required: SMALL,
        rpc_status: 0,
        return_value: 0,
    }
}

impl Value for ApiGetNotifyResponse<'static> {
    fn facts(&self) -> Vec<Fact> {
        vec![
            self.dw_notify_key.into(),
            self.dw_filter.bits().into(),
            self.dw_state_sequence.into(),
            self.name.into(),
            self.rpc_status.into(),
            self.return_value.into(),
        ]
    }
}

impl Value for ApiAddNotifyResourceRequest {
    fn facts(&self) -> Vec<Fact> {
        vec![
            handle(self.h_notify),
            handle(self.h_resource),
            self.dw_filter.bits().into(),
            self.dw_notify_key.into(),
        ]
    }
}

impl Value for ApiCreateEnumResponse<'static> {
    fn facts(&self) -> Vec<Fact> {
        let entries = self.return_enum.iter().flat_map(|list| &list.entry);
        let mut facts: Vec<Fact> =
            entries.flat_map(|entry| [entry.r#type.into(), entry.name.into()]).collect();
        facts.extend([self.rpc_status.into(), self.return_value.into()]);
        facts
    }
}

impl Value for ApiGetNotifyV2Response<'static> {
    fn facts(&self) -> Vec<Fact> {
        let notifications = self.notifications.as_array().into_iter().flatten();
        let mut facts: Vec<Fact> = notifications.flat_map(notification_facts).collect();
        facts.push(self.return_value.into());
        facts
    }
}

fn notification_facts(notification: &NotificationRpc<'_>) -> [Fact; 8] {
    let NotificationDataRpc { filter_and_type, buffer, object_id, parent_id, name, r#type } =
        &notification.notification_data;
    [
        notification.dw_notify_key.into(),
        filter_and_type.dw_object_type.into(),
        filter_and_type.filter_flags.cast_unsigned().into(),
        buffer.as_array().copied().into(),
        (*object_id).into(),
        (*parent_id).into(),
        (*name).into(),
        (*r#type).into(),
    ]
}

impl Value for ApiClusterControlResponse<'static> {
    fn facts(&self) -> Vec<Fact> {
        vec![
            self.lp_out_buffer.size.into(),
            self.lp_out_buffer.data.into(),
            self.lpcb_required.into(),
            self.rpc_status.into(),
            self.return_value.into(),
        ]
    }
}

impl Value for ApiQueryValueRequest<'static> {
    fn facts(&self) -> Vec<Fact> {
        vec![handle(self.h_key), self.lp_value_name.into(), self.cb_data.into()]
    }
}

impl Value for ApiQueryValueResponse<'static> {
    fn facts(&self) -> Vec<Fact> {
        vec![
            self.lp_value_type.into(),
            self.lp_data.into(),
            self.lpcb_required.into(),
            self.rpc_status.into(),
            self.return_value.into(),
        ]
    }
}
