//! From text to checked model: the whole front end in one call.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity, code};
use crate::model::Model;
use crate::parser;
use crate::preprocessor;
use crate::resolve::{self, Unit};
use crate::session::Session;
use crate::source::{Sources, Span};
use crate::syntax::{File, Item, Name};

/// How deep files may import others: keeps the walk off the end of the stack.
const MAX_IMPORT_DEPTH: usize = 64;

/// Finds the files that `import` and `#include` name.
pub trait ImportResolver {
    /// Returns the canonical name of a file, which is the same however the file is asked for, and its text; `None`
    /// when there is no such file.
    fn load(&mut self, name: &str) -> Option<(String, String)>;
}

/// What a compilation yields.
#[derive(Clone, Debug)]
pub struct Compilation {
    /// Everything that the root file and its imports declare; imported files come first.
    pub model: Model,
    /// Every file that was read, the root first, for `cargo:rerun-if-changed`.
    pub sources: Sources,
    /// Warnings; there are no errors among them.
    pub warnings: Diagnostics,
}

/// Compiles a file and all that it imports.
///
/// Does no input or output by itself: files come from `imports`, and the same texts always give the same model.
///
/// # Errors
/// All errors and warnings of the text. Errors of grammar keep names from being looked up.
pub fn compile(
    root_name: &str,
    text: &str,
    imports: &mut dyn ImportResolver,
) -> Result<Compilation, Diagnostics> {
    let mut session = Session::new(imports);
    let mut front = Front { session: &mut session, units: Vec::new(), seen: BTreeSet::new() };
    if let Some(root) = front.session.add(root_name.to_owned(), text.to_owned(), Span::default()) {
        front.file(root, 0);
    }
    let units = front.units;
    let mut model = Model::default();
    if !session.diagnostics.iter().any(|item| item.severity == Severity::Error) {
        let (resolved, problems) = resolve::resolve(&units);
        model = resolved;
        session.diagnostics.extend(problems);
    }
    let diagnostics = Diagnostics::new(session.diagnostics, session.sources.clone());
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(Compilation { model, sources: session.sources, warnings: diagnostics })
}

struct Front<'f, 's> {
    session: &'f mut Session<'s>,
    units: Vec<Unit>,
    /// Files read or being read: each counts once, so imports in a circle come to an end.
    seen: BTreeSet<u32>,
}

impl Front<'_, '_> {
    /// Reads a file and, before it takes its place among the units, all that it imports.
    fn file(&mut self, file: u32, depth: usize) {
        if !self.seen.insert(file) {
            return;
        }
        let tokens = self.session.tokens_of(file);
        let text = preprocessor::preprocess(&tokens, self.session);
        let end = tokens.last().map(|token| token.span).unwrap_or_default();
        let (syntax, problems) = parser::file(&text, end);
        self.session.diagnostics.extend(problems);
        for name in imports(&syntax) {
            if depth >= MAX_IMPORT_DEPTH {
                let message = format!("files import each other more than {MAX_IMPORT_DEPTH} deep");
                self.session.report(Diagnostic::new(code::LIMIT, name.span, message));
                break;
            }
            if let Some(imported) = self.session.load(&name.text, name.span) {
                self.file(imported, depth.saturating_add(1));
            }
        }
        self.units.push(Unit { file, syntax });
    }
}

/// The files that a file imports, also from within its interfaces.
fn imports(file: &File) -> Vec<Name> {
    let mut names = Vec::new();
    for item in &file.items {
        match item {
            Item::Import(list) => names.extend(list.iter().cloned()),
            Item::Interface(interface) => {
                for inner in &interface.items {
                    if let Item::Import(list) = inner {
                        names.extend(list.iter().cloned());
                    }
                }
            }
            _ => {}
        }
    }
    names
}

/// Finds files in directories, in the order given.
#[derive(Clone, Debug, Default)]
pub struct SearchPath {
    directories: Vec<PathBuf>,
}

impl SearchPath {
    /// Looks into the given directories, the first first.
    pub fn new(directories: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { directories: directories.into_iter().collect() }
    }
}

impl ImportResolver for SearchPath {
    /// The canonical name is the path as the directory and the name make it. Octets that are not UTF-8, as old files
    /// have them in comments, become replacement characters.
    fn load(&mut self, name: &str) -> Option<(String, String)> {
        self.directories.iter().find_map(|directory| {
            let path = directory.join(name);
            let octets = std::fs::read(&path).ok()?;
            Some((path.display().to_string(), String::from_utf8_lossy(&octets).into_owned()))
        })
    }
}

/// Files that are held in memory: pairs of name and text.
impl ImportResolver for std::collections::BTreeMap<String, String> {
    fn load(&mut self, name: &str) -> Option<(String, String)> {
        self.get_key_value(name).map(|(name, text)| (name.clone(), text.clone()))
    }
}
