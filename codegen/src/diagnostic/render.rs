//! Draws diagnostics for people: the place, the source line and a caret, as rustc does.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, Sources, Span};

/// Without colours.
pub(super) fn plain(items: &[Diagnostic], sources: &Sources) -> String {
    render(items, sources, &Renderer::plain())
}

/// With the colours of an ANSI terminal.
pub(super) fn ansi(items: &[Diagnostic], sources: &Sources) -> String {
    render(items, sources, &Renderer::styled())
}

fn render(items: &[Diagnostic], sources: &Sources, renderer: &Renderer) -> String {
    let mut out = String::new();
    for item in items {
        out.push_str(&renderer.render(&[group(item, sources)]));
        out.push_str("\n\n");
    }
    out.truncate(out.trim_end().len());
    out
}

fn group<'a>(item: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match item.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&item.message).id(item.code));
    for snippet in snippets(item, sources) {
        group = group.element(snippet);
    }
    match &item.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

/// One snippet for each file that the labels lie in, the primary one's first.
fn snippets<'a>(item: &'a Diagnostic, sources: &'a Sources) -> Vec<Snippet<'a, Annotation<'a>>> {
    let mut files = vec![item.primary.span.file];
    for label in &item.secondary {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files.iter().filter_map(|file| snippet(item, sources, *file)).collect()
}

fn snippet<'a>(item: &'a Diagnostic, sources: &'a Sources, file: u32) -> Option<Snippet<'a, Annotation<'a>>> {
    let source = sources.file(Span { file, ..Span::default() })?;
    let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
    if item.primary.span.file == file {
        snippet = snippet.annotation(annotation(&item.primary, AnnotationKind::Primary, source));
    }
    for label in item.secondary.iter().filter(|label| label.span.file == file) {
        snippet = snippet.annotation(annotation(label, AnnotationKind::Context, source));
    }
    Some(snippet)
}

fn annotation<'a>(label: &'a Label, kind: AnnotationKind, source: &SourceFile) -> Annotation<'a> {
    let start = boundary(&source.text, label.span.start);
    let end = boundary(&source.text, label.span.end).max(start);
    let annotation = kind.span(start..end);
    if label.text.is_empty() { annotation } else { annotation.label(&label.text) }
}

/// The offset, moved back into the text and to the start of a character.
fn boundary(text: &str, offset: u32) -> usize {
    let mut at = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}
