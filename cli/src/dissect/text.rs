//! What every line has, written without the machinery of `fmt`, which costs more than all else there is to do.

use std::fmt::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::time::Time;

/// A line that grows.
pub(super) trait Text {
    fn push_str(&mut self, text: &str);
}

impl Text for String {
    fn push_str(&mut self, text: &str) {
        self.push_str(text);
    }
}

impl Text for Vec<u8> {
    fn push_str(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

/// Appends a number.
pub(super) fn number(line: &mut impl Text, number: u64) {
    line.push_str(itoa::Buffer::new().format(number));
}

/// Appends what only `fmt` can write.
pub(super) fn display(line: &mut impl Text, arguments: fmt::Arguments<'_>) {
    struct Line<'t, T>(&'t mut T);

    impl<T: Text> Write for Line<'_, T> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push_str(text);
            Ok(())
        }
    }

    // Lines take everything.
    let _ = Line(line).write_fmt(arguments);
}

/// Writes addresses with their ports, and remembers some: a capture has few ends, and each line names two.
#[derive(Debug)]
pub(super) struct Addresses {
    /// Each at an index made of its octets.
    known: Vec<(SocketAddr, String)>,
}

impl Default for Addresses {
    fn default() -> Self {
        let none = SocketAddr::from(([0; 4], 0));
        Self { known: vec![(none, none.to_string()); 256] }
    }
}

impl Addresses {
    /// Appends an address and a port.
    pub(super) fn write(&mut self, line: &mut impl Text, address: SocketAddr) {
        let last = match address.ip() {
            IpAddr::V4(ip) => ip.to_bits(),
            IpAddr::V6(ip) => u32::try_from(ip.to_bits() & 0xffff_ffff).unwrap_or(0),
        };
        // The golden ratio spreads what differs in any bit over the high ones.
        let mixed = (last ^ u32::from(address.port()).rotate_left(16)).wrapping_mul(0x9e37_79b1);
        let [index, ..] = mixed.to_be_bytes();
        let Some((known, text)) = self.known.get_mut(usize::from(index)) else { return };
        if *known != address {
            *known = address;
            *text = address.to_string();
        }
        line.push_str(text);
    }
}

/// Appends the milliseconds of a span, rounded to microseconds, or its seconds if it is long.
pub(super) fn span(line: &mut impl Text, span: Duration) {
    let nanos = span.as_nanos();
    match u64::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000 && nanos % 1000 != 500) {
        Some(nanos) => {
            let micros = nanos.saturating_add(500) / 1000;
            number(line, micros / 1000);
            line.push_str(".");
            padded(line, micros % 1000, 1000);
            line.push_str(" ms");
        }
        // How halves are rounded is for the floating-point number to say.
        None if span >= Duration::from_secs(1) => display(line, format_args!("{:.3} s", span.as_secs_f64())),
        None => display(line, format_args!("{:.3} ms", span.as_secs_f64() * 1000.0)),
    }
}

/// Appends a number with as many digits as `one` has zeros, which is a power of ten above it.
fn padded(line: &mut impl Text, number: u64, one: u64) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(number.saturating_add(one));
    line.push_str(digits.get(1..).unwrap_or_default());
}

/// Writes points in time, and remembers the second that it wrote last: nearly all frames are in the same.
#[derive(Debug, Default)]
pub(super) struct Clock {
    second: Option<i64>,
    /// That second, up to the decimal point.
    text: String,
}

impl Clock {
    /// Appends a time in the form of RFC 3339, with microseconds.
    pub(super) fn micros(&mut self, line: &mut impl Text, time: Time) {
        let (second, nanos) = time.parts();
        self.second(line, second);
        padded(line, u64::from(nanos) / 1000, 1_000_000);
        line.push_str("Z");
    }

    /// Appends a time in the form of RFC 3339, with nanoseconds.
    pub(super) fn nanos(&mut self, line: &mut impl Text, time: Time) {
        let (second, nanos) = time.parts();
        self.second(line, second);
        padded(line, nanos.into(), 1_000_000_000);
        line.push_str("Z");
    }

    fn second(&mut self, line: &mut impl Text, second: i64) {
        if self.second != Some(second) {
            self.text = format!("{:.0}", Time::new(second, 0)).replace('Z', ".");
            self.second = Some(second);
        }
        line.push_str(&self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut String)) -> String {
        let mut text = String::new();
        write(&mut text);
        text
    }

    #[test]
    fn times_are_written_as_they_are_displayed() {
        let mut clock = Clock::default();
        let seconds = [0, 1, -1, 59, 951_782_399, 951_782_400, 1_700_000_000, 9_223_372_035, -9_223_372_036];
        let nanos = [0, 1, 999, 1000, 1500, 999_999, 500_000_000, 999_999_499, 999_999_500, 999_999_999];
        for (second, nanos) in seconds.into_iter().flat_map(|second| nanos.map(|nanos| (second, nanos))) {
            let time = Time::new(second, nanos);
            assert_eq!(text(|text| clock.nanos(text, time)), time.to_string());
            assert_eq!(text(|text| clock.micros(text, time)), format!("{time:.6}"));
        }
    }

    #[test]
    fn spans_are_rounded_as_floating_point_numbers_are() {
        let ends = [0, 1, 499, 500, 501, 999, 1000, 1499, 1500, 1501, 2500, 3500, 999_499, 999_500, 999_501];
        let starts = [0, 7_000_000, 123_456_000, 998_999_000, 999_000_000, 1_000_000_000, 86_400_000_000_000];
        for nanos in starts.into_iter().flat_map(|start| ends.map(|end| start + end)) {
            let span = Duration::from_nanos(nanos);
            let expected = if nanos >= 1_000_000_000 {
                format!("{:.3} s", span.as_secs_f64())
            } else {
                format!("{:.3} ms", span.as_secs_f64() * 1000.0)
            };
            assert_eq!(text(|text| super::span(text, span)), expected, "{nanos}");
        }
    }

    #[test]
    fn addresses_are_written_as_they_are_displayed() {
        let mut addresses = Addresses::default();
        for address in [
            "0.0.0.0:0",
            "1.2.3.4:5",
            "1.2.3.5:4",
            "1.2.3.4:5",
            "[::]:0",
            "255.20.3.100:65535",
            "[fe80::1]:80",
            "[::ffff:1.2.3.4]:7",
        ] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(text(|text| addresses.write(text, address)), address.to_string());
        }
    }
}
