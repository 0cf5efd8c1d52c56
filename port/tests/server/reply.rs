//! What a call ended with, read from the octets of its response by the layout of section 6 of the fact sheet.

use cmrp::ndr::{ContextHandle, Format};
use cmrp_port::protocol::Protocol;

use crate::wire::Cursor;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Reply(Reply),
    Fault(u32),
    Abandoned,
}

impl End {
    #[track_caller]
    pub(crate) fn reply(self) -> Reply {
        match self {
            Self::Reply(reply) => reply,
            other => panic!("a response was expected, not {other:?}"),
        }
    }

    /// The function result, or the status of a create method.
    #[track_caller]
    pub(crate) fn result(self) -> u32 {
        self.reply().result
    }
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The function result, or `Status` of a create method.
    pub(crate) result: u32,
    /// Of a create method and of `ApiCloseNotify`.
    pub(crate) handle: ContextHandle,
    /// `dwStateSequence` of an Add method.
    pub(crate) sequence: u32,
    /// What `ApiGetNotify` returned.
    pub(crate) event: Event,
    /// What `ApiGetNotifyAsync` returned; `None` is the null pointer.
    pub(crate) asynchronous: Option<Vec<Event>>,
    /// What `ApiGetNotifyV2` returned; `None` is the null pointer.
    pub(crate) batch: Option<Vec<EventOfV2>>,
    /// The stub.
    pub(crate) octets: Vec<u8>,
}

/// An event of a version 1 port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) key: u32,
    pub(crate) change: u32,
    pub(crate) sequence: u32,
    /// `None` is the null pointer.
    pub(crate) name: Option<String>,
}

impl Event {
    pub(crate) fn new(key: u32, change: u32, sequence: u32, name: &str) -> Self {
        Self { key, change, sequence, name: Some(name.to_owned()) }
    }
}

/// An event of a version 2 port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EventOfV2 {
    pub(crate) key: u32,
    pub(crate) object_type: u32,
    pub(crate) flags: i64,
    pub(crate) buffer: Vec<u8>,
    pub(crate) object_id: Option<String>,
    pub(crate) parent_id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) type_name: Option<String>,
}

/// Reads a response.
pub(crate) fn read(protocol: Protocol, opnum: u16, octets: &[u8], format: Format) -> Reply {
    let mut cursor = Cursor::new(octets, format);
    let mut reply = Reply { octets: octets.to_vec(), ..Reply::default() };
    match opnum {
        55 | 137 => {
            reply.result = cursor.number();
            rpc_status(&mut cursor, protocol);
            reply.handle = cursor.handle();
            cursor.end();
            return reply;
        }
        56 => reply.handle = cursor.handle(),
        57 | 61..=64 | 91 | 100 | 138 | 155 => rpc_status(&mut cursor, protocol),
        58..=60 | 90 | 99 => {
            reply.sequence = cursor.number();
            rpc_status(&mut cursor, protocol);
        }
        65 => {
            reply.event = event(&mut cursor);
            rpc_status(&mut cursor, protocol);
        }
        107 => {}
        139 => reply.batch = array(&mut cursor, fixed_of_v2, pointees_of_v2),
        147 => reply.asynchronous = array(&mut cursor, fixed_of_async, pointees_of_async),
        _ => panic!("opnum {opnum} is no method of ports"),
    }
    reply.result = cursor.number();
    cursor.end();
    reply
}

fn rpc_status(cursor: &mut Cursor<'_>, protocol: Protocol) {
    if protocol == Protocol::V3 {
        assert_eq!(cursor.number(), 0, "rpc_status");
    }
}

fn event(cursor: &mut Cursor<'_>) -> Event {
    let (key, change, sequence) = (cursor.number(), cursor.number(), cursor.number());
    let referent = cursor.word();
    Event { key, change, sequence, name: cursor.text_behind(referent) }
}

/// A unique pointer to a conformant array, then the number of its elements.
fn array<'a, T, F>(
    cursor: &mut Cursor<'a>,
    fixed: impl Fn(&mut Cursor<'a>) -> F,
    pointees: impl Fn(&mut Cursor<'a>, F) -> T,
) -> Option<Vec<T>> {
    let elements = (cursor.word() != 0).then(|| {
        let count = cursor.word();
        let fixed: Vec<F> = (0..count).map(|_| fixed(cursor)).collect();
        fixed.into_iter().map(|fixed| pointees(cursor, fixed)).collect::<Vec<T>>()
    });
    let number = cursor.number();
    assert_eq!(
        number as usize,
        elements.as_ref().map_or(0, Vec::len),
        "the maximum count and dwNumNotifications"
    );
    elements
}

/// The values, the referent of the buffer, its size, the referents of the four strings.
type FixedOfV2 = (EventOfV2, u32, u32, [u32; 4]);

fn fixed_of_v2(cursor: &mut Cursor<'_>) -> FixedOfV2 {
    cursor.align(8);
    let mut event = EventOfV2 { key: cursor.word(), ..EventOfV2::default() };
    cursor.align(8);
    event.object_type = cursor.number();
    event.flags = cursor.long();
    let (buffer, size) = (cursor.word(), cursor.number());
    let strings = [cursor.word(), cursor.word(), cursor.word(), cursor.word()];
    cursor.align(8);
    (event, buffer, size, strings)
}

fn pointees_of_v2(cursor: &mut Cursor<'_>, (mut event, buffer, size, strings): FixedOfV2) -> EventOfV2 {
    if buffer != 0 {
        assert_eq!(cursor.word(), size, "the count of the buffer and dwBufferSize");
        event.buffer = (0..size).map(|_| cursor.take::<1>()[0]).collect();
    }
    assert!(buffer != 0 || size == 0, "a null buffer has no octets");
    [event.object_id, event.parent_id, event.name, event.type_name] =
        strings.map(|referent| cursor.text_behind(referent));
    event
}

fn fixed_of_async(cursor: &mut Cursor<'_>) -> (Event, u32) {
    let event = Event { key: cursor.number(), change: cursor.number(), ..Event::default() };
    (event, cursor.word())
}

fn pointees_of_async(cursor: &mut Cursor<'_>, (event, referent): (Event, u32)) -> Event {
    Event { name: cursor.text_behind(referent), ..event }
}
