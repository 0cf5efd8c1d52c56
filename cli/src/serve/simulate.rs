//! `--simulate`: a cluster with a life of its own.

use std::time::Duration;

use cmrp::clusapi3::Request;
use cmrp_cluster::change::{Change, ChangeError};
use cmrp_cluster::cluster::Cluster;
use cmrp_cluster::embedded::Embedded;
use cmrp_cluster::event::Event;
use cmrp_cluster::life::{Config, Life};
use cmrp_cluster::session::{Answer, Outcome, Session};
use cmrp_port::access::ServerState;
use cmrp_port::sequence::StateNumbers;
use cmrp_port::server::{AssociationId, CallId};
use cmrp_port::time::Instant;

use super::options::Simulate;

/// A cluster in which things happen by themselves, between those that its clients make happen.
pub(super) struct Living {
    cluster: Embedded,
    life: Life,
}

impl Living {
    /// A cluster that begins to live now.
    pub(super) fn new(cluster: Embedded, simulate: Simulate, seed: u64) -> Self {
        let interval = Duration::from_secs_f64(60.0 / simulate.rate);
        let seed = simulate.seed.unwrap_or(seed);
        // A life that was worth seeing can be had again.
        tracing::info!("simulated: this life again is --simulate={seed},{}", simulate.rate);
        let life = Life::new(seed, &Config { interval }, Instant::ORIGIN);
        Self { cluster, life }
    }

    fn live(&mut self, now: Instant) {
        while let Some(change) = self.life.handle_timeout(now, self.cluster.state()) {
            match self.cluster.change(now, &change) {
                Ok(()) => tracing::info!("simulated: {change}"),
                Err(error) => tracing::warn!("simulated: {change}: {error}"),
            }
        }
    }
}

impl Cluster for Living {
    fn name(&self) -> &str {
        self.cluster.name()
    }

    fn server_state(&self, node: &str) -> ServerState {
        self.cluster.server_state(node)
    }

    fn states(&self) -> &dyn StateNumbers {
        self.cluster.states()
    }

    fn call(&mut self, now: Instant, session: &mut Session<'_>, request: &Request<'_>) -> Outcome {
        self.cluster.call(now, session, request)
    }

    fn next_answer(&mut self) -> Option<Answer> {
        self.cluster.next_answer()
    }

    fn next_event(&mut self) -> Option<Event> {
        self.cluster.next_event()
    }

    fn handle_cancel(&mut self, call: CallId) {
        self.cluster.handle_cancel(call);
    }

    fn handle_disconnect(&mut self, association: AssociationId) {
        self.cluster.handle_disconnect(association);
    }

    fn change(&mut self, now: Instant, change: &Change) -> Result<(), ChangeError> {
        self.cluster.change(now, change)
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.cluster.handle_timeout(now);
        self.live(now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let life = self.life.poll_timeout();
        Some(self.cluster.poll_timeout().map_or(life, |due| due.min(life)))
    }
}
