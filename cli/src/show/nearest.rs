//! What somebody may have meant by a name that there is not.

/// The name that differs in the fewest letters, whatever their case, if these are few.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_ascii_lowercase();
    let distances =
        names.into_iter().map(|known| (strsim::osa_distance(&lower, &known.to_ascii_lowercase()), known));
    distances.min().filter(|(distance, known)| *distance <= known.len() / 4).map(|(_, known)| known)
}
