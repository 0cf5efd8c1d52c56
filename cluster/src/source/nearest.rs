//! What somebody may have meant.

/// The candidate that is closest to a word; `None` if none is close.
///
/// Case makes no difference. A third of the word's characters may be wrong, and always one.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = word.chars().count().div_ceil(3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, _)| distance <= most)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Advice for a message of serde's: what an unknown field or variant may have been meant to be.
///
/// Such a message quotes the unknown name first and the known ones after it.
pub(crate) fn help_for(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    nearest(unknown, known).map(|meant| format!("did you mean `{meant}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_nonsense_is_not() {
        let names = ["node_down", "node_up", "group_moved"];
        assert_eq!(nearest("node_dwon", names), Some("node_down"));
        assert_eq!(nearest("NODE_UP", names), Some("node_up"));
        assert_eq!(nearest("zebra", names), None);
    }

    #[test]
    fn the_closest_of_several_wins() {
        assert_eq!(nearest("node11", ["node2x", "node1", "node111x"]), Some("node1"));
    }

    #[test]
    fn messages_of_serde_are_understood() {
        let advice = help_for("unknown field `nam`, expected one of `name`, `id`");
        assert_eq!(advice.as_deref(), Some("did you mean `name`?"));
        assert_eq!(help_for("missing field `name`"), None);
    }
}
