//! A server whose answers, features and moods a test decides.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cmrp::clusapi3::{Clusapi3, Response};
use cmrp::ndr::EncodeStub;
use dcerpc_proto::SyntaxId;
use dcerpc_proto::auth::AuthLevel;
use dcerpc_proto::server::{Associations, Call, Config, Connection, Event, PeerAddress};
use dcerpc_proto::status::Executed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a server does about a call.
pub(crate) enum Reaction {
    Answer(Vec<u8>),
    Fault(u32),
    /// It answers with these octets once [`Rig::release`] is called.
    Hold(Vec<u8>),
    /// It answers and closes the connection in one breath.
    Last(Vec<u8>),
    /// It closes the connection.
    Cut,
}

/// What a server has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Opnum, and number of the connection, of each call.
    pub(crate) calls: Vec<(u16, usize)>,
    pub(crate) cancelled: usize,
    pub(crate) orphaned: usize,
    /// Connections that have been made.
    pub(crate) connections: usize,
    /// Connections that are there.
    pub(crate) open: usize,
    /// Groups that have ended.
    pub(crate) ended: usize,
}

/// `PTYPE` of a `bind_ack`, whose octets 20 to 24 are `assoc_group_id` (C706 12.6.4.4).
const BIND_ACK: u8 = 12;

type Handler = dyn Fn(&Call) -> Reaction + Send + Sync;

/// A server on a port of its own.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    config: Arc<Config>,
    associations: Mutex<Associations>,
    handler: Box<Handler>,
    seen: watch::Sender<Seen>,
    released: watch::Sender<u64>,
    accepts: watch::Sender<bool>,
    names_groups: watch::Sender<bool>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The configuration of a server that is open to all.
pub(crate) fn config() -> Config {
    let mut config = Config::new(vec![SyntaxId::of::<Clusapi3>()]);
    config.minimum_level = AuthLevel::NONE;
    config
}

/// The octets of a response, in the format of a call.
pub(crate) fn stub(call: &Call, response: impl Into<Response<'static>>) -> Vec<u8> {
    response.into().encode(call.format).unwrap()
}

impl Rig {
    pub(crate) async fn start(
        config: Config,
        handler: impl Fn(&Call) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            associations: Mutex::new(Associations::new(&config)),
            config: Arc::new(config),
            handler: Box::new(handler),
            seen: watch::channel(Seen::default()).0,
            released: watch::channel(0).0,
            accepts: watch::channel(true).0,
            names_groups: watch::channel(true).0,
        });
        let task = tokio::spawn(accept(listener, shared.clone()));
        Self { address, shared, task }
    }

    pub(crate) fn server(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.shared.seen.borrow().clone()
    }

    /// Waits until the server has seen what a test waits for.
    pub(crate) async fn until(&self, what: impl FnMut(&Seen) -> bool) -> Seen {
        let mut seen = self.shared.seen.subscribe();
        let found = tokio::time::timeout(Duration::from_secs(20), seen.wait_for(what)).await;
        match found {
            Ok(found) => found.unwrap().clone(),
            Err(late) => panic!("{late}: the server has only seen {:?}", self.seen()),
        }
    }

    /// Answers all calls that are held.
    pub(crate) fn release(&self) {
        self.shared.released.send_modify(|count| *count += 1);
    }

    /// Whether binds are answered with the number of a group, or with 0.
    pub(crate) fn names_groups(&self, names: bool) {
        self.shared.names_groups.send_replace(names);
    }

    /// Whether further connections are served.
    pub(crate) fn accepts(&self, accepts: bool) {
        self.shared.accepts.send_replace(accepts);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        if !*shared.accepts.borrow() {
            continue;
        }
        let mut number = 0;
        shared.seen.send_modify(|seen| {
            seen.connections += 1;
            seen.open += 1;
            number = seen.connections;
        });
        tasks.spawn(serve(stream, shared.clone(), number));
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>, number: usize) {
    let peer = PeerAddress::from(stream.peer_addr().unwrap().ip());
    let mut machine = Connection::new(shared.config.clone(), peer, "0");
    let mut held: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut released = shared.released.subscribe();
    let mut chunk = [0; 4096];
    loop {
        let mut goes_on = true;
        while let Some(event) = machine.poll_event().filter(|_| goes_on) {
            goes_on = react(&mut machine, event, &shared, number, &mut held);
        }
        let mut output: Vec<_> = std::iter::from_fn(|| machine.poll_transmit()).collect();
        if !*shared.names_groups.borrow() {
            output.iter_mut().filter(|pdu| pdu[2] == BIND_ACK).for_each(|pdu| pdu[20..24].fill(0));
        }
        if stream.write_all(&output.concat()).await.is_err() || !goes_on || machine.is_closing() {
            break;
        }
        tokio::select! {
            read = stream.read(&mut chunk) => match read {
                Ok(length) if length > 0 => {
                    machine.handle_input(&chunk[..length], &mut *shared.associations.lock().unwrap());
                }
                _ => break,
            },
            _ = released.changed() => for (call, stub) in held.drain(..) {
                let _ = machine.respond(call, &stub);
            },
        }
    }
    let ended = machine.close(&mut shared.associations.lock().unwrap()).is_some();
    drop(stream);
    shared.seen.send_modify(|seen| {
        seen.open -= 1;
        seen.ended += usize::from(ended);
    });
}

fn react(
    machine: &mut Connection,
    event: Event,
    shared: &Shared,
    number: usize,
    held: &mut Vec<(u32, Vec<u8>)>,
) -> bool {
    match event {
        Event::Call(call) => {
            shared.seen.send_modify(|seen| seen.calls.push((call.opnum, number)));
            match (shared.handler)(&call) {
                Reaction::Answer(stub) => machine.respond(call.id, &stub).unwrap(),
                Reaction::Fault(status) => machine.fault(call.id, status, Executed::No).unwrap(),
                Reaction::Hold(stub) => held.push((call.id, stub)),
                Reaction::Last(stub) => {
                    machine.respond(call.id, &stub).unwrap();
                    return false;
                }
                Reaction::Cut => return false,
            }
        }
        Event::Cancelled { .. } => shared.seen.send_modify(|seen| seen.cancelled += 1),
        Event::Orphaned { id } => {
            held.retain(|(call, _)| *call != id);
            // Without the feature, the connection is closing and has forgotten it.
            let _ = machine.abandon(id);
            shared.seen.send_modify(|seen| seen.orphaned += 1);
        }
        _ => {}
    }
    true
}
