//! A server on real sockets, with clients that are written octet by octet.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should stop"
)]

mod clients;
mod deadlines;
mod flow;
mod limits;
mod metrics;
mod node;
mod playback;
mod raw;
mod script;
mod shutdown;
mod spans;

use std::future::Future;
use std::time::Duration;

use cmrp_net::server::{Builder, Deadlines, Handle, Server, Service, Snapshot};
use tokio::task::JoinHandle;

use raw::Client;
use script::Script;

/// For what must happen: long enough for any machine, as no test measures time.
const AT_MOST: Duration = Duration::from_secs(20);

/// A deadline that a test lets pass.
const SHORT: Duration = Duration::from_millis(150);

/// A server that serves in the background.
struct Served<S: Service = Script> {
    handle: Handle<S>,
    address: std::net::SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

async fn serve(set_up: impl FnOnce(Builder<Script>) -> Builder<Script>) -> Served {
    serve_any(Script::default(), set_up).await
}

async fn serve_any<S: Service>(service: S, set_up: impl FnOnce(Builder<S>) -> Builder<S>) -> Served<S> {
    let builder = Server::builder(service).allow_insecure(true);
    let server = set_up(builder).bind("127.0.0.1:0").await.unwrap();
    let (handle, address) = (server.handle(), server.local_addr());
    let task = tokio::spawn(server.serve(std::future::pending()));
    Served { handle, address, task }
}

/// Deadlines of which none passes in a test that does not shorten it.
fn patient() -> Deadlines {
    let hour = Duration::from_secs(3_600);
    Deadlines { handshake: hour, request: hour, write: hour, idle: hour, keep_alive: hour, shutdown: hour }
}

impl<S: Service> Served<S> {
    async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Waits until the server's snapshot is as wanted.
    async fn until(&self, what: &str, is_so: impl Fn(&Snapshot) -> bool) {
        within(what, async {
            while !is_so(&self.handle.snapshot()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Waits until nothing of any client is left.
    async fn until_empty(&self) {
        self.until("nothing is left", is_empty).await;
    }

    /// Shuts down, and checks that nothing is left.
    async fn end(self) {
        self.handle.shut_down();
        within("the server ends", self.task).await.unwrap().unwrap();
        assert!(is_empty(&self.handle.snapshot()), "{:?}", self.handle.snapshot());
    }
}

impl Served {
    async fn bound(&self) -> Client {
        let mut client = self.client().await;
        client.bind(0).await;
        client
    }

    /// Waits until the script is as wanted.
    async fn until_script(&self, what: &str, is_so: impl Fn(&Script) -> bool + Clone + Send + 'static) {
        within(what, async {
            loop {
                let is_so = is_so.clone();
                if self.handle.with(move |script, _| is_so(script)).await.unwrap() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }
}

fn is_empty(now: &Snapshot) -> bool {
    let service = &now.service;
    let held = [now.connections, now.associations, now.calls, now.held];
    let service = [service.ports, service.filters, service.handles, service.queued, service.waiting];
    held.iter().chain(&service).all(|count| *count == 0)
}

/// Waits for something that must happen.
async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(AT_MOST, work).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}
