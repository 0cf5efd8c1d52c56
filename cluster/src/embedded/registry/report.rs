//! What batch ports report of a list that was run (MS-CMRP 3.1.4.2.114).
//!
//! All reports of a list are made in one pass over it. Each command finds the watched keys that it is about by its path,
//! so that many ports cost little where few of them are concerned, and ports on the same key share a report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::batch::Done;
use crate::registry::KeyPath;
use crate::registry::command::{Command, CommandType, append, encode};

/// Octets of one report, at most: a port keeps no more, and a list of a few megabytes can replace data of many.
pub(crate) const MAX_REPORT: usize = 1 << 20;
/// Octets that are written for all reports of one list, at most: a list of 65,536 commands about 1,024 watched keys would
/// otherwise be written 1,024 times.
const MAX_REPORTS: usize = 32 << 20;

/// Reports by the paths, in lower case, of the keys that are watched; `None` for one that is too long. What a list is
/// not about has none.
pub(crate) type Reports = BTreeMap<String, Option<Arc<[u8]>>>;

/// The reports of a list to ports that watch these keys, whose paths are in lower case.
///
/// Paths in a report are relative to the watched key. If it is the key that the list was run on, the report is the list
/// with the former data in it; else commands that name a key are put in where a value belongs to another key than the
/// one before.
pub(crate) fn reports(done: &[Done], watched: &BTreeSet<&str>) -> Reports {
    let open = watched.iter().map(|path| ((*path).to_owned(), Draft::of(path))).collect();
    let mut drafts = Drafts { open, ended: Reports::new(), left: MAX_REPORTS };
    for done in done {
        drafts.take(done);
    }
    drafts.end()
}

/// Reports that are being written.
struct Drafts {
    open: BTreeMap<String, Draft>,
    ended: Reports,
    left: usize,
}

impl Drafts {
    /// Writes a command into the reports of the keys that it is about: that of the command and those above; and those
    /// below if it is deleted.
    fn take(&mut self, done: &Done) {
        let key = done.key.folded();
        let above = above(&key).filter(|path| self.open.contains_key(*path));
        let mut concerned: Vec<String> = above.map(str::to_owned).collect();
        if done.command.kind == CommandType::DELETE_KEY {
            let start = format!("{key}\\");
            let below = self.open.range(start.clone()..).map(|(path, _)| path);
            concerned.extend(below.take_while(|path| path.starts_with(&start)).cloned());
        }
        for path in &concerned {
            self.write(path, &key, done);
        }
    }

    fn write(&mut self, path: &str, key: &str, done: &Done) {
        let Some(draft) = self.open.get_mut(path) else { return };
        let before = draft.octets.len();
        draft.write(key, done);
        let length = draft.octets.len();
        let left = self.left.checked_sub(length.saturating_sub(before));
        if length > MAX_REPORT || left.is_none() {
            self.open.remove(path);
            self.ended.insert(path.to_owned(), None);
        }
        // What gives way to others leaves its room to them, so that some reports are made.
        self.left = left.unwrap_or_else(|| self.left.saturating_add(before));
    }

    fn end(mut self) -> Reports {
        let written = self.open.into_iter().filter(|(_, draft)| draft.written);
        self.ended.extend(written.map(|(path, draft)| (path, Some(draft.octets.into()))));
        self.ended
    }
}

/// The report of one key.
struct Draft {
    /// How many names the path of the watched key has.
    depth: usize,
    /// The key, in lower case, that a command about a value is about if none names another.
    current: Option<String>,
    octets: Vec<u8>,
    written: bool,
}

impl Draft {
    fn of(watched: &str) -> Self {
        let depth = above(watched).count().saturating_sub(1);
        Self { depth, current: Some(watched.to_owned()), octets: encode([]), written: false }
    }

    fn write(&mut self, key: &str, Done { key: path, command }: &Done) {
        let names_key = matches!(command.kind, CommandType::CREATE_KEY | CommandType::DELETE_KEY);
        if names_key {
            self.name(command.kind, path);
        } else {
            if self.current.as_deref() != Some(key) {
                self.name(CommandType::CREATE_KEY, path);
            }
            append(command, &mut self.octets);
        }
        self.current = (command.kind != CommandType::DELETE_KEY).then(|| key.to_owned());
        self.written = true;
    }

    /// Writes a command that names a key.
    fn name(&mut self, kind: CommandType, path: &KeyPath) {
        let name = path.names().skip(self.depth).collect::<Vec<_>>().join("\\");
        append(&Command { kind, value_type: 0, name, data: [].as_slice().into() }, &mut self.octets);
    }
}

/// The paths of the root key and of all keys down to this one.
fn above(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('\\').map(|(at, _)| at).chain([path.len()]);
    let below_root = ends.filter(|end| *end > 0).filter_map(|end| path.get(..end));
    [""].into_iter().chain(below_root)
}
