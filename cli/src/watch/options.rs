//! The command line of `cmrp watch`.

use std::time::Duration;

use clap::Args;
use cmrp_net::client::{Interest, PortVersion, Subject};
use cmrp_port::object::ObjectKind;

use super::follow::Patience;
use super::wanted::{Unwanted, Wanted};
use crate::remote::{Address, Listen, Logging, Reach};
use crate::show::output::Color;

/// Show what happens in a cluster, as it happens.
///
/// Makes a notification port at the first of the servers that can be reached and prints every event: time, object,
/// what happened, and the state before and after where the object has one. When the server fails, the other nodes of
/// the cluster are tried, as the specification has it, and what changed meanwhile is told.
///
/// Without a choice of objects, the whole cluster is watched. `--metrics` makes the command a Prometheus exporter that
/// needs no agent on the nodes; `--tui` shows the cluster on the whole terminal.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  cmrp watch node1 node2
  cmrp watch 127.0.0.1:49152 --group SQL --resource 'SQL Disk' --events 'GROUP_*,RESOURCE_STATE'
  cmrp watch node1 --port-version 2 --json
  cmrp watch node1 node2 --metrics 9182 --quiet
  cmrp watch node1 --tui

Exit status: 0 if it was ended by Ctrl-C, a request to terminate, `q` in --tui, or by whoever read the output; 1 if no \
server could be used at the start, or something failed here; 2 if the command line is wrong; 3 if there is \
nothing to watch: the server refused all of it, or ended the port, where \
--metrics takes another one; 130 if Ctrl-C came a second time, before everything was closed.")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct Options {
    /// The servers, in the order in which they are tried: names or addresses; without a port, the endpoint mapper of
    /// the server is asked
    #[arg(value_name = "HOST[:PORT]", required = true)]
    pub(super) servers: Vec<Address>,

    /// Print JSON Lines; cli/README.md describes the keys
    #[arg(long, conflicts_with = "tui")]
    pub(super) json: bool,

    /// Show nodes, groups, their states and the latest events on the whole terminal; `q` ends it
    #[arg(long)]
    pub(super) tui: bool,

    /// Serve metrics for Prometheus at this address, under /metrics. A port alone is one of the loopback interface
    #[arg(long, value_name = "[ADDR:]PORT")]
    pub(super) metrics: Option<Listen>,

    /// Do not ask the server for states: only what the events themselves say
    #[arg(long, conflicts_with_all = ["metrics", "tui"])]
    no_states: bool,

    /// Ask for all states anew so often, in seconds; 0 is never, as is usual without --metrics and --tui, where it is 60.
    /// A version 1 port does not tell when a group moves without changing its state
    #[arg(long, value_name = "SECONDS", conflicts_with = "no_states", value_parser = clap::value_parser!(u32).range(..=86_400))]
    refresh: Option<u32>,

    /// Wait for a server if none can be used at the start, as --metrics does
    #[arg(long)]
    wait: bool,

    /// When to colour the lines
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,

    #[command(flatten)]
    pub(super) logging: Logging,

    #[command(flatten)]
    choice: Choice,

    #[command(flatten)]
    pub(super) reach: Reach,
}

/// Seconds after which states are asked for anew where they are kept up to date.
const REFRESH: u32 = 60;

/// What to watch.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "What to watch")]
struct Choice {
    /// The whole cluster, beside the objects that are chosen
    #[arg(long)]
    cluster: bool,

    /// A group. May be repeated, as may the following
    #[arg(long, value_name = "NAME")]
    group: Vec<String>,

    /// A resource
    #[arg(long, value_name = "NAME")]
    resource: Vec<String>,

    /// A node
    #[arg(long, value_name = "NAME")]
    node: Vec<String>,

    /// A network
    #[arg(long, value_name = "NAME")]
    network: Vec<String>,

    /// A network interface
    #[arg(long, value_name = "NAME")]
    net_interface: Vec<String>,

    /// A key of the cluster registry by its path below the root; "" is the root
    #[arg(long, value_name = "PATH")]
    key: Vec<String>,

    /// With each key, all keys below it
    #[arg(long, requires = "key")]
    subtree: bool,

    /// A resource type. Needs a version 2 port, as a group set does
    #[arg(long, value_name = "NAME")]
    resource_type: Vec<String>,

    /// A group set
    #[arg(long, value_name = "NAME")]
    group_set: Vec<String>,

    /// The events, separated by commas, such as `GROUP_STATE,NODE_*`; all, unless given. The names are those of the
    /// specification, without `CLUSTER_CHANGE_`; a wrong one is answered with all of them
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    events: Vec<String>,

    /// The version of the notification port. Version 2 tells more and needs protocol version 3
    #[arg(long, value_name = "VERSION", default_value = "1", value_parser = clap::value_parser!(u8).range(1..=2))]
    port_version: u8,
}

impl Options {
    /// Whether servers are asked for states.
    pub(super) fn asks(&self) -> bool {
        !self.no_states
    }

    /// When to go on, and until when to wait. An exporter may well be there before the first server.
    pub(super) fn patience(&self) -> Patience {
        Patience { waits: self.wait || self.metrics.is_some(), refresh: self.refresh() }
    }

    /// How often all states are asked for; `None` is never.
    fn refresh(&self) -> Option<Duration> {
        let is_kept = self.metrics.is_some() || self.tui;
        let seconds = self.refresh.unwrap_or(if is_kept { REFRESH } else { 0 });
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    /// The filters that are asked for.
    pub(super) fn interests(&self) -> Result<Vec<Interest>, Unwanted> {
        let version = if self.choice.port_version == 1 { PortVersion::V1 } else { PortVersion::V2 };
        let wanted = Wanted::new(version, self.reach.protocol(), &self.choice.events)?;
        let mut interests = Vec::new();
        for subject in self.choice.subjects() {
            let is_key = matches!(&subject, Subject::Object { kind: ObjectKind::Key, .. });
            interests.extend(wanted.interests(&subject, self.choice.subtree && is_key)?);
        }
        Ok(interests)
    }
}

impl Choice {
    /// What is watched: the cluster, if nothing else is chosen.
    fn subjects(&self) -> Vec<Subject> {
        let kinds = [
            (ObjectKind::Group, &self.group),
            (ObjectKind::Resource, &self.resource),
            (ObjectKind::Node, &self.node),
            (ObjectKind::Network, &self.network),
            (ObjectKind::NetInterface, &self.net_interface),
            (ObjectKind::Key, &self.key),
            (ObjectKind::GroupSet, &self.group_set),
        ];
        let objects = kinds
            .into_iter()
            .flat_map(|(kind, names)| names.iter().map(move |name| Subject::object(kind, name.as_str())));
        let types = self.resource_type.iter().cloned().map(Subject::ResourceType);
        let mut subjects: Vec<Subject> = objects.chain(types).collect();
        if self.cluster || subjects.is_empty() {
            subjects.push(Subject::Cluster);
        }
        subjects
    }
}
