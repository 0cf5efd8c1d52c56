//! Writers by hand, into a buffer of the caller that is large enough. Each says how many octets it wrote.

use super::wire::{Token, Wire, put, put_count, put_gap, put_text, put_token, put_u32, put_u64, put_word};

/// First referent id, and the distance to the next.
const REFERENT: (u32, u32) = (0x0002_0000, 4);

pub(super) struct GetNotify {
    pub(super) numbers: [u32; 3],
    pub(super) name: Option<&'static str>,
    pub(super) status: [u32; 2],
}

#[inline]
pub(super) fn get_notify<W: Wire>(value: &GetNotify, stub: &mut [u8]) -> Option<usize> {
    let (referent, size) = if W::NDR64 { (16, 24) } else { (12, 16) };
    let head = stub.get_mut(..size)?;
    put_numbers::<W, 3>(head, 0, &value.numbers)?;
    put_gap(head, 12, W::WORD)?;
    put_word::<W>(head, referent, value.name.map_or(0, |_| REFERENT.0))?;
    let at = value.name.map_or(Some(size), |name| put_text::<W>(stub, size, name))?;
    let at = put_gap(stub, at, 4)?;
    put_numbers::<W, 2>(stub, at, &value.status)
}

/// Puts integers one behind the other and says where they end.
#[inline]
fn put_numbers<W: Wire, const N: usize>(stub: &mut [u8], at: usize, numbers: &[u32; N]) -> Option<usize> {
    let size = N.wrapping_mul(4);
    let room = stub.get_mut(at..)?.get_mut(..size)?;
    for (index, number) in numbers.iter().enumerate() {
        put_u32::<W>(room, index.wrapping_mul(4), *number)?;
    }
    Some(at.wrapping_add(size))
}

pub(super) struct AddNotify {
    pub(super) port: Token,
    pub(super) object: Token,
    pub(super) numbers: [u32; 2],
}

#[inline]
pub(super) fn add_notify<W: Wire>(value: &AddNotify, stub: &mut [u8]) -> Option<usize> {
    let room = stub.get_mut(..48)?;
    put_token::<W>(room, 0, &value.port)?;
    put_token::<W>(room, 20, &value.object)?;
    put_numbers::<W, 2>(room, 40, &value.numbers)
}

pub(super) struct Entry {
    pub(super) kind: u32,
    pub(super) name: Option<&'static str>,
}

pub(super) struct CreateEnum {
    pub(super) entries: Vec<Entry>,
    pub(super) status: [u32; 2],
}

/// The ids of the pointers in one stub.
struct Referents(u32);

impl Referents {
    #[inline]
    fn next<T>(&mut self, target: Option<&T>) -> u32 {
        if target.is_none() {
            return 0;
        }
        let id = self.0;
        self.0 = id.wrapping_add(REFERENT.1);
        id
    }
}

#[inline]
pub(super) fn create_enum<W: Wire>(value: &CreateEnum, stub: &mut [u8]) -> Option<usize> {
    let (head, size) = if W::NDR64 { (24, 16) } else { (12, 8) };
    let mut referents = Referents(REFERENT.0);
    put_word::<W>(stub, 0, referents.next(Some(&())))?;
    put_count::<W>(stub, W::WORD, value.entries.len())?;
    put_u32::<W>(stub, W::WORD.wrapping_mul(2), u32::try_from(value.entries.len()).ok()?)?;
    put_gap(stub, W::WORD.wrapping_mul(2).wrapping_add(4), W::WORD)?;
    let fixed = value.entries.len().wrapping_mul(size);
    let places = stub.get_mut(head..)?.get_mut(..fixed)?.chunks_exact_mut(size);
    for (place, entry) in places.zip(&value.entries) {
        put_u32::<W>(place, 0, entry.kind)?;
        put_gap(place, 4, W::WORD)?;
        put_word::<W>(place, W::WORD, referents.next(entry.name.as_ref()))?;
    }
    let mut at = head.wrapping_add(fixed);
    for name in value.entries.iter().filter_map(|entry| entry.name) {
        at = put_gap(stub, at, W::WORD)?;
        at = put_text::<W>(stub, at, name)?;
    }
    let at = put_gap(stub, at, 4)?;
    put_numbers::<W, 2>(stub, at, &value.status)
}

pub(super) struct Notification {
    pub(super) key: u32,
    pub(super) kind: u32,
    pub(super) flags: u64,
    pub(super) buffer: Option<&'static [u8]>,
    pub(super) names: [Option<&'static str>; 4],
}

pub(super) struct GetNotifyV2 {
    pub(super) notifications: Vec<Notification>,
    pub(super) status: u32,
}

#[inline]
pub(super) fn get_notify_v2<W: Wire>(value: &GetNotifyV2, stub: &mut [u8]) -> Option<usize> {
    let (head, size) = if W::NDR64 { (16, 72) } else { (8, 48) };
    let list = &value.notifications;
    let mut referents = Referents(REFERENT.0);
    put_word::<W>(stub, 0, referents.next(Some(&())))?;
    put_count::<W>(stub, W::WORD, list.len())?;
    let fixed = list.len().wrapping_mul(size);
    let places = stub.get_mut(head..)?.get_mut(..fixed)?.chunks_exact_mut(size);
    for (place, notification) in places.zip(list) {
        put_fixed::<W>(place, notification, &mut referents)?;
    }
    let mut at = head.wrapping_add(fixed);
    for notification in list {
        at = put_deferred::<W>(stub, at, notification)?;
    }
    let at = put_gap(stub, at, 4)?;
    put_numbers::<W, 2>(stub, at, &[u32::try_from(list.len()).ok()?, value.status])
}

#[inline]
fn put_fixed<W: Wire>(place: &mut [u8], value: &Notification, referents: &mut Referents) -> Option<()> {
    let (size, pointers) = if W::NDR64 { (32, 40) } else { (28, 32) };
    put_word::<W>(place, 0, value.key)?;
    put_gap(place, W::WORD, 8)?;
    put_u32::<W>(place, 8, value.kind)?;
    put_gap(place, 12, 8)?;
    put_u64::<W>(place, 16, value.flags)?;
    put_word::<W>(place, 24, referents.next(value.buffer.as_ref()))?;
    put_u32::<W>(place, size, u32::try_from(value.buffer.map_or(0, <[u8]>::len)).ok()?)?;
    put_gap(place, size.wrapping_add(4), W::WORD)?;
    for (index, name) in value.names.iter().enumerate() {
        put_word::<W>(
            place,
            index.wrapping_mul(W::WORD).wrapping_add(pointers),
            referents.next(name.as_ref()),
        )?;
    }
    Some(())
}

#[inline]
fn put_deferred<W: Wire>(stub: &mut [u8], at: usize, value: &Notification) -> Option<usize> {
    let mut at = value.buffer.map_or(Some(at), |buffer| put_buffer::<W>(stub, at, buffer))?;
    for name in value.names.iter().flatten() {
        at = put_gap(stub, at, W::WORD)?;
        at = put_text::<W>(stub, at, name)?;
    }
    Some(at)
}

/// Puts a conformant array of octets behind the gap before it.
#[inline]
fn put_buffer<W: Wire>(stub: &mut [u8], at: usize, octets: &[u8]) -> Option<usize> {
    let at = put_gap(stub, at, W::WORD)?;
    put_count::<W>(stub, at, octets.len())?;
    let at = at.wrapping_add(W::WORD);
    put(stub, at, octets)?;
    Some(at.wrapping_add(octets.len()))
}

pub(super) struct Control {
    pub(super) size: u32,
    pub(super) buffer: &'static [u8],
    pub(super) status: [u32; 3],
}

#[inline]
pub(super) fn control<W: Wire>(value: &Control, stub: &mut [u8]) -> Option<usize> {
    let length = u32::try_from(value.buffer.len()).ok().filter(|length| *length <= value.size)?;
    put_count::<W>(stub, 0, value.size as usize)?;
    put_count::<W>(stub, W::WORD, 0)?;
    put_count::<W>(stub, W::WORD.wrapping_mul(2), value.buffer.len())?;
    let at = W::WORD.wrapping_mul(3);
    put(stub, at, value.buffer)?;
    let at = put_gap(stub, at.wrapping_add(value.buffer.len()), 4)?;
    let [required, rpc_status, returned] = value.status;
    put_numbers::<W, 4>(stub, at, &[length, required, rpc_status, returned])
}

pub(super) struct QueryValue {
    pub(super) key: Token,
    pub(super) name: &'static str,
    pub(super) size: u32,
}

#[inline]
pub(super) fn query_value<W: Wire>(value: &QueryValue, stub: &mut [u8]) -> Option<usize> {
    put_token::<W>(stub, 0, &value.key)?;
    let at = put_gap(stub, 20, W::WORD)?;
    let at = put_text::<W>(stub, at, value.name)?;
    let at = put_gap(stub, at, 4)?;
    put_u32::<W>(stub, at, value.size)?;
    Some(at.wrapping_add(4))
}

pub(super) struct Value {
    pub(super) kind: u32,
    pub(super) data: &'static [u8],
    pub(super) status: [u32; 3],
}

#[inline]
pub(super) fn value<W: Wire>(value: &Value, stub: &mut [u8]) -> Option<usize> {
    put_u32::<W>(stub, 0, value.kind)?;
    let at = put_buffer::<W>(stub, 4, value.data)?;
    let at = put_gap(stub, at, 4)?;
    put_numbers::<W, 3>(stub, at, &value.status)
}
