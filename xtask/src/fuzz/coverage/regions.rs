//! Regions of the source and how often they ran, from what `llvm-cov export` says.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::scope::{self, Scope};

/// The kind of region that is code, and not a gap between regions or a macro.
const CODE: u64 = 0;

#[derive(Deserialize)]
struct Export {
    data: Vec<Data>,
}

#[derive(Deserialize)]
struct Data {
    functions: Vec<Function>,
}

/// An instantiation of a function.
#[derive(Deserialize)]
struct Function {
    name: String,
    filenames: Vec<PathBuf>,
    /// First line and column, last line and column, count, index of the file, index of an expansion's file, kind.
    regions: Vec<[u64; 8]>,
}

/// A region: file, first line and column, last line and column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: PathBuf,
    span: [u64; 4],
}

/// Whether each region of each scope ran.
pub(super) struct Regions {
    ran: BTreeMap<Scope, BTreeMap<Place, bool>>,
    root: PathBuf,
}

/// How many regions ran, of how many.
pub(super) struct Share {
    ran: usize,
    all: usize,
}

impl Regions {
    /// Reads the export.
    pub(super) fn read(json: &[u8]) -> Result<Self> {
        let export: Export = serde_json::from_slice(json).context("reading what llvm-cov exports")?;
        let root = std::env::current_dir().context("the folder of the repository")?;
        let mut regions = Self { ran: BTreeMap::new(), root };
        let functions = export.data.into_iter().flat_map(|data| data.functions);
        functions.for_each(|function| regions.take(&function));
        Ok(regions)
    }

    fn take(&mut self, function: &Function) {
        // In front of a local function's name there may be its file.
        let mangled = function.name.rsplit([':', ';']).next().unwrap_or_default();
        let name = format!("{:#}", rustc_demangle::demangle(mangled));
        for &[first_line, first_column, last_line, last_column, count, index, _, kind] in &function.regions {
            let file = usize::try_from(index).ok().and_then(|index| function.filenames.get(index));
            let file = file.and_then(|file| file.strip_prefix(&self.root).ok());
            let Some(file) = file.filter(|_| kind == CODE) else { continue };
            let span = [first_line, first_column, last_line, last_column];
            for scope in scope::scopes(file, &name) {
                let place = Place { file: file.to_owned(), span };
                *self.ran.entry(scope).or_default().entry(place).or_default() |= count > 0;
            }
        }
    }

    /// The share of each scope that ran.
    pub(super) fn shares(&self) -> impl Iterator<Item = (&Scope, Share)> {
        self.ran.iter().map(|(scope, regions)| {
            (scope, Share { ran: regions.values().filter(|ran| **ran).count(), all: regions.len() })
        })
    }

    /// What did not run: where it is, and its text on one line.
    pub(super) fn uncovered(&self, scope: &Scope) -> Result<Vec<String>> {
        let regions = self.ran.get(scope).into_iter().flatten();
        let places = regions.filter(|(_, ran)| !**ran).map(|(place, _)| place);
        let mut sources = BTreeMap::new();
        places.map(|place| place.describe(&self.root, &mut sources)).collect()
    }
}

impl Place {
    fn describe(&self, root: &Path, sources: &mut BTreeMap<PathBuf, Vec<String>>) -> Result<String> {
        if !sources.contains_key(&self.file) {
            let text = fs::read_to_string(root.join(&self.file));
            let text = text.with_context(|| format!("reading {}", self.file.display()))?;
            sources.insert(self.file.clone(), text.lines().map(str::to_owned).collect());
        }
        let text = sources.get(&self.file).map(|lines| self.text(lines)).unwrap_or_default();
        let [first_line, first_column, last_line, last_column] = self.span;
        // Generated code is deep in a target folder.
        let name = if self.file.starts_with("target") { self.file.file_name() } else { None };
        let file = name.map_or(self.file.as_path(), Path::new).display();
        Ok(format!("{file}:{first_line}:{first_column}-{last_line}:{last_column}\t{text}"))
    }

    /// The text of the region, with its white space made single blanks.
    fn text(&self, lines: &[String]) -> String {
        let [first_line, first_column, last_line, last_column] =
            self.span.map(|number| usize::try_from(number).unwrap_or(0));
        let mut text = String::new();
        for (number, line) in (1..).zip(lines).skip(first_line.saturating_sub(1)) {
            if number > last_line {
                break;
            }
            let from = if number == first_line { first_column.saturating_sub(1) } else { 0 };
            let to = if number == last_line { last_column.saturating_sub(1) } else { usize::MAX };
            text.extend(line.chars().take(to).skip(from));
            text.push(' ');
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ran, all } = self;
        let permille = ran.saturating_mul(10_000).checked_div(*all).unwrap_or(0);
        let (whole, rest) = (permille / 100, permille % 100);
        write!(formatter, "{whole:>3}.{rest:02} % of {all} regions, {} uncovered", all.saturating_sub(*ran))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two instantiations of a function of two regions, as llvm-cov 22 exports them: each leaves out another region.
    const EXPORT: &str = r#"{"data":[{"functions":[
        {"name":"_RNvMs_NtCskK7mfDs1mzF_1m1lNtB4_1A6decode","filenames":["ROOT/codec/src/lib.rs"],
         "regions":[[3,24,3,42,1,0,0,0],[3,48,3,59,0,0,0,0],[3,60,3,61,0,0,0,3]]},
        {"name":"_RNvMs_NtCskK7mfDs1mzF_1m1lNtB4_1A6decode","filenames":["/elsewhere.rs","ROOT/codec/src/lib.rs"],
         "regions":[[3,24,3,42,0,1,0,0],[3,48,3,59,5,1,0,0],[9,1,9,2,5,0,0,0]]},
        {"name":"_RNvCskK7mfDs1mzF_1m4main","filenames":["ROOT/codec/src/lib.rs"],
         "regions":[[7,1,7,2,0,0,0,0]]}]}],"type":"llvm.coverage.json.export","version":"3.0.1"}"#;

    #[test]
    fn a_region_counts_if_any_instantiation_covers_it() {
        let root = std::env::current_dir().unwrap();
        let regions = Regions::read(EXPORT.replace("ROOT", root.to_str().unwrap()).as_bytes()).unwrap();
        let shares: Vec<_> =
            regions.shares().map(|(scope, share)| (scope.to_string(), share.ran, share.all)).collect();
        assert_eq!(shares, [("codec".to_owned(), 2, 3)]);
        assert_eq!(regions.shares().next().unwrap().1.to_string(), " 66.66 % of 3 regions, 1 uncovered");
    }

    #[test]
    fn text_of_a_region_is_cut_at_its_columns() {
        let place = Place { file: PathBuf::new(), span: [1, 5, 2, 3] };
        assert_eq!(place.text(&["let x = {".to_owned(), "    };".to_owned()]), "x = {");
        let place = Place { file: PathBuf::new(), span: [2, 5, 2, 6] };
        assert_eq!(place.text(&["let x = {".to_owned(), "    };".to_owned()]), "}");
    }
}
