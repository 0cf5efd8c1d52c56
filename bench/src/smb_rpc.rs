//! The crate `smb-rpc`: messages put together from its NDR64 types with `binrw`, as its own interfaces are.
//!
//! It checks that what it reads is there, and that the offset of a string is 0; strings stay UTF-16 in memory of their
//! own, octets are copied. All its referent ids are 0x20000 (other ids fail an assertion of its debug builds), so it
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
    fn facts(&self) -> Vec<Fact>;
    fn made_of(source: Source) -> Result<Self>;
}

fn job_of<T: Coded>(task: Task) -> Result<Job> {
    let value = T::made_of(task.message.source())?;
    let mut buffer = written(&value, Vec::new())?;
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
            buffer = written(black_box(&value), std::mem::take(&mut buffer)).unwrap_or_default();
            black_box(&buffer);
        }),
        Operation::EncodeAnew => Job::new(move || {
            let _ = black_box(&written(black_box(&value), Vec::new()));
        }),
    })
}

fn written(value: &impl Coded, mut buffer: Vec<u8>) -> BinResult<Vec<u8>> {
    buffer.clear();
    let mut writer = Cursor::new(buffer);
    value.write_le(&mut writer)?;
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
    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.numbers.map(Fact::from).into();
        facts.push(name(&self.name));
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let numbers = source.numbers()?;
        Ok(Self { numbers, name: made_name(source.text()?)?, status: made_numbers(&mut source)? })
    }
}

#[binrw::binrw]
struct AddNotify {
    handles: [[u8; 20]; 2],
    numbers: [u32; 2],
}

impl Coded for AddNotify {
    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.handles.iter().map(|handle| handle.as_slice().into()).collect();
        facts.extend(self.numbers.map(Fact::from));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let handles = [source.octets()?.try_into()?, source.octets()?.try_into()?];
        Ok(Self { handles, numbers: source.numbers()? })
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
    #[bw(calc = (entries.len() as u32).into())]
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
    fn facts(&self) -> Vec<Fact> {
        let entries = self.list.iter().flat_map(|list| &list.entries);
        let mut facts: Vec<Fact> =
            entries.flat_map(|entry| [(**entry.kind).into(), name(&entry.name)]).collect();
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let mut entries = Vec::new();
        while source.len() > 2 {
            entries.push(Entry { kind: source.u32()?.into(), name: made_name(source.text()?)? });
        }
        Ok(Self { list: EnumList { entries }.into(), status: made_numbers(&mut source)? })
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

impl Coded for GetNotifyV2 {
    fn facts(&self) -> Vec<Fact> {
        let list = self.notifications.iter().flat_map(|notifications| &notifications.list);
        let mut facts: Vec<Fact> = list.flat_map(notification_facts).collect();
        facts.push(number(&self.status));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let mut list = Vec::new();
        while source.len() > 1 {
            list.push(made_notification(&mut source)?);
        }
        let count = Number::from(u32::try_from(list.len())?);
        let [status] = made_numbers(&mut source)?;
        Ok(Self { notifications: Notifications { list }.into(), count, status })
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

fn made_notification(source: &mut Source) -> Result<Notification> {
    let (key, kind, flags) = (source.u64()?.into(), source.u32()?.into(), source.u64()?.into());
    let octets = source.octets()?;
    Ok(Notification {
        key,
        kind,
        flags,
        buffer: Octets::from(octets).into(),
        size: u32::try_from(octets.len())?.into(),
        object: made_name(source.text()?)?,
        parent: made_name(source.text()?)?,
        name: made_name(source.text()?)?,
        r#type: made_name(source.text()?)?,
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
    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.size.into(), self.buffer.as_slice().into()];
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let (size, buffer) = (source.u64()?, source.octets()?.to_vec());
        let returned = Number::from(u32::try_from(buffer.len())?);
        let actual = buffer.len() as u64;
        Ok(Self { size, offset: 0, actual, buffer, returned, status: made_numbers(&mut source)? })
    }
}

#[binrw::binrw]
struct QueryValue {
    key: [u8; 20],
    name: NdrAlign<NdrString<u16>>,
    size: Number,
}

impl Coded for QueryValue {
    fn facts(&self) -> Vec<Fact> {
        vec![self.key.as_slice().into(), text(&self.name), number(&self.size)]
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let key = source.octets()?.try_into()?;
        let name: NdrString<u16> = source.text()?.unwrap_or_default().parse()?;
        let [size] = made_numbers(&mut source)?;
        Ok(Self { key, name: name.into(), size })
    }
}

#[binrw::binrw]
struct Value {
    kind: u32,
    data: Octets,
    status: [Number; 3],
}

impl Coded for Value {
    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.kind.into(), self.data.data.as_slice().into()];
        facts.extend(self.status.iter().map(number));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let kind = source.u32()?;
        Ok(Self { kind, data: source.octets()?.into(), status: made_numbers(&mut source)? })
    }
}
