//! `cmrp fuzz generate`: calls from a seed, valid or broken on purpose.

use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use cmrp::ndr::Format;
use cmrp_traffic::generate::{self, Generator};
use cmrp_traffic::message::Direction;
use cmrp_traffic::pdu::Wrapper;
use cmrp_traffic::record::Record;

use super::folder::Folder;
use crate::interface::Interface;
use crate::stub::report;
use crate::stub::target::{NoOperation, by_name, formats};

/// Make calls of the protocol from a seed: valid ones, or ones that are broken on purpose.
///
/// Prints one JSON object a line for each stub: the operation, the value, the octets, what was broken, and which
/// handles it needs and yields. The same options make the same output on every machine. Nothing is sent.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cmrp fuzz generate --count 1000 --seed 7 > valid.jsonl
  cmrp fuzz generate --operation ApiSetValue --hostile 1 --format ndr64 --count 5
  cmrp fuzz generate --sequence 20 --hostile 0.2 --pdu --output calls

Send broken calls only to servers that are yours, and that you can do without.
Exit status: 0 if all was written; 1 if not; 2 if the command line is wrong.")]
pub(crate) struct Options {
    /// The interface
    #[arg(long, default_value = "clusapi3")]
    interface: Interface,

    /// Operations by their names in the IDL, such as `ApiGetNotify`; all unless given. With --sequence, what opens the
    /// handles that they need comes besides
    #[arg(long = "operation", value_name = "NAME", value_delimiter = ',')]
    operations: Vec<String>,

    /// How many calls to make
    #[arg(long, value_name = "N", default_value_t = 100)]
    count: u64,

    /// The same seed makes the same calls
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,

    /// How many of the stubs to break, from 0 (none) to 1 (all). In a sequence, calls that only open what a later one
    /// needs stay whole
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    hostile: f64,

    /// How the stubs are laid out; all formats unless given
    #[arg(long = "format", value_delimiter = ',', value_parser = formats())]
    formats: Vec<Format>,

    /// Which part of the calls to write. A response has the sizes that its request states
    #[arg(long, default_value = "request")]
    direction: Part,

    /// Make sequences of so many calls, in which each has handles that earlier ones yield. Otherwise each call stands
    /// alone, and its handles are made up
    #[arg(long, value_name = "LENGTH")]
    sequence: Option<NonZeroU32>,

    /// Put the stubs into PDUs, with a bind before the first call
    #[arg(long)]
    pdu: bool,

    /// The largest PDU, in octets
    #[arg(
        long,
        value_name = "N",
        requires = "pdu",
        default_value_t = 5840,
        value_parser = RangedU64ValueParser::<u16>::new().range(u64::from(Wrapper::SMALLEST)..=0xFFFF)
    )]
    max_fragment: u16,

    /// Write the octets of each stub, or its PDUs, into a file of its own in this folder, which must be empty or not be
    /// there; and the lines into `index.jsonl` there
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// Which part of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What clients send
    Request,
    /// What servers answer
    Response,
    /// One after the other
    Both,
}

impl Part {
    fn directions(self) -> &'static [Direction] {
        match self {
            Self::Request => &[Direction::Request],
            Self::Response => &[Direction::Response],
            Self::Both => &Direction::ALL,
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok();
    share.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "not a number from 0 to 1".to_owned())
}

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    report(generate(options).map(|()| ExitCode::SUCCESS))
}

fn generate(options: &Options) -> Result<(), Box<dyn Error>> {
    let calls = Generator::new(options.wanted()?)?;
    let Some(folder) = &options.output else {
        let mut output = BufWriter::new(io::stdout().lock());
        options.write(calls, |record| Ok(writeln!(output, "{}", serde_json::to_string(record)?)?))?;
        return Ok(output.flush()?);
    };
    let mut folder = Folder::create(folder)?;
    options.write(calls, |record| folder.write(record))?;
    folder.finish()
}

impl Options {
    fn wanted(&self) -> Result<generate::Options, NoOperation> {
        let opnums = self.operations.iter().map(|name| by_name(self.interface, name));
        Ok(generate::Options {
            operations: opnums.collect::<Result<_, _>>()?,
            formats: self.formats.clone(),
            seed: self.seed,
            hostile: self.hostile,
            sequence: self.sequence,
            ..generate::Options::new(self.interface.protocol())
        })
    }

    fn write(
        &self,
        calls: Generator,
        mut write: impl FnMut(&Record<'_>) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        let max_fragment = self.pdu.then_some(self.max_fragment);
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        for call in calls.take(count) {
            let call = call?;
            for direction in self.direction.directions() {
                write(&Record::of(&call, *direction, max_fragment)?)?;
            }
        }
        Ok(())
    }
}
