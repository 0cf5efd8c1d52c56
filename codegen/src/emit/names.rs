//! Rust names of IDL names (Rust API guidelines, C-CASE).

use proc_macro2::{Ident, Span};

/// `dwNotifyKey`, `lpszCSDVersion`, `NOTIFICATION_RPC` in words: runs of letters and digits that belong together.
fn words(name: &str) -> Vec<String> {
    let characters: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    for (index, &character) in characters.iter().enumerate() {
        let previous = index.checked_sub(1).and_then(|index| characters.get(index));
        let next = index.checked_add(1).and_then(|index| characters.get(index));
        if starts_word(previous.copied(), character, next.copied()) {
            words.extend((!current.is_empty()).then(|| std::mem::take(&mut current)));
        }
        if character.is_alphanumeric() {
            current.extend(character.to_lowercase());
        }
    }
    words.extend((!current.is_empty()).then_some(current));
    words
}

fn starts_word(previous: Option<char>, character: char, next: Option<char>) -> bool {
    let Some(previous) = previous else { return false };
    if !character.is_alphanumeric() {
        return true;
    }
    let rises = !previous.is_uppercase() && character.is_uppercase();
    let acronym_ends =
        previous.is_uppercase() && character.is_uppercase() && next.is_some_and(char::is_lowercase);
    rises || acronym_ends
}

/// Names that generated functions use for themselves; a field of this name gets an underscore.
const TAKEN: [&str; 9] =
    ["fixed", "map", "maximum", "ndr", "reader", "return_value", "serializer", "target", "writer"];

/// The name of a field or variable: `dw_notify_key`.
pub(super) fn snake(name: &str) -> Ident {
    let text = words(name).join("_");
    if TAKEN.contains(&text.as_str()) { ident(&format!("{text}_")) } else { ident(&text) }
}

/// The name of a type: `NotificationRpc`.
pub(super) fn camel_text(name: &str) -> String {
    words(name).iter().map(|word| capitalized(word)).collect()
}

/// The name of a constant: `NODE_STATE`.
pub(super) fn upper(name: &str) -> Ident {
    ident(&words(name).join("_").to_uppercase())
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// An identifier, raw where the name is a keyword.
pub(super) fn ident(name: &str) -> Ident {
    let prefixed = if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() {
        format!("_{name}")
    } else {
        name.to_owned()
    };
    match syn::parse_str::<Ident>(&prefixed) {
        Ok(ident) => ident,
        Err(_) if matches!(prefixed.as_str(), "self" | "Self" | "super" | "crate" | "_") => {
            Ident::new(&format!("{prefixed}_"), Span::call_site())
        }
        Err(_) => Ident::new_raw(&prefixed, Span::call_site()),
    }
}

#[cfg(test)]
mod tests {
    use super::{camel_text, snake, upper};

    #[test]
    fn names_follow_the_rust_guidelines() {
        for (idl, rust) in [
            ("dwNotifyKey", "dw_notify_key"),
            ("lpszCSDVersion", "lpsz_csd_version"),
            ("rpc_status", "rpc_status"),
            ("hNotify", "h_notify"),
            ("Type", "r#type"),
            ("ApiGetNotifyV2", "api_get_notify_v2"),
            ("Reader", "reader_"),
        ] {
            assert_eq!(snake(idl).to_string(), rust);
        }
        for (idl, rust) in [
            ("NOTIFICATION_DATA_ASYNC_RPC", "NotificationDataAsyncRpc"),
            ("CLUSTER_CHANGE_GROUP_V2", "ClusterChangeGroupV2"),
            ("HNOTIFY_RPC", "HnotifyRpc"),
        ] {
            assert_eq!(camel_text(idl), rust);
        }
        assert_eq!(
            upper("CLUSTER_CHANGE_GROUPSET_DELETED_v2").to_string(),
            "CLUSTER_CHANGE_GROUPSET_DELETED_V2"
        );
    }
}
