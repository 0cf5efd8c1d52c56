//! Numbers of octets as people write them.

use std::str::FromStr;

/// A number of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size(u64);

impl Size {
    pub(super) fn octets(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let units = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
        let unit = units.into_iter().find_map(|(unit, octets)| Some((text.strip_suffix(unit)?, octets)));
        let (digits, octets) = unit.unwrap_or((text, 1));
        let number: Option<u64> = digits.parse().ok();
        let size = number.and_then(|number| number.checked_mul(octets));
        size.map(Self).ok_or("a number is expected, perhaps with K, M or G behind it")
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn sizes_have_units() {
        for (text, octets) in
            [("7", Some(7)), ("2K", Some(2048)), ("1G", Some(1 << 30)), ("G", None), ("-1", None)]
        {
            assert_eq!(text.parse().ok(), octets.map(Size), "{text}");
        }
    }
}
