//! What every line has, written without the machinery of `fmt`, which costs more than all else there is to do.

use std::fmt::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use super::time::Time;

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

/// Appends an address and a port.
pub(super) fn address(line: &mut impl Text, address: SocketAddr) {
    let SocketAddr::V4(v4) = address else { return display(line, format_args!("{address}")) };
    let [a, b, c, d] = v4.ip().octets();
    for (octet, after) in [(a, "."), (b, "."), (c, "."), (d, ":")] {
        number(line, octet.into());
        line.push_str(after);
    }
    number(line, v4.port().into());
}

/// Appends the milliseconds of a span, rounded to microseconds, or its seconds if it is long.
pub(super) fn span(line: &mut impl Text, span: Duration) {
    let nanos = span.as_nanos();
    match u64::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000 && nanos % 1000 != 500) {
        Some(nanos) => {
            let micros = nanos.saturating_add(500) / 1000;
            number(line, micros / 1000);
            line.push_str(".");
            digits(line, micros % 1000, 3);
            line.push_str(" ms");
        }
        // How halves are rounded is for the floating-point number to say.
        None if span >= Duration::from_secs(1) => display(line, format_args!("{:.3} s", span.as_secs_f64())),
        None => display(line, format_args!("{:.3} ms", span.as_secs_f64() * 1000.0)),
    }
}

/// Appends the last `count` digits of a number, at most nine.
fn digits(line: &mut impl Text, number: u64, count: usize) {
    let mut digits = [b'0'; 9];
    let mut rest = number;
    for digit in digits.iter_mut().take(count).rev() {
        *digit = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
    }
    let shown = digits.get(..count).and_then(|digits| std::str::from_utf8(digits).ok());
    line.push_str(shown.unwrap_or_default());
}

/// Writes points in time, and remembers the second that it wrote last: nearly all frames are in the same.
#[derive(Debug, Default)]
pub(super) struct Clock {
    second: Option<i64>,
    /// That second, as far as the decimal point.
    text: String,
}

impl Clock {
    /// Appends a time in the form of RFC 3339, with so many digits of the second, from 1 to 9.
    pub(super) fn write(&mut self, line: &mut impl Text, time: Time, count: usize) {
        let (second, nanos) = time.parts();
        if self.second != Some(second) {
            self.text = format!("{:.0}", Time::new(second, 0));
            self.text.truncate(self.text.trim_end_matches('Z').len());
            self.second = Some(second);
        }
        line.push_str(&self.text);
        line.push_str(".");
        let dropped = u32::try_from(9_usize.saturating_sub(count)).unwrap_or(0);
        digits(line, u64::from(nanos) / 10_u64.pow(dropped), count);
        line.push_str("Z");
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
            assert_eq!(text(|text| clock.write(text, time, 9)), time.to_string());
            assert_eq!(text(|text| clock.write(text, time, 6)), format!("{time:.6}"));
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
        for address in ["0.0.0.0:0", "255.20.3.100:65535", "[fe80::1]:80", "[::ffff:1.2.3.4]:7"] {
            let address: SocketAddr = address.parse().unwrap();
            assert_eq!(text(|text| super::address(text, address)), address.to_string());
        }
    }
}
