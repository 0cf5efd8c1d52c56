//! `cmrp call`: one operation of a server, once.

mod catalog;
mod list;
mod names;
mod session;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use cmrp::ndr::json::Arena;
use cmrp_net::client::Association;
use serde_json::{Value, json};
use thiserror::Error;

use catalog::{Catalog, HandleMember};
use names::{Misnamed, Names, Open};
use session::{Failure, Session};

use crate::interface::Interface;
use crate::remote::{self, Address, Fields, Reach};
use crate::show::win32;
use crate::stub::kind::{Direction, Kind};
use crate::stub::target::{NoOperation, by_name};
use crate::stub::{complain, octets, report, tree};

/// Call one operation of a server, and print what it returns.
///
/// The request is one JSON object with the parameter names of the IDL, as docs/json.md describes it; the result is
/// printed in the same form. Handles need not be in the request: `--resource "Disk 1"` opens the resource first, puts
/// its handle where the request wants one, and closes it after the call. A handle to the cluster is opened without
/// being asked for. Handles that the operation returns are printed and closed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cmrp call node1 ApiGetClusterName
  cmrp call 127.0.0.1:49152 ApiGetResourceState --resource \"Cluster Name\" --text
  cmrp call node1 ApiCreateEnum '{\"dwType\": 1}'
  cmrp call node1 ApiMoveGroupToNode --group SQL --node node2
  cmrp call node1 ApiGetBatchNotification --batch-port Software
  cmrp call --list '*Notify*'
  cmrp call --list ApiGetNotify

Exit status: 0 if the operation succeeded (or goes on, ERROR_IO_PENDING); 1 if there is no answer: no connection, a \
fault, a request that can't be sent; 2 if the command line is wrong, as is one with an operation that there is not, or \
without a handle that it needs; 3 if the operation, or one that opens a handle \
for it, returned an error.")]
pub(crate) struct Options {
    /// The server: a name or an address; without a port, its endpoint mapper is asked
    #[arg(value_name = "HOST[:PORT]", required_unless_present = "list")]
    server: Option<Address>,

    /// The operation by its name in the IDL, such as `ApiGetClusterName`
    #[arg(required_unless_present = "list")]
    operation: Option<String>,

    /// The request; `-` reads standard input
    #[arg(default_value = "{}")]
    json: String,

    /// List the operations whose names match, `*` standing for any characters; one alone is described
    #[arg(
        long,
        value_name = "PATTERN",
        num_args = 0..=1,
        default_missing_value = "*",
        conflicts_with_all = ["server", "operation"]
    )]
    list: Option<String>,

    /// Print the result for people, with names of codes and flags, as `cmrp decode` does
    #[arg(long)]
    text: bool,

    #[command(flatten)]
    names: Names,

    #[command(flatten)]
    reach: Reach,
}

/// The operation, or one that opened a handle for it, returned an error.
const RETURNED_ERROR: u8 = 3;

/// The command line is wrong.
const WRONG_COMMAND_LINE: u8 = 2;

/// An operation that goes on after its call has returned; no failure.
const ERROR_IO_PENDING: u64 = 997;

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    let outcome = match &options.list {
        Some(pattern) => list::run(options.reach.protocol.into(), pattern),
        None => call(options),
    };
    match outcome {
        Err(error) if error.is::<WrongCommandLine>() => {
            complain(&error.to_string());
            ExitCode::from(WRONG_COMMAND_LINE)
        }
        outcome => report(outcome),
    }
}

/// What is asked for can't be asked for with any request.
#[derive(Debug, Error)]
enum WrongCommandLine {
    #[error("{0}{1}")]
    NoOperation(NoOperation, &'static str),
    #[error(transparent)]
    Misnamed(#[from] Misnamed),
}

/// All that is known before the server is.
struct Prepared {
    interface: Interface,
    name: &'static str,
    catalog: Catalog,
    fields: Fields,
    plan: Vec<(HandleMember, Open)>,
}

fn call(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let prepared = prepare(options)?;
    let server = options.server.as_ref().map(Address::as_str).unwrap_or_default();
    match remote::block_on(perform(server, options, prepared))? {
        Ok(status) => Ok(status),
        Err(failure @ Failure::NotOpened { .. }) => {
            complain(&failure.to_string());
            Ok(ExitCode::from(RETURNED_ERROR))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Finds whatever is wrong with the request before anything is sent.
fn prepare(options: &Options) -> Result<Prepared, Box<dyn Error>> {
    let interface = Interface::from(options.reach.protocol);
    let asked = options.operation.as_deref().unwrap_or_default();
    let opnum = by_name(interface, asked);
    let opnum = opnum.map_err(|error| WrongCommandLine::NoOperation(error, "; --list names all"))?;
    let name = interface.operation(opnum).unwrap_or_default();
    let catalog = Catalog::of(interface)?;
    let operation = catalog.operation(opnum).ok_or("the operation is not in the IDL")?;
    let fields = fields(&options.json)?;
    let mut members = catalog.handles_in(operation);
    members.retain(|member| fields.get(&member.name).is_none_or(Value::is_null));
    let plan = options.names.plan(name, &members).map_err(WrongCommandLine::from)?;
    check(interface, opnum, &fields, &plan)?;
    Ok(Prepared { interface, name, catalog, fields, plan })
}

fn fields(text: &str) -> Result<Fields, Box<dyn Error>> {
    let text = octets::input(Some(text))?;
    serde_json::from_slice(&text).map_err(|error| format!("the request is not a JSON object: {error}").into())
}

/// Reads the request with handles in the places of those that are yet to be opened.
fn check(
    interface: Interface,
    opnum: u16,
    fields: &Fields,
    plan: &[(HandleMember, Open)],
) -> Result<(), Box<dyn Error>> {
    let mut fields = fields.clone();
    let handle = json!({"attributes": 0, "uuid": "ffffffff-ffff-ffff-ffff-ffffffffffff"});
    fields.extend(plan.iter().map(|(member, _)| (member.name.clone(), handle.clone())));
    let format = cmrp::ndr::Format::NDR20_LE;
    let kind = Kind { interface, opnum, direction: Direction::Request, format };
    let (value, arena) = (Value::Object(fields), Arena::new());
    kind.read(&value, &arena).map_err(|error| {
        let name = interface.operation(opnum).unwrap_or_default();
        format!("{error}\n      `cmrp call --list {name}` tells what {name} takes")
    })?;
    Ok(())
}

async fn perform(server: &str, options: &Options, prepared: Prepared) -> Result<ExitCode, Failure> {
    let association = Association::connect(server, &options.reach.options()).await;
    let association =
        association.map_err(|error| Failure::NoConnection(remote::connect_error(server, &error)))?;
    let mut session = Session::new(prepared.interface, &prepared.catalog, association);
    let answer = in_session(&mut session, &prepared).await;
    session.close().await;
    let answer = answer?;
    print(&answer, options.text)?;
    Ok(status(prepared.name, &answer))
}

/// Opens what the request names, and makes the call.
async fn in_session(session: &mut Session<'_>, prepared: &Prepared) -> Result<Fields, Failure> {
    let mut fields = prepared.fields.clone();
    for (member, open) in &prepared.plan {
        let handle = session.open(open, writes(prepared.name)).await?;
        fields.insert(member.name.clone(), handle);
    }
    Ok(session.call(prepared.name, fields).await?)
}

/// Whether an operation changes the registry key that it is given.
fn writes(operation: &str) -> bool {
    let is_any = |starts: &[&str]| starts.iter().any(|start| operation.starts_with(start));
    is_any(&["ApiSet", "ApiCreate", "ApiDelete", "ApiExecute"])
        && !is_any(&["ApiCreateBatchPort", "ApiExecuteReadBatch"])
}

fn print(answer: &Fields, for_people: bool) -> io::Result<()> {
    let mut output = io::stdout().lock();
    if for_people {
        output.write_all(tree::lines(answer).as_bytes())?;
    } else {
        writeln!(output, "{}", Value::Object(answer.clone()))?;
    }
    output.flush()
}

/// Tells of an error that the operation returned.
fn status(operation: &str, answer: &Fields) -> ExitCode {
    let codes = ["return", "Status"].into_iter().filter_map(|name| answer.get(name));
    let mut errors = codes.filter_map(Value::as_u64).filter(|code| ![0, ERROR_IO_PENDING].contains(code));
    let Some(code) = errors.next() else { return ExitCode::SUCCESS };
    let name = u32::try_from(code).ok().and_then(win32::name);
    complain(&format!(
        "{operation} returned {}",
        name.map_or_else(|| format!("error {code}"), |name| format!("{name} ({code})"))
    ));
    ExitCode::from(RETURNED_ERROR)
}
