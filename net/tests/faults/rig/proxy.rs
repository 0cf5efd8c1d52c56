//! What stands between a watcher and the server, and hurts their connections when it is told to.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

/// What becomes of the connections that there are; later ones know nothing of it.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// Both ends are reset: the client, or its network, was killed.
    Reset,
    /// Nothing passes any more. Each end finds out when so much time has passed, as by its own keep-alives.
    HalfOpen { client: Duration, server: Duration },
    /// What the server sends is not taken for so long.
    Stall(Duration),
    /// These octets appear on the way to the server, or to the client.
    Garbage { to_server: bool, octets: Vec<u8> },
}

/// A listener, and the connections that came through it.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    orders: broadcast::Sender<Order>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (orders, _) = broadcast::channel(16);
        let task = tokio::spawn(accept(listener, server, orders.clone()));
        Self { address, orders, task }
    }

    pub(crate) fn order(&self, order: Order) {
        // Without connections there is nothing to hurt.
        drop(self.orders.send(order));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, orders: broadcast::Sender<Order>) {
    let mut links = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                links.spawn(join(client, server, orders.subscribe()));
            }
            Some(_) = links.join_next() => {}
        }
    }
}

async fn join(client: TcpStream, server: SocketAddr, orders: broadcast::Receiver<Order>) {
    match TcpStream::connect(server).await {
        Ok(server) => Link::new(client, server, orders).run().await,
        Err(_) => reset(client),
    }
}

/// Closes a socket so that the peer hears of it by a reset.
pub(crate) fn reset(stream: TcpStream) {
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    drop(stream);
}

/// A connection and what it is a part of.
struct Link {
    client: TcpStream,
    server: TcpStream,
    orders: broadcast::Receiver<Order>,
    up: Vec<u8>,
    down: Vec<u8>,
    stalled_until: Option<Instant>,
    is_over: bool,
}

/// Octets that are on their way at a time.
const CHUNK: usize = 16_384;

impl Link {
    fn new(client: TcpStream, server: TcpStream, orders: broadcast::Receiver<Order>) -> Self {
        for stream in [&client, &server] {
            let _ = stream.set_nodelay(true);
        }
        let (up, down) = (Vec::new(), Vec::new());
        Self { client, server, orders, up, down, stalled_until: None, is_over: false }
    }

    async fn run(mut self) {
        loop {
            self.stalled_until = self.stalled_until.filter(|until| *until > Instant::now());
            let moved =
                move_on(&self.client, &self.server, &mut self.up, true, &mut self.is_over).and_then(|()| {
                    let reads = self.stalled_until.is_none();
                    move_on(&self.server, &self.client, &mut self.down, reads, &mut self.is_over)
                });
            if moved.is_err() {
                return self.reset();
            }
            if self.is_over && self.down.is_empty() {
                return;
            }
            let wake = self.stalled_until.unwrap_or_else(Instant::now);
            let client = interest(self.up.is_empty(), !self.down.is_empty());
            let server = interest(self.down.is_empty() && self.stalled_until.is_none(), !self.up.is_empty());
            tokio::select! {
                biased;
                order = self.orders.recv() => match order {
                    Ok(Order::HalfOpen { client, server }) => return self.half_open(client, server).await,
                    Ok(Order::Reset) => return self.reset(),
                    Ok(Order::Stall(time)) => self.stalled_until = Some(Instant::now() + time),
                    Ok(Order::Garbage { to_server: true, octets }) => self.up.extend(octets),
                    Ok(Order::Garbage { to_server: false, octets }) => self.down.extend(octets),
                    // The proxy goes.
                    Err(_) => return,
                },
                () = ready(&self.client, client), if client.is_some() => {}
                () = ready(&self.server, server), if server.is_some() => {}
                () = sleep_until(wake), if self.stalled_until.is_some() => {}
            }
        }
    }

    fn reset(self) {
        reset(self.client);
        reset(self.server);
    }

    async fn half_open(self, client: Duration, server: Duration) {
        let (ours, theirs) = (self.client, self.server);
        tokio::join!(
            async {
                sleep(client).await;
                reset(ours);
            },
            async {
                sleep(server).await;
                reset(theirs);
            }
        );
    }
}

fn interest(reads: bool, writes: bool) -> Option<Interest> {
    match (reads, writes) {
        (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
        (true, false) => Some(Interest::READABLE),
        (false, true) => Some(Interest::WRITABLE),
        (false, false) => None,
    }
}

async fn ready(stream: &TcpStream, interest: Option<Interest>) {
    let _ = stream.ready(interest.unwrap_or(Interest::READABLE)).await;
}

/// Takes what is there, if nothing is on its way, and gives what the other end takes.
fn move_on(
    from: &TcpStream,
    to: &TcpStream,
    held: &mut Vec<u8>,
    reads: bool,
    is_over: &mut bool,
) -> std::io::Result<()> {
    if held.is_empty() && reads {
        let mut chunk = [0; CHUNK];
        match or_wait(from.try_read(&mut chunk))? {
            Some(0) => *is_over = true,
            Some(count) => held.extend(&chunk[..count]),
            None => {}
        }
    }
    if !held.is_empty() {
        if let Some(count) = or_wait(to.try_write(held))? {
            held.drain(..count);
        }
    }
    Ok(())
}

fn or_wait(result: std::io::Result<usize>) -> std::io::Result<Option<usize>> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
        other => other.map(Some),
    }
}
