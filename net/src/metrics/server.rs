//! The metrics of a server. Their names begin with `cmrp_server_`.

use std::fmt::{self, Write};
use std::sync::Arc;

use dcerpc_proto::{SyntaxId, status};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::server::Snapshot;
use crate::server::levels::Levels;

/// Counts of what a server has done. Clones count together.
///
/// Values of labels are written as they are, without escapes: all are numbers, or names that this program has in its own
/// tables. Nothing that a client sends may become one, which would also let it make as many series as it likes.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    calls: Family<CallLabels, Counter>,
    faults: Family<FaultLabels, Counter>,
    ended: Family<EndLabels, Counter>,
    pub(crate) accepted: Counter,
    pub(crate) refused: Counter,
    pub(crate) undelivered: Counter,
    pub(crate) received: Counter,
    pub(crate) sent: Counter,
    pub(crate) latency: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    interface: Version,
    operation: &'static str,
    outcome: &'static str,
}

/// The version of an interface: clients of one server use interfaces of one UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Version(u16, u16);

impl EncodeLabelValue for Version {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        write!(encoder, "{}.{}", self.0, self.1)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FaultLabels {
    status: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    reason: &'static str,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Response,
    Fault,
    Abandoned,
}

impl Outcome {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Fault => "fault",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            calls: Family::default(),
            faults: Family::default(),
            ended: Family::default(),
            accepted: Counter::default(),
            refused: Counter::default(),
            undelivered: Counter::default(),
            received: Counter::default(),
            sent: Counter::default(),
            latency: Histogram::new(BUCKETS),
        }
    }

    /// A call of an operation has ended.
    pub(crate) fn call(&self, interface: SyntaxId, operation: &'static str, outcome: Outcome) {
        let interface = Version(interface.major, interface.minor);
        let labels = CallLabels { interface, operation, outcome: outcome.name() };
        self.calls.get_or_create(&labels).inc();
    }

    /// A call was answered with a fault.
    pub(crate) fn fault(&self, code: u32) {
        let status = status::name(code).map_or_else(|| format!("{code:#010x}"), str::to_owned);
        self.faults.get_or_create(&FaultLabels { status }).inc();
    }

    /// A connection has ended.
    pub(crate) fn ended(&self, reason: &'static str) {
        self.ended.get_or_create(&EndLabels { reason }).inc();
    }

    /// Makes the metrics, and what the server holds, part of a registry.
    pub(crate) fn register(&self, registry: &mut Registry, levels: Arc<Levels>) {
        let registry = registry.sub_registry_with_prefix("cmrp_server");
        registry.register("calls", "Calls by operation and outcome", self.calls.clone());
        registry.register("faults", "Calls answered with a fault, by status", self.faults.clone());
        registry.register("connections_accepted", "Connections that were accepted", self.accepted.clone());
        let refused = "Connections over a limit, closed as soon as they were accepted";
        registry.register("connections_refused", refused, self.refused.clone());
        registry.register("connections_ended", "Connections that ended, by reason", self.ended.clone());
        let undelivered = "Responses with events or handles that could not be sent";
        registry.register("undelivered", undelivered, self.undelivered.clone());
        let (received, sent) = (self.received.clone(), self.sent.clone());
        registry.register_with_unit("received", "Octets from clients", Unit::Bytes, received);
        registry.register_with_unit("sent", "Octets to clients", Unit::Bytes, sent);
        let latency = "Time to serve a call that does not wait";
        registry.register_with_unit("call_duration", latency, Unit::Seconds, self.latency.clone());
        registry.register_collector(Box::new(Holdings(levels)));
    }
}

/// Upper bounds in seconds: calls in memory take microseconds, those that are written to disk milliseconds.
const BUCKETS: [f64; 12] =
    [0.000_01, 0.000_03, 0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0];

/// What the server holds, read when it is asked for.
struct Holdings(Arc<Levels>);

impl fmt::Debug for Holdings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Collector for Holdings {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let now = self.0.snapshot();
        for (name, help, value) in levels(&now) {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        for (name, help, value) in totals(&now) {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        Ok(())
    }
}

fn levels(now: &Snapshot) -> [(&'static str, &'static str, usize); 10] {
    let service = &now.service;
    [
        ("connections", "Connections", now.connections),
        ("associations", "Clients: association groups", now.associations),
        ("open_calls", "Calls without an answer yet", now.calls),
        ("held_bytes", "Octets of unfinished requests and unsent answers", now.held),
        ("ports", "Notification ports", service.ports),
        ("filters", "Filters of notification ports", service.filters),
        ("handles", "Open context handles", service.handles),
        ("objects", "Objects that a handle or filter names", service.objects),
        ("queued_events", "Events in the queues of notification ports", service.queued),
        ("waiting_calls", "Calls that wait for an event", service.waiting),
    ]
}

fn totals(now: &Snapshot) -> [(&'static str, &'static str, u64); 3] {
    let service = &now.service;
    [
        ("events_posted", "Events of the cluster", service.posted),
        ("events_delivered", "Events put into responses", service.delivered),
        ("events_lost", "Events that found no room in a queue", service.lost),
    ]
}
