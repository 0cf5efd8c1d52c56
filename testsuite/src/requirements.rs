//! What the specification demands of notification ports, and the tests that hold the engines to it.
//!
//! Rows stand in `port/tests/requirements-*.tsv`: id, source, requirement. An id is a section and a name in it, as
//! `6.7/3`. A test in `port/tests` that holds a row says so in its documentation, in a line `Rows: 6.7/3, 6.7/4`, and
//! a name that begins with a section begins with that of one of them: `s6_7_`, or
//! `s6_1_s6_9_` for several. Each row of a numbered section has a test that is named after it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What stands above the tables.
const HEAD: &str = "# Notification ports: requirements and their tests

Written by `cargo xtask requirements`; a test compares it.

Every row is something that MS-CMRP demands of a server or client of notification ports, or, where the source is a decision, what [port/DECISIONS.md](../port/DECISIONS.md) settles because MS-CMRP is silent. Each row of a numbered section has a test that is named after the section.
";

/// What the sections are about.
const TITLES: &[(&str, &str)] = &[
    ("2", "States, access and errors"),
    ("2.1", "State of the protocol server"),
    ("2.2", "A node that stops being active"),
    ("2.3", "Access levels"),
    ("2.4", "Return values"),
    ("3", "Handles"),
    ("4", "Model of a notification port"),
    ("6.1", "ApiCreateNotify"),
    ("6.2", "ApiCloseNotify"),
    ("6.3", "ApiAddNotifyCluster"),
    ("6.4", "ApiAddNotifyNode, Group, Resource, Network, NetInterface"),
    ("6.5", "ApiAddNotifyKey"),
    ("6.6", "ApiReAddNotifyNode, Group, Resource, Network, NetInterface"),
    ("6.7", "ApiGetNotify"),
    ("6.8", "ApiUnblockGetNotifyCall"),
    ("6.9", "ApiCreateNotifyV2"),
    ("6.10", "ApiAddNotifyV2"),
    ("6.11", "ApiAddNotifyResourceTypeV2"),
    ("6.12", "ApiGetNotifyV2"),
    ("6.13", "ApiGetNotifyAsync"),
    ("9.2", "Buffers of version 2 ports"),
    ("10", "Life cycle on the server"),
    ("11.1", "State of a client"),
    ("11.2", "Use of a version 1 port"),
    ("11.3", "Use of a version 2 port"),
    ("11.4", "Notification keys"),
    ("11.5", "Events that a client makes"),
    ("11.6", "Start"),
    ("12.1", "What starts a reconnect"),
    ("12.2", "Reconnect"),
];

/// The rows and the tests of `port/tests`.
pub struct Requirements {
    rows: Vec<Row>,
    tests: Vec<Test>,
}

struct Row {
    section: String,
    name: String,
    source: String,
    requirement: String,
}

struct Test {
    name: String,
    /// Below `port/tests`, parts separated by slashes.
    file: String,
    rows: Vec<String>,
}

impl Requirements {
    /// Reads `port/tests` of this workspace.
    ///
    /// # Errors
    /// A file can't be read, a table is malformed, or a test is no Rust.
    pub fn of_workspace() -> io::Result<Self> {
        Self::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../port/tests"))
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// As [`of_workspace`](Self::of_workspace).
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut own = Self { rows: Vec::new(), tests: Vec::new() };
        for file in files(folder)? {
            let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            match file.extension().and_then(OsStr::to_str) {
                Some("rs") => own.add_tests(&name, &fs::read_to_string(&file)?)?,
                Some("tsv") if name.starts_with("requirements-") => {
                    own.add_rows(&name, &fs::read_to_string(&file)?)?;
                }
                _ => {}
            }
        }
        own.rows.sort_by_key(Row::order);
        Ok(own)
    }

    fn add_rows(&mut self, file: &str, text: &str) -> io::Result<()> {
        for (number, line) in (1..).zip(text.lines()).skip(1) {
            let row =
                Row::parse(line).ok_or_else(|| malformed(file, number, "id, source and requirement"))?;
            self.rows.push(row);
        }
        Ok(())
    }

    fn add_tests(&mut self, file: &str, source: &str) -> io::Result<()> {
        let parsed = syn::parse_file(source).map_err(|error| io::Error::other(format!("{file}: {error}")))?;
        collect(&parsed.items, file, &mut self.tests);
        Ok(())
    }

    /// What is wrong: rows without a test, rows twice, tests of unknown rows, and tests whose name does not say a
    /// section of theirs.
    pub fn problems(&self) -> Vec<String> {
        let ids: BTreeSet<String> = self.rows.iter().map(Row::id).collect();
        let mut problems = Vec::new();
        problems.extend(repeated(&self.rows).iter().map(|id| format!("row {id} is there twice")));
        problems.extend(self.tests.iter().flat_map(|test| test.problems(&ids)));
        let tested: BTreeSet<&String> = self.tests.iter().flat_map(Test::rows_of_its_name).collect();
        let untested = ids.iter().filter(|id| !tested.contains(id));
        problems.extend(untested.map(|id| format!("row {id} has no test named after its section")));
        problems
    }

    /// The text of `docs/ports.md`.
    pub fn table(&self) -> String {
        let holding = self.tests.iter().filter(|test| !test.rows.is_empty()).count();
        let mut text = format!("{HEAD}\n{} rows, {holding} tests.\n", self.rows.len());
        let mut section = "";
        for row in &self.rows {
            if row.section != section {
                section = &row.section;
                let _ = write!(text, "\n## {section}{}\n\n", title(section));
                text.push_str("| row | requirement | source | tests |\n|---|---|---|---|\n");
            }
            self.write_row(row, &mut text);
        }
        text
    }

    fn write_row(&self, row: &Row, text: &mut String) {
        let id = row.id();
        let tests = self.tests.iter().filter(|test| test.rows.contains(&id));
        let links: Vec<String> =
            tests.map(|test| format!("[{}](../port/tests/{})", test.name, test.file)).collect();
        let (requirement, source) = (escaped(&row.requirement), escaped(&row.source));
        let _ = writeln!(text, "| {id} | {requirement} | {source} | {} |", links.join(", "));
    }
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [id, source, requirement] = columns.try_into().ok()?;
        let (section, name) = id.split_once('/')?;
        let complete = ![section, name, source, requirement].contains(&"");
        let [section, name, source, requirement] = [section, name, source, requirement].map(str::to_owned);
        complete.then_some(Self { section, name, source, requirement })
    }

    fn id(&self) -> String {
        format!("{}/{}", self.section, self.name)
    }

    /// Sections and rows by their numbers; names behind numbers.
    fn order(&self) -> (Vec<u32>, u32) {
        let number = |text: &str| text.parse().unwrap_or(u32::MAX);
        (self.section.split('.').map(number).collect(), number(&self.name))
    }
}

impl Test {
    /// The rows whose sections the name says. What is not a section of the specification needs not be said.
    fn rows_of_its_name(&self) -> impl Iterator<Item = &String> {
        self.rows.iter().filter(|row| !names_a_section(&prefix(row)) || self.says(&prefix(row)))
    }

    fn says(&self, prefix: &str) -> bool {
        self.name.starts_with(prefix) || self.name.contains(&format!("_{prefix}"))
    }

    fn problems(&self, ids: &BTreeSet<String>) -> Vec<String> {
        let at = format!("{}: {}", self.file, self.name);
        let unknown = self.rows.iter().filter(|row| !ids.contains(*row));
        let mut problems: Vec<String> = unknown.map(|row| format!("{at}: there is no row {row:?}")).collect();
        if self.rows.is_empty() && names_a_section(&self.name) {
            problems.push(format!("{at}: the name says a section, the documentation no `Rows: ...`"));
        }
        let prefixes: BTreeSet<String> = self.rows.iter().map(|row| prefix(row)).collect();
        let named = names_a_section(&self.name) && !prefixes.is_empty();
        if named && !prefixes.iter().any(|prefix| self.name.starts_with(prefix)) {
            let prefixes = prefixes.into_iter().collect::<Vec<_>>().join(" or ");
            problems
                .push(format!("{at}: the name begins with the section of no row, which would be {prefixes}"));
        }
        problems
    }
}

/// How the name of a test of a row begins.
fn prefix(row: &str) -> String {
    let section = row.split_once('/').map_or(row, |(section, _)| section);
    format!("s{}_", section.replace('.', "_"))
}

fn names_a_section(test: &str) -> bool {
    let section = test.strip_prefix('s').and_then(|rest| rest.split_once('_')).map(|(section, _)| section);
    section.is_some_and(|section| section.parse::<u32>().is_ok())
}

fn repeated(rows: &[Row]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    rows.iter().map(Row::id).filter(|id| !seen.insert(id.clone())).collect()
}

/// All files of a folder and those below it, in the order of their paths.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(self::files(&path)?) } else { files.push(path) }
    }
    files.sort();
    Ok(files)
}

fn malformed(file: &str, line: usize, needed: &str) -> io::Error {
    io::Error::other(format!("{file}, line {line}: {needed} are needed, separated by tabulators"))
}

/// The tests among these items and in modules below them, in their order.
fn collect(items: &[syn::Item], file: &str, tests: &mut Vec<Test>) {
    for item in items {
        match item {
            syn::Item::Mod(module) => {
                let below = module.content.as_ref().map_or(&[][..], |(_, items)| items);
                collect(below, file, tests);
            }
            syn::Item::Fn(function) if function.attrs.iter().any(|it| it.path().is_ident("test")) => {
                let (name, file) = (function.sig.ident.to_string(), file.to_owned());
                tests.push(Test { name, file, rows: documented_rows(&function.attrs) });
            }
            _ => {}
        }
    }
}

/// The rows of all lines `Rows: ...`.
fn documented_rows(attributes: &[syn::Attribute]) -> Vec<String> {
    let documentation = attributes.iter().filter_map(doc_line);
    let lists = documentation.filter_map(|line| line.trim().strip_prefix("Rows:").map(str::to_owned));
    let split = |list: String| list.split(',').map(|id| id.trim().to_owned()).collect::<Vec<_>>();
    lists.flat_map(split).collect()
}

fn doc_line(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(syn::MetaNameValue { path, value: syn::Expr::Lit(literal), .. }) =
        &attribute.meta
    else {
        return None;
    };
    match &literal.lit {
        syn::Lit::Str(text) if path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

fn title(section: &str) -> String {
    let title = TITLES.iter().find(|(number, _)| *number == section);
    title.map(|(_, title)| format!(" {title}")).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
