//! Points in time and spans between them, in nanoseconds.

use std::fmt;
use std::time::Duration;

/// Nanoseconds since 1970-01-01 00:00 UTC. Times that do not fit (beyond the year 2262) stop at the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(i64);

impl Time {
    /// The present time.
    pub(crate) fn now() -> Self {
        let now = jiff::Timestamp::now();
        Self::new(now.as_second(), now.subsec_nanosecond().into())
    }

    /// Adds whole seconds and nanoseconds.
    pub(crate) fn new(seconds: i64, nanos: i128) -> Self {
        let total = i128::from(seconds).saturating_mul(1_000_000_000).saturating_add(nanos);
        let limit = if total < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(total).unwrap_or(limit))
    }

    /// Whole seconds, rounded down, and nanoseconds.
    pub(crate) fn parts(self) -> (i64, u32) {
        let nanos = u32::try_from(self.0.rem_euclid(1_000_000_000)).unwrap_or(0);
        (self.0.div_euclid(1_000_000_000), nanos)
    }

    /// Time since `earlier`; 0 where clocks ran backwards.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        let nanos = i128::from(self.0).saturating_sub(i128::from(earlier.0));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
    }
}

impl fmt::Display for Time {
    /// RFC 3339 in UTC, with nanoseconds or as many digits as the format string asks for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(9);
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(timestamp) => write!(f, "{timestamp:.digits$}"),
            Err(_) => write!(f, "{} ns", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn prints_rfc_3339_with_the_digits_asked_for() {
        // 1,700,000,000 seconds after the epoch, as `date -u -d @1700000000` has it.
        assert_eq!(Time::new(1_700_000_000, 5_001).to_string(), "2023-11-14T22:13:20.000005001Z");
        assert_eq!(format!("{:.6}", Time::new(1_700_000_000, 5_001)), "2023-11-14T22:13:20.000005Z");
        assert_eq!(format!("{:.6}", Time::new(-1, 0)), "1969-12-31T23:59:59.000000Z");
    }

    #[test]
    fn a_clock_that_ran_backwards_gives_no_latency() {
        assert_eq!(Time::new(1, 0).since(Time::new(2, 0)).as_nanos(), 0);
        assert_eq!(Time::new(2, 1).since(Time::new(1, 0)).as_nanos(), 1_000_000_001);
        assert_eq!(Time::new(i64::MAX, 0).since(Time::new(i64::MIN, 0)).as_nanos(), u128::from(u64::MAX));
    }
}
