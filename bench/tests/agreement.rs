//! All contestants read and write what ours does, and ours allocates no more than it may. Nothing is timed.

use anyhow::{Context, Result};
use cmrp::ndr::Format;
use cmrp_bench::{Contestant, Message, Operation, Task, allocations, notes};

fn tasks() -> impl Iterator<Item = Task> {
    Message::ALL.into_iter().flat_map(|message| {
        Operation::ALL.into_iter().flat_map(move |operation| {
            Format::ALL.into_iter().map(move |format| Task { message, format, operation })
        })
    })
}

/// A job is given out only after its contestant has shown that it agrees; then it must run as well.
#[test]
fn all_contestants_agree() -> Result<()> {
    for task in tasks() {
        for contestant in Contestant::ALL {
            let job = contestant.job(task).with_context(|| format!("{contestant}: {task}"))?;
            if let Some(mut job) = job {
                job.run(2);
            }
        }
    }
    Ok(())
}

/// What takes part in which formats, so that nobody is missing by mistake.
#[test]
fn everyone_takes_part() -> Result<()> {
    let libndr = !notes(true).iter().any(|note| note.contains("libndr"));
    assert!(libndr || std::env::var_os("CMRP_REQUIRE_LIBNDR").is_none(), "{:?}", notes(true));
    for task in tasks() {
        for contestant in Contestant::ALL {
            let expected = match contestant {
                Contestant::Ours | Contestant::Floor | Contestant::Memcpy => true,
                Contestant::MsNdr => task.format == Format::NDR20_LE,
                Contestant::SmbRpc => task.format == Format::Ndr64,
                Contestant::Libndr => libndr,
                Contestant::LibndrKept => continue,
            };
            assert_eq!(contestant.job(task)?.is_some(), expected, "{contestant}: {task}");
        }
    }
    Ok(())
}

#[test]
fn the_allocations_are_counted() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Vec::<u8>::with_capacity(9)))), 1);
    assert_eq!(allocations(|| ()), 0);
}

/// A decode allocates nothing but arrays of structures; an encode into a buffer that is large enough nothing at all.
#[test]
fn ours_allocates_little() -> Result<()> {
    for task in tasks() {
        let most = match task.operation {
            Operation::Decode => task.message.arrays(),
            Operation::Encode => 0,
            Operation::EncodeAnew => continue,
        };
        let mut job = Contestant::Ours.job(task)?.context("ours does all")?;
        // The first encode makes the buffer.
        job.run(1);
        let counted = allocations(|| job.run(1));
        assert!(counted <= most, "{task}: {counted} allocations");
    }
    Ok(())
}
