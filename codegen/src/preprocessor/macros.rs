//! Macros: `#define NAME tokens`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, code};
use crate::lexer::{Token, TokenKind};
use crate::session::Session;
use crate::source::Span;

/// How many macros may stand for each other in a row: keeps expansion off the end of the stack.
const MAX_EXPANSION_DEPTH: usize = 32;

/// The macros known at a place of a file.
pub(super) struct Macros {
    by_name: BTreeMap<Rc<str>, Macro>,
}

struct Macro {
    body: Vec<Token>,
    has_parameters: bool,
    /// Where it is defined; `None` when the compiler defines it.
    place: Option<Place>,
}

struct Place {
    span: Span,
    doc: Option<Rc<str>>,
}

/// A macro as a possible constant.
pub(crate) struct Define {
    pub(crate) name: Rc<str>,
    pub(crate) span: Span,
    pub(crate) doc: Option<Rc<str>>,
    /// What it stands for, with other macros in it expanded.
    pub(crate) body: Vec<Token>,
}

impl Default for Macros {
    /// `__midl` is how published files tell MIDL from a C compiler.
    fn default() -> Self {
        let span = Span::default();
        let one = Token { kind: TokenKind::Integer(1), span, doc: None, starts_line: false };
        let midl = Macro { body: vec![one], has_parameters: false, place: None };
        Self { by_name: BTreeMap::from([("__midl".into(), midl)]) }
    }
}

impl Macros {
    pub(super) fn contains(&self, name: &Token) -> bool {
        name.word().is_some_and(|word| self.by_name.contains_key(word))
    }

    pub(super) fn undefine(&mut self, name: &Token) {
        if let Some(word) = name.word() {
            self.by_name.remove(word);
        }
    }

    /// Follows `#define`; `line` is what stands behind that word.
    pub(super) fn define(&mut self, hash: &Token, line: &[Token], session: &mut Session<'_>) {
        let Some((Token { kind: TokenKind::Word(word), span, .. }, body)) = line.split_first() else {
            session.report(Diagnostic::new(code::BAD_DIRECTIVE, hash.span, "`#define` needs a name"));
            return;
        };
        let has_parameters = body.first().is_some_and(|next| next.is("(") && next.span.start == span.end);
        let place = Some(Place { span: *span, doc: hash.doc.clone() });
        let new = Macro { body: body.to_vec(), has_parameters, place };
        if let Some(old) = self.by_name.insert(Rc::clone(word), new) {
            warn_when_different(&old, body, *span, word, session);
        }
    }

    /// Appends what `token` stands for to `output`.
    pub(super) fn expand(&self, token: &Token, session: &mut Session<'_>, output: &mut Vec<Token>) {
        let mut expansion = Expansion { macros: self, names: Vec::new(), problem: None };
        expansion.token(token, token, session, output);
        if let Some(problem) = expansion.problem {
            session.report(*problem);
        }
    }

    /// The words of an `#if` line, with `defined X` and macros replaced.
    pub(super) fn expand_condition(&self, line: &[Token], session: &mut Session<'_>) -> Vec<Token> {
        let mut output = Vec::new();
        let mut rest = line;
        while let Some((first, behind)) = rest.split_first() {
            rest = match (first.is_word("defined"), behind) {
                (true, [open, name, close, after @ ..]) if open.is("(") && close.is(")") => {
                    output.push(truth(first, self.contains(name)));
                    after
                }
                (true, [name, after @ ..]) => {
                    output.push(truth(first, self.contains(name)));
                    after
                }
                _ => {
                    self.expand(first, session, &mut output);
                    behind
                }
            };
        }
        output
    }

    /// The macros without parameters that have a body, in the order of the text.
    pub(super) fn into_defines(self, session: &mut Session<'_>) -> Vec<Define> {
        let mut defines: Vec<Define> = Vec::new();
        for (name, entry) in &self.by_name {
            let Some(place) = &entry.place else { continue };
            if entry.has_parameters || entry.body.is_empty() {
                continue;
            }
            let mut expansion = Expansion { macros: &self, names: vec![Rc::clone(name)], problem: None };
            let mut body = Vec::new();
            for token in &entry.body {
                expansion.token(token, token, session, &mut body);
            }
            if expansion.problem.is_none() {
                let doc = place.doc.clone();
                defines.push(Define { name: Rc::clone(name), span: place.span, doc, body });
            }
        }
        defines.sort_by_key(|define| define.span);
        defines
    }
}

fn truth(at: &Token, value: bool) -> Token {
    Token { kind: TokenKind::Integer(i128::from(value)), ..at.clone() }
}

fn warn_when_different(old: &Macro, body: &[Token], span: Span, word: &str, session: &mut Session<'_>) {
    let same = old.body.iter().map(|token| &token.kind).eq(body.iter().map(|token| &token.kind));
    if same {
        return;
    }
    let mut warning =
        Diagnostic::new(code::REDEFINED, span, format!("the macro `{word}` gets another meaning here"));
    if let Some(place) = &old.place {
        warning = warning.also(place.span, "first defined here");
    }
    session.report(warning);
}

struct Expansion<'m> {
    macros: &'m Macros,
    /// The macros being expanded: none expands within itself (C 6.10.3.4).
    names: Vec<Rc<str>>,
    problem: Option<Box<Diagnostic>>,
}

impl<'m> Expansion<'m> {
    fn token(&mut self, token: &Token, place: &Token, session: &mut Session<'_>, output: &mut Vec<Token>) {
        if !session.spend_token(place.span) {
            return;
        }
        match (token.word(), self.macro_of(token)) {
            (Some(word), Some(found)) => self.body(word, found, place, session, output),
            _ => output.push(Token {
                span: place.span,
                doc: place.doc.clone().or_else(|| token.doc.clone()),
                ..token.clone()
            }),
        }
    }

    fn macro_of(&self, token: &Token) -> Option<&'m Macro> {
        let word = token.word()?;
        let found = self.macros.by_name.get(word)?;
        (!self.names.iter().any(|name| name.as_ref() == word)).then_some(found)
    }

    fn body(
        &mut self,
        word: &str,
        found: &'m Macro,
        place: &Token,
        session: &mut Session<'_>,
        output: &mut Vec<Token>,
    ) {
        if found.has_parameters {
            self.problem = Some(Box::new(with_parameters(word, found, place)));
            return;
        }
        if self.names.len() >= MAX_EXPANSION_DEPTH {
            let message = format!("macros stand for each other more than {MAX_EXPANSION_DEPTH} deep");
            self.problem = Some(Box::new(Diagnostic::new(code::LIMIT, place.span, message)));
            return;
        }
        self.names.push(word.into());
        for token in &found.body {
            self.token(token, place, session, output);
        }
        self.names.pop();
    }
}

fn with_parameters(word: &str, found: &Macro, place: &Token) -> Diagnostic {
    let message = format!("`{word}` is a macro with parameters, which this compiler does not expand");
    let diagnostic =
        Diagnostic::new(code::FUNCTION_MACRO, place.span, message).help("write what the macro stands for");
    match &found.place {
        Some(defined) => diagnostic.also(defined.span, "defined here"),
        None => diagnostic,
    }
}
