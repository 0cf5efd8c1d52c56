//! Number literals with the separators that people read by.

use proc_macro2::TokenStream;

/// A hexadecimal literal of so many digits, in groups of four: `0x0000_0001`.
pub(super) fn hex(value: u128, digits: usize) -> String {
    format!("0x{}", grouped(&format!("{value:0digits$x}"), 4))
}

/// A decimal literal in groups of three: `2_147_483_647`.
pub(super) fn decimal(value: i64) -> TokenStream {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs().to_string();
    let text = if digits.len() > 4 { grouped(&digits, 3) } else { digits };
    format!("{sign}{text}").parse().unwrap_or_default()
}

fn grouped(digits: &str, size: usize) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups: Vec<String> = digits.rchunks(size).map(|group| group.iter().collect()).collect();
    groups.into_iter().rev().collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::{decimal, hex};

    #[test]
    fn digits_stand_in_groups() {
        assert_eq!(hex(0x8000_0000, 8), "0x8000_0000");
        assert_eq!(hex(0x1ff, 4), "0x01ff");
        assert_eq!(decimal(2_147_483_647).to_string(), "2_147_483_647");
        assert_eq!(decimal(1000).to_string(), "1000");
    }
}
