//! The process of the watchers: connections that wait, and one that causes events.

use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cmrp::clusapi3::{
    ApiAddNotifyKeyRequest, ApiCreateNotifyRequest, ApiGetNotifyRequest, ApiGetRootKeyRequest, ApiSetValue,
    ApiSetValueRequest, Clusapi3, HKeyRpc,
};
use cmrp::cluster_change::KeyFilter;
use cmrp::ndr::{Call, EncodeStub, Format, Interface, Limits, Operation, WStr};
use dcerpc_proto::bind::Bind;
use dcerpc_proto::call::Request;
use dcerpc_proto::syntax::PresentationContext;
use dcerpc_proto::{Body, Pdu, SyntaxId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::Failure;

/// Octets of the header that all PDUs begin with.
pub(crate) const HEADER: usize = 16;
/// The number of `ApiGetNotify`.
pub(crate) const GET: u16 = 65;
/// Octets of the answer to it that comes.
pub(crate) const GET_RESPONSE: usize = 64;
/// Octets of the answer to `ApiSetValue`.
pub(crate) const SET_RESPONSE: usize = 32;

/// Connections that are made at a time.
const ARRIVING: usize = 64;

pub(crate) fn main(speaks: bool, address: SocketAddr, count: usize, rounds: usize) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(speaks, address, count, rounds))
}

async fn run(speaks: bool, address: SocketAddr, count: usize, rounds: usize) -> Result<(), Failure> {
    let (heard, mut hears) = mpsc::channel(count.max(1));
    let (arrived, mut arrivals) = mpsc::channel(ARRIVING);
    let (all_heard, again) = watch::channel(());
    let mut tasks = JoinSet::new();
    for number in 0..count {
        tasks.spawn(watcher(speaks, address, arrived.clone(), heard.clone(), again.clone()));
        if number >= ARRIVING {
            arrivals.recv().await;
        }
    }
    drop(arrived);
    while arrivals.recv().await.is_some() {}
    if let Some(ended) = tasks.try_join_next() {
        ended??;
    }
    let mut writer = Peer::start(speaks, address).await?;
    let key = if speaks { Some(writer.root_key(0x0002_001f).await?) } else { None };
    sleep(Duration::from_secs(1)).await;
    say("ready")?;
    tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new())).await??;

    let mut times = Vec::new();
    for round in 0..rounds {
        let began = Instant::now();
        writer.cause(key, u32::try_from(round)?).await?;
        for _ in 0..count {
            let heard: Instant = hears.recv().await.ok_or("the watchers have ended")?;
            times.push(heard.saturating_duration_since(began));
        }
        all_heard.send_replace(());
        sleep(Duration::from_millis(500)).await;
    }
    times.sort_unstable();
    let at = |share: usize| times.get((times.len() * share / 1_000).min(times.len().saturating_sub(1)));
    let shown = [500, 990, 1_000].map(|share| at(share).map_or(0.0, |time| time.as_secs_f64() * 1_000.0));
    let [p50, p99, max] = shown;
    say(&format!(" {p50:>7.1} ms {p99:>7.1} ms {max:>7.1} ms"))?;
    Ok(())
}

fn say(text: &str) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    Ok(output.flush()?)
}

/// A watcher: waits for events, and says when it has heard of one. It waits for the next one when all have heard of
/// this: watchers elsewhere have processors of their own, these have the server's.
async fn watcher(
    speaks: bool,
    address: SocketAddr,
    arrived: mpsc::Sender<()>,
    heard: mpsc::Sender<Instant>,
    mut again: watch::Receiver<()>,
) -> Result<(), Failure> {
    let mut peer = Peer::start(speaks, address).await?;
    let get = peer.prepare(speaks).await?;
    peer.call(GET, &get).await?;
    arrived.send(()).await?;
    drop(arrived);
    loop {
        check(&peer.read().await?, GET_RESPONSE)?;
        heard.send(Instant::now()).await?;
        again.changed().await?;
        peer.call(GET, &get).await?;
    }
}

/// One connection. What it sends is put together octet by octet: C706 12.6.
struct Peer {
    stream: TcpStream,
    last_call: u32,
}

impl Peer {
    async fn start(speaks: bool, address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut peer = Self { stream, last_call: 1 };
        if speaks {
            let proposal = PresentationContext {
                id: 0,
                abstract_syntax: SyntaxId::new(Clusapi3::UUID, Clusapi3::VERSION.0, Clusapi3::VERSION.1),
                transfer_syntaxes: vec![SyntaxId::NDR20],
            };
            let bind = Bind {
                max_xmit_frag: 5_840,
                max_recv_frag: 5_840,
                assoc_group_id: 0,
                contexts: vec![proposal],
            };
            peer.stream.write_all(&Pdu::new(1, Body::Bind(bind)).encode()?).await?;
            peer.read().await?;
        }
        Ok(peer)
    }

    /// Makes a port with a filter, and gives the stub of the call that waits.
    async fn prepare(&mut self, speaks: bool) -> Result<Vec<u8>, Failure> {
        if !speaks {
            return Ok(vec![0; 20]);
        }
        let h_key = Some(self.root_key(0x0002_0019).await?);
        let h_notify = self.ask(&ApiCreateNotifyRequest {}, |answer| answer.return_value).await?;
        let add = ApiAddNotifyKeyRequest {
            h_notify,
            h_key,
            dw_notify_key: 7,
            filter: KeyFilter::VALUE,
            watch_sub_tree: 0,
        };
        match self.ask(&add, |answer| answer.return_value).await? {
            0 => Ok(ApiGetNotifyRequest { h_notify }.encode(FORMAT)?),
            code => Err(format!("no filter: {code}").into()),
        }
    }

    async fn root_key(&mut self, sam_desired: u32) -> Result<HKeyRpc, Failure> {
        let key = self.ask(&ApiGetRootKeyRequest { sam_desired }, |answer| answer.return_value).await?;
        key.ok_or_else(|| "no root key".into())
    }

    /// Sets a value, of which all watchers hear.
    async fn cause(&mut self, h_key: Option<HKeyRpc>, number: u32) -> Result<(), Failure> {
        let data = number.to_le_bytes();
        let set =
            ApiSetValueRequest { h_key, lp_value_name: WStr::from("Bench"), dw_type: 3, lp_data: &data };
        self.call(ApiSetValue::OPNUM, &set.encode(FORMAT)?).await?;
        check(&self.read().await?, SET_RESPONSE)
    }

    /// Makes a call, and picks something of its answer.
    async fn ask<C: Call, T>(
        &mut self,
        request: &C,
        pick: impl FnOnce(<C::Operation as Operation>::Response<'_>) -> T,
    ) -> Result<T, Failure> {
        self.call(C::Operation::OPNUM, &request.encode(FORMAT)?).await?;
        let answer = self.read().await?;
        let stub = answer.get(24..).ok_or("a short answer")?;
        Ok(pick(request.decode_response(stub, FORMAT, &Limits::default())?))
    }

    async fn call(&mut self, opnum: u16, stub: &[u8]) -> Result<(), Failure> {
        self.last_call += 1;
        let request = Request { alloc_hint: 0, context_id: 0, opnum, object: None, stub };
        let pdu = Pdu::new(self.last_call, Body::Request(request)).encode()?;
        Ok(self.stream.write_all(&pdu).await?)
    }

    /// Reads one PDU, which comes alone.
    async fn read(&mut self) -> Result<Vec<u8>, Failure> {
        let mut pdu = vec![0; 256];
        let (mut read, mut length) = (0, HEADER);
        while read < length {
            let count = self.stream.read(pdu.get_mut(read..).ok_or("a long PDU")?).await?;
            if count == 0 {
                return Err("the server has closed the connection".into());
            }
            read += count;
            if read >= HEADER {
                length = usize::from(pdu.get(8..10).ok_or("no length")?.try_into().map(u16::from_le_bytes)?);
            }
        }
        pdu.truncate(length);
        Ok(pdu)
    }
}

/// The bare server's messages have the size of the others as long as these have theirs.
fn check(pdu: &[u8], size: usize) -> Result<(), Failure> {
    if pdu.len() == size {
        return Ok(());
    }
    Err(format!("{} octets where {size} were expected: {pdu:02x?}", pdu.len()).into())
}

const FORMAT: Format = Format::NDR20_LE;
