//! Points in time that cannot be passed by a sum.

use std::time::Duration;

use tokio::time::Instant;

/// Farther away than any program waits, and near enough for every clock.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The point so long from now.
pub(crate) fn after(wait: Duration) -> Instant {
    since(Instant::now(), wait)
}

/// The point so long after another one.
pub(crate) fn since(origin: Instant, wait: Duration) -> Instant {
    origin.checked_add(wait.min(FAR)).unwrap_or(origin)
}
