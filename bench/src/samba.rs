//! Samba's libndr, where it is installed: the code that pidl generates for the interface, and the runtime under it.
//!
//! It takes part twice. Once with memory of its own for each message: a decode makes the structure, lets libndr make
//! room for everything that it points to, and frees all of it, as Samba's servers and `ndrdump` do; an encode makes a
//! buffer and frees it. And once with memory that the caller keeps: responses are read into a structure and variables
//! that are there, as Samba's clients do, and encodes start again in the same buffer, which no function of libndr
//! offers but its public structures allow. Strings become UTF-8, octets are copied either way.

use std::hint::black_box;

use anyhow::{Result, ensure};
use cmrp::clusapi3::{
    ApiAddNotifyResource, ApiClusterControl, ApiClusterControlRequest, ApiCreateEnum, ApiGetNotify,
    ApiGetNotifyV2, ApiQueryValue, ApiQueryValueRequest,
};
use cmrp::ndr::{EncodeStub, Format, Operation as _};
pub(crate) use cmrp_libndr::absence;
use cmrp_libndr::{Direction, Parameters};

use crate::Message;
use crate::contestant::{Job, Operation, Task};

/// With memory of its own for each message.
pub(crate) fn job(task: Task) -> Result<Option<Job>> {
    let Some(case) = Case::new(task)? else { return Ok(None) };
    match task.operation {
        Operation::Decode => read(case),
        Operation::Encode | Operation::EncodeAnew => write(case),
    }
    .map(Some)
}

/// With memory that the caller keeps, where there is a way.
pub(crate) fn kept_job(task: Task) -> Result<Option<Job>> {
    let Some(case) = Case::new(task)? else { return Ok(None) };
    match (task.operation, case.direction) {
        (Operation::Decode, Direction::Out) => reread(case).map(Some),
        (Operation::Encode, _) => rewrite(case).map(Some),
        (Operation::Decode, Direction::In) | (Operation::EncodeAnew, _) => Ok(None),
    }
}

/// A message as libndr takes it.
struct Case {
    direction: Direction,
    stub: &'static [u8],
    /// Holds the request that the message answers where libndr wants to know it, and nothing else.
    empty: Parameters<'static>,
    /// Holds the message as well.
    parameters: Parameters<'static>,
}

impl Case {
    /// Reads the message, and makes sure that libndr writes it back the same; `None` where there is no libndr.
    fn new(task: Task) -> Result<Option<Self>> {
        if absence().is_some() {
            return Ok(None);
        }
        let Task { message, format, .. } = task;
        let (_, direction) = place(message);
        let empty = empty(message, format)?;
        let stub = message.stub(format)?;
        let mut parameters = self::empty(message, format)?;
        parameters.keep(direction, stub)?;
        let mut writer = parameters.writer()?;
        parameters.write(direction, &mut writer)?;
        message.is_stub(writer.octets(), format)?;
        Ok(Some(Self { direction, stub, empty, parameters }))
    }
}

/// The parameters without the message.
fn empty(message: Message, format: Format) -> Result<Parameters<'static>> {
    let mut parameters = Parameters::new(place(message).0, format)?;
    if let Some(request) = request(message, format)? {
        parameters.fill(Direction::In, &request)?;
    }
    Ok(parameters)
}

fn place(message: Message) -> (u16, Direction) {
    match message {
        Message::GetNotifyShort | Message::GetNotifyLong => (ApiGetNotify::OPNUM, Direction::Out),
        Message::AddNotifyResource => (ApiAddNotifyResource::OPNUM, Direction::In),
        Message::CreateEnum => (ApiCreateEnum::OPNUM, Direction::Out),
        Message::GetNotifyV2 => (ApiGetNotifyV2::OPNUM, Direction::Out),
        Message::ClusterControl | Message::ClusterControlEmpty => (ApiClusterControl::OPNUM, Direction::Out),
        Message::QueryValueRequest => (ApiQueryValue::OPNUM, Direction::In),
        Message::QueryValueResponse => (ApiQueryValue::OPNUM, Direction::Out),
    }
}

/// The request, for responses whose sizes it states.
fn request(message: Message, format: Format) -> Result<Option<Vec<u8>>> {
    Ok(match message {
        Message::ClusterControl | Message::ClusterControlEmpty => Some(
            ApiClusterControlRequest { n_out_buffer_size: 64 << 10, ..Default::default() }.encode(format)?,
        ),
        Message::QueryValueResponse => {
            Some(ApiQueryValueRequest { cb_data: 64, ..Default::default() }.encode(format)?)
        }
        _ => None,
    })
}

/// Reads into a structure of its own.
fn read(case: Case) -> Result<Job> {
    let read = move || -> Result<usize> {
        let mut parameters = case.empty.copy()?;
        parameters.fill(case.direction, black_box(case.stub))?;
        Ok(parameters.blocks())
    };
    let blocks = read()?;
    Ok(Job::new(move || {
        let _ = black_box(read());
    })
    .allocating(blocks as f64))
}

/// Reads a response into variables that are there.
fn reread(mut case: Case) -> Result<Job> {
    let blocks = case.parameters.refill()?;
    let mut writer = case.parameters.writer()?;
    case.parameters.write(case.direction, &mut writer)?;
    ensure!(writer.octets() == case.stub, "libndr reads something else the second time");
    Ok(Job::new(move || {
        let _ = black_box(black_box(&mut case.parameters).refill());
    })
    .allocating(blocks as f64))
}

/// Writes into a new buffer.
fn write(case: Case) -> Result<Job> {
    let written = move || -> Result<usize> {
        let mut writer = case.parameters.writer()?;
        black_box(&case.parameters).write(case.direction, &mut writer)?;
        black_box(writer.octets());
        Ok(writer.blocks())
    };
    let blocks = written()?;
    Ok(Job::new(move || {
        let _ = black_box(written());
    })
    .allocating(blocks as f64))
}

/// Writes into a buffer that is there.
fn rewrite(case: Case) -> Result<Job> {
    let mut writer = case.parameters.writer()?;
    Ok(Job::new(move || {
        writer.restart();
        let _ = black_box(black_box(&case.parameters).write(case.direction, &mut writer));
        black_box(writer.octets());
    })
    .allocating(0.0))
}
