//! `GET /metrics` over HTTP/1.1, in the text format of `OpenMetrics` or the older one of Prometheus.

use std::collections::HashSet;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

/// Connections at once. Prometheus needs one.
const CONNECTIONS: usize = 16;

/// For the head of a request.
const HEADER: Duration = Duration::from_secs(5);

/// For all that one connection does, so that slow readers do not keep all places; a client that comes back connects
/// again.
const CONNECTION: Duration = Duration::from_secs(30);

/// Octets of a request's head.
const HEAD: usize = 8_192;

/// How long accepting rests when the operating system has no descriptor for a connection.
const REST: Duration = Duration::from_millis(100);

/// The type of the text, by which Prometheus knows it.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// The type of the text for readers that do not ask for `OpenMetrics`.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Serves the metrics of a registry at `/metrics` until `shutdown` is ready; every other path is 404. Readers whose
/// `Accept` names `application/openmetrics-text` get that, others the text format 0.0.4 of Prometheus.
///
/// At most 16 connections are served at once, others wait; each has 5 s to send the head of a request, of at most
/// 8 KiB, and is closed after 30 s. There is no authentication: bind the listener to loopback.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use std::sync::Arc;
///
/// let registry = Arc::new(prometheus_client::registry::Registry::default());
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:9090").await?;
/// cmrp_net::metrics::serve(listener, registry, std::future::pending()).await
/// # }
/// ```
///
/// # Errors
/// None so far: connections fail by themselves, and a listener that can't accept is tried again.
pub async fn serve(
    listener: TcpListener,
    registry: Arc<Registry>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let (tasks, places) = (TaskTracker::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    let stop = tokio_util::sync::CancellationToken::new();
    // However this ends, its connections end with it.
    let _stopped = stop.clone().drop_guard();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else { continue };
        let (registry, stop) = (Arc::clone(&registry), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = timeout(CONNECTION, converse(stream, registry)) => {}
            }
            drop(place);
        });
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// The next connection, when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            warn!(%error, "cannot accept");
            sleep(REST).await;
            None
        }
    }
}

/// Serves one connection.
async fn converse(stream: TcpStream, registry: Arc<Registry>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        let response = answer(&request, &registry);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADER).max_buf_size(HEAD);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), answer).await {
        debug!(%error, "a reader of metrics");
    }
}

fn answer<B>(request: &Request<B>, registry: &Registry) -> Response<Full<Bytes>> {
    if request.uri().path() != "/metrics" {
        return plain(StatusCode::NOT_FOUND, "the metrics are at /metrics\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "GET\n");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut text = String::new();
    if encode(&mut text, registry).is_err() {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "a metric cannot be written\n");
    }
    let is_open = accepts_open_metrics(request);
    let (text, kind) = if is_open { (text, OPEN_METRICS) } else { (older(&text), TEXT) };
    let mut response = Response::new(Full::new(text.into()));
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn accepts_open_metrics<B>(request: &Request<B>) -> bool {
    let mut accepted = request.headers().get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("application/openmetrics-text"))
}

/// The same in the text format 0.0.4: it has no units and no end, and a counter is described by the name of its sample.
fn older(text: &str) -> String {
    let counter = |line: &str| {
        let name = line.strip_prefix("# TYPE ")?.strip_suffix(" counter")?;
        Some(name.to_owned())
    };
    let counters: HashSet<String> = text.lines().filter_map(counter).collect();
    let mut older = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        match line.splitn(4, ' ').collect::<Vec<_>>().as_slice() {
            ["#", word, name, rest] if counters.contains(*name) => {
                older.extend(["# ", word, " ", name, "_total ", rest]);
            }
            _ => older.push_str(line),
        }
        older.push('\n');
    }
    older
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}
