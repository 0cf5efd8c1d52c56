//! Ids that follow from names.
//!
//! A cluster that is defined twice in the same words has the same ids both times, so that a client that remembers one
//! finds its object again, and tests can name them. An id is a UUID of version 8 (RFC 9562, 5.8): the 128-bit SipHash-1-3
//! with the key 0, 0 of
//!
//! 1. the name of the cluster in lower case and a zero octet,
//! 2. the kind of the object, as the table of the definition that it stands in is called, and a zero octet,
//! 3. the name of the object in lower case,
//!
//! all in UTF-8, the two halves of the hash in big-endian order, with the bits of version and variant set. Lower case
//! is Unicode's, character by character.
//!
//! It is neither secret nor unguessable, and need not be: ids open nothing.

use core::fmt::Write;
use core::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// The id of an object, as `8-4-4-4-12` hexadecimal digits in lower case.
///
/// ```
/// use cmrp_cluster::definition::identity::derived;
///
/// let id = derived("LAB", "groups", "Cluster Group");
/// assert_eq!(id, derived("lab", "groups", "CLUSTER GROUP"));
/// assert_eq!(id.as_bytes()[14], b'8');
/// ```
pub fn derived(cluster: &str, kind: &str, name: &str) -> String {
    show(hash(cluster, kind, name))
}

/// What makes the ids of objects that are created later unlike those of other clusters.
pub(super) fn seed(cluster: &str) -> [u8; 16] {
    hash(cluster, "seed", "").to_be_bytes()
}

fn hash(cluster: &str, kind: &str, name: &str) -> u128 {
    let mut hasher = SipHasher13::new();
    feed(&mut hasher, cluster);
    hasher.write(&[0]);
    hasher.write(kind.as_bytes());
    hasher.write(&[0]);
    feed(&mut hasher, name);
    let hash = hasher.finish128();
    (u128::from(hash.h1) << 64) | u128::from(hash.h2)
}

fn feed(hasher: &mut SipHasher13, name: &str) {
    let lower: String = name.chars().flat_map(char::to_lowercase).collect();
    hasher.write(lower.as_bytes());
}

fn show(hash: u128) -> String {
    const VERSION: u128 = 0xF << 76;
    const VARIANT: u128 = 0b11 << 62;
    let id = (hash & !VERSION & !VARIANT) | (8 << 76) | (0b10 << 62);
    let digits = format!("{id:032x}");
    let mut text = String::with_capacity(36);
    for (place, digit) in digits.chars().enumerate() {
        if matches!(place, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        // Writing to a string cannot fail.
        let _ = text.write_char(digit);
    }
    text
}

/// Whether a text is an id in the usual form, with or without braces.
pub(crate) fn is_id(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let lengths: Vec<usize> = inner.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && inner.chars().all(|digit| digit == '-' || digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stay_what_they_are() {
        // Computed by another implementation of the hash; clients and scripts hold ids for years.
        assert_eq!(derived("CLUSTER1", "groups", "Cluster Group"), "1895a634-ac2b-8d38-96e7-69a01de01a67");
    }

    #[test]
    fn each_part_makes_a_difference() {
        let ids = [
            derived("a", "groups", "b"),
            derived("a2", "groups", "b"),
            derived("a", "nodes", "b"),
            derived("a", "groups", "b2"),
            derived("ag", "roups", "b"),
        ];
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        assert!(ids.iter().all(|id| is_id(id)), "{ids:?}");
    }

    #[test]
    fn what_is_an_id() {
        assert!(is_id("{01234567-89ab-CDEF-0123-456789abcdef}"));
        assert!(!is_id("01234567-89ab-CDEF-0123-456789abcdeg"));
        assert!(!is_id("{01234567-89ab-CDEF-0123-456789abcdef"));
        assert!(!is_id("0123456789abCDEF0123456789abcdef"));
    }
}
