//! What the stages of one compilation share: files read, problems found, the budget of tokens.

use crate::compile::ImportResolver;
use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{self, Token};
use crate::source::{Sources, Span};

/// The longest file that is read, in octets: spans count in 32 bits, and no interface comes near.
const MAX_FILE_SIZE: usize = 16 << 20;

/// The most files that are read.
const MAX_FILES: usize = 256;

/// The most tokens of all files together: stops macros that double themselves and files that include each
/// other in more than one place.
const MAX_TOKENS: usize = 1 << 20;

/// One compilation under way.
pub(crate) struct Session<'s> {
    imports: &'s mut dyn ImportResolver,
    pub(crate) sources: Sources,
    pub(crate) diagnostics: Vec<Diagnostic>,
    tokens_left: usize,
}

impl<'s> Session<'s> {
    pub(crate) fn new(imports: &'s mut dyn ImportResolver) -> Self {
        Self { imports, sources: Sources::default(), diagnostics: Vec::new(), tokens_left: MAX_TOKENS }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Takes in a file; `None` after a report when it is too large.
    pub(crate) fn add(&mut self, name: String, text: String, place: Span) -> Option<u32> {
        if text.len() > MAX_FILE_SIZE || self.sources.iter().count() >= MAX_FILES {
            let message = format!("`{name}` is more than is read: {MAX_FILE_SIZE} octets, {MAX_FILES} files");
            self.report(Diagnostic::new(code::LIMIT, place, message));
            return None;
        }
        self.sources.add(name, text)
    }

    /// Finds the file called `name` by the one that `place` lies in; `None` after a report.
    ///
    /// A file that was read already keeps its index.
    pub(crate) fn load(&mut self, name: &str, place: Span) -> Option<u32> {
        let Some((canonical, text)) = self.imports.load(name) else {
            self.report(
                Diagnostic::new(code::FILE_NOT_FOUND, place, format!("the file `{name}` can't be found"))
                    .help("add the directory that holds it to the import directories"),
            );
            return None;
        };
        match self.sources.position(&canonical) {
            Some(known) => Some(known),
            None => self.add(canonical, text, place),
        }
    }

    /// The tokens of a file that was read.
    pub(crate) fn tokens_of(&self, file: u32) -> Vec<Token> {
        self.sources.get(file).map(|source| lexer::tokenize(file, &source.text)).unwrap_or_default()
    }

    /// Pays for a token; `false` when the budget is gone, which is reported once.
    pub(crate) fn spend_token(&mut self, place: Span) -> bool {
        match self.tokens_left.checked_sub(1) {
            Some(left) => self.tokens_left = left,
            None => return false,
        }
        if self.tokens_left == 0 {
            let message = format!("more than {MAX_TOKENS} tokens");
            self.report(Diagnostic::new(code::LIMIT, place, message));
        }
        true
    }
}
