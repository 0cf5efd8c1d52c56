//! One event after the other, until there is a reason to stop.

use std::io::{self, ErrorKind};

use cmrp_net::client::WatchEvents;

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
    /// All filters were refused.
    NothingToWatch,
}

/// Tells what happens. `waits` says whether to go on when no server can be used at the start.
///
/// # Errors
/// Output failed.
pub(super) async fn follow(
    session: &mut Session,
    events: &mut WatchEvents,
    report: &mut dyn Report,
    waits: bool,
) -> io::Result<Ended> {
    let mut has_connected = false;
    while let Some(event) = events.next().await {
        let Some(news) = session.news(event).await else { continue };
        match report.tell(&news) {
            // Whoever read the output has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Ended::Asked),
            told => told?,
        }
        match news.what {
            What::Connected { .. } => has_connected = true,
            What::Lost { code, .. } if !has_connected && !waits => return Ok(Ended::NoServer(code)),
            What::NotWatching { .. } if session.is_idle() => return Ok(Ended::NothingToWatch),
            _ => {}
        }
    }
    Ok(Ended::Asked)
}

/// What to say if no server could be used.
pub(super) fn no_server(code: u32) -> String {
    let advice = remote::code_advice(code).map(|advice| format!("\n      {advice}")).unwrap_or_default();
    format!("no server can be used: {}{advice}\n      --wait waits until one can", code_text(code))
}
