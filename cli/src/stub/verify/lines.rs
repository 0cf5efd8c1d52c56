//! Lines of a file of any size.

use std::io::{self, BufRead, Read};

/// Octets that a line may have. The largest stub, in digits and as a value, takes less; a file without line ends must
/// not fill the memory.
pub(super) const MAX: usize = 64 << 20;

/// A line.
pub(super) enum Line<'a> {
    Text(&'a [u8]),
    Blank,
    TooLong,
}

/// Reads line by line into one buffer.
pub(super) struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, buffer: Vec::new(), number: 0 }
    }

    /// The next line and its number, from 1 on.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        self.buffer.clear();
        let limit = u64::try_from(MAX).unwrap_or(u64::MAX).saturating_add(1);
        let read = self.source.by_ref().take(limit).read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        let line = match self.buffer.trim_ascii() {
            [] => Line::Blank,
            _ if read > MAX && self.buffer.last() != Some(&b'\n') => {
                self.source.skip_until(b'\n')?;
                Line::TooLong
            }
            text => Line::Text(text),
        };
        Ok(Some((self.number, line)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::{Line, Lines, MAX};

    #[test]
    fn a_line_without_end_is_passed_over() {
        let long = std::io::repeat(b'x').take(MAX as u64 * 2).chain(&b"\nab\n\n  \ncd"[..]);
        let mut lines = Lines::new(BufReader::new(long));
        let mut seen = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            seen.push(match line {
                Line::Text(text) => format!("{number} {}", String::from_utf8_lossy(text)),
                Line::Blank => format!("{number} blank"),
                Line::TooLong => format!("{number} too long"),
            });
        }
        assert_eq!(seen, ["1 too long", "2 ab", "3 blank", "4 blank", "5 cd"]);
        assert!(lines.buffer.capacity() <= MAX * 2 + 2);
    }
}
