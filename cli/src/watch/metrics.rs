//! `--metrics`: the cluster as Prometheus sees it.
//!
//! What `windows_exporter`'s mscluster collector measures too has its names, labels and numbers, so that dashboards and
//! alerts work with either; what is our own begins with `cmrp_watch_`.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::board::{Board, Contents};
use super::condition::Condition;
use super::picture::Objects;

/// See the module.
#[derive(Debug)]
struct Exporter {
    board: Board,
}

/// A registry with the metrics of a board.
pub(super) fn registry(board: Board) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Exporter { board }));
    registry
}

impl Collector for Exporter {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let contents = self.board.lock().clone();
        states(&mut encoder, &contents)?;
        owners(&mut encoder, &contents)?;
        own(&mut encoder, &contents)
    }
}

/// Labels of one sample.
type Labels<'a> = Vec<(&'static str, &'a str)>;

/// A gauge with a sample for each object.
fn gauge<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    samples: impl Iterator<Item = (Labels<'a>, i64)>,
) -> Result<(), fmt::Error> {
    let metric_type = ConstGauge::new(0_i64).metric_type();
    let mut metric = encoder.encode_descriptor(name, help, None, metric_type)?;
    for (labels, value) in samples {
        sample(&mut metric, &labels, &ConstGauge::new(value))?;
    }
    Ok(())
}

fn sample(
    metric: &mut MetricEncoder<'_>,
    labels: &Labels<'_>,
    value: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    let labels: Vec<(&str, String)> = labels.iter().map(|(name, value)| (*name, escaped(value))).collect();
    value.encode(metric.encode_family(&labels)?)
}

/// A label value as the text format wants it, which the encoder does not see to: the names come from the network, and
/// one with a line break would be a sample of its own.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// A metric of one sample.
fn single(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    value.encode(encoder.encode_descriptor(name, help, None, value.metric_type())?)
}

fn named(objects: &Objects) -> impl Iterator<Item = (Labels<'_>, i64)> {
    objects.iter().map(|(name, condition)| (vec![("name", name.as_str())], condition.number()))
}

fn states(encoder: &mut DescriptorEncoder<'_>, contents: &Contents) -> Result<(), fmt::Error> {
    let picture = &contents.picture;
    let help = "State of the node: -1 unknown, 0 up, 1 down, 2 paused, 3 joining";
    gauge(encoder, "windows_mscluster_node_state", help, named(&picture.nodes))?;
    let help = "State of the group: -1 unknown, 0 online, 1 offline, 2 failed, 3 partially online, 4 pending";
    gauge(encoder, "windows_mscluster_resourcegroup_state", help, named(&picture.groups))?;
    let help = "State of the resource: -1 unknown, 1 initializing, 2 online, 3 offline, 4 failed, 129 going online, \
                130 going offline";
    let resources = picture
        .resources
        .iter()
        .map(|(name, condition)| (resource_labels(contents, name, condition), condition.number()));
    gauge(encoder, "windows_mscluster_resource_state", help, resources)?;
    let help = "State of the network: -1 unknown, 0 unavailable, 1 down, 2 partitioned, 3 up";
    gauge(encoder, "windows_mscluster_network_state", help, named(&picture.networks))?;
    let help = "State of the network interface: -1 unknown, 0 failed, 1 unreachable, 2 unavailable, 3 up";
    gauge(encoder, "windows_mscluster_netinterface_state", help, named(&picture.interfaces))
}

fn resource_labels<'a>(contents: &'a Contents, name: &'a str, condition: &'a Condition) -> Labels<'a> {
    let type_name = contents.picture.types.get(name).map(String::as_str).unwrap_or_default();
    let group = condition.group.as_deref().unwrap_or_default();
    vec![("type", type_name), ("owner_group", group), ("name", name)]
}

/// For each object and each node, whether the node owns it.
fn owners(encoder: &mut DescriptorEncoder<'_>, contents: &Contents) -> Result<(), fmt::Error> {
    let picture = &contents.picture;
    let nodes: Vec<&str> = picture.nodes.keys().map(String::as_str).collect();
    let owned = |condition: &Condition, node: &str| {
        let owner = condition.owner.as_deref();
        i64::from(owner.is_some_and(|owner| cmrp_port::object::same_name(owner, node)))
    };
    let groups = picture.groups.iter().flat_map(|(name, condition)| {
        let labels = |node| vec![("node_name", node), ("name", name.as_str())];
        nodes.iter().map(move |node| (labels(*node), owned(condition, node)))
    });
    let help = "Whether the node owns the group";
    gauge(encoder, "windows_mscluster_resourcegroup_owner_node", help, groups)?;
    let resources = picture.resources.iter().flat_map(|(name, condition)| {
        nodes.iter().map(move |node| {
            let mut labels = resource_labels(contents, name, condition);
            labels.insert(2, ("node_name", node));
            (labels, owned(condition, node))
        })
    });
    let help = "Whether the node owns the resource";
    gauge(encoder, "windows_mscluster_resource_owner_node", help, resources)
}

fn own(encoder: &mut DescriptorEncoder<'_>, contents: &Contents) -> Result<(), fmt::Error> {
    let Contents { picture, tally, .. } = contents;
    let cluster = vec![("cluster", picture.cluster.as_str()), ("node", picture.server.as_str())];
    let is_connected = i64::from(picture.is_connected);
    let help = "Whether there is a connection, and to which node of which cluster";
    gauge(encoder, "cmrp_watch_connected", help, std::iter::once((cluster, is_connected)))?;
    if let Some(last) = tally.last_event {
        let seconds = ConstGauge::new(last.elapsed().as_secs_f64());
        single(encoder, "cmrp_watch_seconds_since_last_event", "Time since the last event", &seconds)?;
    }
    events(encoder, contents)?;
    single(
        encoder,
        "cmrp_watch_reconnects",
        "Connections that were lost and replaced",
        &ConstCounter::new(tally.reconnects),
    )?;
    single(
        encoder,
        "cmrp_watch_failed_attempts",
        "Servers that could not be used",
        &ConstCounter::new(tally.failed_attempts),
    )?;
    let help = "Filters that could not be registered, or not again";
    single(encoder, "cmrp_watch_failed_filters", help, &ConstCounter::new(tally.failed_filters))
}

fn events(encoder: &mut DescriptorEncoder<'_>, contents: &Contents) -> Result<(), fmt::Error> {
    let metric_type = ConstCounter::new(0_u64).metric_type();
    let help = "Events by kind of object and by kind of event";
    let mut metric = encoder.encode_descriptor("cmrp_watch_events", help, None, metric_type)?;
    for ((about, event), count) in &contents.tally.events {
        let labels = vec![("object", about.name()), ("event", event.as_str())];
        sample(&mut metric, &labels, &ConstCounter::new(*count))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
