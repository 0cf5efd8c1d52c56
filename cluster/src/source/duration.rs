//! Durations as people write them: `250ms`, `1.5s`, `2m`, `1h`.

use core::time::Duration;

/// The longest that can be written: 1,000 hours.
const LONGEST: Duration = Duration::from_secs(3_600_000);

/// The units and how many milliseconds they are; a suffix of another comes after it.
const UNITS: [(&str, f64); 4] = [("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0), ("h", 3_600_000.0)];

/// Reads a duration of at most 1,000 hours, kept to the millisecond.
///
/// # Errors
/// A sentence that says what is expected.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected =
        || format!("`{text}` is no duration: a number and ms, s, m or h is expected, as in \"1.5s\"");
    let (number, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| text.strip_suffix(suffix).map(|number| (number.trim_end(), unit)))
        .ok_or_else(expected)?;
    if number.is_empty() || !number.chars().all(|character| character.is_ascii_digit() || character == '.') {
        return Err(expected());
    }
    let milliseconds = number.parse::<f64>().map_err(|_| expected())? * unit;
    let duration = Duration::try_from_secs_f64((milliseconds / 1_000.0).min(4e6)).map_err(|_| expected())?;
    if duration > LONGEST {
        return Err(format!("`{text}` is too long: at most 1000h"));
    }
    Ok(whole_milliseconds(duration))
}

/// Writes a duration so that it reads back as the same.
pub(crate) fn show_duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis();
    if milliseconds.checked_rem(1_000) == Some(0) {
        format!("{}s", duration.as_secs())
    } else {
        format!("{milliseconds}ms")
    }
}

fn whole_milliseconds(duration: Duration) -> Duration {
    let rounded = duration.saturating_add(Duration::from_micros(500)).as_millis();
    Duration::from_millis(u64::try_from(rounded).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_fractions() {
        for (text, milliseconds) in [
            ("0s", 0),
            ("250ms", 250),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("1 h", 3_600_000),
            ("1000h", 3_600_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in
            ["", "s", "1", "-1s", "1e9s", "infs", "nans", "1.2.3s", "1d", "1001h", "999999999999999999999h"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for milliseconds in [0, 1, 999, 1_000, 1_500, 86_400_000] {
            let duration = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
        }
    }
}
