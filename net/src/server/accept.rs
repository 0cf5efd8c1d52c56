//! Accepting connections, and shutting down.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug, info, warn};

use super::connection::{self, Connection};
use super::outbox::Order;
use super::shared::Shared;
use super::thread::Command;
use super::{Deadlines, Handle, Service};

/// How long accepting rests when the operating system has no descriptor for a connection.
const REST: Duration = Duration::from_millis(100);

/// How long what was cut off may take to end.
const CUT_OFF: Duration = Duration::from_secs(2);

/// The longest silence that operating systems let a program name.
const LONGEST_SILENCE: Duration = Duration::from_secs(32_767);

/// A server that serves. Dropping it cuts off all that is left.
pub(super) struct Serving<S: Service> {
    pub(super) shared: Arc<Shared<S>>,
    pub(super) stop: CancellationToken,
    pub(super) end: CancellationToken,
    pub(super) thread: Option<JoinHandle<()>>,
    pub(super) tasks: TaskTracker,
}

impl<S: Service> Serving<S> {
    pub(super) fn handle(&self) -> Handle<S> {
        Handle { shared: Arc::clone(&self.shared), stop: self.stop.clone() }
    }

    /// Accepts connections until the server is to stop, or the service's thread has gone.
    pub(super) async fn accept(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = self.stop.cancelled() => break,
                () = self.shared.commands.closed() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.admit(stream, peer),
                    Err(error) => {
                        warn!(%error, "cannot accept");
                        sleep(REST).await;
                    }
                },
            }
        }
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr) {
        let metrics = &self.shared.metrics;
        let admission = match self.shared.directory.admit(peer.ip()) {
            Ok(admission) => admission,
            Err(refusal) => {
                metrics.refused.inc();
                debug!(%peer, ?refusal, "over a limit");
                return;
            }
        };
        metrics.accepted.inc();
        if let Err(error) = prepare(&stream, &self.shared.deadlines) {
            debug!(%peer, %error, "cannot set options of the socket");
        }
        let span = connection::span(peer);
        let connection = Connection::new(stream, peer, Arc::clone(&self.shared), admission, span.clone());
        self.tasks.spawn(connection.run().instrument(span));
    }

    /// Lets clients have their last answers, and ends everything.
    pub(super) async fn shut_down(mut self) -> io::Result<()> {
        info!("shutting down");
        self.tasks.close();
        let directory = Arc::clone(&self.shared.directory);
        if timeout(self.shared.deadlines.shutdown, self.finish()).await.is_err() {
            warn!(connections = self.tasks.len(), "cutting off what is left");
            directory.order(Order::Abort);
            // A task that outlasts this waits for the service's thread, of which the join tells.
            drop(timeout(CUT_OFF, self.tasks.wait()).await);
        }
        self.end.cancel();
        let Some(thread) = self.thread.take() else { return Ok(()) };
        match timeout(CUT_OFF, tokio::task::spawn_blocking(|| thread.join())).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(_) => Err(io::Error::other("the service panicked")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the service does not end")),
        }
    }

    async fn finish(&self) {
        let (done, told) = oneshot::channel();
        let is_told = self.shared.commands.send(Command::ShutDown(done)).await.is_ok() && told.await.is_ok();
        // Without the service nobody will be answered.
        self.shared.directory.order(if is_told { Order::Finish } else { Order::Abort });
        self.tasks.wait().await;
    }
}

impl<S: Service> Drop for Serving<S> {
    fn drop(&mut self) {
        self.shared.directory.order(Order::Abort);
        self.end.cancel();
    }
}

/// Sends small answers at once, and finds clients that have gone without a word.
fn prepare(stream: &TcpStream, deadlines: &Deadlines) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let time = deadlines.keep_alive.clamp(Duration::from_secs(1), LONGEST_SILENCE);
    let interval = time.div_f32(4.0).max(Duration::from_secs(1));
    let keep_alive = TcpKeepalive::new().with_time(time).with_interval(interval).with_retries(4);
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&keep_alive)?;
    // Nobody is asked while something is on its way to him; then this ends the connection.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(time.saturating_mul(2)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sockets_notice_that_nobody_is_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        for (keep_alive, seconds) in [(60, 60), (0, 1), (u64::MAX, 32_767)] {
            let keep_alive = Duration::from_secs(keep_alive);
            prepare(&stream, &Deadlines { keep_alive, ..Deadlines::default() }).unwrap();
            let socket = SockRef::from(&stream);
            assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
            assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(seconds));
            #[cfg(target_os = "linux")]
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(2 * seconds)));
        }
    }
}
