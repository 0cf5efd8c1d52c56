//! The crate `ms-ndr`: messages put together from its methods, as its users do. Little-endian NDR 2.0 alone.
//!
//! It checks that what it reads is there, and that an actual count lies within the maximum count. Strings become
//! `String`s; octets are borrowed. It always writes into a new
//! buffer: there is no way to hand it one.

use std::hint::black_box;

use anyhow::Result;
use cmrp::ndr::Format;
use ms_ndr::{NdrDecoder, NdrEncoder, NdrError};

use crate::Message;
use crate::contestant::{Job, Operation, Task};
use crate::fact::{Fact, Source};

/// `dcerpc::ndr` is this crate under another name: the compiler takes one for the other. It is measured once.
const _: fn(NdrDecoder<'_>) -> dcerpc::ndr::NdrDecoder<'_> = |decoder| decoder;
const _: fn(NdrEncoder) -> dcerpc::ndr::NdrEncoder = |encoder| encoder;

type Outcome<T> = Result<T, NdrError>;

pub(crate) fn job(task: Task) -> Result<Option<Job>> {
    if task.format != Format::NDR20_LE {
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

trait Coded: Sized + 'static {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self>;
    fn write(&self, encoder: &mut NdrEncoder);
    fn facts(&self) -> Vec<Fact>;
    fn made_of(source: Source) -> Result<Self>;
}

fn job_of<T: Coded>(task: Task) -> Result<Job> {
    let stub = task.message.stub(task.format)?;
    if task.operation == Operation::Decode {
        task.message.agrees(&T::read(&mut NdrDecoder::new(stub))?.facts())?;
        return Ok(Job::new(move || {
            black_box(&T::read(&mut NdrDecoder::new(black_box(stub))));
        }));
    }
    let value = T::made_of(task.message.source())?;
    task.message.is_stub(&written(&value), task.format)?;
    Ok(Job::new(move || {
        black_box(&written(black_box(&value)));
    }))
}

fn written(value: &impl Coded) -> Vec<u8> {
    let mut encoder = NdrEncoder::new();
    value.write(&mut encoder);
    encoder.into_bytes()
}

fn numbers<const N: usize>(decoder: &mut NdrDecoder<'_>) -> Outcome<[u32; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = decoder.u32()?;
    }
    Ok(numbers)
}

fn write_numbers(encoder: &mut NdrEncoder, numbers: &[u32]) {
    for number in numbers {
        encoder.u32(*number);
    }
}

fn read_name(decoder: &mut NdrDecoder<'_>, referent: u32) -> Outcome<Option<String>> {
    if referent == 0 { Ok(None) } else { decoder.conformant_varying_wstr().map(Some) }
}

fn write_referent<T>(encoder: &mut NdrEncoder, target: Option<&T>) {
    if target.is_some() {
        encoder.referent();
    } else {
        encoder.null_ptr();
    }
}

fn write_name(encoder: &mut NdrEncoder, name: Option<&String>) {
    if let Some(name) = name {
        encoder.align(4);
        encoder.conformant_varying_wstr(name);
    }
}

fn name(name: Option<&String>) -> Fact {
    name.map(String::as_str).into()
}

fn read_handle(decoder: &mut NdrDecoder<'static>) -> Outcome<&'static [u8]> {
    decoder.align(4);
    decoder.read_bytes(20)
}

struct GetNotify {
    numbers: [u32; 3],
    name: Option<String>,
    status: [u32; 2],
}

impl Coded for GetNotify {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self> {
        let numbers = numbers(decoder)?;
        let referent = decoder.u32()?;
        let name = read_name(decoder, referent)?;
        Ok(Self { numbers, name, status: self::numbers(decoder)? })
    }

    fn write(&self, encoder: &mut NdrEncoder) {
        write_numbers(encoder, &self.numbers);
        write_referent(encoder, self.name.as_ref());
        write_name(encoder, self.name.as_ref());
        write_numbers(encoder, &self.status);
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.numbers.map(Fact::from).into();
        facts.push(name(self.name.as_ref()));
        facts.extend(self.status.map(Fact::from));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let numbers = source.numbers()?;
        Ok(Self { numbers, name: source.text()?.map(str::to_owned), status: source.numbers()? })
    }
}

struct AddNotify {
    handles: [&'static [u8]; 2],
    numbers: [u32; 2],
}

impl Coded for AddNotify {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self> {
        let handles = [read_handle(decoder)?, read_handle(decoder)?];
        Ok(Self { handles, numbers: numbers(decoder)? })
    }

    fn write(&self, encoder: &mut NdrEncoder) {
        self.handles.iter().for_each(|handle| encoder.bytes(handle));
        write_numbers(encoder, &self.numbers);
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts: Vec<Fact> = self.handles.map(Fact::from).into();
        facts.extend(self.numbers.map(Fact::from));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        Ok(Self { handles: [source.octets()?, source.octets()?], numbers: source.numbers()? })
    }
}

struct CreateEnum {
    entries: Vec<(u32, Option<String>)>,
    status: [u32; 2],
}

impl Coded for CreateEnum {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self> {
        let [_, maximum, _] = numbers(decoder)?;
        let mut fixed = Vec::new();
        for _ in 0..maximum {
            fixed.push(numbers::<2>(decoder)?);
        }
        let mut entries = Vec::with_capacity(fixed.len());
        for [kind, referent] in fixed {
            decoder.align(4);
            entries.push((kind, read_name(decoder, referent)?));
        }
        Ok(Self { entries, status: numbers(decoder)? })
    }

    fn write(&self, encoder: &mut NdrEncoder) {
        let count = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        encoder.referent();
        write_numbers(encoder, &[count, count]);
        for (kind, name) in &self.entries {
            encoder.u32(*kind);
            write_referent(encoder, name.as_ref());
        }
        self.entries.iter().for_each(|(_, name)| write_name(encoder, name.as_ref()));
        write_numbers(encoder, &self.status);
    }

    fn facts(&self) -> Vec<Fact> {
        let entries = self.entries.iter();
        let mut facts: Vec<Fact> =
            entries.flat_map(|(kind, text)| [(*kind).into(), name(text.as_ref())]).collect();
        facts.extend(self.status.map(Fact::from));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let mut entries = Vec::new();
        while source.len() > 2 {
            entries.push((source.u32()?, source.text()?.map(str::to_owned)));
        }
        Ok(Self { entries, status: source.numbers()? })
    }
}

struct Notification {
    key: u32,
    kind: u32,
    flags: u64,
    buffer: Option<&'static [u8]>,
    names: [Option<String>; 4],
}

struct GetNotifyV2 {
    notifications: Vec<Notification>,
    status: u32,
}

/// The fixed part of a notification: key, kind, flags, then the pointer to the buffer, its size, four more pointers.
type Fixed = (u32, u32, u64, [u32; 6]);

fn read_fixed(decoder: &mut NdrDecoder<'_>) -> Outcome<Fixed> {
    decoder.align(8);
    let key = decoder.u32()?;
    decoder.align(8);
    Ok((key, decoder.u32()?, decoder.u64()?, numbers(decoder)?))
}

fn read_deferred(decoder: &mut NdrDecoder<'static>, fixed: Fixed) -> Outcome<Notification> {
    let (key, kind, flags, [buffer, _, referents @ ..]) = fixed;
    let buffer = if buffer == 0 { None } else { Some(read_octets(decoder)?) };
    let mut names = [const { None }; 4];
    for (name, referent) in names.iter_mut().zip(referents) {
        decoder.align(4);
        *name = read_name(decoder, referent)?;
    }
    Ok(Notification { key, kind, flags, buffer, names })
}

fn read_octets(decoder: &mut NdrDecoder<'static>) -> Outcome<&'static [u8]> {
    let count = decoder.u32()?;
    decoder.read_bytes(count as usize)
}

impl Coded for GetNotifyV2 {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self> {
        let [_, maximum] = numbers(decoder)?;
        let mut fixed = Vec::new();
        for _ in 0..maximum {
            fixed.push(read_fixed(decoder)?);
        }
        let mut notifications = Vec::with_capacity(fixed.len());
        for fixed in fixed {
            notifications.push(read_deferred(decoder, fixed)?);
        }
        let [_, status] = numbers(decoder)?;
        Ok(Self { notifications, status })
    }

    fn write(&self, encoder: &mut NdrEncoder) {
        let count = u32::try_from(self.notifications.len()).unwrap_or(u32::MAX);
        encoder.referent();
        encoder.u32(count);
        self.notifications.iter().for_each(|notification| write_fixed(encoder, notification));
        self.notifications.iter().for_each(|notification| write_deferred(encoder, notification));
        encoder.align(4);
        write_numbers(encoder, &[count, self.status]);
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for Notification { key, kind, flags, buffer, names } in &self.notifications {
            facts.extend([(*key).into(), (*kind).into(), (*flags).into(), (*buffer).into()]);
            facts.extend(names.iter().map(|text| name(text.as_ref())));
        }
        facts.push(self.status.into());
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let mut notifications = Vec::new();
        while source.len() > 1 {
            let (key, kind, flags) = (source.u32()?, source.u32()?, source.u64()?);
            let buffer = Some(source.octets()?);
            let mut names = [const { None }; 4];
            for name in &mut names {
                *name = source.text()?.map(str::to_owned);
            }
            notifications.push(Notification { key, kind, flags, buffer, names });
        }
        Ok(Self { notifications, status: source.u32()? })
    }
}

fn write_fixed(encoder: &mut NdrEncoder, notification: &Notification) {
    encoder.align(8);
    encoder.u32(notification.key);
    encoder.align(8);
    encoder.u32(notification.kind);
    encoder.u64(notification.flags);
    write_referent(encoder, notification.buffer.as_ref());
    encoder.u32(u32::try_from(notification.buffer.map_or(0, <[u8]>::len)).unwrap_or(u32::MAX));
    notification.names.iter().for_each(|name| write_referent(encoder, name.as_ref()));
}

fn write_deferred(encoder: &mut NdrEncoder, notification: &Notification) {
    if let Some(buffer) = notification.buffer {
        write_octets(encoder, buffer);
    }
    notification.names.iter().for_each(|name| write_name(encoder, name.as_ref()));
}

fn write_octets(encoder: &mut NdrEncoder, octets: &[u8]) {
    encoder.u32(u32::try_from(octets.len()).unwrap_or(u32::MAX));
    encoder.bytes(octets);
}

struct Control {
    size: u32,
    buffer: &'static [u8],
    status: [u32; 3],
}

impl Coded for Control {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self> {
        let [size, _, actual] = numbers(decoder)?;
        let buffer = decoder.read_bytes(actual as usize)?;
        let [_, status @ ..] = numbers::<4>(decoder)?;
        Ok(Self { size, buffer, status })
    }

    fn write(&self, encoder: &mut NdrEncoder) {
        let length = u32::try_from(self.buffer.len()).unwrap_or(u32::MAX);
        write_numbers(encoder, &[self.size, 0, length]);
        encoder.bytes(self.buffer);
        encoder.u32(length);
        write_numbers(encoder, &self.status);
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.size.into(), self.buffer.into()];
        facts.extend(self.status.map(Fact::from));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        Ok(Self { size: source.u32()?, buffer: source.octets()?, status: source.numbers()? })
    }
}

struct QueryValue {
    key: &'static [u8],
    name: String,
    size: u32,
}

impl Coded for QueryValue {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self> {
        let key = read_handle(decoder)?;
        let name = decoder.conformant_varying_wstr()?;
        Ok(Self { key, name, size: decoder.u32()? })
    }

    fn write(&self, encoder: &mut NdrEncoder) {
        encoder.bytes(self.key);
        encoder.conformant_varying_wstr(&self.name);
        encoder.u32(self.size);
    }

    fn facts(&self) -> Vec<Fact> {
        vec![self.key.into(), self.name.as_str().into(), self.size.into()]
    }

    fn made_of(mut source: Source) -> Result<Self> {
        let key = source.octets()?;
        Ok(Self { key, name: source.text()?.unwrap_or_default().to_owned(), size: source.u32()? })
    }
}

struct Value {
    kind: u32,
    data: &'static [u8],
    status: [u32; 3],
}

impl Coded for Value {
    fn read(decoder: &mut NdrDecoder<'static>) -> Outcome<Self> {
        let kind = decoder.u32()?;
        let data = read_octets(decoder)?;
        Ok(Self { kind, data, status: numbers(decoder)? })
    }

    fn write(&self, encoder: &mut NdrEncoder) {
        encoder.u32(self.kind);
        write_octets(encoder, self.data);
        write_numbers(encoder, &self.status);
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![self.kind.into(), self.data.into()];
        facts.extend(self.status.map(Fact::from));
        facts
    }

    fn made_of(mut source: Source) -> Result<Self> {
        Ok(Self { kind: source.u32()?, data: source.octets()?, status: source.numbers()? })
    }
}
