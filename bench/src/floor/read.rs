//! Readers by hand, which borrow from the stub and know where each item is.

use super::wire::{Name, Token, Wire, aligned, count, text, token, u32, u64, word};

pub(super) struct GetNotify<'a> {
    pub(super) numbers: [u32; 3],
    pub(super) name: Name<'a>,
    pub(super) status: [u32; 2],
}

#[inline]
pub(super) fn get_notify<W: Wire>(stub: &[u8]) -> Option<GetNotify<'_>> {
    let head = stub.get(..if W::NDR64 { 24 } else { 16 })?;
    let numbers = [u32::<W>(head, 0)?, u32::<W>(head, 4)?, u32::<W>(head, 8)?];
    let referent = word::<W>(head, if W::NDR64 { 16 } else { 12 })?;
    let (name, at) = optional::<W>(stub, referent, head.len())?;
    Some(GetNotify { numbers, name, status: numbers_at::<W, 2>(stub, aligned(at, 4))? })
}

/// What a pointer points to, at an aligned offset, and where it ends.
#[inline]
fn optional<W: Wire>(stub: &[u8], referent: u64, at: usize) -> Option<(Name<'_>, usize)> {
    if referent == 0 {
        return Some((None, at));
    }
    text::<W>(stub, at).map(|(text, end)| (Some(text), end))
}

/// Integers one behind the other.
#[inline]
fn numbers_at<W: Wire, const N: usize>(stub: &[u8], at: usize) -> Option<[u32; N]> {
    let octets = stub.get(at..)?.get(..N.wrapping_mul(4))?;
    let mut numbers = [0; N];
    for (index, number) in numbers.iter_mut().enumerate() {
        *number = u32::<W>(octets, index.wrapping_mul(4))?;
    }
    Some(numbers)
}

pub(super) struct AddNotify {
    pub(super) port: Option<Token>,
    pub(super) object: Option<Token>,
    pub(super) filter: u32,
    pub(super) key: u32,
}

#[inline]
pub(super) fn add_notify<W: Wire>(stub: &[u8]) -> Option<AddNotify> {
    let stub = stub.get(..48)?;
    Some(AddNotify {
        port: token::<W>(stub, 0)?,
        object: token::<W>(stub, 20)?,
        filter: u32::<W>(stub, 40)?,
        key: u32::<W>(stub, 44)?,
    })
}

pub(super) struct Entry<'a> {
    pub(super) kind: u32,
    pub(super) name: Name<'a>,
}

pub(super) struct CreateEnum<'a> {
    pub(super) entries: Option<Vec<Entry<'a>>>,
    pub(super) status: [u32; 2],
}

#[inline]
pub(super) fn create_enum<W: Wire>(stub: &[u8]) -> Option<CreateEnum<'_>> {
    let (entries, at) = if word::<W>(stub, 0)? == 0 {
        (None, W::WORD)
    } else {
        enum_list::<W>(stub).map(|(list, at)| (Some(list), at))?
    };
    Some(CreateEnum { entries, status: numbers_at::<W, 2>(stub, aligned(at, 4))? })
}

#[inline]
fn enum_list<W: Wire>(stub: &[u8]) -> Option<(Vec<Entry<'_>>, usize)> {
    let (head, size) = if W::NDR64 { (24, 16) } else { (12, 8) };
    let maximum = count::<W>(stub, W::WORD)?;
    let stated = u32::<W>(stub, W::WORD.wrapping_mul(2))? as usize;
    let fixed = stub.get(head..)?.get(..maximum.wrapping_mul(size)).filter(|_| stated == maximum)?;
    let mut at = head.wrapping_add(fixed.len());
    let mut entries = Vec::with_capacity(maximum);
    for entry in fixed.chunks_exact(size) {
        let kind = u32::<W>(entry, 0)?;
        let referent = word::<W>(entry, W::WORD)?;
        let (name, end) = optional::<W>(stub, referent, aligned(at, W::WORD))?;
        at = end;
        entries.push(Entry { kind, name });
    }
    Some((entries, at))
}

pub(super) struct Notification<'a> {
    pub(super) key: u64,
    pub(super) kind: u32,
    pub(super) flags: u64,
    pub(super) buffer: Option<&'a [u8]>,
    pub(super) names: [Name<'a>; 4],
}

pub(super) struct GetNotifyV2<'a> {
    pub(super) notifications: Option<Vec<Notification<'a>>>,
    pub(super) status: u32,
}

#[inline]
pub(super) fn get_notify_v2<W: Wire>(stub: &[u8]) -> Option<GetNotifyV2<'_>> {
    let (notifications, at) = if word::<W>(stub, 0)? == 0 {
        (None, W::WORD)
    } else {
        notifications::<W>(stub).map(|(list, at)| (Some(list), at))?
    };
    let [stated, status] = numbers_at::<W, 2>(stub, aligned(at, 4))?;
    // Level 6.0: no notifications beside a null pointer.
    let sound = notifications.as_ref().map_or(0, Vec::len) == stated as usize;
    sound.then_some(GetNotifyV2 { notifications, status })
}

#[inline]
fn notifications<W: Wire>(stub: &[u8]) -> Option<(Vec<Notification<'_>>, usize)> {
    let (head, size) = if W::NDR64 { (16, 72) } else { (8, 48) };
    let maximum = count::<W>(stub, W::WORD)?;
    let fixed = stub.get(head..)?.get(..maximum.wrapping_mul(size))?;
    let mut at = head.wrapping_add(fixed.len());
    let mut list = Vec::with_capacity(maximum);
    for fixed in fixed.chunks_exact(size) {
        list.push(notification::<W>(stub, fixed, &mut at)?);
    }
    Some((list, at))
}

#[inline]
fn notification<'a, W: Wire>(stub: &'a [u8], fixed: &[u8], at: &mut usize) -> Option<Notification<'a>> {
    let (size, referents) = if W::NDR64 { (32, 40) } else { (28, 32) };
    let buffer = if word::<W>(fixed, 24)? == 0 { None } else { Some(buffer::<W>(stub, at)?) };
    if buffer.map_or(0, <[u8]>::len) != u32::<W>(fixed, size)? as usize {
        return None;
    }
    let mut names = [None; 4];
    for (index, name) in names.iter_mut().enumerate() {
        let referent = word::<W>(fixed, index.wrapping_mul(W::WORD).wrapping_add(referents))?;
        (*name, *at) = optional::<W>(stub, referent, aligned(*at, W::WORD))?;
    }
    Some(Notification {
        key: word::<W>(fixed, 0)?,
        kind: u32::<W>(fixed, 8)?,
        flags: u64::<W>(fixed, 16)?,
        buffer,
        names,
    })
}

/// The octets of a conformant array, from the next aligned offset on.
#[inline]
fn buffer<'a, W: Wire>(stub: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let start = aligned(*at, W::WORD);
    let count = count::<W>(stub, start)?;
    let start = start.wrapping_add(W::WORD);
    let octets = stub.get(start..)?.get(..count)?;
    *at = start.wrapping_add(count);
    Some(octets)
}

pub(super) struct Control<'a> {
    pub(super) size: u32,
    pub(super) buffer: &'a [u8],
    pub(super) status: [u32; 3],
}

#[inline]
pub(super) fn control<W: Wire>(stub: &[u8]) -> Option<Control<'_>> {
    let head = stub.get(..W::WORD.wrapping_mul(3))?;
    let size = u32::try_from(count::<W>(head, 0)?).ok()?;
    let offset = count::<W>(head, W::WORD)?;
    let actual = count::<W>(head, W::WORD.wrapping_mul(2))?;
    let buffer = stub.get(head.len()..)?.get(..actual)?;
    let at = aligned(head.len().wrapping_add(actual), 4);
    let [returned, status @ ..] = numbers_at::<W, 4>(stub, at)?;
    let sound = offset == 0 && actual <= size as usize && returned as usize == actual;
    sound.then_some(Control { size, buffer, status })
}

pub(super) struct QueryValue<'a> {
    pub(super) key: Option<Token>,
    pub(super) name: &'a [u8],
    pub(super) size: u32,
}

#[inline]
pub(super) fn query_value<W: Wire>(stub: &[u8]) -> Option<QueryValue<'_>> {
    let key = token::<W>(stub, 0)?;
    let (name, at) = text::<W>(stub, aligned(20, W::WORD))?;
    Some(QueryValue { key, name, size: u32::<W>(stub, aligned(at, 4))? })
}

pub(super) struct Value<'a> {
    pub(super) kind: u32,
    pub(super) data: &'a [u8],
    pub(super) status: [u32; 3],
}

#[inline]
pub(super) fn value<W: Wire>(stub: &[u8]) -> Option<Value<'_>> {
    let kind = u32::<W>(stub, 0)?;
    let mut at = W::WORD;
    let data = buffer::<W>(stub, &mut at)?;
    Some(Value { kind, data, status: numbers_at::<W, 3>(stub, aligned(at, 4))? })
}
