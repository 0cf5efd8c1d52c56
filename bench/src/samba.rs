//! Samba's libndr, where it is installed: the code that pidl generates for the interface, and the runtime under it.
//!
//! Each contest is held the way Samba itself goes. A request is read like a server does: a fresh structure, in which
//! libndr makes room for everything. A response is read like a client does: into a structure and variables that the
//! caller has already. Both free everything afterwards. Strings become UTF-8, octets are copied.

use std::hint::black_box;

use anyhow::{Result, ensure};
use cmrp::clusapi3::{
    ApiAddNotifyResource, ApiClusterControl, ApiClusterControlRequest, ApiCreateEnum, ApiGetNotify,
    ApiGetNotifyV2, ApiQueryValue, ApiQueryValueRequest,
};
use cmrp::ndr::{EncodeStub, Format, Operation as _};

use crate::Message;
use crate::contestant::{Job, Operation, Task};
pub(crate) use crate::system::samba::absence;
use crate::system::samba::{BIG_ENDIAN, Direction, NDR64, Parameters, Pulled};

pub(crate) fn job(task: Task) -> Result<Option<Job>> {
    if absence().is_some() {
        return Ok(None);
    }
    let case = Case::new(task)?;
    match (task.operation, case.direction) {
        (Operation::Decode, Direction::In) => serve(&case),
        (Operation::Decode, Direction::Out) => receive(case),
        (Operation::Encode, _) => rewrite(case),
        (Operation::EncodeAnew, _) => write(case),
    }
    .map(Some)
}

/// A message as libndr takes it.
struct Case {
    opnum: u16,
    direction: Direction,
    format: u32,
    stub: &'static [u8],
    /// Holds the message, and the request that it answers where libndr wants to know.
    parameters: Parameters,
}

impl Case {
    /// Reads the message, and makes sure that libndr writes it back the same.
    fn new(task: Task) -> Result<Self> {
        let Task { message, format, .. } = task;
        let (opnum, direction) = place(message);
        let flags = flags(format);
        let mut parameters = Parameters::new(opnum, flags)?;
        if let Some(request) = request(message, format)? {
            parameters.fill(Direction::In, request.leak())?;
        }
        let stub = message.stub(format)?;
        parameters.fill(direction, stub)?;
        let mut writer = parameters.writer()?;
        parameters.write(direction, &mut writer)?;
        message.is_stub(writer.octets(), format)?;
        Ok(Self { opnum, direction, format: flags, stub, parameters })
    }
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
        Message::ClusterControl | Message::ClusterControlEmpty => {
            Some(ApiClusterControlRequest { n_out_buffer_size: 64 << 10, ..Default::default() }.encode(format)?)
        }
        Message::QueryValueResponse => {
            Some(ApiQueryValueRequest { cb_data: 64, ..Default::default() }.encode(format)?)
        }
        _ => None,
    })
}

fn flags(format: Format) -> u32 {
    match format {
        Format::NDR20_LE => 0,
        Format::NDR20_BE => BIG_ENDIAN,
        Format::Ndr64 => NDR64,
    }
}

/// Reads a request into a structure of its own.
fn serve(case: &Case) -> Result<Job> {
    let Case { opnum, format, stub, .. } = *case;
    let read = move || -> Result<usize> {
        let mut parameters = Parameters::new(opnum, format)?;
        // The structure is one more.
        Ok(parameters.fill(Direction::In, black_box(stub))?.blocks() + 1)
    };
    let blocks = read()?;
    Ok(Job::new(move || {
        let _ = black_box(read());
    })
    .allocating(blocks as f64))
}

/// Reads a response into variables that are there.
fn receive(mut case: Case) -> Result<Job> {
    let pulled = case.parameters.refill(case.direction, case.stub)?;
    let mut writer = case.parameters.writer()?;
    case.parameters.write(case.direction, &mut writer)?;
    ensure!(writer.octets() == case.stub, "libndr reads something else the second time");
    let blocks = pulled.blocks();
    Ok(Job::new(move || {
        let pulled = case.parameters.refill(case.direction, black_box(case.stub));
        let _: &Result<Pulled> = black_box(&pulled);
    })
    .allocating(blocks as f64))
}

/// Writes into a buffer that is there.
fn rewrite(case: Case) -> Result<Job> {
    let mut writer = case.parameters.writer()?;
    Ok(Job::new(move || {
        writer.restart();
        let _ = black_box(case.parameters.write(case.direction, &mut writer));
    })
    .allocating(0.0))
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
