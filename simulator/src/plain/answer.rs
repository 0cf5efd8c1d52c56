//! What the server of notification ports answers, without the types of the protocol.

use cmrp::ndr::{SizedPtr, WStr};
use cmrp::{clusapi2, clusapi3};

use super::{Token, token};

/// An indication as a get method returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Indication {
    /// Of a version 1 port.
    V1 {
        /// `dwNotifyKey`.
        key: u32,
        /// `dwFilter`.
        change: u32,
        /// `dwStateSequence`; `ApiGetNotifyAsync` doesn't tell it.
        sequence: Option<u32>,
        /// `Name`; `None` is the null pointer.
        name: Option<String>,
    },
    /// Of a version 2 port.
    V2 {
        /// `dwNotifyKey`.
        key: u64,
        /// `dwObjectType`.
        object_type: u32,
        /// `FilterFlags`.
        flags: u64,
        /// `buffer`.
        buffer: Vec<u8>,
        /// `ObjectId`, `ParentId`, `Name`, `Type`; `None` is the null pointer.
        strings: [Option<String>; 4],
    },
}

/// What a method answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The create methods.
    Created {
        /// `Status`, `rpc_error`.
        status: u32,
        /// The handle; null if it failed.
        port: Token,
    },
    /// `ApiCloseNotify`.
    Closed {
        /// The result.
        result: u32,
        /// The handle, null on success.
        port: Token,
    },
    /// Methods with a result alone.
    Done {
        /// The result.
        result: u32,
    },
    /// Methods that tell a state number.
    Added {
        /// The result.
        result: u32,
        /// `dwStateSequence`.
        sequence: u32,
    },
    /// The get methods.
    Got {
        /// The result.
        result: u32,
        /// What they return; `None` for the null pointer to an array.
        indications: Option<Vec<Indication>>,
    },
    /// A response that no method of notification ports has, or one that breaks a rule of its form.
    Wrong(String),
}

impl Answer {
    /// The result; the status of the create methods.
    pub const fn result(&self) -> u32 {
        match *self {
            Self::Created { status, .. } => status,
            Self::Closed { result, .. }
            | Self::Done { result }
            | Self::Added { result, .. }
            | Self::Got { result, .. } => result,
            Self::Wrong(_) => u32::MAX,
        }
    }

    /// The indications that it delivers.
    pub fn indications(&self) -> &[Indication] {
        match self {
            Self::Got { indications: Some(indications), .. } => indications,
            _ => &[],
        }
    }

    /// The plain form of a response of protocol version 2.
    pub fn from_v2(response: &clusapi2::Response<'_>) -> Self {
        use clusapi2::Response as R;
        match response {
            R::ApiCreateNotify(r) => Self::Created { status: r.status, port: token(r.return_value) },
            R::ApiCloseNotify(r) => Self::Closed { result: r.return_value, port: token(r.h_notify) },
            R::ApiAddNotifyNode(r) => Self::Added { result: r.return_value, sequence: r.dw_state_sequence },
            R::ApiAddNotifyGroup(r) => Self::Added { result: r.return_value, sequence: r.dw_state_sequence },
            R::ApiAddNotifyResource(r) => {
                Self::Added { result: r.return_value, sequence: r.dw_state_sequence }
            }
            R::ApiAddNotifyNetwork(r) => {
                Self::Added { result: r.return_value, sequence: r.dw_state_sequence }
            }
            R::ApiAddNotifyNetInterface(r) => {
                Self::Added { result: r.return_value, sequence: r.dw_state_sequence }
            }
            R::ApiAddNotifyCluster(r) => Self::Done { result: r.return_value },
            R::ApiAddNotifyKey(r) => Self::Done { result: r.return_value },
            R::ApiReAddNotifyNode(r) => Self::Done { result: r.return_value },
            R::ApiReAddNotifyGroup(r) => Self::Done { result: r.return_value },
            R::ApiReAddNotifyResource(r) => Self::Done { result: r.return_value },
            R::ApiReAddNotifyNetwork(r) => Self::Done { result: r.return_value },
            R::ApiReAddNotifyNetInterface(r) => Self::Done { result: r.return_value },
            R::ApiUnblockGetNotifyCall(r) => Self::Done { result: r.return_value },
            R::ApiGetNotify(r) => {
                one(r.return_value, r.dw_notify_key, r.dw_filter.bits(), r.dw_state_sequence, r.name)
            }
            other => Self::Wrong(format!("{other:?}")),
        }
    }

    /// The plain form of a response of protocol version 3.
    pub fn from_v3(response: &clusapi3::Response<'_>) -> Self {
        use clusapi3::Response as R;
        match response {
            R::ApiCloseNotify(r) => Self::Closed { result: r.return_value, port: token(r.notify) },
            R::ApiUnblockGetNotifyCall(r) => Self::Done { result: r.return_value },
            R::ApiGetNotifyAsync(r) => several_v1(r),
            R::ApiGetNotifyV2(r) => several_v2(r),
            other => with_rpc_status(other),
        }
    }
}

/// The responses that have an `rpc_status`, which a server writes as 0.
fn with_rpc_status(response: &clusapi3::Response<'_>) -> Answer {
    use clusapi3::Response as R;
    let (rpc_status, answer) = match response {
        R::ApiCreateNotify(r) => {
            (r.rpc_status, Answer::Created { status: r.status, port: token(r.return_value) })
        }
        R::ApiCreateNotifyV2(r) => {
            (r.rpc_status, Answer::Created { status: r.rpc_error, port: token(r.return_value) })
        }
        R::ApiAddNotifyNode(r) => (r.rpc_status, added(r.return_value, r.dw_state_sequence)),
        R::ApiAddNotifyGroup(r) => (r.rpc_status, added(r.return_value, r.dw_state_sequence)),
        R::ApiAddNotifyResource(r) => (r.rpc_status, added(r.return_value, r.dw_state_sequence)),
        R::ApiAddNotifyNetwork(r) => (r.rpc_status, added(r.return_value, r.dw_state_sequence)),
        R::ApiAddNotifyNetInterface(r) => (r.rpc_status, added(r.return_value, r.dw_state_sequence)),
        R::ApiAddNotifyCluster(r) => (r.rpc_status, done(r.return_value)),
        R::ApiAddNotifyKey(r) => (r.rpc_status, done(r.return_value)),
        R::ApiAddNotifyV2(r) => (r.rpc_status, done(r.return_value)),
        R::ApiAddNotifyResourceTypeV2(r) => (r.rpc_status, done(r.return_value)),
        R::ApiReAddNotifyNode(r) => (r.rpc_status, done(r.return_value)),
        R::ApiReAddNotifyGroup(r) => (r.rpc_status, done(r.return_value)),
        R::ApiReAddNotifyResource(r) => (r.rpc_status, done(r.return_value)),
        R::ApiReAddNotifyNetwork(r) => (r.rpc_status, done(r.return_value)),
        R::ApiReAddNotifyNetInterface(r) => (r.rpc_status, done(r.return_value)),
        R::ApiGetNotify(r) => (
            r.rpc_status,
            one(r.return_value, r.dw_notify_key, r.dw_filter.bits(), r.dw_state_sequence, r.name),
        ),
        other => return Answer::Wrong(format!("{other:?}")),
    };
    if rpc_status == 0 { answer } else { Answer::Wrong(format!("rpc_status {rpc_status:#x} of {answer:?}")) }
}

const fn done(result: u32) -> Answer {
    Answer::Done { result }
}

const fn added(result: u32, sequence: u32) -> Answer {
    Answer::Added { result, sequence }
}

/// `ApiGetNotify`: zeros and no name unless it succeeded.
fn one(result: u32, key: u32, change: u32, sequence: u32, name: Option<WStr<'_>>) -> Answer {
    if result == 0 {
        let indication = Indication::V1 { key, change, sequence: Some(sequence), name: owned(name) };
        return Answer::Got { result, indications: Some(vec![indication]) };
    }
    if (key, change, sequence, name) != (0, 0, 0, None) {
        return Answer::Wrong(format!("{result:#x} with {key} {change:#x} {sequence} {name:?}"));
    }
    Answer::Got { result, indications: None }
}

fn several_v1(response: &clusapi3::ApiGetNotifyAsyncResponse<'_>) -> Answer {
    let indications = response.notifications.as_array().map(|array| {
        let plain = |item: &clusapi3::NotificationDataAsyncRpc<'_>| Indication::V1 {
            key: item.dw_notify_key,
            change: item.dw_filter.bits(),
            sequence: None,
            name: owned(item.name),
        };
        array.iter().map(plain).collect()
    });
    several(response.return_value, indications)
}

fn several_v2(response: &clusapi3::ApiGetNotifyV2Response<'_>) -> Answer {
    let indications = response.notifications.as_array().map(|array| array.iter().map(notification).collect());
    several(response.return_value, indications)
}

fn notification(item: &clusapi3::NotificationRpc<'_>) -> Indication {
    let data = &item.notification_data;
    Indication::V2 {
        key: item.dw_notify_key,
        object_type: data.filter_and_type.dw_object_type,
        flags: u64::from_ne_bytes(data.filter_and_type.filter_flags.to_ne_bytes()),
        buffer: match data.buffer {
            SizedPtr::Array(buffer) => buffer.to_vec(),
            SizedPtr::Null { .. } => Vec::new(),
        },
        strings: [owned(data.object_id), owned(data.parent_id), owned(data.name), owned(data.r#type)],
    }
}

/// A null array unless it succeeded, and then at least one element.
fn several(result: u32, indications: Option<Vec<Indication>>) -> Answer {
    let some = indications.as_ref().is_some_and(|indications| !indications.is_empty());
    if (result == 0) != some || (result != 0 && indications.is_some()) {
        return Answer::Wrong(format!("{result:#x} with {indications:?}"));
    }
    Answer::Got { result, indications }
}

fn owned(text: Option<WStr<'_>>) -> Option<String> {
    text.map(|text| text.to_string_lossy())
}
