//! `cmrp watch`: what happens in a cluster, as it happens.

mod about;
mod board;
mod condition;
mod follow;
mod json;
mod metrics;
mod news;
mod options;
mod payload;
mod people;
mod picture;
mod report;
mod session;
mod survey;
mod tui;
mod wanted;

use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cmrp_net::client::{Interest, Retry, WatchEvents, Watcher};
use cmrp_port::access::Access;
use cmrp_port::client::FilterError;
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;

pub(crate) use options::Options;
pub(crate) use wanted::kind_text;

use board::Board;
use follow::{Ended, follow};
use json::Json;
use people::People;
use report::{Report, Silence};
use session::Session;

use crate::remote::{self, Interrupts};
use crate::show::output::Output;
use crate::stub::complain;

/// The command line is wrong.
const WRONG_COMMAND_LINE: u8 = 2;
/// Nothing of what was asked for can be watched.
const NOTHING_TO_WATCH: u8 = 3;
/// Interrupted for the second time.
const INTERRUPTED: u8 = 130;

/// How long an exporter waits before it asks for another port.
const BEFORE_ANOTHER_PORT: Duration = Duration::from_secs(5);

/// How long closing everything may take.
const FAREWELL: Duration = Duration::from_secs(5);

/// Runs the command.
pub(crate) fn run(options: &Options) -> ExitCode {
    if !options.tui {
        options.logging.start(LevelFilter::WARN);
    } else if !io::stdout().is_terminal() {
        complain("--tui draws on a terminal, and standard output is none: take --json, or neither");
        return ExitCode::from(WRONG_COMMAND_LINE);
    }
    let interests = match options.interests() {
        Ok(interests) => interests,
        Err(error) => {
            complain(&error.to_string());
            return ExitCode::from(WRONG_COMMAND_LINE);
        }
    };
    match remote::block_on(watch(options, interests)) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&format!("the network can't be used: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn watch(options: &Options, interests: Vec<Interest>) -> Result<ExitCode, Box<dyn Error>> {
    let mut interrupts = Interrupts::new()?;
    let board = Board::default();
    serve_metrics(options, &board).await?;
    let bar = indicatif::ProgressBar::hidden();
    let output = || Output::new(options.color, &bar);
    let mut report: Box<dyn Report + '_> = match () {
        () if options.tui => Box::new(Silence),
        () if options.json => Box::new(Json::new(output())),
        () => Box::new(People::new(output())),
    };
    let mut shown = std::pin::pin!(tui::show(&board, options.tui));
    loop {
        let (watcher, mut events) = start(options, interests.clone())?;
        let mut session = session(options, &watcher, interests.len(), &board);
        let ended = tokio::select! {
            ended = follow(&mut session, &mut events, report.as_mut(), options.patience()) => ended,
            () = interrupts.next() => Ok(Ended::Asked),
            shown = &mut shown => shown.map(|()| Ended::Asked),
        };
        let farewell = tokio::select! {
            () = close(&watcher, &mut events) => None,
            () = interrupts.next() => Some(ExitCode::from(INTERRUPTED)),
        };
        match ended? {
            // An exporter goes on, since nobody is there to start it again.
            Ended::NoPort if options.metrics.is_some() && farewell.is_none() => {
                board.lock().picture.is_connected = false;
                tokio::select! {
                    () = tokio::time::sleep(BEFORE_ANOTHER_PORT) => {}
                    () = interrupts.next() => return Ok(ExitCode::SUCCESS),
                    shown = &mut shown => return Ok(shown.map(|()| ExitCode::SUCCESS)?),
                }
            }
            ended => return status(ended, farewell),
        }
    }
}

/// The exit status. `farewell` is one of its own of closing everything.
fn status(ended: Ended, farewell: Option<ExitCode>) -> Result<ExitCode, Box<dyn Error>> {
    match ended {
        Ended::Asked => Ok(farewell.unwrap_or(ExitCode::SUCCESS)),
        Ended::NothingToWatch | Ended::NoPort => {
            complain("there is nothing to watch, or nothing any more");
            Ok(ExitCode::from(NOTHING_TO_WATCH))
        }
        Ended::NoServer(code) => Err(follow::no_server(code).into()),
    }
}

fn session(options: &Options, watcher: &Watcher, filters: usize, board: &Board) -> Session {
    Session::new(watcher.clone(), options.reach.protocol(), filters, options.asks(), board.clone())
}

fn start(options: &Options, interests: Vec<Interest>) -> Result<(Watcher, WatchEvents), FilterError> {
    let servers = options.servers.iter().map(remote::Address::as_str);
    let builder = Watcher::builder(servers, options.reach.protocol())
        .options(options.reach.options())
        .access(Access::Read)
        .for_ever(Retry::default());
    interests.into_iter().fold(builder, cmrp_net::client::Builder::interest).start()
}

/// Serves the metrics for as long as the process lives.
async fn serve_metrics(options: &Options, board: &Board) -> Result<(), Box<dyn Error>> {
    let Some(address) = options.metrics else { return Ok(()) };
    let listener = TcpListener::bind(address.0).await;
    let listener = listener.map_err(|error| format!("--metrics {address}: {error}"))?;
    let address = listener.local_addr()?;
    if !options.tui {
        complain(&format!("metrics are at http://{address}/metrics"));
    }
    let registry = Arc::new(metrics::registry(board.clone()));
    tokio::spawn(async move {
        if let Err(error) = cmrp_net::metrics::serve(listener, registry, std::future::pending()).await {
            tracing::error!(%error, "metrics are no longer served");
        }
    });
    Ok(())
}

/// Unblocks and closes all there is on the server, within a deadline. What still comes is not told any more.
async fn close(watcher: &Watcher, events: &mut WatchEvents) {
    let drained = async { while events.next().await.is_some() {} };
    let closed = async { tokio::join!(watcher.shut_down(), drained) };
    if tokio::time::timeout(FAREWELL, closed).await.is_err() {
        tracing::warn!("the server took too long to close everything");
    }
}
