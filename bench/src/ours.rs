//! This repository's codec, as a program uses it: the strict level that the interface asks for, default limits.

use std::hint::black_box;

use anyhow::Result;
use cmrp::ndr::{EncodeError, EncodeStub, Format, Limits, Writer};

use crate::contestant::{Job, Operation, Task};
use crate::message::{Value, Visit};

pub(crate) fn job(task: Task) -> Result<Job> {
    task.message.visit(Prepare(task))
}

struct Prepare(Task);

impl Visit for Prepare {
    type Output = Result<Job>;

    fn visit<T: Value>(self, value: T) -> Result<Job> {
        let Self(Task { message, format, operation }) = self;
        message.is_read_from(&value.encode(format)?, format)?;
        Ok(match operation {
            Operation::Decode => decode::<T>(message.stub(format)?, format),
            Operation::Encode => encode(value, format),
            Operation::EncodeAnew => Job::new(move || {
                let _ = black_box(black_box(&value).encode(black_box(format)));
            }),
        })
    }
}

fn decode<T: Value>(stub: &'static [u8], format: Format) -> Job {
    let limits = Limits::default();
    Job::new(move || {
        black_box(&T::decode(black_box(stub), black_box(format), &limits));
    })
}

fn encode<T: Value>(value: T, format: Format) -> Job {
    let mut buffer = Vec::new();
    Job::new(move || {
        let written = reuse(black_box(&value), black_box(format), std::mem::take(&mut buffer));
        buffer = written.unwrap_or_default();
        black_box(&buffer);
    })
}

fn reuse(value: &impl EncodeStub, format: Format, buffer: Vec<u8>) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::reusing(buffer, format);
    value.write(&mut writer)?;
    Ok(writer.into_stub())
}
