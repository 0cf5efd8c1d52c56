//! A copy of the octets of a message: what anything that touches each of them costs at least.

use std::hint::black_box;

use anyhow::Result;

use crate::contestant::{Job, Operation, Task};

pub(crate) fn job(task: Task) -> Result<Job> {
    let stub = task.message.stub(task.format)?;
    if task.operation == Operation::EncodeAnew {
        return Ok(Job::new(move || {
            black_box(&black_box(stub).to_vec());
        }));
    }
    let mut buffer = stub.to_vec();
    Ok(Job::new(move || {
        buffer.clear();
        buffer.extend_from_slice(black_box(stub));
        black_box(&buffer);
    }))
}
