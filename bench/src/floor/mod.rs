//! What the same work costs when it is written by hand for these messages alone, in safe Rust.
//!
//! The floor reads and writes all three formats, chosen at run time like ours, and borrows like ours. It makes these
//! checks of ours: everything lies within the stub; counts are at most 2³¹-1; a string starts at 0, is not longer than
//! its maximum count, and has one terminator, at its end; counts beside arrays agree with them; a null array has a
//! count of 0; an array fits into the octets that remain before memory is reserved. When writing: no zero character in
//! a string, counts fit.
//!
//! It lacks what only a general codec needs: it does not say what is wrong nor where, has no limits of memory and
//! depth, can't forgive, and writes into a buffer that the caller made large enough.

mod read;
mod wire;
mod write;

use std::hint::black_box;

use anyhow::{Context, Result};
use cmrp::ndr::{Endian, Format, Uuid};

use crate::Message;
use crate::contestant::{Job, Operation, Task};
use crate::fact::{Fact, Source};
use wire::{Big, Little, Name, Token, Wide};

/// Calls a function for the format.
macro_rules! in_format {
    ($format:expr, $way:ident::$function:ident($($argument:expr),+)) => {
        match $format {
            Format::Ndr20(Endian::Little) => $way::$function::<Little>($($argument),+),
            Format::Ndr20(Endian::Big) => $way::$function::<Big>($($argument),+),
            Format::Ndr64 => $way::$function::<Wide>($($argument),+),
        }
    };
}

/// The job of a message: its reader, the facts of what it reads, its writer, and the value that it writes.
macro_rules! job {
    ($task:expr, $function:ident, $facts:ident, $value:expr) => {
        match $task.operation {
            Operation::Decode => decode(
                $task,
                |stub, format| in_format!(format, read::$function(stub)),
                |value| $facts(value, $task.format.endian()),
            ),
            Operation::Encode | Operation::EncodeAnew => encode($task, $value?, |value, format, stub| {
                in_format!(format, write::$function(value, stub))
            }),
        }
    };
}

pub(crate) fn job(task: Task) -> Result<Job> {
    let source = task.message.source();
    match task.message {
        Message::GetNotifyShort | Message::GetNotifyLong => {
            job!(task, get_notify, get_notify_facts, get_notify(source))
        }
        Message::AddNotifyResource => job!(task, add_notify, add_notify_facts, add_notify(source)),
        Message::CreateEnum => job!(task, create_enum, create_enum_facts, create_enum(source)),
        Message::GetNotifyV2 => job!(task, get_notify_v2, get_notify_v2_facts, get_notify_v2(source)),
        Message::ClusterControl | Message::ClusterControlEmpty => {
            job!(task, control, control_facts, control(source))
        }
        Message::QueryValueRequest => job!(task, query_value, query_value_facts, query_value(source)),
        Message::QueryValueResponse => job!(task, value, value_facts, value(source)),
    }
}

fn decode<T: 'static>(
    task: Task,
    read: impl Fn(&'static [u8], Format) -> Option<T> + 'static,
    facts: impl Fn(&T) -> Vec<Fact>,
) -> Result<Job> {
    let stub = task.message.stub(task.format)?;
    let value = read(stub, task.format).context("the floor can't read it")?;
    task.message.agrees(&facts(&value))?;
    Ok(Job::new(move || {
        black_box(&read(black_box(stub), black_box(task.format)));
    }))
}

fn encode<T: 'static>(
    task: Task,
    value: T,
    write: impl Fn(&T, Format, &mut [u8]) -> Option<usize> + 'static,
) -> Result<Job> {
    let size = task.message.stub(task.format)?.len();
    let mut buffer = vec![0xEE; size];
    let written = write(&value, task.format, &mut buffer).context("the floor can't write it")?;
    task.message.is_stub(buffer.get(..written).unwrap_or_default(), task.format)?;
    Ok(match task.operation {
        Operation::EncodeAnew => Job::new(move || {
            let mut buffer = vec![0; black_box(size)];
            black_box(write(black_box(&value), black_box(task.format), &mut buffer));
            black_box(&buffer);
        }),
        _ => Job::new(move || {
            black_box(write(black_box(&value), black_box(task.format), black_box(&mut buffer)));
        }),
    })
}

/// A name that was read.
fn name(name: Name<'_>, endian: Endian) -> Fact {
    name.map_or(Fact::Null, |octets| text(octets, endian))
}

fn text(octets: &[u8], endian: Endian) -> Fact {
    let units = octets.as_chunks::<2>().0.iter().map(|unit| match endian {
        Endian::Little => u16::from_le_bytes(*unit),
        Endian::Big => u16::from_be_bytes(*unit),
    });
    Fact::Text(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn handle(token: Option<Token>) -> Fact {
    let token = token.unwrap_or(Token { attributes: 0, uuid: Uuid::NIL });
    let mut octets = token.attributes.to_le_bytes().to_vec();
    octets.extend(token.uuid.to_wire(Endian::Little));
    Fact::Octets(octets)
}

fn token(source: &mut Source) -> Result<Token> {
    let octets = source.octets()?;
    let (attributes, uuid) = octets.split_first_chunk().context("a handle")?;
    let (attributes, uuid) = (u32::from_le_bytes(*attributes), uuid.try_into()?);
    Ok(Token { attributes, uuid: Uuid::from_wire(uuid, Endian::Little) })
}

fn get_notify_facts(value: &read::GetNotify<'_>, endian: Endian) -> Vec<Fact> {
    let mut facts: Vec<Fact> = value.numbers.map(Fact::from).into();
    facts.push(name(value.name, endian));
    facts.extend(value.status.map(Fact::from));
    facts
}

fn get_notify(mut source: Source) -> Result<write::GetNotify> {
    Ok(write::GetNotify { numbers: source.numbers()?, name: source.text()?, status: source.numbers()? })
}

fn add_notify_facts(value: &read::AddNotify, _: Endian) -> Vec<Fact> {
    vec![handle(value.port), handle(value.object), value.filter.into(), value.key.into()]
}

fn add_notify(mut source: Source) -> Result<write::AddNotify> {
    let (port, object) = (token(&mut source)?, token(&mut source)?);
    Ok(write::AddNotify { port, object, numbers: source.numbers()? })
}

fn create_enum_facts(value: &read::CreateEnum<'_>, endian: Endian) -> Vec<Fact> {
    let entries = value.entries.iter().flatten();
    let mut facts: Vec<Fact> =
        entries.flat_map(|entry| [entry.kind.into(), name(entry.name, endian)]).collect();
    facts.extend(value.status.map(Fact::from));
    facts
}

fn create_enum(mut source: Source) -> Result<write::CreateEnum> {
    let mut entries = Vec::new();
    while source.len() > 2 {
        entries.push(write::Entry { kind: source.u32()?, name: source.text()? });
    }
    Ok(write::CreateEnum { entries, status: source.numbers()? })
}

fn get_notify_v2_facts(value: &read::GetNotifyV2<'_>, endian: Endian) -> Vec<Fact> {
    let mut facts = Vec::new();
    for notification in value.notifications.iter().flatten() {
        let read::Notification { key, kind, flags, buffer, names } = notification;
        facts.extend([(*key).into(), (*kind).into(), (*flags).into(), (*buffer).into()]);
        facts.extend(names.map(|text| name(text, endian)));
    }
    facts.push(value.status.into());
    facts
}

fn get_notify_v2(mut source: Source) -> Result<write::GetNotifyV2> {
    let mut notifications = Vec::new();
    while source.len() > 1 {
        notifications.push(write::Notification {
            key: source.u32()?,
            kind: source.u32()?,
            flags: source.u64()?,
            buffer: Some(source.octets()?),
            names: [source.text()?, source.text()?, source.text()?, source.text()?],
        });
    }
    Ok(write::GetNotifyV2 { notifications, status: source.u32()? })
}

fn control_facts(value: &read::Control<'_>, _: Endian) -> Vec<Fact> {
    let mut facts = vec![value.size.into(), value.buffer.into()];
    facts.extend(value.status.map(Fact::from));
    facts
}

fn control(mut source: Source) -> Result<write::Control> {
    Ok(write::Control { size: source.u32()?, buffer: source.octets()?, status: source.numbers()? })
}

fn query_value_facts(value: &read::QueryValue<'_>, endian: Endian) -> Vec<Fact> {
    vec![handle(value.key), text(value.name, endian), value.size.into()]
}

fn query_value(mut source: Source) -> Result<write::QueryValue> {
    let key = token(&mut source)?;
    Ok(write::QueryValue { key, name: source.text()?.unwrap_or_default(), size: source.u32()? })
}

fn value_facts(value: &read::Value<'_>, _: Endian) -> Vec<Fact> {
    let mut facts = vec![value.kind.into(), value.data.into()];
    facts.extend(value.status.map(Fact::from));
    facts
}

fn value(mut source: Source) -> Result<write::Value> {
    Ok(write::Value { kind: source.u32()?, data: source.octets()?, status: source.numbers()? })
}

/// Whether the floor takes the octets for the message.
#[cfg(test)]
fn accepts(message: Message, stub: &[u8], format: Format) -> bool {
    match message {
        Message::GetNotifyShort | Message::GetNotifyLong => {
            in_format!(format, read::get_notify(stub)).is_some()
        }
        Message::AddNotifyResource => in_format!(format, read::add_notify(stub)).is_some(),
        Message::CreateEnum => in_format!(format, read::create_enum(stub)).is_some(),
        Message::GetNotifyV2 => in_format!(format, read::get_notify_v2(stub)).is_some(),
        Message::ClusterControl | Message::ClusterControlEmpty => {
            in_format!(format, read::control(stub)).is_some()
        }
        Message::QueryValueRequest => in_format!(format, read::query_value(stub)).is_some(),
        Message::QueryValueResponse => in_format!(format, read::value(stub)).is_some(),
    }
}

/// The floor is honest: it refuses exactly what ours refuses.
#[cfg(test)]
mod tests {
    use super::*;

    /// Octets of large messages are tried in steps, each of which meets all places in a structure.
    fn places(stub: &[u8]) -> impl Iterator<Item = usize> + use<> {
        (0..stub.len()).step_by((stub.len() / 200) | 1)
    }

    fn check(message: Message, stub: &[u8], format: Format) -> Result<()> {
        let ours = message.is_accepted(stub, format);
        anyhow::ensure!(
            ours == accepts(message, stub, format),
            "{message}, {format}: ours {ours}: {stub:02x?}"
        );
        Ok(())
    }

    fn check_all(message: Message, format: Format) -> Result<()> {
        let stub = message.stub(format)?;
        for place in places(stub) {
            check(message, stub.get(..place).unwrap_or_default(), format)?;
            let mut changed = stub.to_vec();
            for octet in [0, 1, 2, 0x7F, 0x80, 0xFF] {
                changed.get_mut(place).into_iter().for_each(|place| *place = octet);
                check(message, &changed, format)?;
            }
        }
        Ok(())
    }

    #[test]
    fn the_floor_refuses_what_ours_refuses() -> Result<()> {
        for message in Message::ALL {
            for format in Format::ALL {
                check_all(message, format)?;
            }
        }
        Ok(())
    }
}
