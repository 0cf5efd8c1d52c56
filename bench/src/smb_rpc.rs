//! The crate `smb-rpc`: messages put together from its NDR64 types with `binrw`, as its own interfaces are.
//!
//! It checks that what it reads is there, and that the offset of a string is 0; strings stay UTF-16 in memory of their
//! own, octets are copied. Its strings are UTF-16 when it writes too, so that turning text into them is part of the
//! encode, as it is for everyone else. All its referent ids are 0x20000 (other ids fail an assertion of its debug builds), so it
//! is given octets that it wrote itself, from which ours reads the same.

use std::hint::black_box;
use std::io::Cursor;

use anyhow::Result;
use binrw::{BinRead, BinResult, BinWrite};
use cmrp::ndr::Format;
use smb_rpc::ndr64::{
    NdrAlign, NdrArrayStructureElement as Member, NdrPtr, NdrPtrReadMode, NdrPtrWriteArgs, NdrPtrWriteStage,
    NdrString,
};

use crate::Message;
use crate::contestant::{Job, Operation, Task};
use crate::fact::{Fact, Source};

/// A number aligned to 4 instead of 8.
type Number = NdrAlign<u32, 4>;
type Name = NdrPtr<NdrString<u16>>;

pub(crate) fn job(task: Task) -> Result<Option<Job>> {
    if task.format != Format::Ndr64 {
        return Ok(None);
    }
    match task.message {
        Message::GetNotifyShort | Message::GetNotifyLong => job_of::<GetNotify>(task),
        Message::AddNotifyResource => job_of::<AddNotify>(task),
        Message::CreateEnum => job_of::<CreateEnum>(task),
        Message::GetNotifyV2 => job_of::<GetNotifyV2>(task),
        Message::ClusterControl | Message::ClusterControlEmpty => job_of::<Control>(task),
        Message::QueryValueRequest => job_of::<QueryValue>(task),
        Message::QueryValueResponse => job_of::<Value>(task),
    }
    .map(Some)
}

trait Coded: for<'a> BinRead<Args<'a> = ()> + for<'a> BinWrite<Args<'a> = ()> + 'static {
    /// What a program has before it thinks of NDR: the message itself, unless there is text in it.
    type Plain: 'static;

    fn facts(&self) -> Vec<Fact>;
    fn plain(source: Source) -> Result<Self::Plain>;
    fn encode(plain: &Self::Plain, writer: &mut Cursor<Vec<u8>>) -> Result<()>;
}

fn job_of<T: Coded>(task: Task) -> Result<Job> {
    let plain = T::plain(task.message.source())?;
    let mut buffer = written::<T>(&plain, Vec::new())?;
    task.message.is_read_from(&buffer, task.format)?;
    Ok(match task.operation {
        Operation::Decode => {
            let stub: &'static [u8] = buffer.leak();
            task.message.agrees(&T::read_le(&mut Cursor::new(stub))?.facts())?;
            Job::new(move || {
                let _ = black_box(&T::read_le(&mut Cursor::new(black_box(stub))));
            })
        }
        Operation::Encode => Job::new(move || {
            buffer = written::<T>(black_box(&plain), std::mem::take(&mut buffer)).unwrap_or_default();
            black_box(&buffer);
        }),
        Operation::EncodeAnew => Job::new(move || {
            let _ = black_box(&written::<T>(black_box(&plain), Vec::new()));
        }),
    })
}

fn written<T: Coded>(plain: &T::Plain, mut buffer: Vec<u8>) -> Result<Vec<u8>> {
    buffer.clear();
    let mut writer = Cursor::new(buffer);
    T::encode(plain, &mut writer)?;
    Ok(writer.into_inner())
}

/// Reads the elements of an array, then what they point to. The crate has this for arrays whose count follows at once,
/// which these do not all do.
#[binrw::parser(reader, endian)]
fn two_passes<T>(count: u64) -> BinResult<Vec<T>>
where
    T: for<'a> BinRead<Args<'a> = (Option<&'a T>,)> + 'static,
{
    let mut fixed = Vec::new();
    for _ in 0..count {
        fixed.push(T::read_options(reader, endian, (None,))?);
    }
    fixed.iter().map(|fixed| T::read_options(reader, endian, (Some(fixed),))).collect()
}

/// Writes the elements of an array, then what they point to.
#[binrw::writer(writer, endian)]
fn write_two_passes<T>(elements: &Vec<T>) -> BinResult<()>
where
    T: for<'a> BinWrite<Args<'a> = (NdrPtrWriteStage,)>,
{
    for stage in [NdrPtrWriteStage::ArraySupportWriteRefId, NdrPtrWriteStage::ArraySupportWriteData] {
        for element in elements {
            element.write_options(writer, endian, (stage,))?;
        }
    }
    Ok(())
}

/// The octets of a conformant array.
#[binrw::binrw]
struct Octets {
    #[bw(calc = (data.len() as u64).into())]
    maximum: NdrAlign<u64>,
    #[br(count = *maximum)]
    data: Vec<u8>,
}

impl From<&[u8]> for Octets {
    fn from(octets: &[u8]) -> Self {
        Self { data: octets.to_vec() }
    }
}

fn text(units: &NdrString<u16>) -> Fact {
    let units = units.data.split_last().map(|(_, units)| units).unwrap_or_default();
    Fact::Text(String::from_utf16_lossy(units))
}

fn name(name: &Name) -> Fact {
    name.as_ref().map_or(Fact::Null, |units| text(units))
}

fn made_name(name: Option<&str>) -> Result<Name> {
    Ok(name.map(str::parse::<NdrString<u16>>).transpose()?.into())
}

fn made_numbers<const N: usize>(source: &mut Source) -> Result<[Number; N]> {
    Ok(source.numbers::<N>()?.map(Number::from))
}

fn number(number: &Number) -> Fact {
    number.value.into()
}

#[binrw::binrw]
struct GetNotify {
    numbers: [u32; 3],
    name: Name,
    status: [Number; 2],
}

impl Coded for GetNotify {
    type Plain = ([u32; 3], Option<&'static str>, [u32; 2]);

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.numbers.map(Fact::from).into();
        facts.push(name(&self.name));
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn plain(mut source: Source) -> Result<Self::Plain> {
        Ok((source.numbers()?, source.text()?, source.numbers()?))
    }

    fn encode((numbers, name, status): &Self::Plain, writer: &mut Cursor<Vec<u8>>) -> Result<()> {
        let status = status.map(Number::from);
        Ok(Self { numbers: *numbers, name: made_name(*name)?, status }.write_le(writer)?)
    }
}

#[binrw::binrw]
struct AddNotify {
    handles: [[u8; 20]; 2],
    numbers: [u32; 2],
}

impl Coded for AddNotify {
    type Plain = Self;

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.handles.iter().map(|handle| handle.as_slice().into()).collect();
        facts.extend(self.numbers.map(Fact::from));
        facts
    }

    fn plain(mut source: Source) -> Result<Self> {
        let handles = [source.octets()?.try_into()?, source.octets()?.try_into()?];
        Ok(Self { handles, numbers: source.numbers()? })
    }

    fn encode(plain: &Self, writer: &mut Cursor<Vec<u8>>) -> Result<()> {
        Ok(plain.write_le(writer)?)
    }
}

#[binrw::binrw]
#[br(import(fixed: Option<&Self>))]
#[bw(import(stage: NdrPtrWriteStage))]
struct Entry {
    #[br(args(fixed.map(|fixed| &**fixed.kind)))]
    #[bw(if(stage == NdrPtrWriteStage::ArraySupportWriteRefId))]
    kind: Member<u32>,
    #[br(args(fixed.map(|fixed| &fixed.name), NdrPtrReadMode::WithArraySupport, ()))]
    #[bw(args_raw(NdrPtrWriteArgs(stage, ())))]
    name: Name,
}

#[binrw::binrw]
struct EnumList {
    #[bw(calc = (entries.len() as u64).into())]
    maximum: NdrAlign<u64>,
    #[bw(calc = u32::try_from(entries.len()).unwrap_or(u32::MAX).into())]
    count: Number,
    #[br(parse_with = two_passes, args(*maximum), assert(u64::from(*count) == *maximum))]
    #[bw(write_with = write_two_passes)]
    entries: Vec<Entry>,
}

#[binrw::binrw]
struct CreateEnum {
    list: NdrPtr<EnumList>,
    status: [Number; 2],
}

impl Coded for CreateEnum {
    type Plain = (Vec<(u32, Option<&'static str>)>, [u32; 2]);

    fn facts(&self) -> Vec<Fact> {
        let entries = self.list.iter().flat_map(|list| &list.entries);
        let mut facts: Vec<Fact> =
            entries.flat_map(|entry| [(**entry.kind).into(), name(&entry.name)]).collect();
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn plain(mut source: Source) -> Result<Self::Plain> {
        let mut entries = Vec::new();
        while source.len() > 2 {
            entries.push((source.u32()?, source.text()?));
        }
        Ok((entries, source.numbers()?))
    }

    fn encode((entries, status): &Self::Plain, writer: &mut Cursor<Vec<u8>>) -> Result<()> {
        let entry =
            |(kind, name): &(u32, Option<&str>)| Ok(Entry { kind: (*kind).into(), name: made_name(*name)? });
        let entries = entries.iter().map(entry).collect::<Result<_>>()?;
        let value = Self { list: EnumList { entries }.into(), status: status.map(Number::from) };
        Ok(value.write_le(writer)?)
    }
}

#[binrw::binrw]
#[br(import(fixed: Option<&Self>))]
#[bw(import(stage: NdrPtrWriteStage))]
struct Notification {
    #[br(args(fixed.map(|fixed| &**fixed.key)))]
    #[bw(if(stage == NdrPtrWriteStage::ArraySupportWriteRefId))]
    key: Member<u64>,
    #[br(args(fixed.map(|fixed| &**fixed.kind)))]
    #[bw(if(stage == NdrPtrWriteStage::ArraySupportWriteRefId))]
    kind: Member<u32>,
    #[br(args(fixed.map(|fixed| &**fixed.flags)))]
    #[bw(if(stage == NdrPtrWriteStage::ArraySupportWriteRefId))]
    flags: Member<u64>,
    #[br(args(fixed.map(|fixed| &fixed.buffer), NdrPtrReadMode::WithArraySupport, ()))]
    #[bw(args_raw(NdrPtrWriteArgs(stage, ())))]
    buffer: NdrPtr<Octets>,
    #[br(args(fixed.map(|fixed| &**fixed.size)))]
    #[bw(if(stage == NdrPtrWriteStage::ArraySupportWriteRefId))]
    size: Member<u32>,
    #[br(args(fixed.map(|fixed| &fixed.object), NdrPtrReadMode::WithArraySupport, ()))]
    #[bw(args_raw(NdrPtrWriteArgs(stage, ())))]
    object: Name,
    #[br(args(fixed.map(|fixed| &fixed.parent), NdrPtrReadMode::WithArraySupport, ()))]
    #[bw(args_raw(NdrPtrWriteArgs(stage, ())))]
    parent: Name,
    #[br(args(fixed.map(|fixed| &fixed.name), NdrPtrReadMode::WithArraySupport, ()))]
    #[bw(args_raw(NdrPtrWriteArgs(stage, ())))]
    name: Name,
    #[br(args(fixed.map(|fixed| &fixed.r#type), NdrPtrReadMode::WithArraySupport, ()))]
    #[bw(args_raw(NdrPtrWriteArgs(stage, ())))]
    r#type: Name,
}

#[binrw::binrw]
struct Notifications {
    #[bw(calc = (list.len() as u64).into())]
    maximum: NdrAlign<u64>,
    #[br(parse_with = two_passes, args(*maximum))]
    #[bw(write_with = write_two_passes)]
    list: Vec<Notification>,
}

#[binrw::binrw]
struct GetNotifyV2 {
    notifications: NdrPtr<Notifications>,
    count: Number,
    status: Number,
}

/// Key, kind, flags, buffer and names of a notification.
type Plain = (u64, u32, u64, &'static [u8], [Option<&'static str>; 4]);

impl Coded for GetNotifyV2 {
    type Plain = (Vec<Plain>, u32);

    fn facts(&self) -> Vec<Fact> {
        let list = self.notifications.iter().flat_map(|notifications| &notifications.list);
        let mut facts: Vec<Fact> = list.flat_map(notification_facts).collect();
        facts.push(number(&self.status));
        facts
    }

    fn plain(mut source: Source) -> Result<Self::Plain> {
        let mut list = Vec::new();
        while source.len() > 1 {
            let (key, kind, flags) = (source.u64()?, source.u32()?, source.u64()?);
            let buffer = source.octets()?;
            let names = [source.text()?, source.text()?, source.text()?, source.text()?];
            list.push((key, kind, flags, buffer, names));
        }
        Ok((list, source.u32()?))
    }

    fn encode((list, status): &Self::Plain, writer: &mut Cursor<Vec<u8>>) -> Result<()> {
        let count = Number::from(u32::try_from(list.len())?);
        let list = list.iter().map(made_notification).collect::<Result<_>>()?;
        let value = Self { notifications: Notifications { list }.into(), count, status: (*status).into() };
        Ok(value.write_le(writer)?)
    }
}

fn notification_facts(notification: &Notification) -> [Fact; 8] {
    let Notification { key, kind, flags, buffer, object, parent, name: own, r#type, .. } = notification;
    [
        (***key).into(),
        (***kind).into(),
        (***flags).into(),
        buffer.as_ref().map(|octets| octets.data.as_slice()).into(),
        name(object),
        name(parent),
        name(own),
        name(r#type),
    ]
}

fn made_notification(&(key, kind, flags, buffer, names): &Plain) -> Result<Notification> {
    let [object, parent, name, r#type] = names;
    Ok(Notification {
        key: key.into(),
        kind: kind.into(),
        flags: flags.into(),
        buffer: Octets::from(buffer).into(),
        size: u32::try_from(buffer.len())?.into(),
        object: made_name(object)?,
        parent: made_name(parent)?,
        name: made_name(name)?,
        r#type: made_name(r#type)?,
    })
}

#[binrw::binrw]
struct Control {
    size: u64,
    #[br(assert(offset == 0))]
    offset: u64,
    actual: u64,
    #[br(count = actual)]
    buffer: Vec<u8>,
    returned: Number,
    status: [Number; 3],
}

impl Coded for Control {
    type Plain = Self;

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.size.into(), self.buffer.as_slice().into()];
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn plain(mut source: Source) -> Result<Self> {
        let (size, buffer) = (source.u64()?, source.octets()?.to_vec());
        let returned = Number::from(u32::try_from(buffer.len())?);
        let actual = buffer.len() as u64;
        Ok(Self { size, offset: 0, actual, buffer, returned, status: made_numbers(&mut source)? })
    }

    fn encode(plain: &Self, writer: &mut Cursor<Vec<u8>>) -> Result<()> {
        Ok(plain.write_le(writer)?)
    }
}

#[binrw::binrw]
struct QueryValue {
    key: [u8; 20],
    name: NdrAlign<NdrString<u16>>,
    size: Number,
}

impl Coded for QueryValue {
    type Plain = ([u8; 20], &'static str, u32);

    fn facts(&self) -> Vec<Fact> {
        vec![self.key.as_slice().into(), text(&self.name), number(&self.size)]
    }

    fn plain(mut source: Source) -> Result<Self::Plain> {
        let key = source.octets()?.try_into()?;
        Ok((key, source.text()?.unwrap_or_default(), source.u32()?))
    }

    fn encode((key, name, size): &Self::Plain, writer: &mut Cursor<Vec<u8>>) -> Result<()> {
        let name: NdrString<u16> = name.parse()?;
        Ok(Self { key: *key, name: name.into(), size: (*size).into() }.write_le(writer)?)
    }
}

#[binrw::binrw]
struct Value {
    kind: u32,
    data: Octets,
    status: [Number; 3],
}

impl Coded for Value {
    type Plain = Self;

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.kind.into(), self.data.data.as_slice().into()];
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn plain(mut source: Source) -> Result<Self> {
        let kind = source.u32()?;
        Ok(Self { kind, data: source.octets()?.into(), status: made_numbers(&mut source)? })
    }

    fn encode(plain: &Self, writer: &mut Cursor<Vec<u8>>) -> Result<()> {
        Ok(plain.write_le(writer)?)
    }
}
