//! The octets around an error.

use std::fmt::Write;

/// Octets in a row.
const ROW: usize = 16;

/// The rows before, at and behind an octet, which is marked. An octet behind the last is marked in its place.
pub(super) fn around(octets: &[u8], marked: usize) -> String {
    let marked = marked.min(octets.len());
    let row = marked / ROW;
    let mut text = String::new();
    for index in row.saturating_sub(1)..=row.saturating_add(1) {
        let start = index.saturating_mul(ROW);
        let shown = octets.get(start..).unwrap_or_default();
        let shown = shown.get(..ROW).unwrap_or(shown);
        if !shown.is_empty() || index == row {
            line(&mut text, start, shown);
        }
        if index == row {
            mark(&mut text, marked.saturating_sub(start));
        }
    }
    text
}

/// The offset of the first octet, then all of them. Writing into a String cannot fail.
fn line(text: &mut String, start: usize, octets: &[u8]) {
    let _ = write!(text, "  {start:08x} ");
    for (index, octet) in octets.iter().enumerate() {
        let gap = if index == ROW / 2 { "  " } else { " " };
        let _ = write!(text, "{gap}{octet:02x}");
    }
    text.push('\n');
}

/// Marks the place of an octet in the line above.
fn mark(text: &mut String, place: usize) {
    let gap = usize::from(place >= ROW / 2);
    let column = place.saturating_mul(3).saturating_add(gap).saturating_add("  00000000  ".len());
    let _ = writeln!(text, "{:column$}^^", "");
}

#[cfg(test)]
mod tests {
    use super::around;

    #[test]
    fn the_mark_stands_below_its_octet() {
        let octets: Vec<u8> = (0..70).collect();
        for (marked, digits) in [(0, "00"), (7, "07"), (8, "08"), (15, "0f"), (16, "10"), (69, "45")] {
            let dump = around(&octets, marked);
            let lines: Vec<&str> = dump.lines().collect();
            let at = lines.iter().position(|line| line.ends_with("^^")).unwrap();
            let column = lines[at].find('^').unwrap();
            assert_eq!(lines[at - 1].get(column..column + 2), Some(digits), "\n{dump}");
        }
    }

    #[test]
    fn rows_around_are_shown_and_no_more() {
        let octets: Vec<u8> = (0..70).collect();
        assert_eq!(around(&octets, 33).lines().count(), 4);
        assert!(around(&octets, 33).starts_with("  00000010  10 11"));
        assert_eq!(around(&octets[..4], 4), "  00000000  00 01 02 03\n                        ^^\n");
        assert_eq!(around(&[], 9), "  00000000 \n            ^^\n");
        assert_eq!(around(&octets[..16], 16).lines().count(), 3);
    }
}
