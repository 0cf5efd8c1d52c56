//! Clients that mean no good.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cmrp::clusapi3::{
    ApiAddNotifyClusterRequest, ApiCreateEnum, ApiCreateEnumRequest, ApiCreateNotifyRequest, ApiGetNotify,
    ApiGetNotifyRequest, ApiOpenClusterRequest,
};
use cmrp::cluster_change::{ClusterChange, ClusterFilter};
use cmrp::ndr::{EncodeStub, Operation};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::host::{Host, PENDING};
use super::proxy::reset;
use super::random::Random;
use super::wire::{FORMAT, Wire};

/// A client that means no good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vandal {
    /// Is killed while its call waits, or in the middle of a PDU.
    Killed,
    /// Sends octets at random.
    Noise,
    /// Sends half of a PDU, and keeps the connection.
    Half,
    /// Announces more than may be.
    Oversized,
    /// Sends PDUs that are well made, with operations, stubs and handles at random.
    Stubs,
    /// Wants into associations of others.
    Intruder,
    /// Calls without reading.
    Hoarder,
    /// Takes all the connections that one address may have, and says nothing.
    Flood,
}

impl Vandal {
    pub(crate) const ALL: [Self; 8] = [
        Self::Killed,
        Self::Noise,
        Self::Half,
        Self::Oversized,
        Self::Stubs,
        Self::Intruder,
        Self::Hoarder,
        Self::Flood,
    ];

    /// Does it. The server may end it at any time.
    pub(crate) async fn run(self, host: Arc<Host>, mut random: Random) {
        let (server, random) = (host.address, &mut random);
        let done = async {
            match self {
                Self::Killed => killed(server, random).await,
                Self::Noise => noise(server, random).await,
                Self::Half => half(server, random).await,
                Self::Oversized => oversized(server, random).await,
                Self::Stubs => stubs(server, random).await,
                Self::Intruder => intruder(server, random).await,
                Self::Hoarder => hoarder(server).await,
                Self::Flood => flood(&host).await,
            }
        };
        // The server's own deadlines should be first.
        let has_ended = timeout(Duration::from_secs(30), done).await.is_ok();
        assert!(has_ended || self.goes_by_itself() || !host.is_up(), "nobody ended a {self:?}");
    }
}

impl Vandal {
    const fn goes_by_itself(self) -> bool {
        matches!(self, Self::Killed | Self::Stubs | Self::Intruder)
    }
}

/// A port that hears of everything, and the stub of the call that waits for it.
async fn waiting(wire: &mut Wire) -> io::Result<Vec<u8>> {
    let h_cluster = wire.ask(&ApiOpenClusterRequest {}, |answer| answer.return_value).await?;
    let h_notify = wire.ask(&ApiCreateNotifyRequest {}, |answer| answer.return_value).await?;
    let events = ClusterChange::GROUP_ADDED | ClusterChange::GROUP_DELETED;
    let dw_filter = ClusterFilter::new(events).unwrap();
    let add = ApiAddNotifyClusterRequest { h_notify, h_cluster, dw_filter, dw_notify_key: 7 };
    wire.ask(&add, |_| ()).await?;
    Ok(ApiGetNotifyRequest { h_notify }.encode(FORMAT).unwrap())
}

async fn killed(server: SocketAddr, random: &mut Random) -> io::Result<()> {
    let mut wire = Wire::bound(server, 0).await?;
    let get = waiting(&mut wire).await?;
    wire.request(ApiGetNotify::OPNUM, &get).await?;
    sleep(random.millis(0, 100)).await;
    if random.coin() {
        let count = 1 + random.below(20);
        wire.send(&[5, 0, 0, 3, 0x10, 0, 0, 0, 200, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4][..count]).await?;
    }
    reset(wire.stream);
    Ok(())
}

async fn noise(server: SocketAddr, random: &mut Random) -> io::Result<()> {
    let mut wire = if random.coin() {
        Wire::bound(server, 0).await?
    } else {
        Wire::connect([127, 0, 0, 1], server).await?
    };
    let count = 16 + random.below(4_000);
    let mut octets = random.octets(count);
    if random.coin() {
        // A header that could be one.
        octets[..8].copy_from_slice(&[5, 0, (random.number() % 20) as u8, 3, 0x10, 0, 0, 0]);
    }
    wire.send(&octets).await?;
    wire.ended().await;
    Ok(())
}

async fn half(server: SocketAddr, random: &mut Random) -> io::Result<()> {
    let mut wire = Wire::bound(server, 0).await?;
    let count = 1 + random.below(90);
    let mut pdu = [0_u8; 91];
    pdu[..16].copy_from_slice(&[5, 0, 0, 3, 0x10, 0, 0, 0, 100, 0, 0, 0, 2, 0, 0, 0]);
    wire.send(&pdu[..count]).await?;
    wire.ended().await;
    Ok(())
}

async fn oversized(server: SocketAddr, random: &mut Random) -> io::Result<()> {
    let mut wire = Wire::bound(server, 0).await?;
    let kind = [0, 11, 14, 16][random.below(4)];
    wire.send(&[5, 0, kind, 3, 0x10, 0, 0, 0, 0xff, 0xff, 0, 0, 2, 0, 0, 0]).await?;
    let count = random.below(70_000);
    wire.send(&random.octets(count)).await?;
    wire.ended().await;
    Ok(())
}

async fn stubs(server: SocketAddr, random: &mut Random) -> io::Result<()> {
    let mut wire = Wire::bound(server, 0).await?;
    for _ in 0..40 {
        let opnum = u16::try_from(random.below(200)).unwrap();
        let count = random.below(200);
        wire.request(opnum, &random.octets(count)).await?;
        // Some of these calls may wait, or end the connection.
        if let Ok(answer) = timeout(Duration::from_millis(200), wire.answer()).await {
            answer?;
        }
    }
    reset(wire.stream);
    Ok(())
}

async fn intruder(server: SocketAddr, random: &mut Random) -> io::Result<()> {
    for _ in 0..20 {
        let Ok(mut wire) = Wire::bound(server, random.number()).await else { continue };
        let handle = random.octets(20);
        for opnum in [56, 65, 107] {
            wire.request(opnum, &handle).await?;
            wire.answer().await?;
        }
    }
    Ok(())
}

async fn hoarder(server: SocketAddr) -> io::Result<()> {
    let mut wire = Wire::bound(server, 0).await?;
    let get = waiting(&mut wire).await?;
    for _ in 0..PENDING / 2 {
        wire.request(ApiGetNotify::OPNUM, &get).await?;
    }
    // Answers that fill all buffers on the way, until the server has enough of it.
    let list = ApiCreateEnumRequest { dw_type: 0x3f }.encode(FORMAT).unwrap();
    loop {
        wire.request(ApiCreateEnum::OPNUM, &list).await?;
    }
}

/// From an address of its own, so that others still find room.
async fn flood(host: &Host) -> io::Result<()> {
    let mut wires = JoinSet::new();
    for _ in 0..host.most_connections() + 20 {
        let address = host.address;
        wires.spawn(async move {
            let Ok(mut wire) = Wire::connect([127, 0, 0, 2], address).await else { return };
            // With one octet on its way, a connection that the system has dropped again is found out.
            if wire.send(&[5]).await.is_ok() {
                wire.ended().await;
            }
        });
    }
    while wires.join_next().await.is_some() {}
    Ok(())
}
