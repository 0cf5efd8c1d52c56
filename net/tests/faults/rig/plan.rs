//! What happens when: changes of the cluster all the time, and faults one after the other, as a seed says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cmrp::clusapi3::{ApiCreateGroupRequest, ApiDeleteGroupRequest};
use cmrp_cluster::change::Change;
use cmrp_net::client::{Association, CallError, Options, Protocol};
use cmrp_port::protocol::PortVersion;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::host::{Host, QUEUE, Restart};
use super::ledger::{GROUP, Post, name};
use super::proxy::Order;
use super::random::Random;
use super::vandal::Vandal;
use super::watching::Watching;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Vandal(Vandal),
    /// Of some watchers' connections.
    Reset,
    HalfOpen,
    Stall,
    Garbage,
    /// Some watchers do not read while more happens than is kept for them.
    Doze,
    Restart,
}

/// All faults once, in an order by chance.
pub(crate) fn round(random: &mut Random) -> Vec<Fault> {
    let links = [Fault::Reset, Fault::HalfOpen, Fault::Stall, Fault::Garbage];
    let others = [Fault::Doze, Fault::Restart];
    let mut all: Vec<_> =
        Vandal::ALL.into_iter().map(Fault::Vandal).chain(links).chain(links).chain(others).collect();
    random.shuffle(&mut all);
    all
}

/// Makes numbered events.
pub(crate) struct Changes {
    host: Arc<Host>,
    next: AtomicU32,
}

impl Changes {
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self { host, next: AtomicU32::new(1) }
    }

    /// Changes the cluster from outside.
    pub(crate) async fn change_from_outside(&self) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let group = name(number);
        for (is_deletion, change) in
            [Change::GroupCreated { group: group.clone() }, Change::GroupDeleted { group }]
                .into_iter()
                .enumerate()
        {
            if self.host.change(change).await {
                self.check(Post { number, is_deletion: is_deletion == 1 });
            }
        }
    }

    /// Has a client change it.
    async fn by_call(&self, client: &Association) -> Result<(), CallError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = name(number);
        let create = ApiCreateGroupRequest { lpsz_group_name: name.as_str().into() };
        let created = client.call(&create).await?;
        let group = created.get().map_err(CallError::Response)?.return_value;
        if group.is_some() {
            self.check(Post { number, is_deletion: false });
        }
        let deleted = client.call(&ApiDeleteGroupRequest { group, force: 0 }).await?;
        if deleted.get().map_err(CallError::Response)?.return_value == 0 {
            self.check(Post { number, is_deletion: true });
        }
        Ok(())
    }

    /// What happened was posted, for both versions of ports.
    fn check(&self, post: Post) {
        for version in [PortVersion::V1, PortVersion::V2] {
            assert!(self.host.ledger.place(version, post).is_some(), "{post:?} happened and was not posted");
        }
    }

    /// Changes something now and then, until it is aborted.
    pub(crate) async fn run(self: Arc<Self>, pause: Duration, mut random: Random) {
        let mut client = None;
        loop {
            self.host.up().await;
            match random.below(8) {
                0 => drop(self.host.change(Change::GroupOffline { group: GROUP.into() }).await),
                1 => drop(self.host.change(Change::GroupOnline { group: GROUP.into() }).await),
                2..=4 => self.change_from_outside().await,
                _ => client = self.by_client(client.take()).await,
            }
            sleep(pause).await;
        }
    }

    /// By a client that stays as long as its server does.
    async fn by_client(&self, client: Option<Association>) -> Option<Association> {
        let client = if let Some(client) = client {
            client
        } else {
            let options = Options::new(Protocol::V3).with_connect_deadline(Duration::from_secs(5));
            Association::connect(&self.host.address.to_string(), &options).await.ok()?
        };
        self.by_call(&client).await.ok().map(|()| client)
    }
}

/// Carries faults out.
pub(crate) struct Executor<'a> {
    pub(crate) host: &'a Arc<Host>,
    pub(crate) changes: &'a Changes,
    pub(crate) watchings: &'a [Watching],
    pub(crate) vandals: JoinSet<()>,
    pub(crate) random: Random,
    /// What was done.
    pub(crate) log: Vec<String>,
}

impl Executor<'_> {
    pub(crate) async fn carry_out(&mut self, faults: &[Fault], spread: Duration) {
        let began = Instant::now();
        let step = spread / u32::try_from(faults.len().max(1)).unwrap();
        for (place, fault) in (0_u32..).zip(faults) {
            sleep_until(began + step * place).await;
            self.fault(*fault).await;
        }
        sleep_until(began + spread).await;
    }

    async fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Vandal(vandal) => {
                self.log.push(format!("{vandal:?}"));
                let random = self.random.part();
                let refused = self.host.refused();
                self.vandals.spawn(vandal.run(Arc::clone(self.host), random));
                if vandal == Vandal::Flood {
                    self.until_refused(refused).await;
                }
            }
            Fault::Restart => {
                let restart = Restart::any(&mut self.random);
                self.restart(restart).await;
            }
            Fault::Doze => self.doze().await,
            Fault::Reset | Fault::HalfOpen | Fault::Stall | Fault::Garbage => self.hurt(fault),
        }
    }

    /// Waits until a flood has taken what it can, so that what comes next meets it.
    async fn until_refused(&self, before: usize) {
        let end = Instant::now() + Duration::from_secs(5);
        while self.host.refused() == before && Instant::now() < end {
            sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn restart(&mut self, restart: Restart) {
        self.log.push(format!("{restart:?}"));
        self.host.restart(restart, &mut self.random).await;
    }

    /// Hurts the connections of some watchers.
    fn hurt(&mut self, fault: Fault) {
        let exposed: Vec<_> = self.watchings.iter().filter(|one| one.proxy.is_some()).collect();
        let mut numbers = Vec::new();
        for _ in 0..exposed.len().div_ceil(8) {
            let victim = exposed[self.random.below(exposed.len())];
            numbers.push(victim.number);
            let order = self.order(fault);
            victim.proxy.iter().for_each(|proxy| proxy.order(order.clone()));
        }
        numbers.truncate(10);
        self.log.push(format!("{fault:?} of {numbers:?}"));
    }

    fn order(&mut self, fault: Fault) -> Order {
        let random = &mut self.random;
        match fault {
            Fault::HalfOpen => {
                Order::HalfOpen { client: random.millis(0, 800), server: random.millis(0, 2_000) }
            }
            Fault::Stall => Order::Stall(random.millis(100, 2_000)),
            Fault::Garbage => {
                let count = 1 + random.below(200);
                Order::Garbage { to_server: random.coin(), octets: random.octets(count) }
            }
            _ => Order::Reset,
        }
    }

    /// Makes some read nothing while more happens than their ports hold.
    async fn doze(&mut self) {
        let count = self.watchings.len().div_ceil(10);
        let dozers: Vec<_> = (0..count).map(|_| self.random.below(self.watchings.len())).collect();
        self.log.push(format!("Doze of {:?}", &dozers[..dozers.len().min(10)]));
        for number in &dozers {
            self.watchings[*number].doze(true);
        }
        let most = count * QUEUE * 2;
        for _ in 0..4 {
            for _ in 0..QUEUE * 3 / 8 {
                self.changes.change_from_outside().await;
            }
            let end = Instant::now() + Duration::from_millis(1_500);
            while self.host.snapshot().service.queued > most && Instant::now() < end {
                sleep(Duration::from_millis(5)).await;
            }
        }
        for number in &dozers {
            self.watchings[*number].doze(false);
        }
    }
}
