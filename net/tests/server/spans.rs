//! What a program that collects traces sees.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::script::ECHO;
use crate::serve;

/// Keeps all spans.
#[derive(Clone, Default)]
struct Collector(Arc<Collected>);

#[derive(Default)]
struct Collected {
    last: AtomicU64,
    spans: Mutex<BTreeMap<u64, Span>>,
}

#[derive(Clone, Default)]
struct Span {
    name: &'static str,
    parent: Option<u64>,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("cmrp_net")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        let parent = attributes.parent().map(Id::into_u64);
        let mut span = Span { name: attributes.metadata().name(), parent, fields: BTreeMap::new() };
        attributes.record(&mut span);
        self.0.spans.lock().unwrap().insert(id, span);
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        if let Some(span) = self.0.spans.lock().unwrap().get_mut(&id.into_u64()) {
            values.record(span);
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn connections_and_calls_have_spans() {
    let collector = Collector::default();
    // For all threads, as the service has its own; other tests are seen as well.
    tracing::subscriber::set_global_default(collector.clone()).unwrap();
    let server = serve(|builder| builder).await;
    let mut client = server.bound().await;
    let peer = client.stream.local_addr().unwrap().to_string();
    client.call(2, ECHO, b"").await;
    client.call(3, 77, b"").await;
    server.end().await;

    let spans = collector.0.spans.lock().unwrap().clone();
    let is_ours = |span: &Span| span.name == "connection" && span.fields.get("peer") == Some(&peer);
    let (id, connection) = spans.iter().find(|(_, span)| is_ours(span)).expect("the connection has a span");
    assert!(connection.fields["association"].parse::<u64>().is_ok(), "{:?}", connection.fields);
    let calls: Vec<_> =
        spans.values().filter(|span| span.name == "call" && span.parent == Some(*id)).collect();
    let shown: Vec<_> =
        calls.iter().map(|call| (call.fields["operation"].as_str(), &call.fields["opnum"])).collect();
    assert_eq!(shown, [("Echo", &"0".to_owned()), ("unknown", &"77".to_owned())]);
    assert!(calls.iter().all(|call| call.fields["id"].parse::<u64>().is_ok()));
}
