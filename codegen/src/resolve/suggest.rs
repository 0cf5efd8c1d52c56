//! "Did you mean": the known name that is nearest to an unknown one.

/// The nearest of `names`, if it is near enough that a slip of the pen explains the difference.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = match name.len() {
        0..=2 => 0,
        3..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    names
        .filter(|known| known.len().abs_diff(name.len()) <= allowed)
        .map(|known| (distance(name, known), known))
        .filter(|(distance, known)| *distance <= allowed && *known != name)
        .min()
        .map(|(_, known)| known)
}

/// How many letters have to change, come or go (Levenshtein); upper and lower case count as one.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, c) in left.chars().map(|c| c.to_ascii_lowercase()).enumerate() {
        row = next_row(&row, line, c, &right);
    }
    row.last().copied().unwrap_or_default()
}

fn next_row(above: &[usize], line: usize, c: char, right: &[char]) -> Vec<usize> {
    let mut row = vec![line.saturating_add(1)];
    for (pair, other) in above.windows(2).zip(right) {
        let [diagonal, up] = pair else { continue };
        let change = diagonal.saturating_add(usize::from(*other != c));
        let left = row.last().copied().unwrap_or_default();
        row.push(change.min(up.saturating_add(1)).min(left.saturating_add(1)));
    }
    row
}
