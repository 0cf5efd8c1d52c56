//! Source files and places in them.

use std::sync::Arc;

/// A range of octets in one of the files of a compilation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file, an index into the sources of the compilation.
    pub file: u32,
    /// Offset of the first octet.
    pub start: u32,
    /// Offset behind the last octet.
    pub end: u32,
}

impl Span {
    /// The span from the start of this one to the end of `other`, when both lie in one file.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file == other.file && self.start <= other.end {
            Span { end: other.end, ..self }
        } else {
            self
        }
    }
}

/// Every file that a compilation read, in the order of reading. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<SourceFile>>,
}

/// A file of a compilation.
#[derive(Debug)]
pub struct SourceFile {
    /// The name that the import resolver gave it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A place as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Sources {
    /// The files in the order in which they were read; the first is the root.
    pub fn iter(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(Arc::as_ref)
    }

    /// The file that a span lies in.
    pub fn file(&self, span: Span) -> Option<&SourceFile> {
        self.files.get(usize::try_from(span.file).ok()?).map(Arc::as_ref)
    }

    /// Line and column of the start of a span.
    pub fn line_column(&self, span: Span) -> Option<LineColumn> {
        let before = self.file(span)?.text.get(..usize::try_from(span.start).ok()?)?;
        let line_start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let column = before.get(line_start..)?.chars().count().saturating_add(1);
        Some(LineColumn { line: before.matches('\n').count().saturating_add(1), column })
    }

    /// Adds a file and returns its index, or `None` when there are more files than an index can count.
    pub(crate) fn add(&mut self, name: String, text: String) -> Option<u32> {
        let index = u32::try_from(self.files.len()).ok()?;
        self.files.push(Arc::new(SourceFile { name, text }));
        Some(index)
    }

    /// The index of a file that was read already.
    pub(crate) fn position(&self, name: &str) -> Option<u32> {
        let index = self.files.iter().position(|file| file.name == name)?;
        u32::try_from(index).ok()
    }

    /// A file by its index.
    pub(crate) fn get(&self, index: u32) -> Option<Arc<SourceFile>> {
        self.files.get(usize::try_from(index).ok()?).cloned()
    }
}
