//! "Did you mean": the known name that is nearest to an unknown one.

use alloc::vec::Vec;

/// The nearest of `names`, if at most a third of its letters have to change.
pub(super) fn nearest(name: &str, names: &[&'static str]) -> Option<&'static str> {
    let candidates = names.iter().filter_map(|known| {
        let allowed = known.len().div_ceil(3);
        // A name of another length altogether is not worth comparing, nor is a long one of a stranger's making.
        let distance = (known.len().abs_diff(name.len()) <= allowed).then(|| distance(name, known))?;
        (distance <= allowed).then_some((distance, *known))
    });
    candidates.min().map(|(_, known)| known)
}

/// How many letters have to change, come or go (Levenshtein); upper and lower case count as one.
fn distance(left: &str, right: &str) -> usize {
    let right = right.as_bytes();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in (1..).zip(left.bytes()) {
        let mut diagonal = core::mem::replace(above.first_mut().unwrap_or(&mut 0), line);
        let mut before = line;
        for (cell, other) in above.iter_mut().skip(1).zip(right) {
            let changed = diagonal.saturating_add(usize::from(!letter.eq_ignore_ascii_case(other)));
            diagonal = *cell;
            before = changed.min(before.saturating_add(1)).min(diagonal.saturating_add(1));
            *cell = before;
        }
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances_are_those_of_textbooks() {
        for (left, right, expected) in
            [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "ABC", 0), ("flaw", "lawn", 2), ("abc", "", 3)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn only_near_names_are_meant() {
        let names = ["dwFilter", "hNotify", "a"];
        assert_eq!(nearest("dwfliter", &names), Some("dwFilter"));
        assert_eq!(nearest("notify", &names), Some("hNotify"));
        assert_eq!(nearest("xyz", &names), None);
    }
}
