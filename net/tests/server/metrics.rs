//! What Prometheus reads.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::raw;
use crate::script::{ECHO, NOTIFY, OPEN, WAIT};
use crate::{serve, within};

/// As Prometheus asks.
const SCRAPE: &str = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
    Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1\r\n\r\n";

async fn get(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    within("an answer comes", stream.read_to_string(&mut text)).await.unwrap();
    text
}

async fn listen(
    registry: Registry,
) -> (std::net::SocketAddr, tokio::sync::oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let stopped = async {
        drop(stopped.await);
    };
    let task = tokio::spawn(cmrp_net::metrics::serve(listener, Arc::new(registry), stopped));
    (address, stop, task)
}

/// The samples of a text in the `OpenMetrics` format, whose rules it must keep.
fn samples(text: &str) -> std::collections::BTreeMap<&str, &str> {
    let body = text.strip_suffix("# EOF\n").expect("the text ends with EOF");
    let mut samples = std::collections::BTreeMap::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let keyword = rest.split(' ').next().unwrap();
            assert!(["HELP", "TYPE", "UNIT"].contains(&keyword), "{line}");
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        assert!(value.parse::<f64>().is_ok(), "{line}");
        let before = samples.insert(name, value);
        assert!(before.is_none(), "twice: {line}");
    }
    samples
}

#[tokio::test]
async fn the_server_counts_what_it_does() {
    let mut registry = Registry::default();
    let server = serve(|builder| builder.register(&mut registry)).await;
    let (address, _stop, _task) = listen(registry).await;
    let mut client = server.bound().await;
    client.call(2, ECHO, b"12345678").await;
    client.call(3, OPEN, b"").await;
    client.call(4, 77, b"").await;
    client.request(5, WAIT, b"").await;
    server.until("it waits", |now| now.calls == 1).await;

    let text = get(address, SCRAPE).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(
        head.to_lowercase().contains("content-type: application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    let samples = samples(body);
    let call = |operation, outcome| {
        let name = format!(
            r#"cmrp_server_calls_total{{interface="1.0",operation="{operation}",outcome="{outcome}"}}"#
        );
        samples.get(name.as_str()).copied()
    };
    assert_eq!(call("Echo", "response"), Some("1"));
    assert_eq!(call("unknown", "fault"), Some("1"));
    assert_eq!(call("Wait", "response"), None);
    assert_eq!(samples[r#"cmrp_server_faults_total{status="nca_op_rng_error"}"#], "1");
    assert_eq!(samples["cmrp_server_connections"], "1");
    assert_eq!(samples["cmrp_server_associations"], "1");
    assert_eq!(samples["cmrp_server_handles"], "1");
    assert_eq!(samples["cmrp_server_open_calls"], "1");
    assert_eq!(samples["cmrp_server_waiting_calls"], "1");
    assert_eq!(samples["cmrp_server_call_duration_seconds_count"], "3");
    // The bind has 116 octets; a request 24 and its stub.
    assert_eq!(samples["cmrp_server_received_bytes_total"], (116 + 4 * 24 + 8).to_string());

    client.call(6, NOTIFY, b"").await;
    client.answer().await;
    let text = get(address, SCRAPE).await;
    let (_, body) = text.split_once("\r\n\r\n").unwrap();
    let waited = "cmrp_server_call_duration_seconds_count 4\n";
    assert!(body.contains(waited), "the time that a call waits is not the time that it takes");
    drop(client);
    server.until_empty().await;
    server.end().await;
    let text = get(address, SCRAPE).await;
    let ended = r#"cmrp_server_connections_ended_total{reason="client"} 1"#;
    assert!(text.contains(ended), "{text}");
    for level in ["connections", "associations", "handles", "open_calls", "waiting_calls", "held_bytes"] {
        assert!(text.contains(&format!("cmrp_server_{level} 0\n")), "{level}: {text}");
    }
}

#[tokio::test]
async fn there_is_nothing_else_to_read() {
    let (address, stop, task) = listen(Registry::default()).await;
    let missing = get(address, "GET /other HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
    let posted =
        get(address, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .await;
    assert!(posted.starts_with("HTTP/1.1 405 "), "{posted}");
    let garbage = get(address, "\u{1}\u{2}\r\n\r\n").await;
    assert!(garbage.starts_with("HTTP/1.1 400 "), "{garbage}");
    let long = get(address, &format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(9_000))).await;
    assert!(long.starts_with("HTTP/1.1 431 "), "{long}");
    drop(stop);
    within("it ends", task).await.unwrap().unwrap();
}

#[tokio::test]
async fn readers_beyond_the_limit_wait_and_the_end_waits_for_none() {
    let (address, stop, task) = listen(Registry::default()).await;
    let mut silent = Vec::new();
    for _ in 0..16 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    // Places are given in the order of arrival: the next one gets its when one of the silent ones goes.
    let waits = tokio::spawn(get(address, SCRAPE));
    tokio::time::sleep(crate::SHORT).await;
    assert!(!waits.is_finished());
    silent.remove(0);
    assert!(within("it gets its turn", waits).await.unwrap().starts_with("HTTP/1.1 200 "));
    drop(stop);
    // Sooner than the silent ones have to say something.
    tokio::time::timeout(std::time::Duration::from_secs(4), task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn who_does_not_know_open_metrics_gets_the_older_text() {
    let mut registry = Registry::default();
    let server = serve(|builder| builder.register(&mut registry)).await;
    server.bound().await.call(2, ECHO, b"12345678").await;
    server.until_empty().await;
    let (address, _stop, _task) = listen(registry).await;
    for accept in ["", "Accept: text/plain\r\n"] {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{accept}\r\n");
        let text = get(address, &request).await;
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{head}");
        // Prometheus' text format 0.0.4: a sample has the name that its TYPE line has.
        assert!(body.contains("# TYPE cmrp_server_sent_bytes_total counter\n"), "{body}");
        assert!(body.contains("# HELP cmrp_server_sent_bytes_total "), "{body}");
        assert!(body.contains("\ncmrp_server_connections 0\n"), "{body}");
        assert!(body.contains("# TYPE cmrp_server_call_duration_seconds histogram\n"), "{body}");
        for line in body.lines().filter(|line| line.starts_with('#')) {
            assert!(line.starts_with("# TYPE ") || line.starts_with("# HELP "), "{line}");
        }
    }
    server.end().await;
}

#[tokio::test]
async fn a_client_that_orphans_a_call_and_goes_is_not_at_fault() {
    let mut registry = Registry::default();
    let server = serve(|builder| builder.register(&mut registry)).await;
    let mut client = server.client().await;
    // Without the feature to keep the connection, it ends with the call (MS-RPCE 3.3.1.5.10).
    let mut bind = raw::bind(0);
    let flags = bind.len() - 12;
    bind[flags] = 1;
    client.send(&bind).await;
    client.pdu().await;
    client.request(2, WAIT, b"").await;
    client.send(&raw::header_only(raw::ORPHANED, 2)).await;
    client.closed().await;
    server.until_empty().await;
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    assert!(text.contains(r#"connections_ended_total{reason="client"} 1"#), "{text}");
    server.end().await;
}
