//! Prints what happens to the groups and resources of a cluster, until Ctrl-C.
//!
//! ```sh
//! cargo run -p cmrp-net --example watch -- HOST[:PORT]...
//! ```
//!
//! Any node will do; the others are known once one has answered. Should one die, the watcher goes on with the next,
//! and tells what changed meanwhile.

use std::env;
use std::error::Error;
use std::io::{self, Write};

use cmrp::cluster_change::ClusterChange;
use cmrp_net::client::{
    Change, Interest, Options, Protocol, Retry, Subject, WatchEvent, WatchEvents, Watcher,
};
use cmrp_port::client::Indication;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let servers: Vec<_> = env::args().skip(1).collect();
    if servers.is_empty() {
        return Err("usage: watch HOST[:PORT]...".into());
    }
    let (watcher, mut events) = start(servers, Options::new(Protocol::V3))?;
    let mut output = io::stdout();
    tokio::select! {
        printed = print(&mut events, &mut output) => printed?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    // Unblocks and closes the port, closes all handles.
    watcher.shut_down().await;
    Ok(())
}

/// Starts to watch the states of all groups and resources, and never gives up.
///
/// # Errors
/// None: the filter makes sense.
pub fn start(servers: Vec<String>, options: Options) -> Result<(Watcher, WatchEvents), Box<dyn Error>> {
    let states = ClusterChange::GROUP_STATE | ClusterChange::RESOURCE_STATE;
    let started = Watcher::builder(servers, Protocol::V3)
        .options(options)
        .interest(Interest::v1(Subject::Cluster, states))
        .for_ever(Retry::default())
        .start()?;
    Ok(started)
}

/// Prints events until there are no more.
///
/// # Errors
/// Those of the output.
pub async fn print(events: &mut WatchEvents, output: &mut impl Write) -> io::Result<()> {
    while let Some(event) = events.next().await {
        match event {
            WatchEvent::Connected { server, cluster } => {
                writeln!(output, "{cluster}: connected to {server}")?;
            }
            WatchEvent::Reconnected { server } => writeln!(output, "reconnected to {server}")?,
            WatchEvent::Changed(Change { indication: Indication::V1 { change, name, .. }, .. }) => {
                writeln!(output, "{name}: {change:?}")?;
            }
            other => writeln!(output, "{other:?}")?,
        }
    }
    Ok(())
}
