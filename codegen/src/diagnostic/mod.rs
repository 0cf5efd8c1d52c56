//! What a compilation has to say about its input: errors and warnings as data.
//!
//! Each has a code that stays the same, a message, the places it speaks of and, where there is one, a way out.
//! [`Diagnostics`] keeps them in the order of the text and draws them with [`std::fmt::Display`].

mod codes;
mod render;

use std::fmt;

use crate::source::{Sources, Span};

pub use codes::Code;
pub(crate) use codes::catalogue as code;

/// Everything said about one compilation, in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    sources: Sources,
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the compilation.
    pub severity: Severity,
    /// A short name that stays the same from version to version, such as `E0201`.
    pub code: &'static str,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where it is wrong.
    pub primary: Label,
    /// Other places that matter.
    pub secondary: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

/// Whether a diagnostic stops the compilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// There is no model.
    Error,
    /// There is a model, but the text should be looked at.
    Warning,
}

/// A place with a remark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark; empty when the message says it all.
    pub text: String,
}

impl Diagnostics {
    /// All diagnostics in the order of the text: by file in order of reading, then by offset.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error)
    }

    /// The files that the spans refer to.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The text for people, with the colours of an ANSI terminal.
    pub fn to_ansi(&self) -> String {
        render::ansi(&self.items, &self.sources)
    }

    /// Orders `items` by place; one that repeats an earlier one is left out.
    pub(crate) fn new(mut items: Vec<Diagnostic>, sources: Sources) -> Self {
        items.sort_by(|left, right| order(left).cmp(&order(right)));
        items.dedup();
        Self { items, sources }
    }
}

fn order(item: &Diagnostic) -> (Span, Severity, &str, &str) {
    (item.primary.span, item.severity, item.code, &item.message)
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render::plain(&self.items, &self.sources))
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostic {
    /// A diagnostic of the given kind at a place.
    pub(crate) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code: code.name(),
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            help: None,
        }
    }

    /// Adds the remark at the primary place.
    #[must_use]
    pub(crate) fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub(crate) fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a way out.
    #[must_use]
    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}
