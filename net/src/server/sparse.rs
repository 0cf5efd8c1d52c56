//! Tables that give memory back.

use std::collections::HashMap;
use std::hash::Hash;

/// Gives back the room of a table that is less than a quarter full: after a flood, what it took does not stay until
/// the last client has gone. Leaves room for twice what there is, so that it is not done at every turn.
pub(super) fn give_back<K: Eq + Hash, V>(table: &mut HashMap<K, V>) {
    if table.len() < table.capacity() / 4 {
        table.shrink_to(table.len().saturating_mul(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_was_full_once_is_small_again() {
        let mut table: HashMap<u32, u32> = (0..10_000).map(|number| (number, number)).collect();
        for number in 100..10_000 {
            table.remove(&number);
            give_back(&mut table);
        }
        assert!(table.capacity() < 1_000, "{}", table.capacity());
        assert_eq!(table.len(), 100);
    }
}
