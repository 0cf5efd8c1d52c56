//! A fresh client, again and again: whether the server answers it, and how soon.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cmrp::clusapi3::{ApiGetClusterNameRequest, ApiGetGroupStateRequest, ApiOpenGroupRequest};
use cmrp_net::client::{Association, Options, Protocol};
use tokio::time::{Instant, sleep};

use super::host::Host;
use super::ledger::GROUP;

/// How long fresh clients waited from connecting to the first answer, and what went wrong.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    times: Mutex<Vec<Duration>>,
    failures: Mutex<Vec<String>>,
}

impl Probes {
    /// Asks until it is aborted. What overlaps a restart does not count.
    pub(crate) async fn run(self: Arc<Self>, host: Arc<Host>) {
        loop {
            let stops = host.stops();
            host.up().await;
            let began = Instant::now();
            let asked = ask(&host).await;
            let took = began.elapsed();
            if host.stops() == stops {
                match asked {
                    Ok(()) => self.times.lock().unwrap().push(took),
                    Err(error) => self.failures.lock().unwrap().push(error),
                }
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// All times, the shortest first.
    pub(crate) fn times(&self) -> Vec<Duration> {
        let mut times = self.times.lock().unwrap().clone();
        times.sort_unstable();
        times
    }

    pub(crate) fn failures(&self) -> Vec<String> {
        self.failures.lock().unwrap().clone()
    }
}

fn options() -> Options {
    Options::new(Protocol::V3)
        .with_connect_deadline(Duration::from_secs(20))
        .with_call_deadline(Duration::from_secs(20))
}

async fn ask(host: &Host) -> Result<(), String> {
    let association = Association::connect(&host.address.to_string(), &options()).await;
    let association = association.map_err(|error| format!("a fresh client: {error}"))?;
    let answer = association.call(&ApiGetClusterNameRequest {}).await;
    let answer = answer.map_err(|error| format!("a fresh client: {error}"))?;
    match answer.get() {
        Ok(answer) if answer.return_value == 0 => Ok(()),
        other => Err(format!("a fresh client: {other:?}")),
    }
}

/// The state of the watched group, as the server tells it.
pub(crate) async fn state(host: &Host) -> u32 {
    let association = Association::connect(&host.address.to_string(), &options()).await.unwrap();
    let open = ApiOpenGroupRequest { lpsz_group_name: GROUP.into() };
    let h_group = association.call(&open).await.unwrap().get().unwrap().return_value;
    let state = association.call(&ApiGetGroupStateRequest { h_group }).await.unwrap();
    let state = state.get().unwrap();
    assert_eq!(state.return_value, 0);
    state.state
}
