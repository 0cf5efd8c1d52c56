//! One event after the other, until there is a reason to stop.

use std::io::{self, ErrorKind};
use std::time::Duration;

use cmrp_net::client::WatchEvents;
use tokio::time::{Interval, MissedTickBehavior};

use super::news::{What, code_text};
use super::report::Report;
use super::session::Session;
use crate::remote;

/// Why watching ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Somebody wanted it to.
    Asked,
    /// No server could be used at the start: a Win32 code.
    NoServer(u32),
    /// All filters were refused, or are gone with their objects.
    NothingToWatch,
    /// The server refused the port, or ended it.
    NoPort,
}

/// When to go on, and until when to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Whether to go on when no server can be used at the start.
    pub(super) waits: bool,
    /// How often all states are asked for, if ever.
    pub(super) refresh: Option<Duration>,
}

/// Tells what happens.
///
/// # Errors
/// Output failed.
pub(super) async fn follow(
    session: &mut Session,
    events: &mut WatchEvents,
    report: &mut dyn Report,
    patience: Patience,
) -> io::Result<Ended> {
    let mut has_connected = false;
    let mut refresh = Refresh::new(patience.refresh);
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = refresh.next() => {
                session.survey().await;
                continue;
            }
        };
        let Some(event) = event else { return Ok(Ended::Asked) };
        let Some(news) = session.news(event).await else { continue };
        match report.tell(&news) {
            // Whoever read the output has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Ended::Asked),
            told => told?,
        }
        match news.what {
            What::Connected { .. } => has_connected = true,
            What::Lost { code, .. } if !has_connected && !patience.waits => return Ok(Ended::NoServer(code)),
            What::NotWatching { .. } if !session.has_port() => return Ok(Ended::NoPort),
            What::NotWatching { .. } if session.is_idle() => return Ok(Ended::NothingToWatch),
            _ => {}
        }
    }
}

/// Comes again and again, or never.
struct Refresh(Option<Interval>);

impl Refresh {
    fn new(period: Option<Duration>) -> Self {
        Self(period.map(|period| {
            // The first survey comes with the connection.
            let mut interval = tokio::time::interval(period);
            interval.reset();
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        }))
    }

    async fn next(&mut self) {
        match &mut self.0 {
            Some(interval) => drop(interval.tick().await),
            None => std::future::pending().await,
        }
    }
}

/// What to say if no server could be used.
pub(super) fn no_server(code: u32) -> String {
    let advice = remote::code_advice(code).map(|advice| format!("\n      {advice}")).unwrap_or_default();
    format!("no server can be used: {}{advice}\n      --wait waits until one can", code_text(code))
}
